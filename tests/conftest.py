"""What all tests share. Plain functions and data are in `tests/helpers`, which is on the path."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
HELPERS = {path.stem: path.read_text(encoding="utf-8") for path in HERE.glob("helpers/*.py")}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytest.register_assert_rewrite("closed_forms", "eager", "rows")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `-m quick` or `-m slow`, do not even import the files that have no such test."""
    mark = f"pytest.mark.{config.option.markexpr}"
    if mark not in ("pytest.mark.quick", "pytest.mark.slow") or collection_path.suffix != ".py":
        return None
    content = collection_path.read_text(encoding="utf-8")
    by_helpers = [f"from {name} import" for name, text in HELPERS.items() if mark in text]
    return not any(word in content for word in [mark, *by_helpers]) or None


@pytest.fixture(scope="module", autouse=True)
def _the_collector_passes_over_what_is_there() -> None:
    """Thousands of tests and heavy packages would be searched for garbage all the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real one, without a window."""
    if CHROMIUM is None:
        pytest.skip("needs the program chromium")
    api = pytest.importorskip(
        "playwright.sync_api", reason="needs the package playwright: pip install playwright"
    )
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
