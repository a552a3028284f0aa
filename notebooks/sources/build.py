"""Execute the lessons and store them with their outputs.

    python notebooks/sources/build.py            # all
    python notebooks/sources/build.py 01 05      # some

The sources are the .py files beside this one, in jupytext's percent format; the .ipynb files in
the folder above are made of them. A cell tagged "varies" shows something else on every machine,
such as a time.
"""

from __future__ import annotations

import base64
import re
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import nbformat
from PIL import Image

SOURCES = Path(__file__).parent
FOLDER = SOURCES.parent
THUMBNAILS = FOLDER / "thumbnails"


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


def executed(source: Path) -> Any:
    """Return the notebook of a source with the outputs of a fresh kernel."""
    notebook = unexecuted(source)
    client = nbclient.NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    notebook = client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                output.data["image/png"] = base64.b64encode(quantised(png)).decode()
    return notebook


def quantised(png: bytes) -> bytes:
    """Return a picture with at most 128 colours if that is smaller; animated ones as they are."""
    image = Image.open(BytesIO(png))
    if getattr(image, "is_animated", False):
        return png
    out = BytesIO()
    small = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(out, "png", optimize=True, dpi=image.info.get("dpi"))
    return min(png, out.getvalue(), key=len)


def thumbnail(notebook: Any, path: Path) -> None:
    """Write the picture of the cell tagged "thumbnail", or else the first one, beside the rest."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    tagged = [cell for cell in cells if "thumbnail" in cell.metadata.get("tags", [])]
    for cell in tagged or cells:
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                path.with_suffix(".png").write_bytes(base64.b64decode(data["image/png"]))
                return
            if "image/svg+xml" in data:
                svg = re.sub(r"\s+$", "\n", data["image/svg+xml"])
                path.with_suffix(".svg").write_text(svg, encoding="utf-8")
                return


def main() -> None:
    THUMBNAILS.mkdir(exist_ok=True)
    wanted = sys.argv[1:]
    for source in sources():
        if wanted and not any(source.stem.startswith(start) for start in wanted):
            continue
        print(source.name, flush=True)
        notebook = executed(source)
        nbformat.write(notebook, FOLDER / f"{source.stem}.ipynb")
        if source.stem != "index":
            thumbnail(notebook, THUMBNAILS / source.stem)


if __name__ == "__main__":
    main()
