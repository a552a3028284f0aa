"""Modules of one's own: where parameters are found, their names and numbers."""

from __future__ import annotations

import copy
import math
import pickle
import random
from collections import OrderedDict, UserDict, UserList, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

import autograd
from autograd import Value
from nn import (
    MLP,
    SGD,
    Dropout,
    Layer,
    Module,
    Neuron,
    Sequential,
    fit,
    half_squared_error,
    predict,
)

X = [0.7, -1.3]


def names_of(module: Module) -> list[str]:
    return [name for name, _ in module.named_parameters()]


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
        self.out = Neuron(3, activation="identity", rng=rng)

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


# --- where they are found -----------------------------------------------------------------------


class Holder(Module):
    """A module with the attributes it is given."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


@dataclass
class Pair:
    first: Any
    second: Any = None


@dataclass(slots=True)
class SlottedPair:
    first: Any
    second: Any = None


class Plain:
    """An object of a class that is no module."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Slotted(Module):
    """A module whose parameters are in slots."""

    __slots__ = ("__hidden", "w")

    def __init__(self) -> None:
        self.w, self.__hidden = Value(1.0), Value(2.0)
        self.other = Value(3.0)


@pytest.mark.parametrize(
    ("collection", "names"),
    [
        (deque([Value(1.0), Value(2.0)]), ["x.0", "x.1"]),
        (OrderedDict(b=Value(1.0), a=Value(2.0)), ["x.b", "x.a"]),
        (UserDict(b=Value(1.0)), ["x.b"]),
        (Pair(Value(1.0), [Value(2.0)]), ["x.first", "x.second.0"]),
        (SlottedPair(Value(1.0), Pair(Value(2.0))), ["x.first", "x.second.first"]),
        ([Pair(Neuron(1))], ["x.0.first.w.0", "x.0.first.b"]),
    ],
)
def test_collections_in_which_parameters_are_found(collection: Any, names: list[str]) -> None:
    """Deques, mappings and dataclasses, as lists and dicts."""
    assert names_of(Holder(x=collection)) == names


def test_arrays_of_objects_are_looked_into() -> None:
    """An index for each dimension; a single object has the index 0."""
    np = pytest.importorskip("numpy")
    grid = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], dtype=object)
    module = Holder(numbers=np.zeros(3), grid=grid, single=np.array(Value(5.0), dtype=object))
    assert module.state_dict() == {
        "grid.0.0": 1.0, "grid.0.1": 2.0, "grid.1.0": 3.0, "grid.1.1": 4.0, "single.0": 5.0
    }  # fmt: skip


def test_slots_of_a_module_are_attributes() -> None:
    """With those that are named with two underscores, and copies keep them."""
    module = Slotted()
    assert sorted(module.state_dict().values()) == [1.0, 2.0, 3.0]
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert twin.state_dict() == module.state_dict()
        assert not set(twin.parameters()) & set(module.parameters())


@pytest.mark.parametrize(
    ("holder", "message"),
    [
        ({Value(1.0)}, r"x\.0 is a Value in a set, which has no order: use a list"),
        (frozenset([Neuron(1)]), r"x\.0 is a Neuron in a frozenset, which has no order"),
        (Plain(w=Value(1.0)), r"x\.w is a Value in a Plain.*let Plain be a Module or a dataclass"),
        (Plain(units=[Neuron(1)]), r"x\.units\.0 is a Neuron in a Plain"),
        (UserList([Value(1.0)]), r"x\.data\.0 is a Value in a UserList"),
        ([{"a": Plain(w=Value(1.0))}], r"x\.0\.a\.w is a Value in a Plain"),
    ],
)
def test_parameters_that_would_be_overlooked_are_refused(holder: Any, message: str) -> None:
    """By name, with what to do; printing says so, too."""
    module = Holder(x=holder)
    of_modules = [module.eval] if "Neuron" in message else []
    for ask in (module.parameters, module.state_dict, module.zero_grad, *of_modules):
        with pytest.raises(TypeError, match=message):
            ask()
    assert "TypeError: x." in repr(module)


def test_objects_that_know_the_parameters_of_a_module_are_no_mistake() -> None:
    """An optimiser, a program, the module itself in an object, in whatever order."""
    module = Holder(optimizer=None, net=MLP(2, [3, 1], rng=0), rng=random.Random(0), kind=Plain)
    module.optimizer = SGD(module.net.parameters())
    module.program = module.net.compile("half_squared_error")
    module.owner = Plain(model=module, computed=Value(1.0) + 1.0)
    assert len(module.parameters()) == 13


