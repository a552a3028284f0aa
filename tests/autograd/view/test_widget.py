"""The widget's half in the kernel; the browser's half is tested in a real JupyterLab."""

import gc
import math
import random
import sys
import weakref
from typing import Any

import pytest

from autograd import Operation, Value
from autograd.view import widget

pytest.importorskip("anywidget", reason="needs the package anywidget")


def graph() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = a * b + a
    y.label = "y"
    return a, b, y


def edit(live: Any, node: int, number: str) -> None:
    """Do as the browser does."""
    data = {"method": "custom", "content": {"node": node, "number": number}}
    live.comm.handle_msg({"content": {"data": data}, "buffers": []})


def test_an_edit_in_the_browser_changes_the_graph_in_python() -> None:
    a, b, y = graph()
    y.backward()
    live = widget(y)
    edit(live, 0, "5")
    assert (a.data, b.data, y.data) == (5.0, -3.0, -10.0)
    assert (a.grad, b.grad) == (-2.0, 2.0)  # gradients are nobody's but backward's
    assert live.numbers == {"0": 5.0, "1": -3.0}
    edit(live, 1, "-Infinity")
    assert y.data == -math.inf
    assert live.numbers == {"0": 5.0, "1": "-Infinity"}


def test_a_change_in_python_is_sent() -> None:
    a, _, y = graph()
    live = widget(y)
    sent = []
    live.observe(lambda change: sent.append(change["new"]["0"]), "numbers")
    live.update()
    assert sent == []  # nothing new
    a.data = 7.0
    assert live.update(["the history of nn.fit"]) is None  # which would stop at True
    assert sent == [7.0]


def test_after_training_the_graph_is_as_the_page_shows_it() -> None:
    """`update` is a callback of `nn.fit`, and the page then says to call backward()."""
    a, _, y = graph()
    y.backward()
    live = widget(y)
    a.data = 7.0
    live.update([])
    assert y.data == -14.0
    y.zero_grad()
    y.backward()  # the graph is not stale
    assert a.grad == -2.0


def test_an_edit_is_answered() -> None:
    _, _, y = graph()
    live, sent = widget(y), []
    live.send = sent.append
    edit(live, 0, "5")
    assert sent == ["done"]


def test_each_cell_updates_until_the_widget_is_closed() -> None:
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        a, _, y = graph()
        live = widget(y)
        shell.user_ns["a"] = a
        shell.run_cell("a.data = 4.0")
        assert live.numbers["0"] == 4.0
        live.close()
        shell.run_cell("a.data = 6.0")
        assert live.numbers["0"] == 4.0
        live.close()
    finally:
        InteractiveShell.clear_instance()


def test_a_widget_that_is_closed_is_freed_with_its_graph() -> None:
    """Nothing of it is left in the notebook; until then the page may ask for it."""
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        alive = []
        for _ in range(20):
            _, _, y = graph()
            live = widget(y)
            alive += [weakref.ref(live), weakref.ref(y)]
            live.close()
        del live, y
        gc.collect()
        assert [x for x in alive if x() is not None] == []
        assert len(shell.events.callbacks["post_run_cell"]) == 0
    finally:
        InteractiveShell.clear_instance()


def test_viewers_without_widgets_get_a_picture() -> None:
    _, _, y = graph()
    bundle, _ = widget(y)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "run this cell for the player" in bundle["text/html"]
    assert bundle["text/plain"] == "LivePlayer(4 numbers, 8 events)"


def test_what_the_browser_cannot_compute_is_refused() -> None:
    def noisy(x: Any) -> Any:
        return x * random.random() if isinstance(x, (float, Value)) else float(x)

    row = Operation("noisy", noisy, lambda y, x: (float(x),))
    with pytest.raises(ValueError, match="runs in Python only"):
        widget(row(Value(1.0)))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, y = graph()
    monkeypatch.delitem(sys.modules, "autograd.view.live", raising=False)
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match=r'pip install "deltarule\[notebook\]"'):
        widget(y)
