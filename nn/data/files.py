"""The text of a file, whichever way it is packed and encoded."""

from __future__ import annotations

import codecs
import gzip
import io
import os
import re
import zlib
from pathlib import Path
from typing import Final

from autograd.quoting import short

LARGEST_FILE: Final = 200_000_000  # bytes, also of what is unpacked
MARKS: Final = {  # that a text begins with; the longer ones first, for one is part of another
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
NO_TEXT: Final = {
    b"PK\x03\x04": "a workbook of Excel or another zip archive: save the sheet as 'CSV UTF-8', or "
    "unpack the archive",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel: save the sheet as 'CSV UTF-8'",
    b"PAR1": "a Parquet file: write the table as CSV",
    b"BZh": "packed by bzip2: unpack it, or pack it by gzip",
    b"\xfd7zXZ": "packed by xz: unpack it, or pack it by gzip",
    b"%PDF": "a PDF: save the table as 'CSV UTF-8'",
}
CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x9f]")


def read_text(path: str | os.PathLike[str]) -> tuple[str, list[str]]:
    """Return the text of a file, and what is to be said of how it was decoded.

    It is UTF-8, or what a byte order mark says; any other text is taken as Windows-1252, of which
    Latin-1 is a part. A file packed by gzip is unpacked, whatever its name.

    Raises
    ------
    ValueError
        If the file cannot be read, is empty or too large, or holds something else than text.
    """
    content = _content(path)
    for beginning, what in NO_TEXT.items():
        if content.startswith(beginning):
            raise ValueError(f"{short(path)} is no CSV file but {what}")
    text, notes = _decoded(content, path)
    if "\0" in text:
        raise ValueError(
            f"{short(path)} is not text but binary data: save the table as 'CSV UTF-8'"
        )
    start = text[:200].lstrip().lower()
    if start.startswith(("<!doctype html", "<html", "<?xml")):
        raise ValueError(
            f"{short(path)} is no CSV file but a web page or XML: download the file itself (on "
            "GitHub by 'Raw')"
        )
    if not text.strip():
        raise ValueError(
            f"{short(path)} is empty: write a line of column names, then a line per row"
        )
    return text, notes


def _content(path: str | os.PathLike[str]) -> bytes:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_FILE + 1)  # a device may have no end
        if content.startswith(b"\x1f\x8b") and len(content) <= LARGEST_FILE:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = packed.read(LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise ValueError(f"there is no file {short(path)}: check its name and folder") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{short(path)} is packed by gzip and damaged ({error}): pack or download it again"
        ) from error
    except OSError as error:
        raise ValueError(
            f"{short(path)} cannot be read ({error.strerror}): pass the path of a CSV file"
        ) from error
    if len(content) > LARGEST_FILE:
        raise ValueError(
            f"{short(path)} has more than {LARGEST_FILE:,} bytes: leave out rows or columns"
        )
    return content


def _decoded(content: bytes, path: str | os.PathLike[str]) -> tuple[str, list[str]]:
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding), []
            except UnicodeDecodeError as error:
                place = len(mark) + error.start
                raise ValueError(
                    f"{short(path)} is said to be {encoding.upper()} by its first bytes and is "
                    f"not ({error.reason} at byte {place}): save the table as 'CSV UTF-8'"
                ) from error
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        text = content.decode("cp1252", errors="replace")
        if "\ufffd" in text or CONTROL.search(text):
            raise ValueError(
                f"line {line} of {short(path)} is not UTF-8 text (byte "
                f"{content[error.start]:#04x}): save the table as 'CSV UTF-8'"
            ) from error
        word = re.search(r"\w*[^\x00-\x7f]\w*", text)
        example = "" if word is None else f", so that line {line} has {short(word.group())}"
        return text, [f"not UTF-8: read as Windows-1252{example}; save as 'CSV UTF-8' if it is not"]
