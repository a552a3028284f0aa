"""What all tests share. Plain functions and data are in `tests/helpers`, which is on the path."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("closed_forms", "eager", "rows")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m quick`, do not even import the files that have no such test."""
    if config.option.markexpr == "quick" and collection_path.suffix == ".py":
        return "pytest.mark.quick" not in collection_path.read_text(encoding="utf-8") or None
    return None
