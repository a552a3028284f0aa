"""Models of any class as files: filled when they have been built, or as the graph they compute."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
import nn
from autograd import Operation, Value, tanh
from autograd.compile import TraceError
from autograd.table import TABLE
from nn import (
    MLP,
    SGD,
    Dropout,
    Embedding,
    GraphModule,
    Layer,
    LayerNorm,
    ModelFileError,
    Module,
    Neuron,
    RMSNorm,
    Sequential,
    fit,
    load,
    predict,
    save,
    trace,
)

X = [[0.5, -1.0], [-0.25, 2.0], [0.0, 0.75]]


class Net(Module):
    """A wiring of its own, with parameters in several places, and settings."""

    def __init__(self, rng: Any = None, *, skip: float = 0.5, h: Any = tanh, steps: int = 2):
        self.hidden = Layer(2, 2, activation="tanh", rng=rng)
        self.gains = {"a": Value(1.25), "b": [Value(-0.5), Value(2.0)]}
        self.out = Layer(2, 2, activation="softmax", rng=rng)
        self.skip, self.h, self.steps = skip, h, steps

    def __call__(self, x: Any) -> Any:
        z = x
        for _ in range(self.steps):
            z = [z_i + self.skip * x_i for z_i, x_i in zip(self.hidden(z), x)]
        z = [self.gains["a"] * self.h(z[0]), self.gains["b"][0] * z[1] + self.gains["b"][1]]
        return self.out(z)


class Tied(Module):
    """Two layers with the same weights, and a third that shares the biases of one of them."""

    def __init__(self, rng: Any = None, *, third: int = 0):
        self.layers = [Layer(2, 2, activation="tanh", rng=rng) for _ in range(3)]
        self.layers[1].neurons[0].w = self.layers[0].neurons[0].w
        self.layers[2].neurons[0].b = self.layers[third].neurons[0].b

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def sequential(rng: Any = None) -> Sequential:
    return Sequential(
        Layer(2, 3, activation="gelu", rng=rng), LayerNorm(3), Dropout(0.25, rng=rng),
        Layer(3, 2, activation="identity", rng=rng), RMSNorm(2), lambda z: z[0] - z[1],
    )  # fmt: skip


def exchanged(rng: Any = None) -> MLP:
    model = MLP(2, [3, 2], rng=rng)
    model.layers[1] = Layer(3, 2, activation="sigmoid", rng=rng)
    return model


def nameless(rng: Any = None) -> MLP:
    return MLP(2, [3, 1], activation=lambda a: a * a, rng=rng)


def alike(rng: Any = None) -> MLP:
    def tanh(a: Value) -> Value:
        return 3 * a

    return MLP(2, [2, 1], activation=tanh, rng=rng)


class Derived(MLP):
    """A subclass may compute something else."""


BUILDS: dict[str, Callable[[Any], Any]] = {
    "Net": Net,
    "Tied": Tied,
    "Sequential": sequential,
    "Layer": lambda rng: Layer(2, 3, activation="relu", rng=rng),
    "Neuron": lambda rng: Neuron(2, rng=rng),
    "Derived": lambda rng: Derived(2, [3, 1], rng=rng),
    "exchanged": exchanged,
    "nameless": nameless,
    "alike": alike,
    "MLP": lambda rng: MLP(2, [3, 1], rng=rng),
    "activations": lambda rng: MLP(2, [3, 2, 1], activation=["tanh", "relu"], rng=rng),
}
NETWORKS = {"MLP", "activations"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.json"


@pytest.mark.parametrize("kind", list(BUILDS))
def test_a_model_that_was_built_is_filled(path: Path, kind: str) -> None:
    """It is the one given, with the same numbers, and predicts the same."""
    model, other = BUILDS[kind](1).eval(), BUILDS[kind](2).eval()
    assert other.state_dict() != model.state_dict()
    save(model, path, {"note": "größer"})
    assert load(path, other) is other
    assert other.state_dict() == model.state_dict()
    assert predict(other, X) == predict(model, X)
    assert other.metadata == {"note": "größer"}


@pytest.mark.parametrize("kind", list(BUILDS))
def test_only_a_network_comes_back_by_itself(path: Path, kind: str) -> None:
    """Of another class, the message says what to do."""
    model = BUILDS[kind](1)
    save(model, path)
    if kind in NETWORKS:
        loaded = load(path)
        assert repr(loaded) == repr(model)
        assert predict(loaded, X) == predict(model, X)
        return
    name = type(model).__name__
    message = rf"it holds a .*{name}', and no code: build one, and pass it, load\(path, Net"
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_networks_with_a_list_of_activations(path: Path) -> None:
    """One for each hidden layer; own operations are found by name where they are declared."""
    bump = Operation("bump", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    try:
        model = MLP(2, [3, 2, 1], activation=["gudermannian", bump], output="sigmoid", rng=0)
        save(model, path)
        assert load(path).activation == ["gudermannian", "bump"]
        assert predict(load(path), X) == predict(model, X)
    finally:
        TABLE.pop("bump")
    with pytest.raises(ModelFileError, match="'bump'"):
        load(path)


def test_what_a_user_has_added_to_a_network_does_not_matter(path: Path) -> None:
    """It is not saved, as it never was."""
    model = MLP(2, [3, 1], rng=0)
    model.note = "mine"  # type: ignore[attr-defined]
    model.best = list(model.parameters())  # type: ignore[attr-defined]
    save(model, path)
    assert load(path).state_dict() == model.state_dict()
    assert load(path, MLP(2, [3, 1])).state_dict() == model.state_dict()


@pytest.mark.parametrize(
    ("saved", "given", "message"),
    [
        (Net(1), Layer(2, 2), "the model is 'Net' in the file and 'Layer' here"),
        (Net(1), Net(skip=0.25), "'skip' of the model is 0.5 in the file and 0.25 here"),
        (Net(1), Net(steps=3), "'steps' of the model is 2 in the file and 3 here"),
        (Net(1), Net(h=autograd.relu), "'h' of the model is 'tanh' in the file and 'relu' here"),
        (Net(1), Net(h=lambda a: a), "'h' of the model is 'tanh' .* 'a function <lambda>' here"),
        (alike(1), MLP(2, [2, 1], activation="tanh"), "_function' .* 'a function tanh' .* 'tanh'"),
        (Tied(1), Tied(third=1), r"'layers.2.neurons.0.b' of the model is 'the parameter layers.0"),
        (
            exchanged(1),
            MLP(2, [3, 2]),
            r"'layers.1.neurons.0.activation' of the model is 'sigmoid' .* 'ide",
        ),
        (
            MLP(2, [3, 1]),
            MLP(2, [3, 1], activation="tanh"),
            "'activation' of the model is 'relu' .* 'tanh'",
        ),
        (MLP(2, [3, 1]), Derived(2, [3, 1]), "the model is 'MLP' in the file and 'Derived' here"),
        (MLP(2, [3, 1]), MLP(2, [4, 1]), r"'sizes.1' of the model is 3 in the file and 4 here"),
        (
            sequential(1),
            Sequential(Layer(2, 3)),
            r"'layers.0.neurons.0.activation' .* 'gelu' .* 'relu'",
        ),
        (
            Embedding(3, 2),
            Embedding(4, 2),
            r"2 names of parameters are .* alone: \['weight.3.0', 'weight.3.1'\]",
        ),
        (trace(Net(1), X[0]), Net(1).hidden, "another graph than this Layer: load it alone"),
        (trace(Net(1), X[0]), trace(Net(h=autograd.relu), X[0]), "another graph than this Graph"),
    ],
)
def test_a_model_of_another_structure_is_refused(
    path: Path, saved: Module, given: Module, message: str
) -> None:
    """Both are named, and it is left as it was."""
    save(saved, path)
    before = given.state_dict()
    with pytest.raises(ModelFileError, match=rf"(?s)model\.json.*{message}"):
        load(path, given)
    assert given.state_dict() == before


def test_a_part_that_is_called_metadata_is_a_part(path: Path) -> None:
    """It is not taken for what `save` is given under this name."""

    class Described(Module):
        def __init__(self, rng: int) -> None:
            self.metadata = Layer(2, 1, rng=rng)

    model, other = Described(1), Described(2)
    save(model, path, {"note": "x"})
    assert load(path, other).metadata.state_dict() == model.metadata.state_dict()
    other.metadata = Layer(2, 1, activation="tanh")
    with pytest.raises(ModelFileError, match=r"'metadata.*' of the model is 'relu' .* 'tanh'"):
        load(path, other)


def test_arrays_of_settings_are_compared(path: Path) -> None:
    """As a scale of the inputs."""
    np = pytest.importorskip("numpy")

    class Scaled(Module):
        def __init__(self, scale: Any) -> None:
            self.w, self.scale = Value(2.0), np.array(scale)

    save(Scaled([1.0, 2.0]), path)
    assert load(path, Scaled([1.0, 2.0])).w.data == 2.0
    with pytest.raises(ModelFileError, match=r"'scale' of the model is \[1.0, 2.0\] .* \[1.0, 3"):
        load(path, Scaled([1.0, 3.0]))


def test_the_mode_and_the_place_of_a_class_do_not_matter(path: Path) -> None:
    """A class may have moved to another module since, and the model may be in training."""
    save(sequential(1).eval(), path)
    content = json.loads(path.read_text())
    assert content["class"] == "nn.blocks.Sequential"
    path.write_text(json.dumps({**content, "class": "elsewhere.Sequential"}))
    model = sequential(2)
    assert load(path, model).training


@pytest.mark.parametrize("kind", ["Net", "MLP", "graph"])
def test_frozen_parameters_are_frozen_again(path: Path, kind: str) -> None:
    """By their names; those that are not stay as they are in the model given."""
    model = Net(1) if kind == "Net" else MLP(2, [3, 1], rng=1)
    first = next(iter(model.parameters()))
    first.requires_grad_(False)
    save(trace(model, X[0]) if kind == "graph" else model, path)
    assert json.loads(path.read_text())["frozen"] == [next(iter(model.state_dict()))]
    loaded = load(path, Net(2)) if kind == "Net" else load(path)
    assert [p.requires_grad for p in loaded.parameters()] == [
        p.requires_grad for p in model.parameters()
    ]


def test_shared_parameters_are_written_once_and_shared_again(path: Path) -> None:
    """Here 18 places hold 15 parameters."""
    model, other = Tied(1), Tied(2)
    save(model, path)
    assert len(json.loads(path.read_text())["parameters"]) == 15 == len(model.parameters())
    load(path, other)
    assert other.layers[1].neurons[0].w[0] is other.layers[0].neurons[0].w[0]
    assert predict(other, X) == predict(model, X)


@pytest.mark.parametrize("model", [None, {"w": 1.0}, MLP, [Layer(2, 2)]])
def test_what_is_no_module(path: Path, model: Any) -> None:
    """Neither saved nor filled."""
    with pytest.raises(TypeError, match="pass a module"):
        save(model, path)
    assert not path.exists()
    save(MLP(2, [1]), path)
    if model is not None:
        with pytest.raises(TypeError, match="build one and pass it"):
            load(path, model)


# --- graphs -------------------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from nn import load, predict
print(repr(predict(load(sys.argv[2]), eval(sys.argv[3]))))
"""


