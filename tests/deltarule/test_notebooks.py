"""Every lesson is stored with the outputs of its source, and gives them again."""

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(path for path in (FOLDER / "sources").glob("*.py") if path.name != "build.py")
HELPERS = Path(__file__).parents[1] / "helpers"
LARGEST = 900_000  # bytes; larger ones are slow to open
STEMS = [path.stem for path in SOURCES]


def stored(stem: str) -> list[dict[str, Any]]:
    notebook = json.loads((FOLDER / f"{stem}.ipynb").read_text(encoding="utf-8"))
    cells: list[dict[str, Any]] = notebook["cells"]
    return cells


def build() -> Any:
    """Return the module that executes the lessons."""
    for package in ("jupytext", "nbclient", "nbformat", "ipykernel"):
        pytest.importorskip(package, reason=f"needs the package {package}")
    spec = importlib.util.spec_from_file_location("build", FOLDER / "sources" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def texts(cell: Any) -> str:
    """Return what a cell shows as text, without addresses."""
    shown = []
    for output in cell.get("outputs", []):
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        shown.append(text if isinstance(text, str) else "".join(text))
    return re.sub(r"0x[0-9a-f]+", "", "".join(shown))


def test_there_are_the_lessons_and_nothing_else() -> None:
    assert len([stem for stem in STEMS if re.match(r"\d\d_", stem)]) == 13
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == STEMS


@pytest.mark.parametrize("stem", STEMS)
def test_it_is_stored_with_outputs_and_without_errors_and_warnings(stem: str) -> None:
    assert (FOLDER / f"{stem}.ipynb").stat().st_size < LARGEST
    outputs = [output for cell in stored(stem) for output in cell.get("outputs", [])]
    assert outputs
    assert all(output["output_type"] != "error" for output in outputs)
    assert all(output.get("name") != "stderr" for output in outputs)


@pytest.mark.parametrize("stem", STEMS)
def test_its_links_lead_somewhere(stem: str) -> None:
    text = "".join("".join(cell["source"]) for cell in stored(stem))
    links = re.findall(r"\]\(([^)#]+\.(?:ipynb|md))", text)
    for link in [*links, *re.findall(r'(?:src|href)="([^"#]+)"', text)]:
        assert (FOLDER / link).is_file(), link


@pytest.mark.parametrize("stem", STEMS)
def test_it_is_that_of_its_source(stem: str) -> None:
    fresh = build().unexecuted(FOLDER / "sources" / f"{stem}.py")
    assert [cell.source for cell in fresh.cells] == ["".join(x["source"]) for x in stored(stem)]
    assert all(x["execution_count"] for x in stored(stem) if x["cell_type"] == "code")


def test_a_thumbnail_of_a_graph_has_no_words() -> None:
    from autograd import Value
    from autograd.view import draw

    y = Value(2.0, label="x").tanh()
    y.backward()
    svg = build().bare(draw(y, gradients=True, edges="both").svg)
    assert "<text" not in svg
    assert "<rect" in svg
    assert "<path" in svg


@pytest.mark.slow
def test_a_thumbnail_of_a_figure_has_no_words(tmp_path: Path) -> None:
    """It is the picture of the cell, which shows its words as ever."""
    module = build()
    source = tmp_path / "lesson.py"
    source.write_text(
        "# %% tags=['thumbnail']\nimport matplotlib.pyplot as plt\n"
        "plt.figure(figsize=(4, 3), layout='constrained')\nplt.title('many words ' * 3)\n"
        "plt.axis('off')\nplt.show()\n"
    )
    picture = tmp_path / "lesson.png"
    (cell,) = module.executed(source, picture).cells
    assert cell.source.startswith("import matplotlib")
    bare = module.Image.open(picture)
    assert bare.width == module.WIDTH
    assert bare.convert("L").getextrema() == (255, 255)
    shown = module.Image.open(module.BytesIO(module.base64.b64decode(
        cell.outputs[0].data["image/png"]
    )))  # fmt: skip
    assert shown.convert("L").getextrema()[0] < 100


@pytest.mark.slow
@pytest.mark.parametrize("stem", STEMS)
def test_it_runs_and_shows_the_same_in_figures_of_one_look(
    stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = build()
    lesson, code = module.unexecuted, module.nbformat.v4.new_code_cell

    def watched(source: Path) -> Any:
        notebook = lesson(source)
        path = f"import sys; sys.path.append({str(HELPERS)!r})\n"
        notebook.cells.insert(0, code(f"{path}import figures; faults = figures.watch()"))
        notebook.cells.append(code("print(*faults, sep='\\n')"))
        return notebook

    monkeypatch.setattr(module, "unexecuted", watched)
    _, *fresh, faults = module.executed(FOLDER / "sources" / f"{stem}.py").cells
    assert texts(faults).strip() == ""
    for new, old in zip(fresh, stored(stem), strict=True):
        if "varies" not in old["metadata"].get("tags", []):
            assert texts(new) == texts(old), old["source"]
