"""PNG and PDF by packages, where the program `dot` is not installed."""

import io
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from autograd.view import Drawing, draw
from autograd.view.draw import CONVERTERS, _PaperSvg
from autograd.view.measure import HATCHED
from autograd.view.style import DARK, HATCH_WIDTH, LIGHT
from nn import MLP, half_squared_error

BACKGROUND = {"light": LIGHT.paper, "dark": DARK.paper}
DETAILS = ["scalar", "neuron", "layer"]
SUFFIXES = [(".png", b"\x89PNG\r\n\x1a\n"), (".pdf", b"%PDF-")]


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def drawing(detail: Any = "neuron", **options: Any) -> Drawing:
    error = half_squared_error(MLP(2, [3, 1], activation="tanh", rng=0)([0.5, -1.0]), 1.0)
    error.backward()
    return draw(error, detail, gradients=True, **options)


def converter(suffix: str) -> None:
    package = CONVERTERS[suffix[1:]]
    pytest.importorskip(package, reason=f"needs the package {package}")


def pixels(png: bytes) -> Any:
    """Return red, green, blue and alpha: an array of three dimensions."""
    numpy = pytest.importorskip("numpy", reason="needs the package numpy")
    image = pytest.importorskip("PIL.Image", reason="needs the package pillow")
    return numpy.asarray(image.open(io.BytesIO(png)).convert("RGBA")).astype(int)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
@pytest.mark.parametrize(("suffix", "magic"), SUFFIXES)
def test_files_are_what_they_end_in(suffix: str, magic: bytes, theme: str, tmp_path: Path) -> None:
    converter(suffix)
    path = drawing(theme=theme).save(tmp_path / f"graph{suffix}")
    assert path.read_bytes().startswith(magic)
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("detail", DETAILS)
def test_a_png_shows_the_whole_picture(
    detail: str, rankdir: str, theme: str, tmp_path: Path
) -> None:
    converter(".png")
    picture = drawing(detail, rankdir=rankdir, theme=theme)
    found = pixels(picture.save(tmp_path / "graph.png").read_bytes())
    _, _, width, height = map(float, re.findall(r'viewBox="(.*?)"', picture.svg)[0].split())
    assert found.shape[1] / found.shape[0] == pytest.approx(width / height, rel=0.01)
    assert found.shape[1] > 1.5 * width  # sharp on screens of today
    background = [int(BACKGROUND[theme][i : i + 2], 16) for i in (1, 3, 5)]
    differs = (abs(found[..., :3] - background).max(axis=2) > 8) & (found[..., 3] > 128)
    edge = 8  # pixels of the margin
    inside = differs[edge:-edge, edge:-edge]
    assert 0.01 < inside.mean() < 0.9
    assert inside.sum() == differs.sum()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("suffix", [suffix for suffix, _ in SUFFIXES])
def test_what_is_not_finite_is_hatched(suffix: str, theme: str) -> None:
    """Stripes cross the lower edge of the node whose logarithm is infinite, and of no other."""
    converter(suffix)
    a = Value(0.0, label="a")
    logarithm = a.log()
    logarithm.label = "a logarithm of 0"
    y = logarithm * 2
    picture = draw(y, theme=theme)
    if suffix == ".png":
        png = import_module(CONVERTERS["png"]).svg_to_bytes(svg_string=picture.svg, zoom=4.0)
    else:  # as it goes into the PDF
        svg = picture.rendered(_PaperSvg).text.encode()
        png = import_module(CONVERTERS["pdf"]).svg2png(bytestring=svg, scale=4.0)
    found = pixels(png)[..., :3].sum(axis=2)
    left, top, _, _ = picture.rendered().box
    stripes = {}
    for node in picture.picture.nodes[:2]:
        (x, y_), (width, height) = picture.layout.nodes[node.key], picture._sizes[node.key]
        inside = 0.0 if node.is_finite else HATCHED / 2  # where the middle of the outline is
        row = 4 * (y_ + height / 2 - inside - top + HATCH_WIDTH / 4)
        start, end = (4 * (x + side * (width / 2 - min(14, width / 4)) - left) for side in (-1, 1))
        along = found[round(row), round(start) : round(end)]
        is_light = along > (int(along.max()) + int(along.min())) / 2
        stripes[node.title or node.symbol] = int((is_light[1:] != is_light[:-1]).sum())
    assert stripes["a"] == 0
    assert max(stripes.values()) >= 6


def test_auto_is_light_on_paper(tmp_path: Path) -> None:
    converter(".png")
    auto, light, dark = [
        drawing(theme=theme).save(tmp_path / f"{theme}.png").read_bytes()
        for theme in ("auto", "light", "dark")
    ]
    assert auto == light != dark


@pytest.mark.parametrize("suffix", [suffix for suffix, _ in SUFFIXES])
def test_labels_of_users_are_converted(suffix: str, tmp_path: Path) -> None:
    converter(suffix)
    y = Value(1.0, label="<b>&amp;\x00\u202e\ud800 </svg> €") * 2
    plain = draw(Value(1.0) * 2).save(tmp_path / f"plain{suffix}").read_bytes()
    assert len(draw(y).save(tmp_path / f"graph{suffix}").read_bytes()) > len(plain)


@pytest.mark.parametrize("suffix", [suffix for suffix, _ in SUFFIXES])
def test_without_either_the_error_says_what_to_install(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = CONVERTERS[suffix[1:]]
    monkeypatch.setitem(sys.modules, package, None)
    path = tmp_path / f"graph{suffix}"
    path.write_text("before")
    message = rf"as {suffix[1:].upper()} needs a package: pip install {package} \(or .* `dot`"
    with pytest.raises(ImportError, match=message):
        drawing().save(path)
    assert path.read_text() == "before"
    assert [child.name for child in tmp_path.iterdir()] == [path.name]
