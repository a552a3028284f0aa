"""Neuron, Layer, MLP, and modules of one's own: parameters, shapes, names, errors, start values."""

from __future__ import annotations

import math
import pickle
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

import autograd
from autograd import Operation, Place, Value, operation, topological_order
from autograd.table import TABLE
from nn import ACTIVATIONS, MLP, SGD, Layer, Module, Neuron, fit, half_squared_error, predict
from nn.initializers import INITIALIZERS, find_initializer, normal, uniform

X = [0.7, -1.3]


def names_of(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


# --- Module -------------------------------------------------------------------------------------


class Nested(Module):
    """Parameters in attributes, lists, tuples, dicts, modules, and dicts of lists of modules."""

    def __init__(self) -> None:
        self.size = 3
        self.name = "nested"
        self.offset = Value(1.0)
        self.pair = (Value(2.0), Value(3.0))
        self.blocks = {"left": [Neuron(1, rng=0)], "right": Value(4.0)}
        self.unused = None
        self.last = Layer(1, 1, rng=0)


def test_parameters_come_in_the_order_of_the_attributes() -> None:
    """Names say where a parameter is; other attributes are passed over."""
    assert names_of(Nested()) == [
        "offset",
        "pair.0",
        "pair.1",
        "blocks.left.0.w.0",
        "blocks.left.0.b",
        "blocks.right",
        "last.neurons.0.w.0",
        "last.neurons.0.b",
    ]
    assert [p.data for p in Nested().parameters()[:3]] == [1.0, 2.0, 3.0]


def test_parameters_of_an_mlp_go_unit_by_unit() -> None:
    """Weights, then the bias of each unit, layer by layer, as in micrograd."""
    model = MLP(2, [2, 1], rng=0)
    assert names_of(model) == [
        "layers.0.neurons.0.w.0",
        "layers.0.neurons.0.w.1",
        "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0",
        "layers.0.neurons.1.w.1",
        "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0",
        "layers.1.neurons.0.w.1",
        "layers.1.neurons.0.b",
    ]
    assert model.parameters()[4] is model.layers[0].neurons[1].w[1]


def test_shared_parameters_are_listed_once() -> None:
    """Tied weights get one gradient and one step; the first name counts."""
    tied = Value(1.0)

    class Tied(Module):
        def __init__(self) -> None:
            self.encoder, self.decoder = [tied, Value(2.0)], {"w": tied}
            self.again = self.encoder

    assert names_of(Tied()) == ["encoder.0", "encoder.1"]


def test_modules_that_refer_to_each_other() -> None:
    """A child that knows its parent does not make the search endless."""

    class Child(Module):
        def __init__(self, parent: Module) -> None:
            self.parent, self.w = parent, Value(2.0)

    class Parent(Module):
        def __init__(self) -> None:
            self.w, self.child = Value(1.0), Child(self)

    assert names_of(Parent()) == ["w", "child.w"]


def test_computed_values_are_no_parameters() -> None:
    """A result that a module keeps is not learnt."""

    class Remembers(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

        def __call__(self, x: float) -> Value:
            self.output = self.w * x
            return self.output

    module = Remembers()
    module(3.0)
    assert names_of(module) == ["w"]


def test_a_module_without_parameters() -> None:
    """It is allowed; an optimiser is what has nothing to do."""
    assert Module().parameters() == []
    assert Module().state_dict() == {}


def test_zero_grad_forgets_all_gradients() -> None:
    """After it, a gradient is 0.0 and known to be missing."""
    model = MLP(2, [2, 1], activation="tanh", rng=0)
    model(X).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 9
    assert not any(p.has_grad for p in model.parameters())


def test_state_dict_brings_back_every_number() -> None:
    """Plain floats by name, also into another network of the same architecture."""
    model, other = MLP(2, [3, 1], rng=0), MLP(2, [3, 1], rng=1)
    state = model.state_dict()
    assert state["layers.0.neurons.2.w.1"] == model.layers[0].neurons[2].w[1].data
    assert {type(number) for number in state.values()} == {float}
    before = predict(model, [X])
    assert predict(other, [X]) != before
    other.load_state_dict(state)
    assert predict(other, [X]) == before
    model.parameters()[0].data += 1.0
    assert state != model.state_dict()  # a copy, not a view


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s.pop("layers.0.neurons.0.b"), KeyError, r"1 names missing.*neurons\.0\.b"),
        (lambda s: s.update(extra=1.0), KeyError, r"1 unknown.*extra"),
        (lambda s: s.update({"layers.1.neurons.0.b": "x"}), TypeError, "real number"),
        (lambda s: s.update({"layers.1.neurons.0.b": [1.0]}), TypeError, "real number"),
        (lambda s: s.clear(), KeyError, "9 names missing"),
    ],
)
def test_load_state_dict_is_strict_and_all_or_nothing(
    change: Callable[[dict[str, Any]], Any], error: type[Exception], message: str
) -> None:
    """A state that does not fit raises, and not one number has changed."""
    model = MLP(2, [2, 1], rng=0)
    before = model.state_dict()
    state: dict[str, Any] = dict.fromkeys(before, 7.0)
    change(state)
    with pytest.raises(error, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_loading_a_state_makes_older_graphs_stale() -> None:
    """Gradients of a graph that was computed from other numbers would be wrong."""
    model = MLP(2, [2, 1], rng=0)
    y = model(X)
    model.load_state_dict(dict.fromkeys(model.state_dict(), 7.0))
    with pytest.raises(autograd.StaleGraphError):
        y.backward()


class Residual(Module):
    """y = x + f(x): the input skips a layer."""

    def __init__(self) -> None:
        rng = random.Random(0)
        self.hidden = Layer(1, 3, activation="tanh", rng=rng)
        self.out = Neuron(3, activation="identity", rng=rng, layer=2)

    def __call__(self, x: Sequence[Any]) -> Value:
        return x[0] + self.out(self.hidden(x))  # type: ignore[operator, no-any-return, arg-type]


def test_a_module_with_a_skip_connection_learns() -> None:
    """It learns x + sin(2x) by the same `fit`."""
    xs = [[n / 5] for n in range(-8, 9)]
    targets = [x + math.sin(2 * x) for (x,) in xs]
    model = Residual()
    optimizer = SGD(model.parameters(), lr=0.2, momentum=0.9)
    history = fit(
        model, xs, targets, half_squared_error, optimizer=optimizer, epochs=300, progress=False
    )
    assert history[0]["train_loss"] > 0.3
    assert history[-1]["train_loss"] < 0.01
    assert predict(model, [[0.5]])[0] == pytest.approx(0.5 + math.sin(1.0), abs=0.1)


# --- Neuron, Layer, MLP -------------------------------------------------------------------------


def test_a_neuron_gives_one_value() -> None:
    """Ten inputs: ten weights, a bias that starts at 0, one output."""
    neuron = Neuron(10, rng=0)
    assert len(neuron.parameters()) == 11
    assert neuron.b.data == 0.0
    assert isinstance(neuron([1.0] * 10), Value)
    assert repr(neuron) == "Neuron(10, relu)"
    assert repr(Neuron(3, nonlin=False)) == "Neuron(3, identity)"


def test_nonlin_false_makes_a_linear_neuron() -> None:
    """As in micrograd, whatever the activation."""
    neuron = Neuron(1, False, activation="sigmoid")
    neuron.w[0].data = 2.0
    assert neuron([-5.0]).data == -10.0


def test_shapes_of_layers() -> None:
    """A list of outputs; the one output itself if there is only one."""
    assert len(Layer(2, 3, rng=0)(X)) == 3  # type: ignore[arg-type]
    assert isinstance(Layer(2, 1, rng=0)(X), Value)
    assert len(Layer(2, 3).parameters()) == 9
    assert repr(Layer(2, 3, activation="tanh")) == "Layer(2, 3, tanh)"
    assert repr(Layer(2, 3, nonlin=False)) == "Layer(2, 3, identity)"


def test_shapes_of_networks() -> None:
    """Hidden layers share an activation; the last has its own."""
    model = MLP(2, [4, 3], activation="tanh", output="softmax", rng=0)
    assert repr(model) == "MLP(2, [4, 3], activation='tanh', output='softmax')"
    assert len(model(X)) == 3  # type: ignore[arg-type]
    assert model.sizes == [2, 4, 3]
    assert [repr(layer) for layer in model.layers] == ["Layer(2, 4, tanh)", "Layer(4, 3, softmax)"]
    assert isinstance(MLP(2, [4, 1], rng=0)(X), Value)
    assert isinstance(MLP(1, [1, 1, 1], rng=0)([0.5]), Value)


def test_without_hidden_layers_a_network_is_linear() -> None:
    """One layer is the output layer."""
    model = MLP(1, [1], rng=0)
    y0, y1, y2 = predict(model, [[0.0], [1.0], [2.0]])
    assert y2 - y1 == pytest.approx(y1 - y0, rel=1e-12)


def test_the_network_of_micrograds_demo() -> None:
    """337 parameters, drawn in micrograd's order from the same generator."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    after = random.random()
    assert len(model.parameters()) == 337
    weights = [w.data for layer in model.layers for n in layer.neurons for w in n.w]
    assert weights[:3] == [0.23550571390294128, 0.06653114721000164, -0.26830328150124894]
    rng = random.Random(1337)
    assert weights == [rng.uniform(-1, 1) for _ in range(304)]
    assert rng.random() == after  # not one number more was drawn
    assert all(n.b.data == 0.0 for layer in model.layers for n in layer.neurons)
    first, last = model.layers[0].neurons[0], model.layers[2].neurons[0]
    assert (first.activation, last.activation) == ("relu", "identity")


def test_seeds_make_networks_repeatable() -> None:
    """The same seed, the same numbers; a generator goes on from where it is."""
    state = MLP(3, [4, 2], rng=42).state_dict()
    assert MLP(3, [4, 2], rng=42).state_dict() == state
    assert MLP(3, [4, 2], rng=random.Random(42)).state_dict() == state
    assert MLP(3, [4, 2], rng=43).state_dict() != state
    generator = random.Random(42)
    assert MLP(3, [4, 2], rng=generator).state_dict() == state
    assert MLP(3, [4, 2], rng=generator).state_dict() != state
    random.seed(42)
    assert MLP(3, [4, 2]).state_dict() == state


def test_a_seed_leaves_the_global_generator_alone() -> None:
    """Only rng=None draws from it."""
    random.seed(1)
    expected = random.random()
    random.seed(1)
    MLP(2, [3], rng=42)
    assert random.random() == expected


def test_a_seed_may_come_from_numpy() -> None:
    """np.int64(42) is 42; a generator of NumPy is repeatable, and goes on from where it is."""
    np = pytest.importorskip("numpy")
    assert MLP(2, [3], rng=np.int64(42)).state_dict() == MLP(2, [3], rng=42).state_dict()
    first, second = np.random.default_rng(0), np.random.default_rng(0)
    state = MLP(2, [3], rng=first).state_dict()
    assert MLP(2, [3], rng=second).state_dict() == state
    assert MLP(2, [3], rng=second).state_dict() != state
    for rng in ("42", 4.2, np.random):
        with pytest.raises(TypeError, match=r"rng.*random\.Random"):
            MLP(2, [3], rng=rng)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "given"),
    [
        (lambda: Neuron(2), [1.0, 2.0, 3.0]),
        (lambda: Neuron(2, elementary=True), [1.0, 2.0, 3.0]),
        (lambda: Layer(2, 3), [1.0, 2.0, 3.0]),
        (lambda: Layer(2, 3, elementary=True), [1.0, 2.0, 3.0]),
        (lambda: MLP(2, [3, 1]), [1.0, 2.0, 3.0]),
        (lambda: MLP(2, [3, 1], elementary=True), [1.0, 2.0, 3.0]),
        (lambda: MLP(2, [3, 1]), []),
    ],
)
def test_a_wrong_number_of_inputs(make: Callable[[], Any], given: list[float]) -> None:
    """The message names both numbers; nothing is cut off silently as zip would do."""
    with pytest.raises(ValueError, match=rf"\b2 inputs\b.*\b{len(given)}\b"):
        make()(given)


@pytest.mark.parametrize("make", [lambda: Neuron(1), lambda: Layer(1, 2), lambda: MLP(1, [2, 1])])
def test_a_bare_number_as_input(make: Callable[[], Any]) -> None:
    """One input is a sequence of one; the message shows how to write it."""
    for x in (0.5, Value(0.5)):
        with pytest.raises(TypeError, match=r"sequence of inputs, such as \[0\.5\]"):
            make()(x)


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None])
def test_sizes_are_positive_integers(size: Any) -> None:
    """For inputs as for neurons."""
    for make in (
        lambda: Neuron(size),
        lambda: Layer(size, 2),
        lambda: Layer(2, size),
        lambda: MLP(size, [2]),
        lambda: MLP(2, [3, size]),
    ):
        with pytest.raises(ValueError, match="integer of at least 1"):
            make()


def test_sizes_may_come_from_numpy() -> None:
    """Such as X.shape[1] or len(np.unique(y)); they become plain integers."""
    np = pytest.importorskip("numpy")
    model = MLP(np.int64(2), np.array([3, 1]))
    assert repr(model) == repr(MLP(2, [3, 1]))
    assert [type(size) for size in model.sizes] == [int, int, int]


def test_a_network_needs_a_list_of_sizes() -> None:
    """MLP(2, 16) and MLP(2, []) are told what is missing."""
    with pytest.raises(TypeError, match=r"\[16, 1\]"):
        MLP(2, 16)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"\[16, 1\]"):
        MLP(2, [])


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "softmax", "identity"])
def test_elementary_and_dot_networks_give_the_same_numbers(activation: str) -> None:
    """Only the graph differs: + and × nodes, or one `dot` node for each pre-activation."""
    results = []
    for elementary in (False, True):
        model = MLP(2, [4, 3], activation="tanh", output=activation, rng=3, elementary=elementary)
        y = model(X)
        half_squared_error(y, [0.1, 0.2, 0.3]).backward()
        operations = {n.operation.name for n in topological_order(y[0]) if n.operation}
        assert ("mul" in operations) == elementary
        assert ("dot" in operations) != elementary
        results.append([*[y_k.data for y_k in y], *[p.grad for p in model.parameters()]])
    assert results[0] == pytest.approx(results[1], rel=1e-12, abs=1e-15)


def test_inputs_of_any_real_type() -> None:
    """ints, bools, floats, and nodes, whose gradients are then computed too."""
    model = MLP(2, [3, 1], activation="tanh", rng=0)
    expected = model([1.0, 0.0]).data  # type: ignore[union-attr]
    x = (Value(1.0), Value(0.0))
    y = model(x)
    assert y.data == model([1, 0]).data == model((True, False)).data == expected
    y.backward()
    assert x[0].grad != 0.0
    with pytest.raises(TypeError, match="real number"):
        model(["1", "0"])


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "uint8", "bool"])
@pytest.mark.parametrize("elementary", [False, True])
def test_rows_of_a_numpy_array_as_inputs(dtype: str, elementary: bool) -> None:
    """Each row of X is a sample, and the outputs are ordinary nodes of floats."""
    np = pytest.importorskip("numpy")
    rows = np.array([[1, 0], [1, 1]], dtype=dtype)
    for make in (
        lambda: Neuron(2, activation="tanh", rng=0, elementary=elementary),
        lambda: Layer(2, 1, activation="tanh", rng=0, elementary=elementary),
        lambda: MLP(2, [3, 1], activation="tanh", rng=0, elementary=elementary),
    ):
        model = make()
        for row in rows:
            y = model(row)
            assert type(y.data) is float
            assert y.data == model([float(x) for x in row]).data
            y.backward()


def test_a_whole_array_is_not_a_sample() -> None:
    """An error, even if the number of rows happens to be the number of inputs; with what to do."""
    np = pytest.importorskip("numpy")
    for make in (lambda: MLP(2, [3, 1]), lambda: Layer(2, 3), lambda: Neuron(2)):
        for rows in (1, 2, 5):
            for samples in (np.zeros((rows, 2)), [[0.0, 0.0]] * rows):
                with pytest.raises(ValueError, match=rf"given {rows} rows.*predict\(model, X\)"):
                    make()(samples)


# --- marks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("elementary", [False, True])
def test_nodes_of_a_network_know_their_place(elementary: bool) -> None:
    """Inputs, weights, biases, pre-activations and activations, counted from 1."""
    model = MLP(3, [2, 1], activation="tanh", rng=0, elementary=elementary)
    y = model([0.7, -1.3, 0.2])
    places = {node.place for node in topological_order(y)} - {None}
    assert places == {
        *[Place("x", 0, i) for i in (1, 2, 3)],
        *[Place("w", 1, j, i) for j in (1, 2) for i in (1, 2, 3)],
        *[Place("b", 1, j) for j in (1, 2)],
        *[Place("a", 1, j, activation="tanh") for j in (1, 2)],
        *[Place("z", 1, j, activation="tanh") for j in (1, 2)],
        *[Place("w", 2, 1, j) for j in (1, 2)],
        Place("b", 2, 1),
        Place("a", 2, 1, activation="identity"),
    }
    assert y.place == Place(
        "a", 2, 1, activation="identity"
    )  # the identity makes no node of its own
    assert model.layers[0].neurons[1].w[0].label == "w1[2,1]"


def test_neurons_and_layers_by_themselves() -> None:
    """They count as the first layer, and make `dot` nodes."""
    a = Neuron(2, activation="identity", rng=0)(X)
    assert a.place == Place("a", 1, 1, activation="identity")
    assert a.operation is operation("dot")
    layer = Layer(2, 2, rng=0)
    assert [a.place for a in layer.pre_activations(X)] == [
        Place("a", 1, unit, activation="relu") for unit in (1, 2)
    ]
    assert Layer(2, 2, index=7).neurons[0].b.place == Place("b", 7, 1)


def test_pre_activation_is_the_parent_of_the_activation() -> None:
    """Both are marked, each as what it is."""
    model = MLP(2, [3], output="sigmoid", rng=0)
    for k, z in enumerate(model(X), start=1):  # type: ignore[arg-type]
        assert z.place == Place("z", 1, k, activation="sigmoid")
        assert z.parents[0].place == Place("a", 1, k, activation="sigmoid")


@pytest.mark.parametrize(
    "activation",
    [
        *[name for name in ACTIVATIONS if name not in ("identity", "linear", "softmax")],
        Value.tanh,
        autograd.tanh,
        lambda a: a.tanh(),
        lambda a: a.tanh() * a.sigmoid(),
        lambda a: 2.0 * a,
        lambda a: 0.5 * (a * a).exp(),
    ],
)
def test_every_activation_is_marked_where_it_is_made(activation: Any) -> None:
    """By Neuron and Layer, for a name, a function, a row or a composite."""
    neuron = Neuron(2, activation=activation, rng=0, layer=3, unit=2)
    z = neuron(X)
    assert z.place == Place("z", 3, 2, activation=neuron.activation)
    layer = Layer(2, 2, activation=activation, rng=0, index=4)
    assert [str(z.place) for z in layer(X)] == ["z4[1]", "z4[2]"]  # type: ignore[union-attr]
    marks = [node.place.quantity for node in topological_order(z) if node.place]
    assert (marks.count("a"), marks.count("z")) == (1, 1)


def test_what_an_activation_did_not_make_is_not_marked() -> None:
    """The pre-activation itself, leaves, what was there before, and what is no node."""
    place = Place("z", 7, 7)
    marked = Value(1.0) * 2.0
    marked.place = place
    leaf, older = Value(1.0, label="leaf"), Value(1.0) * 2.0
    for node, wanted in [(marked, place), (leaf, None), (older, None)]:
        neuron = Neuron(2, activation=lambda a, node=node: node, rng=0)
        assert neuron(X) is node
        assert node.place == wanted
    assert leaf.label == "leaf"
    assert Neuron(2, activation=lambda a: a, rng=0)(X).place.quantity == "a"  # type: ignore[union-attr]
    assert (
        Neuron(2, activation=lambda a: a.data, rng=0)(X) == Neuron(2, nonlin=False, rng=0)(X).data
    )
    inner = Neuron(1, activation="tanh", rng=0, layer=9)
    assert str(Neuron(2, activation=lambda a: inner([a]), rng=0)(X).place) == "z9[1]"


def test_labels_of_the_user_survive() -> None:
    """Whether they are given within the activation or afterwards."""

    def labelled(a: Value) -> Value:
        z = a.tanh()
        z.label = "rate"
        return z

    z = Neuron(1, activation=labelled, rng=0, layer=2)([0.5])
    assert z.label == "rate"
    assert z.place == Place("z", 2, 1, activation="labelled", label="rate")
    z = Neuron(1, activation="tanh", rng=0)([0.5])
    z.label = "answer"
    assert (z.label, z.place[:3]) == ("answer", ("z", 1, 1))  # type: ignore[index]


def test_without_a_graph_activations_are_plain_numbers() -> None:
    """Under no_grad() the same numbers come out."""
    for activation in ("tanh", lambda a: a.tanh() * 1.0):
        model = MLP(2, [3, 1], activation=activation, rng=0)
        y = model(X)
        with autograd.no_grad():
            assert model(X).data == y.data  # type: ignore[union-attr]


def test_a_node_given_as_input_keeps_its_label() -> None:
    """Only plain numbers are marked as x1, x2."""
    x = Value(0.5, label="height")
    MLP(1, [1], rng=0)([x])
    assert x.label == "height"


# --- activations --------------------------------------------------------------------------------


@pytest.fixture
def cube() -> Iterator[Operation]:
    """An operation of the reader's own."""
    yield Operation("cube", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    TABLE.pop("cube", None)


def test_an_operation_as_activation(cube: Operation) -> None:
    """By itself or by name, also one of the reader's own."""
    for activation in (cube, "cube"):
        neuron = Neuron(1, activation=activation)
        neuron.w[0].data = 2.0
        z = neuron([3.0])
        z.backward()
        assert z.data == 216.0
        assert neuron.w[0].grad == 3 * 6.0**2 * 3.0
        assert neuron.activation == "cube"
    assert Neuron(1, activation=operation("tanh")).activation == "tanh"
    assert Neuron(1, activation=autograd.gelu).activation == "gelu"


def test_a_function_as_activation() -> None:
    """Any function of a node, named after itself."""

    def bump(a: Value) -> Value:
        return (-(a**2)).exp()

    model = MLP(1, [2, 1], activation=bump, rng=0)
    assert model.activation == "bump"
    assert repr(model.layers[0]) == "Layer(1, 2, bump)"
    w = [n.w[0].data for n in model.layers[0].neurons]
    v = [v.data for v in model.layers[1].neurons[0].w]
    expected = sum(v_j * math.exp(-((0.5 * w_j) ** 2)) for v_j, w_j in zip(v, w))
    assert model([0.5]).data == pytest.approx(expected, rel=1e-12)  # type: ignore[union-attr]


@pytest.mark.parametrize("make", [Neuron, lambda n, **o: Layer(n, 2, **o)])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rleu", "did you mean 'relu'"),
        ("Tanh", "did you mean 'tanh'"),
        ("ReLU", "did you mean 'relu'"),
        ("zzz", "choose from identity"),
    ],
)
def test_an_unknown_activation(make: Callable[..., Any], name: str, hint: str) -> None:
    """The message makes a suggestion."""
    with pytest.raises(ValueError, match=f"no activation function '{name}'; {hint}"):
        make(2, activation=name)


