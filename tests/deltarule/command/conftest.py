"""A folder for each test, and programs and figures that can be left out."""

from pathlib import Path

import pytest

from deltarule.command import pictures

pytest.register_assert_rewrite("commands")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to relative paths lands there."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def without_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Graphviz were not installed; also quicker."""
    monkeypatch.setattr(pictures, "which", lambda program: None)


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow part where it is not what is tested."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", lambda self, file, **options: None)
    monkeypatch.setitem(pictures.PICTURES, "report.html", lambda run: b"")
    monkeypatch.setattr(pictures, "which", lambda program: None)
