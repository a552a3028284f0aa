"""`playground`: the page of a model, in a notebook and as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from deltarule.playground import playground
from nn import MLP

X, T = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def test_a_page_is_one_file_and_a_frame(tmp_path: Path) -> None:
    model = MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=0)
    page = playground(model, X, T, "binary_cross_entropy", notation="nielsen")
    assert repr(page) == "Playground(13 parameters, 4 samples)"
    assert page.save(tmp_path / "mine.html").read_text(encoding="utf-8") == page.html
    assert "script-src 'unsafe-eval' 'sha256-" in page.html
    shown = page._repr_html_()
    assert 'setAttribute("sandbox", "allow-scripts allow-forms allow-downloads")' in shown
    assert len(page.html) < 150_000
    with pytest.raises(ValueError, match=r"a playground ends in \.html, got 'mine.txt'"):
        page.save(tmp_path / "mine.txt")


def test_it_keeps_the_weights_of_its_time() -> None:
    model = MLP(2, [1], rng=0)
    page = playground(model, X, [0.5] * 4, "half_squared_error")
    before = [p.data for p in model.parameters()]
    model.parameters()[0].data = 100.0
    assert page.data is not None
    assert page.data["p"] == before


def test_data_without_a_model_are_refused() -> None:
    assert repr(playground()) == "Playground()"
    with pytest.raises(TypeError, match="inputs and targets given without a model"):
        playground(inputs=X, targets=T)
    with pytest.raises(ValueError, match="bishop"):
        playground(notation="bishop")