def test_what_cannot_be_an_activation() -> None:
    """None, numbers and operations of two operands are refused when the network is made."""
    for wrong in (None, 3):
        with pytest.raises(TypeError, match="activation"):
            MLP(2, [3, 1], activation=wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="activation"):
            MLP(2, [3, 1], output=wrong)  # type: ignore[arg-type]
    for name in ("add", "atan2", "pow"):
        with pytest.raises(ValueError, match="one operand"):
            MLP(2, [3, 1], activation=name)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_named_activation_works_in_a_network(name: str) -> None:
    """Forward and backward."""
    model = MLP(2, [3, 1], activation=name, output=name, rng=0)
    y = model(X)
    y.backward()  # type: ignore[union-attr]
    assert math.isfinite(y.data)  # type: ignore[union-attr]


@pytest.mark.parametrize("softmax", ["softmax", autograd.softmax])
def test_softmax_acts_on_the_whole_layer(softmax: Any) -> None:
    """By name or as the function: probabilities over the units."""
    model = MLP(2, [4, 3], activation="tanh", output=softmax, rng=0)
    logits = MLP(2, [4, 3], activation="tanh", rng=0)
    e = [math.exp(a) for a in predict(logits, [X])[0]]
    assert predict(model, [X])[0] == pytest.approx([e_k / sum(e) for e_k in e], rel=1e-12)
    assert repr(model.layers[1]) == "Layer(4, 3, softmax)"
    assert [y.place.quantity for y in model(X)] == ["z"] * 3  # type: ignore[union-attr]
    assert model.output == "softmax"


