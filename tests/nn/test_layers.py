"""Neuron, Layer and MLP: shapes, names, marks, activations, errors."""

from __future__ import annotations

import math
import pickle
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import autograd
from autograd import Operation, Place, Value, operation, topological_order
from autograd.table import TABLE
from nn import ACTIVATIONS, MLP, Layer, Module, Neuron, half_squared_error, predict

X = [0.7, -1.3]


def names_of(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


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


def test_an_activation_for_each_hidden_layer() -> None:
    """The text of the network makes one of the same layers; a wrong number is refused."""
    model = MLP(2, [4, 3, 1], activation=["tanh", Value.relu], output="sigmoid", rng=0)
    assert repr(model) == "MLP(2, [4, 3, 1], activation=['tanh', 'relu'], output='sigmoid')"
    twin = eval(repr(model))
    assert [layer.activation for layer in twin.layers] == ["tanh", "relu", "sigmoid"]
    twin.load_state_dict(model.state_dict())
    assert twin(X).data == model(X).data  # type: ignore[union-attr]
    assert MLP(2, [4, 3], activation=("softmax",), rng=0).layers[0].acts_on_layer
    assert MLP(2, [1], activation=[]).activation == []
    for wrong in ([], ["tanh"], ["tanh", "relu", "sigmoid"]):
        message = rf"lists {len(wrong)} functions, but there are 2 hidden layers"
        with pytest.raises(ValueError, match=message):
            MLP(2, [4, 3, 1], activation=wrong)
    with pytest.raises(ValueError, match="did you mean 'tanh'"):
        MLP(2, [4, 3, 1], activation=["tanh", "tahn"])


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
        with pytest.raises(ValueError, match="given 0 rows"):
            make()(np.zeros((0, 2)))


# --- marks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("elementary", [False, True])
def test_nodes_of_a_network_know_their_place(elementary: bool) -> None:
    """Inputs, weights, biases, pre-activations and activations, counted from 1."""
    model = MLP(3, [2, 1], activation="tanh", rng=0, elementary=elementary)
    y = model([0.7, -1.3, 0.2])
    places = {node.place._replace(mark=None) for node in topological_order(y) if node.place}
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
    assert str(y.place) == "a2[1]"  # the identity makes no node of its own
    assert model.layers[0].neurons[1].w[0].label == "w1[2,1]"


def test_neurons_and_layers_by_themselves() -> None:
    """They do not know which layer they are, and make `dot` nodes."""
    a = Neuron(2, activation="identity", rng=0)(X)
    assert str(a.place) == "a[1]"
    assert a.operation is operation("dot")
    layer = Layer(2, 2, rng=0)
    assert [str(a.place) for a in layer.pre_activations(X)] == ["a[1]", "a[2]"]
    assert str(Layer(2, 2, index=7).neurons[0].b.place) == "b7[1]"


def test_pre_activation_is_the_parent_of_the_activation() -> None:
    """Both are marked, each as what it is."""
    model = MLP(2, [3], output="sigmoid", rng=0)
    for k, z in enumerate(model(X), start=1):  # type: ignore[arg-type]
        assert z.place[:5] == ("z", 1, k, 0, "sigmoid")
        assert z.parents[0].place[:5] == ("a", 1, k, 0, "sigmoid")


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
    place = Place("a", 3, 2)
    neuron = Neuron(2, activation=activation, rng=0, place=place)
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
    inner = Neuron(1, activation="tanh", rng=0, place=Place("a", 9, 1))
    assert str(Neuron(2, activation=lambda a: inner([a]), rng=0)(X).place) == "z9[1]"


def test_labels_of_the_user_survive() -> None:
    """Whether they are given within the activation or afterwards."""

    def labelled(a: Value) -> Value:
        z = a.tanh()
        z.label = "rate"
        return z

    z = Neuron(1, activation=labelled, rng=0)([0.5])
    assert z.label == "rate"
    assert z.place[:6] == ("z", 0, 1, 0, "labelled", "rate")  # type: ignore[index]
    z = Neuron(1, activation="tanh", rng=0)([0.5])
    z.label = "answer"
    assert (z.label, z.place[:3]) == ("answer", ("z", 0, 1))  # type: ignore[index]


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


def test_networks_can_be_pickled() -> None:
    """With the default activations, too."""
    model = MLP(2, [3, 1], rng=0)
    copy = pickle.loads(pickle.dumps(model))
    assert copy([1.0, 2.0]).data == model([1.0, 2.0]).data
