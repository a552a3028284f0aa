"""The table of a model's parts and of what a sample costs."""

from __future__ import annotations

from typing import Any

from autograd import Value
from nn import MLP, Dropout, Layer, LayerNorm, Module, Neuron, Sequential


class Net(Module):
    """Layers, a sequence of blocks, parameters of its own, and a skip connection."""

    def __init__(self) -> None:
        self.first = Layer(2, 3, activation="tanh", rng=0).requires_grad_(False)
        self.scale = [Value(1.0), Value(2.0).requires_grad_(False)]
        self.rest = Sequential(Dropout(0.5, rng=1), LayerNorm(3), Layer(3, 1, rng=1))
        self.calls = 0

    def __call__(self, x: list[float]) -> Any:
        self.calls += 1
        return self.rest(self.first(x)) + self.scale[0] * x[0]


def costs(text: str) -> dict[str, list[str]]:
    """Return shape, nodes and products of every part that was called."""
    lines = [line.replace(" → ", "→").split() for line in text.splitlines()[1:]]
    return {line[0]: line[-3:] for line in lines if "→" in line[-3]}


def test_parts_parameters_and_what_is_frozen() -> None:
    assert Net().summary().splitlines() == [
        "layer          module             parameters  frozen",
        "first          Layer(2, 3, tanh)           9       9",
        "scale                                      2       1",
        "rest.layers.0  Dropout(0.5)                0       0",
        "rest.layers.1  LayerNorm(3)                6       0",
        "rest.layers.2  Layer(3, 1, relu)           4       0",
        "total          Net                        21      10",
    ]


def test_the_cost_of_a_sample() -> None:
    """A layer of M units and D inputs: M `dot` nodes of D products, and M activations."""
    found = costs(Net().summary([0.5, -1.0]))
    assert found["first"] == ["2→3", "6", "6"]
    assert found["rest.layers.0"] == ["3→3", "3", "3"]
    assert found["rest.layers.2"] == ["3→1", "2", "3"]
    total = found.pop("total")
    nodes, products = (sum(int(cost[k]) for cost in found.values()) for k in (1, 2))
    assert total == ["2→1", str(nodes + 2), str(products + 1)]  # with the skip connection


def test_a_summary_leaves_the_model_as_it_is() -> None:
    """Classes, counters and generators; a copy has been called."""
    model, twin = Net(), Net()
    model.summary([0.5, -1.0])
    assert model.calls == 0
    assert type(model.first) is Layer
    assert model([0.5, -1.0]).data == twin([0.5, -1.0]).data


def test_elementary_networks_make_the_same_products() -> None:
    """Of nodes there are more: products and sums are nodes of their own."""
    for elementary, nodes in ((False, ["10", "3", "13"]), (True, ["25", "30", "55"])):
        model = MLP(2, [5, 3], activation="tanh", rng=0, elementary=elementary)
        found = list(costs(model.summary([0.5, -1.0])).values())
        assert [cost[2] for cost in found] == ["10", "15", "25"]
        assert [cost[1] for cost in found] == nodes


def test_a_part_that_is_called_twice_costs_twice() -> None:
    layer = Layer(2, 2, rng=0)
    found = costs(Sequential(layer, layer).summary([0.5, -1.0]))
    assert found["layers.0"] == ["2→2", "8", "8"]
    assert found["total"] == ["2→2", "8", "8"]


def test_a_neuron_by_itself() -> None:
    """Its own parameters, by attribute."""
    lines = Neuron(2, activation="tanh", rng=0).summary([0.5, -1.0]).splitlines()
    assert [line.split() for line in lines[1:3]] == [["w", "2", "0"], ["b", "1", "0"]]
    assert lines[3].split() == ["total", "Neuron", "3", "0", "2", "→", "1", "2", "2"]
