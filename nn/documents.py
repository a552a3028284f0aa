"""JSON documents of this package: every number exact, nothing ever executed, damage refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from autograd.collector import paused
from autograd.files import write
from autograd.quoting import short

LARGEST_FILE: Final = 200_000_000  # bytes, which take a few seconds to read
MOST_MEMORY: Final = 10  # bytes for each byte of a file, and besides
SLACK: Final = 64_000_000
# What Python needs at most for what begins or ends with these, besides the characters of a text.
COSTS: Final = {"{": 250, "[": 90, '"': 28, ",": 42}
NOT_FINITE: Final = ("nan", "inf", "-inf")  # for which JSON has no numbers


class ModelFileError(ValueError):
    """A file does not hold what can be loaded, or not what fits."""


def write_document(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write a file whole or not at all; see `autograd.files.write`.

    Raise ValueError if `read_document` would refuse it.
    """
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    data = text.encode()
    if len(data) > LARGEST_FILE or _memory_of(text) > _memory_for(len(data)):
        raise ValueError(
            f"{short(path)} is not written: it would have {len(data):,} bytes and could take "
            f"{_memory_of(text):,} of memory, and could not be read again. Files may have "
            f"{LARGEST_FILE:,}, and take {MOST_MEMORY} times as much of memory: keep less in it"
        )
    write(path, data)


def read_document(
    path: str | os.PathLike[str], kind: str, versions: Collection[int]
) -> dict[str, Any]:
    """Return the content of a file whose entry "format" is `kind`.

    It is refused unread if it has more than `LARGEST_FILE` bytes, and before it is taken apart if
    that could need more memory than `memory_for` it, as 100 MB of braces would: 2.4 GB.

    Raise FileNotFoundError if there is no such file; `ModelFileError` if it is damaged, of another
    kind or version, or too large.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file {short(path)}")
    if not path.is_file():
        raise ModelFileError(f"{short(path)} is not a file")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ModelFileError(
            f"{short(path)} has {size:,} bytes; files of more than {LARGEST_FILE:,} are refused"
        )
    allowed = memory_for(path)
    try:
        text = _text(path)
        needed = _memory_of(text)
        with paused():
            content = json.loads(text) if needed <= allowed else None
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{short(path)} is not valid JSON: {error}") from None
    if needed > allowed:
        raise ModelFileError(
            f"{short(path)} is damaged, or not of this program: its {size:,} bytes could take "
            f"{needed:,} of memory, and {allowed:,} is the most that is given to it"
        )
    if not isinstance(content, dict) or content.get("format") != kind:
        raise ModelFileError(
            f"{short(path)} has no entry 'format': '{kind}', so it is of another kind"
        )
    version = content.get("version")
    if type(version) is not int or version not in versions:
        raise ModelFileError(
            f"{short(path)} is of version {short(version)}, this program reads "
            f"{' and '.join(map(str, versions))}"
        )
    return content


def memory_for(path: str | os.PathLike[str]) -> int:
    """Return how much memory, in bytes, loading a file may take."""
    return _memory_for(Path(path).stat().st_size)


def check_memory(needed: int, most: int, what: str) -> None:
    """Raise `ModelFileError` if what is in a file needs more memory than `memory_for` it."""
    if needed > most:
        raise ModelFileError(
            f"{what} would take {needed:,} bytes of memory, and {most:,} is the most that is "
            "given to a file of this size"
        )


def _memory_for(size: int) -> int:
    return MOST_MEMORY * size + SLACK


def _memory_of(text: str) -> int:
    """Return how much memory what is written in JSON takes at most."""
    return 2 * sys.getsizeof(text) + sum([n * text.count(x) for x, n in COSTS.items()])


def _text(path: Path) -> str:
    data = path.read_bytes()
    return data.decode(json.detect_encoding(data))


def entry(content: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return an entry of a document; raise `ModelFileError` if it is not of that class."""
    if type(content.get(key)) is not kind:
        raise ModelFileError(f"its entry {short(key)} is missing or not a {kind.__name__}")
    return content[key]


def written(x: Any) -> Any:
    """Return numbers, also nested in lists and dicts, as JSON can hold them."""
    if isinstance(x, float):
        return x if abs(x) < float("inf") else str(x)
    if isinstance(x, Mapping):
        return {key: written(item) for key, item in x.items()}
    if hasattr(x, "tolist"):  # an array
        return written(x.tolist())
    return [written(item) for item in x] if isinstance(x, (list, tuple)) else x


def read(x: Any) -> Any:
    """Return what `written` had been given, with lists for tuples and arrays.

    What is within lists and dicts is read in place, so that it is not in memory twice.
    """
    if isinstance(x, (dict, list)):
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            if isinstance(item, (dict, list, str)):
                x[key] = read(item)
        return x
    return float(x) if x in NOT_FINITE else x


def weight(x: Any) -> float:
    """Return a number of a document as a float; raise `ModelFileError` if it is none."""
    if type(x) in (int, float):
        try:
            return float(x)
        except OverflowError:
            pass
    elif x in NOT_FINITE:
        return float(x)
    raise ModelFileError(f"{short(x)} is not a weight")
