"""The colours of figures and what they mean; the style of the course."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nn.plots import (
    BLUE,
    CLASS_COLOURS,
    FAINT,
    GOLD,
    GREEN,
    GREY,
    INK,
    ORANGE,
    ROSE,
    VIOLET,
    confusion_matrix,
    text_on,
)

pytest.importorskip("matplotlib")

from matplotlib.colors import rgb_to_hsv, to_rgb


def luminance(colour: Any) -> float:
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Any, other: Any) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def hue(colour: Any) -> float | None:
    """In degrees; None for greys."""
    h, s, v = rgb_to_hsv(to_rgb(colour))
    return float(360 * h) if s * v > 0.15 else None


def test_blue_orange_and_violet_are_kept_for_sign_and_backward_pass() -> None:
    for colour in (*CLASS_COLOURS, INK, GREEN, ROSE, GOLD, GREY, FAINT):
        for reserved in (BLUE, ORANGE, VIOLET):
            mine, theirs = hue(colour), hue(reserved)
            assert theirs is not None
            if mine is not None:
                apart = abs((mine - theirs + 180) % 360 - 180)
                assert apart > 15, (colour, reserved, apart)


def test_lines_stand_out_from_the_paper() -> None:
    assert all(contrast(c, "white") >= 4 for c in (INK, GREEN, ROSE, GOLD, GREY, VIOLET, BLUE))
    assert all(contrast(c, "white") >= 3 for c in (ORANGE, FAINT))


def test_the_first_classes_differ_in_lightness_too() -> None:
    first, second, third = CLASS_COLOURS[:3]
    assert contrast(first, second) > 2.5
    assert contrast(second, third) > 2.5


@pytest.mark.parametrize("colour", [*CLASS_COLOURS, BLUE, ORANGE, GREEN, "#777777"])
def test_numbers_on_a_colour_can_be_read(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= 4.5


def test_every_count_of_a_confusion_matrix_can_be_read() -> None:
    true = [0] * 10 + [1] * 10
    for right in range(11):
        predicted = [0] * right + [1] * (10 - right) + [1] * 10
        (ax,) = confusion_matrix(true, predicted).axes
        (image,) = ax.images
        for text in ax.texts:
            y, t = text.get_position()
            behind = image.to_rgba(image.get_array()[round(t), round(y)])[:3]
            assert contrast(text.get_color(), behind) >= 4.5, text


def test_the_style_of_the_course() -> None:
    program = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from matplotlib.colors import to_hex
from nn.plots import BLUE, ORANGE, course_style
course_style()
course_style()  # a cell may run twice
figure, ax = plt.subplots()
lines = [ax.plot([0, 1], [k, k])[0] for k in range(5)]
assert len({line.get_color() for line in lines}) == 5
assert len({str(line.get_linestyle()) + str(line._dash_pattern) for line in lines}) == 5
signed, height = matplotlib.colormaps["signed"], matplotlib.colormaps["height"]
assert [to_hex(signed(x)) for x in (0.0, 1.0)] == [ORANGE, BLUE]
assert min(signed(0.5)) > 0.98
assert to_hex(height(0.0)) == "#ffffff"
assert figure.get_facecolor() == (1, 1, 1, 1)
assert matplotlib.rcParams["font.size"] * figure.dpi / 72 >= 12
assert 10 * figure.dpi <= 830
"""
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)


def test_the_style_gives_a_notebook_twice_the_pixels() -> None:
    pytest.importorskip("IPython", reason="needs the package IPython")
    program = """
from binascii import a2b_base64
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
from matplotlib_inline.backend_inline import configure_inline_support
from nn.plots import course_style
course_style()
configure_inline_support(shell, "module://matplotlib_inline.backend_inline")
import matplotlib.pyplot as plt
figure, _ = plt.subplots(figsize=(5, 2))
png, size = shell.display_formatter.formatters["image/png"](figure)
assert int.from_bytes(a2b_base64(png)[16:20], "big") // 2 == size["width"], size
"""
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", program], cwd=root, check=True)