def test_softmax_of_one_neuron_is_refused() -> None:
    """It belongs to a layer; a single unit would always give 1."""
    with pytest.raises(ValueError, match="layer"):
        Neuron(2, activation="softmax")


# --- initialisers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ("uniform", 1 / 3),
        ("normal", 0.1**2),
        ("glorot_uniform", 2 / (50 + 150)),
        ("xavier_uniform", 2 / (50 + 150)),
        ("glorot_normal", 2 / (50 + 150)),
        ("xavier_normal", 2 / (50 + 150)),
        ("he_uniform", 2 / 50),
        ("kaiming_uniform", 2 / 50),
        ("he_normal", 2 / 50),
        ("kaiming_normal", 2 / 50),
        (uniform(0.3), 0.3**2 / 3),
        (normal(2.0), 2.0**2),
    ],
)
def test_distribution_of_initial_weights(init: Any, variance: float) -> None:
    """Mean 0 and the variance of the formula, for 7500 weights of a layer from 50 to 150 units."""
    layer = Layer(50, 150, init=init, rng=7)
    weights = [w.data for neuron in layer.neurons for w in neuron.w]
    n = len(weights)
    # Four standard errors; the variance of a sample variance is at most that of a normal's.
    assert abs(statistics.fmean(weights)) < 4 * math.sqrt(variance / n)
    assert statistics.pvariance(weights) == pytest.approx(variance, rel=4 * math.sqrt(2 / n))
    largest = max(map(abs, weights)) / math.sqrt(3 * variance)
    is_uniform = "uniform" in init if isinstance(init, str) else variance < 1
    assert (largest <= 1) == is_uniform
    assert all(neuron.b.data == 0.0 for neuron in layer.neurons)