@pytest.mark.parametrize("kind", list(BUILDS))
def test_a_graph_computes_the_same_where_the_class_is_not_known(path: Path, kind: str) -> None:
    """In another process, to the last bit."""
    pytest.importorskip("numpy")
    model = BUILDS[kind](1).eval()
    save(trace(model, X[0]), path)
    loaded = load(path)
    assert isinstance(loaded, GraphModule)
    assert loaded.state_dict() == model.state_dict()
    assert predict(loaded, X) == predict(model, X)
    root = str(Path(nn.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, root, str(path), repr(X)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == repr(predict(model, X)), done.stderr


@pytest.mark.parametrize("kind", ["Net", "Tied", "MLP"])
def test_a_graph_that_was_loaded_learns_as_the_model_does(path: Path, kind: str) -> None:
    """Gradients have the same bits, too."""
    pytest.importorskip("numpy")
    model = BUILDS[kind](1)
    save(trace(model, X[0]), path)
    loaded = load(path)
    targets = [y if isinstance(y, list) else [y] for y in predict(BUILDS[kind](2), X)]
    for learner in (model, loaded):
        fit(learner, X, targets, "mean_squared_error", optimizer=SGD(learner.parameters(), lr=0.1),
            epochs=3, batch_size=1, progress=False)  # fmt: skip
    assert loaded.state_dict() == model.state_dict()
    assert predict(trace(loaded, X[0]), X) == predict(model, X)  # of a graph, again


def test_a_graph_has_the_parameters_of_its_model() -> None:
    """The same leaves: what one learns, the other knows."""
    pytest.importorskip("numpy")
    model = Net(1)
    graph = trace(model, X[0])
    assert [*map(id, graph.parameters())] == [*map(id, model.parameters())]
    model.gains["a"].data = 7.0
    assert predict(graph, X) == predict(model, X)
    with pytest.raises(ValueError, match="2 inputs, but was given 3"):
        graph([1.0, 2.0, 3.0])


def test_samples_that_are_one_number(path: Path) -> None:
    """And constants, special numbers among them."""
    pytest.importorskip("numpy")

    class Curve(Module):
        def __init__(self) -> None:
            self.w = Value(0.1)

        def __call__(self, x: Any) -> Any:
            return [autograd.minimum(self.w * x**3 + 1 / 3, float("inf")), Value(2.0) * 3.0, 4.0]

    save(trace(Curve(), 1.0), path)
    loaded = load(path)
    for x in (0.7, -2.0):
        numbers = [[getattr(y, "data", y) for y in model(x)] for model in (loaded, Curve())]
        assert numbers[0] == numbers[1]


def test_what_depends_on_numbers_has_no_graph() -> None:
    """The line that asks is shown."""
    pytest.importorskip("numpy")

    class Choosing(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x: Any) -> Any:
            return self.w if x[0] > 0 else self.w * x[0]

    with pytest.raises(TraceError, match=r"return self\.w if x\[0\] > 0"):
        trace(Choosing(), [1.0])
    with pytest.raises(TraceError, match="computes something else each time"):
        trace(Sequential(Layer(2, 2), Dropout(0.5, rng=0)), X[0])


BROKEN = {
    "no steps": ({"steps": None}, "'steps' is missing or not a list"),
    "unknown row": ({"steps": [["system", 0]]}, "no operation 'system' in the table"),
    "no row": ({"steps": [[0, 1]]}, "not an operation with its operands"),
    "later node": ({"steps": [["neg", 5]]}, "there is no node 5 before node 5"),
    "negative": ({"steps": [["neg", -1]]}, "there is no node -1"),
    "text": ({"steps": [["neg", "os"]]}, "'os' is not a weight"),
    "too many": ({"steps": [["neg", 0, 1], ["neg", 5]]}, "its graph cannot be computed"),
    "too few": ({"steps": [["add", 0], ["neg", 5]]}, "its graph cannot be computed"),
    "index": ({"steps": [["softmax", 0, 1, 9.0], ["neg", 5]]}, "its graph cannot be computed"),
    "inputs": ({"inputs": 10**12}, "is no number of inputs"),
    "fewer inputs": ({"inputs": 1}, "there is no node"),
    "outputs": ({"outputs": [99]}, "there is no node 99"),
    "no outputs": ({"outputs": None}, "None is not a weight"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_broken_graphs(path: Path, name: str) -> None:
    """Each is refused with what is wrong."""
    pytest.importorskip("numpy")
    save(trace(Neuron(2, rng=0), X[0]), path)
    content = json.loads(path.read_text())
    assert content["graph"] == {
        "inputs": 2, "steps": [["dot", 2, 3, 0, 1, 4], ["relu", 5]], "outputs": 6
    }  # fmt: skip
    changes, message = BROKEN[name]
    path.write_text(json.dumps({**content, "graph": {**content["graph"], **changes}}))
    with pytest.raises(ModelFileError, match=message):
        load(path)
