"""`Layers`: what the graph of a network of one's own says about its layers."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from autograd import Layers, Place, Value, topological_order
from nn import MLP, Layer, Module, Neuron, half_squared_error, total


def layers(root: Value) -> Layers:
    return Layers(topological_order(root))


def uses(root: Value) -> dict[int, list[tuple[int, int, list[int]]]]:
    """Return (sample, step, units) for each use of each layer."""
    return {
        layer: [(use.sample, use.step, sorted(use.units)) for use in all_of_one]
        for layer, all_of_one in layers(root).uses.items()
    }


class Net(Module):
    def __init__(self, **options: Any) -> None:
        self.last = Layer(3, 2, activation="tanh", rng=1, **options)  # made before the first
        self.first = Layer(2, 3, activation="tanh", rng=0, **options)

    def __call__(self, x: Any) -> Any:
        return self.last(self.first(x))


class Recurrent(Module):
    def __init__(self) -> None:
        self.cell = Layer(3, 2, activation="tanh", rng=0)
        self.out = Layer(2, 1, activation="identity", rng=1)

    def __call__(self, x: Any) -> Any:
        h: Any = [0.0, 0.0]
        for x_t in x:
            h = self.cell([x_t, *h])
        return self.out(h)


class Siamese(Module):
    def __init__(self) -> None:
        self.encoder = MLP(2, [3, 2], activation="tanh", rng=0)

    def __call__(self, x: Any) -> Any:
        return half_squared_error(self.encoder(x[0]), self.encoder(x[1]))


@pytest.mark.parametrize("elementary", [False, True])
def test_depth_counts_and_not_the_order_of_making(elementary: bool) -> None:
    net = Net(elementary=elementary)
    y = net([0.5, -1.0])
    loss = half_squared_error(y, [1.0, 0.0])
    assert uses(loss) == {1: [(1, 1, [1, 2, 3])], 2: [(1, 1, [1, 2])]}
    places = layers(loss).places
    assert str(places[y[1]]) == "z2[2]"
    assert str(places[net.first.neurons[2].w[1]]) == "w1[3,2]"


def test_two_networks_one_after_the_other() -> None:
    """Both count their layers from 1; the graph has four."""
    encoder, decoder = MLP(3, [4, 2], rng=0), MLP(2, [4, 3], rng=1)
    y: Any = decoder(encoder([1.0, 2.0, 3.0]))  # type: ignore[arg-type]
    found = layers(half_squared_error(y, [1.0, 2.0, 3.0]))
    assert {layer: len(use[0].units) for layer, use in found.uses.items()} == {
        1: 4,
        2: 2,
        3: 4,
        4: 3,
    }


def test_a_part_of_a_network_keeps_its_numbers() -> None:
    model = MLP(2, [3, 3, 1], rng=0)
    z = model.layers[2](model.layers[1]([0.1, 0.2, 0.3]))
    assert [*uses(z)] == [2, 3]  # type: ignore[arg-type]


def test_branches_get_a_number_each() -> None:
    """Of equal depth, the one that was made first comes first; inputs do not share names."""
    left, right = MLP(2, [2], rng=0), MLP(3, [2], rng=1)
    out = Layer(4, 1, activation="identity", rng=2)
    b, a = right([3.0, 4.0, 5.0]), left([1.0, 2.0])
    y: Any = out([*a, *b])  # type: ignore[misc]
    found = layers(y)
    assert [str(found.places[z]) for z in (*a, *b)] == ["a1[1]", "a1[2]", "a2[1]", "a2[2]"]  # type: ignore[misc]
    inputs = {str(place): x.data for x, place in found.places.items() if place.quantity == "x"}
    assert inputs == {"x1": 1.0, "x2": 2.0, "x3": 3.0, "x4": 4.0, "x5": 5.0}


@pytest.mark.parametrize("end", ["sum", "mean", "root mean square"])
def test_time_steps_are_no_samples(end: str) -> None:
    net = Recurrent()
    x = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]
    errors = [half_squared_error(net(x_n), 1.0) for x_n in x]
    loss = total(errors, "sum" if end == "sum" else "mean")
    loss = loss.sqrt() if end == "root mean square" else loss
    assert uses(loss) == {
        1: [(n, t, [1, 2]) for n in (1, 2) for t in (1, 2, 3)],
        2: [(1, 1, [1]), (2, 1, [1])],
    }
    found = layers(loss)
    assert (found.samples, found.is_recurrent, found.times) == (2, True, "time step")
    data = [use.units[1].data for use in found.uses[1]]
    cell = net.cell.neurons[0]
    assert data[0] == pytest.approx(cell.w[0].data * 0.1 + cell.b.data)
    assert data[3] == pytest.approx(cell.w[0].data * 0.4 + cell.b.data)


def test_a_recurrent_network_with_an_output_at_every_step() -> None:
    cell, out = Layer(2, 1, activation="tanh", rng=0), Layer(1, 1, activation="identity", rng=1)
    h: Any = 0.0
    errors = []
    for x in (0.1, 0.2, 0.3):
        h = cell([x, h])
        errors.append(half_squared_error(out([h]), 1.0))
    assert uses(total(errors)) == {k: [(1, t, [1]) for t in (1, 2, 3)] for k in (1, 2)}


def test_a_shared_layer_is_used_twice_for_a_sample() -> None:
    net = Siamese()
    pairs = [[[0.5, -1.0], [1.0, 2.0]], [[0.1, 0.2], [0.3, 0.4]]]
    found = layers(total([net(pair) for pair in pairs]))
    assert (found.samples, found.is_recurrent, found.times) == (2, False, "use")
    steps = [(use.sample, use.step) for use in found.uses[2]]
    assert steps == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_neurons_on_their_own_form_layers() -> None:
    hidden = [Neuron(2, activation="tanh", rng=i) for i in range(3)]
    out = Neuron(3, activation="sigmoid", rng=9)
    y = out([neuron([0.5, 1.0]) for neuron in hidden])
    assert uses(y) == {1: [(1, 1, [1, 2, 3])], 2: [(1, 1, [1])]}
    assert uses(Neuron(2, rng=0)([1.0, 2.0])) == {1: [(1, 1, [1])]}


def test_layers_of_one_unit_are_not_joined() -> None:
    """Such as the gates of an LSTM with one cell, which have the same inputs."""
    gates = [Layer(2, 1, activation="sigmoid", rng=i) for i in range(3)]
    f, i, o = [gate([0.5, 1.0]) for gate in gates]
    assert [*uses(f * i + o)] == [1, 2, 3]  # type: ignore[operator]


def test_marks_of_ones_own() -> None:
    """Numbers alone are enough where they tell layers apart."""
    w, x = Value(2.0), Value(3.0)
    a = w * x
    a.place = Place("a", 1, 1)
    b = a.tanh() * w
    b.place = Place("a", 2, 1)
    assert uses(b) == {1: [(1, 1, [1])], 2: [(1, 1, [1])]}


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_is_another_layer(copied: Any) -> None:
    """Beside the original, and consistent in itself."""
    net = Net()
    twin = copied(net)
    z: Any = net([0.5, -1.0])
    loss = half_squared_error(twin(z), [1.0, 0.0])
    assert [*uses(loss)] == [1, 2, 3, 4]
    found = layers(loss)
    assert str(found.places[twin.first.neurons[0].w[1]]) == "w3[1,2]"
    again = copied(loss)
    assert uses(again) == uses(loss)


def test_units_without_influence_are_missing() -> None:
    z: Any = Layer(2, 3, rng=0)([1.0, 2.0])
    assert uses(z[1] * 2) == {1: [(1, 1, [2])]}


def test_a_graph_without_a_network() -> None:
    found = layers(Value(1.0) * 2)
    assert (found.places, found.uses, found.samples) == ({}, {}, 0)
