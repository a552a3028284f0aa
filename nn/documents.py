"""JSON documents of this package: every number exact, nothing ever executed, damage refused."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from autograd.files import write
from autograd.quoting import short

LARGEST_FILE: Final = 400_000_000  # bytes
NOT_FINITE: Final = ("nan", "inf", "-inf")  # for which JSON has no numbers


class ModelFileError(ValueError):
    """A file does not hold what can be loaded, or not what fits."""


def write_document(path: str | os.PathLike[str], content: dict[str, Any]) -> None:
    """Write a file whole or not at all; see `autograd.files.write`."""
    write(path, json.dumps(content, ensure_ascii=False, allow_nan=False))


def read_document(
    path: str | os.PathLike[str], kind: str, versions: Collection[int]
) -> dict[str, Any]:
    """Return the content of a file whose entry "format" is `kind`.

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
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{short(path)} is not valid JSON: {error}") from None
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
    """Return what `written` had been given, with lists for tuples and arrays."""
    if isinstance(x, dict):
        return {key: read(item) for key, item in x.items()}
    if isinstance(x, list):
        return [read(item) for item in x]
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