@pytest.mark.parametrize(
    "attributes",
    [
        {"x": {1: Value(1.0), "1": Value(2.0)}},
        {"x.y": Value(1.0), "x": {"y": Value(2.0)}},
        {"x": {"a.0": Value(1.0), "a": [Value(2.0)]}},
    ],
)
def test_two_parameters_of_one_name_are_refused(attributes: dict[str, Any]) -> None:
    """A state would have lost one of them."""
    with pytest.raises(ValueError, match=r"1 names stand for two parameters: \['x\."):
        Holder(**attributes).state_dict()


def test_a_parameter_of_the_class_is_refused() -> None:
    """All objects would share it, and it would not be found."""
    with pytest.raises(TypeError, match=r"Shared\.w is an attribute of the class.*self\.w"):
        type("Shared", (Module,), {"w": Value(1.0)})


def test_inputs_that_an_mlp_has_made_are_no_parameters() -> None:
    """Kept with the graph of the last call, as the graph itself."""
    net = MLP(2, [1], rng=0)
    module = Holder(net=net)
    module.last = autograd.topological_order(net(X))
    assert len(module.parameters()) == 3


def test_a_leaf_that_a_call_has_stored_is_seen_in_the_names() -> None:
    """It cannot be told from a parameter: loading an older state says so, and changes nothing."""

    class Remembers(Module):
        def __init__(self) -> None:
            self.w = Value(2.0)

        def __call__(self, x: Value) -> Value:
            self.last = x
            return self.w * x

    module = Remembers()
    state = module.state_dict()
    module(Value(3.0))
    with pytest.raises(KeyError, match=r"1 names missing \['last'\].*stored by a call"):
        module.load_state_dict(state)
    assert "(last): 1 parameter" in repr(module)


# --- what a module computes, and in which mode --------------------------------------------------


def test_forward_is_called_as_in_pytorch() -> None:
    """A subclass that defines it needs no __call__, nor super().__init__()."""

    class Line(Module):
        def __init__(self) -> None:
            self.slope = Value(2.0)

        def forward(self, x: float, *, offset: float = 0.0) -> Value:
            return self.slope * x + offset

    assert Line()(3.0, offset=1.0).data == 7.0


def test_a_module_that_computes_nothing_says_what_to_define() -> None:
    with pytest.raises(TypeError, match=r"Holder does not say.*__call__\(self, x\)"):
        Holder()(1.0)


def test_modes_reach_all_modules_inside() -> None:
    """In lists and other modules; both return the module."""
    inner = Dropout(0.5)
    model = Holder(blocks=[Sequential(inner), {"a": Layer(1, 1)}])
    modules = [module for _, module in model.named_modules()]
    assert [name for name, _ in model.named_modules()][:3] == ["", "blocks.0", "blocks.0.layers.0"]
    assert all(module.training for module in modules)
    assert model.eval() is model
    assert not any(module.training for module in modules)
    assert model.train() is model
    assert inner.training


# --- printing -----------------------------------------------------------------------------------


def test_print_shows_what_was_found() -> None:
    """Modules in a tree, as in PyTorch, parameters by the attribute with how many there are."""
    layer = Layer(2, 3, activation="tanh")
    model = Holder(
        a=layer,
        w=[Value(1.0), Value(2.0)],
        inner=Holder(b=Value(1.0).requires_grad_(False), again=layer),
        blocks=[Sequential(Neuron(2), abs), MLP(2, [1])],
        pair=Pair(Value(1.0), Value(2.0).requires_grad_(False)),
        empty=Holder(),
    )
    assert repr(model).splitlines() == [
        "Holder(",
        "  (a): Layer(2, 3, tanh)",
        "  (w): 2 parameters",
        "  (inner): Holder(",
        "    (b): 1 parameter, frozen",
        "  )",
        "  (blocks.0): Sequential(",
        "    (layers.0): Neuron(2, relu)",
        "  )",
        "  (blocks.1): MLP(2, [1], activation='relu', output='identity')",
        "  (pair): 2 parameters, 1 frozen",
        "  (empty): Holder()",
        ")",
    ]


def test_modules_that_know_each_other_can_be_printed() -> None:
    parent = Holder(w=Value(1.0))
    parent.child = Holder(parent=parent, w=Value(2.0))
    inner = "  (child): Holder(\n    (w): 1 parameter\n  )\n"
    assert repr(parent) == f"Holder(\n  (w): 1 parameter\n{inner})"
