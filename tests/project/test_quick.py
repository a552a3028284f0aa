"""Every part once, end to end, in seconds: `pytest -m quick` after each edit.

A question to each part that it answers only if most of it works; what a part promises is tested
in full where its own tests are.
"""

import csv
import tomllib
from pathlib import Path
from pkgutil import resolve_name
from xml.etree import ElementTree

import pytest

import autograd
from autograd import AnomalyError, Operation, StaleGraphError, Value
from autograd.view import compare_orders, diagnose, draw, explain, expression, play
from nn import MLP, Adam, deltas, fit, half_squared_error, load, predict, save
from nn.data import load as load_data
from nn.data import read_csv, split

pytestmark = pytest.mark.quick


def graph() -> tuple[Value, Value, Value]:
    """tanh(a b + a²), and its leaves."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    loss = (a * b + a**2).tanh()
    loss.label = "loss"
    loss.backward()
    return a, b, loss


def network() -> tuple[MLP, Value]:
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    error = half_squared_error(model([0.5, -1.0]), 1.0)
    error.backward()
    return model, error


# ---- the engine


def test_forward_and_backward() -> None:
    a, b, loss = graph()
    slope = 1.0 - loss.data**2
    assert a.grad == pytest.approx(slope * (b.data + 2 * a.data), rel=1e-14)
    assert b.grad == pytest.approx(slope * a.data, rel=1e-14)
    a.data = 1.0
    with pytest.raises(StaleGraphError):
        loss.backward()
    assert loss.refresh().data == pytest.approx(-0.9640275800758169, rel=1e-14)


def test_derivatives_of_any_order() -> None:
    assert autograd.grad(autograd.grad(lambda x: x**3))(2.0) == 12.0
    assert autograd.hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0]) == [[8.0, 6.0], [6.0, 0.0]]
    assert autograd.jacobian(lambda x: [x[0] * x[1], x[1]])([3.0, 4.0]) == [[4.0, 3.0], [0.0, 1.0]]


def test_checks_of_gradients() -> None:
    assert autograd.gradcheck(lambda x: x.exp() / (1 + x**2), 0.5)
    wrong = Operation("quick_test_wrong", lambda x: x * x, lambda y, x: (3.0 * x,))
    try:
        assert not autograd.gradcheck(wrong, 0.5)
    finally:
        autograd.table.TABLE.pop(wrong.name)
    with pytest.raises(AnomalyError, match=r"Value\(0\.0\)\.log\(\)"), autograd.detect_anomaly():
        Value(0.0).log()


# ---- what is seen


@pytest.mark.parametrize("detail", ["scalar", "neuron", "layer"])
def test_pictures(detail: str, tmp_path: Path) -> None:
    _, error = network()
    drawing = draw(error, detail, gradients=True)  # type: ignore[arg-type]
    picture = ElementTree.parse(drawing.save(tmp_path / "graph.svg")).getroot()
    assert picture.tag.endswith("svg")
    assert len(list(picture.iter())) > 20
    assert "grad" in str(draw(graph()[2]))


def test_a_page_to_play() -> None:
    page = play(graph()[2])
    assert page.data
    assert "<script" in page.html


def test_explanations() -> None:
    _, error = network()
    unit = next(node for node in autograd.topological_order(error) if node.label == "a1[2]")
    assert str(explain(unit, of=error)).startswith("δ_j = h′(a_j) Σ_k w_kj · δ_k")
    assert "tanh" in str(expression(graph()[2]))
    assert str(compare_orders(error))
    assert diagnose(error)


# ---- compiled


def test_compiled_networks() -> None:
    pytest.importorskip("numpy")
    model, error = network()
    slopes = [p.grad for p in model.parameters()]
    step = model.compile("half_squared_error")
    loss, gradient = step([[0.5, -1.0]], [1.0])
    assert loss == pytest.approx(error.data, rel=1e-13)
    assert gradient.tolist() == pytest.approx(slopes, rel=1e-12)
    assert "δ1 = tanh_prime(A1) * (W2.T @ δ2)" in step.source


# ---- networks


def test_modules() -> None:
    model, error = network()
    assert len(model.parameters()) == 13
    assert deltas(error)[2][0][0] == model([0.5, -1.0]).data - 1.0  # type: ignore[union-attr]


@pytest.mark.parametrize("compiled", [False, True])
def test_training(compiled: bool) -> None:
    if compiled:
        pytest.importorskip("numpy")
    train, test = split(load_data("sin", n_samples=40, seed=0), seed=0)
    model = MLP(1, [4, 1], activation="tanh", rng=0)
    history = fit(
        model,
        train.inputs,
        train.targets,
        "half_squared_error",
        optimizer=Adam(model.parameters(), lr=0.05),
        epochs=20,
        batch_size=8,
        progress=False,
        compiled=compiled,
    )
    assert history.epochs[-1]["train_loss"] < 0.9 * history.epochs[0]["train_loss"]
    assert len(predict(model, test.inputs)) == len(test.inputs)


def test_models_as_files(tmp_path: Path) -> None:
    model, _ = network()
    save(model, tmp_path / "model.json")
    again = load(tmp_path / "model.json")
    assert [p.data for p in again.parameters()] == [p.data for p in model.parameters()]


# ---- the roof


def flowers(path: Path) -> Path:
    """Write a table of two species that differ in one length."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["length", "width", "species"])
        rows.writerows([[1 + k % 3 / 10, 2, "a"] for k in range(12)])
        rows.writerows([[3 + k % 3 / 10, 2, "b"] for k in range(12)])
    return path


def test_tables(tmp_path: Path) -> None:
    data = read_csv(flowers(tmp_path / "flowers.csv"), "species")
    assert len(data.inputs) == 24


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pyproject = Path(__file__).parents[2] / "pyproject.toml"
    scripts = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["scripts"]
    main = resolve_name(scripts["deltarule"])
    with pytest.raises(SystemExit, match="0"):
        main(["train", "--help"])
    figure = pytest.importorskip("matplotlib.figure").Figure
    monkeypatch.setattr(figure, "savefig", lambda self, path, **options: Path(path).touch())
    monkeypatch.setenv("PATH", "")  # without Graphviz it is quicker
    flowers(tmp_path / "flowers.csv")
    assert main(["train", "flowers.csv", "--target", "species", "--epochs", "5", "--quiet"]) == 0
    assert (tmp_path / "runs" / "flowers" / "model.json").exists()
    assert main(["predict", "runs/flowers/model.json", "flowers.csv"]) == 0


def test_exercises() -> None:
    from deltarule.exercises import verdict

    assert verdict("1.1", 6.4) == "✓ 1.1: right."
    assert verdict("1.1", 7.6).startswith("✗ 1.1: the derivative is negative")
