"""Execute the lessons and store them with their outputs.

    python notebooks/sources/build.py            # all
    python notebooks/sources/build.py 01 05      # some

The sources are the .py files beside this one, in jupytext's percent format; the .ipynb files in
the folder above are made of them. A cell tagged "varies" shows something else on every machine,
such as a time.
"""

from __future__ import annotations

import base64
import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jupytext
import nbclient
import nbformat
from PIL import Image

SOURCES = Path(__file__).parent
FOLDER = SOURCES.parent
THUMBNAILS = FOLDER / "thumbnails"
SVG = "http://www.w3.org/2000/svg"
THUMBNAIL = "thumbnail"  # the tag of the cell whose picture stands in the index
WIDTH = 340  # pixels of a thumbnail, twice as many as the index shows

# Runs in the kernel, before a cell. No word could be read at that size: figures are saved without.
BARE = """\
def _watch():
    from matplotlib.backend_bases import FigureCanvasBase
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    def printed(canvas, *arguments, **options):
        words = canvas.figure.findobj(lambda x: isinstance(x, Text | Legend) and x.get_visible())
        for word in words:
            word.set_visible(False)
        original(canvas, {path!r}, dpi={width} / canvas.figure.get_figwidth())
        for word in words:
            word.set_visible(True)
        return original(canvas, *arguments, **options)

    def restore(*_):
        FigureCanvasBase.print_figure = original
        events.unregister("post_run_cell", restore)

    original, events = FigureCanvasBase.print_figure, get_ipython().events
    FigureCanvasBase.print_figure = printed
    events.register("post_run_cell", restore)


_watch()
"""


def sources() -> list[Path]:
    """Return the sources of the lessons, in order."""
    return sorted(path for path in SOURCES.glob("*.py") if path.name != "build.py")


def unexecuted(source: Path) -> Any:
    """Return the notebook of a source, without outputs."""
    notebook = jupytext.read(source)
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
        cell.metadata.pop("lines_to_next_cell", None)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    return notebook


def executed(source: Path, picture: Path | None = None) -> Any:
    """Return the notebook of a source with the outputs of a fresh kernel.

    The figure of the cell tagged "thumbnail" is saved as `picture`, without words.
    """
    notebook = unexecuted(source)
    tagged = [cell for cell in notebook.cells if THUMBNAIL in cell.metadata.get("tags", [])]
    sources = [cell.source for cell in tagged]
    if picture is not None:
        for cell in tagged:
            cell.source = BARE.format(path=str(picture), width=WIDTH) + cell.source
    client = nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    notebook = client.execute()
    for cell, text in zip(tagged, sources):
        cell.source = text
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                output.data["image/png"] = base64.b64encode(quantised(png)).decode()
    return notebook


def quantised(png: bytes) -> bytes:
    """Return a picture with at most 128 colours if that is smaller."""
    image = Image.open(BytesIO(png))
    out = BytesIO()
    small = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(out, "png", optimize=True, dpi=image.info.get("dpi"))
    return min(png, out.getvalue(), key=len)


def bare(svg: str) -> str:
    """Return a picture of a graph without its words, and without what stands behind them."""
    tree = ElementTree.fromstring(svg)
    for parent in list(tree.iter()):
        for child in list(parent):
            kind, name = child.get("class", "").split(), child.tag.partition("}")[2]
            behind = "background" in kind and parent is not tree  # else it is the paper
            if name == "text" or behind or "legend" in kind:
                parent.remove(child)
    ElementTree.register_namespace("", SVG)
    return f"{ElementTree.tostring(tree, encoding='unicode')}\n"


def drawing(notebook: Any) -> str | None:
    """Return the picture of a graph in the cell tagged "thumbnail"."""
    for cell in notebook.cells:
        if THUMBNAIL in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/svg+xml" in output.get("data", {}):
                    return str(output.data["image/svg+xml"])
    return None


def main() -> None:
    THUMBNAILS.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for source in sources():
        if wanted and not any(source.stem.startswith(start) for start in wanted):
            continue
        print(source.name, flush=True)
        picture = THUMBNAILS / f"{source.stem}.png"
        notebook = executed(source, picture)
        nbformat.write(notebook, FOLDER / f"{source.stem}.ipynb")
        if picture.exists():
            picture.write_bytes(quantised(picture.read_bytes()))
        if svg := drawing(notebook):
            picture.with_suffix(".svg").write_text(bare(svg), encoding="utf-8")


if __name__ == "__main__":
    main()