def test_initialisers_know_fan_in_and_fan_out() -> None:
    """They are called with the number of inputs and of units of the layer."""
    calls = []

    def spy(rng: random.Random, fan_in: int, fan_out: int) -> float:
        calls.append((fan_in, fan_out))
        return 0.25

    model = MLP(2, [3, 1], init=spy, rng=0)
    assert calls == [(2, 3)] * 6 + [(3, 1)] * 3
    assert {w.data for layer in model.layers for n in layer.neurons for w in n.w} == {0.25}


def test_unknown_initialisers() -> None:
    """The message makes a suggestion; all names work."""
    with pytest.raises(ValueError, match="no initialiser 'he_norm'; did you mean 'he_normal'"):
        MLP(2, [1], init="he_norm")
    with pytest.raises(ValueError, match="did you mean 'he_normal'"):
        MLP(2, [1], init="He_Normal")
    with pytest.raises(ValueError, match="choose from uniform"):
        find_initializer("zzz")
    with pytest.raises(TypeError, match="initialiser"):
        MLP(2, [1], init=0.1)  # type: ignore[arg-type]
    for name in INITIALIZERS:
        assert math.isfinite(find_initializer(name)(random.Random(0), 3, 4))


def test_networks_can_be_pickled() -> None:
    """With the default activations, too."""
    model = MLP(2, [3, 1], rng=0)
    copy = pickle.loads(pickle.dumps(model))
    assert copy([1.0, 2.0]).data == model([1.0, 2.0]).data
