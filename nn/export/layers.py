"""What exports share: parameters as arrays, the forward pass, layers, packages that may lack."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any, Final, NamedTuple, TypeAlias

import autograd
from autograd import Value, softmax
from autograd.compile import Forward
from autograd.quoting import short

from ..activations import ACTIVATIONS, SYNONYMS, find_activation
from ..layers import MLP, Layer, Neuron
from ..module import Module

NAMES: Final = [name for name in ACTIVATIONS if name not in SYNONYMS]
Shape: TypeAlias = int | tuple[int, ...]


class Block(NamedTuple):
    """Parameters that are one array elsewhere, in the order of its entries."""

    name: str
    shape: tuple[int, ...]
    parameters: list[Value]
    requires_grad: bool

    @property
    def numbers(self) -> list[float]:
        return [parameter.data for parameter in self.parameters]


def blocks_of(model: Module) -> list[Block]:
    """Return the parameters as arrays: those of a list or of lists in a list are one, and those of
    the neurons of a layer, if they fill it, and if all or none of them are frozen.
    """
    found: dict[str, list[_Member]] = defaultdict(list)
    for name, parameter in model.named_parameters():
        parts = name.split(".")
        first = len(parts)
        while first > 1 and parts[first - 1].isdecimal():
            first -= 1
        is_unit = parts[:first][-3:-2] == ["neurons"] and parts[first - 2].isdecimal()
        unit = [first - 2] if is_unit else []
        member = _Member(parts, (*unit, *range(first, len(parts))), parameter)
        found[member.name].append(member)
    return [block for members in found.values() for block in _blocks(members)]


class _Member(NamedTuple):
    """A parameter, whose name has indices of an array in some places."""

    parts: list[str]
    axes: tuple[int, ...]
    parameter: Value

    @property
    def name(self) -> str:
        return ".".join([part for i, part in enumerate(self.parts) if i not in self.axes])

    @property
    def place(self) -> tuple[int, ...]:
        return tuple([int(self.parts[i]) for i in self.axes])


def _blocks(members: list[_Member]) -> Iterator[Block]:
    """Yield an array if the members fill it; otherwise, arrays with an axis less."""
    members = sorted(members, key=lambda member: member.place)
    places = [member.place for member in members]
    shape = tuple([1 + max(axis) for axis in zip(*places)])
    flags = {member.parameter.requires_grad for member in members}
    if places == [*product(*map(range, shape))] and len(flags) == 1:
        parameters = [member.parameter for member in members]
        yield Block(members[0].name, shape, parameters, flags.pop())
        return
    parts: dict[str, list[_Member]] = defaultdict(list)
    for member in members:
        parts[member.parts[member.axes[0]]].append(member._replace(axes=member.axes[1:]))
    for part in parts.values():
        yield from _blocks(part)


def shape_of(model: Module, inputs: Shape | None, function: str) -> tuple[int, ...]:
    """Return the shape of a sample for the function that translates a model; see `to_torch`."""
    if not isinstance(model, Module) or not callable(model):
        raise TypeError(
            f"{function}() translates a Module that can be called with a sample, not "
            f"{type(model).__name__}; derive your class from nn.Module, and define __call__"
        )
    known = _inputs_of(model)
    inputs = known if inputs is None else inputs
    if inputs is None:
        raise TypeError(
            f"{function}() cannot know what a {type(model).__name__} is called with; say so: "
            "inputs=3 for lists of 3 numbers, (4, 3) for lists of 4 such lists, () for a number"
        )
    shape = inputs if isinstance(inputs, tuple) else (inputs,)
    if not all(type(size) is int and size > 0 for size in shape):
        raise ValueError(
            f"inputs must be a positive integer or a tuple of such, got {short(inputs)}"
        )
    is_known: bool = type(model) in (MLP, Layer, Neuron)
    if is_known and shape != (known,):
        raise ValueError(f"inputs={short(inputs)}, but {short(model)} has {known}; leave it out")
    return shape


def _inputs_of(model: Module) -> int | None:
    if isinstance(model, MLP):
        return model.sizes[0]
    if isinstance(model, Layer):
        return len(model.neurons[0].w)
    return len(model.w) if isinstance(model, Neuron) else None


def forward_of(model: Module, blocks: Sequence[Block], shape: tuple[int, ...]) -> Forward:
    """Return the forward pass of a model, whose parameters come block after block."""
    return Forward(model, [x for block in blocks for x in block.parameters], shape)


def plain_layers(model: Module, blocks: Sequence[Block]) -> list[Layer] | None:
    """Return the layers of an `MLP` or `Layer` if each has weights and biases of its own.

    The blocks are then those of each layer in turn.
    """
    layers: list[Any] = model.layers if type(model) is MLP else [model]
    if any(type(layer) is not Layer for layer in layers):
        return None
    sizes = [(len(layer.neurons), len(layer.neurons[0].w)) for layer in layers]
    shapes = [shape for size in sizes for shape in (size, size[:1])]
    return layers if shapes == [block.shape for block in blocks] else None


def is_known_by_name(layer: Layer) -> bool:
    """Return whether the activation is what its name says: anyone can call a function "tanh".

    Raises ValueError if nothing is known by this name.
    """
    known = known_by(layer.activation)
    if layer.acts_on_layer:
        return softmax in known
    return all(neuron._function in known for neuron in layer.neurons)


def known_by(name: str) -> tuple[Any, ...]:
    """Return the functions of one number that are known by a name; ValueError if there is none."""
    return find_activation(name), getattr(Value, name, None), getattr(autograd, name, None)


def network(sizes: Sequence[int], numbers: Iterable[float], **settings: Any) -> MLP:
    """Return an `MLP` with these parameters, in the order of `parameters()`; none is drawn."""
    model = MLP(sizes[0], sizes[1:], init=lambda rng, fan_in, fan_out: 0.0, **settings)
    for parameter, number in zip(network_parameters(model), numbers, strict=True):
        parameter.data = number
    return model


def network_parameters(model: MLP) -> Iterator[Value]:
    """Yield what ``model.parameters()`` lists, of a new `MLP`, without looking for them."""
    for layer in model.layers:
        for neuron in layer.neurons:
            yield from neuron.w
            yield neuron.b


def network_names(sizes: Sequence[int]) -> Iterator[str]:
    """Yield the names of the parameters of an `MLP`, in the same order."""
    for i, (inputs, neurons) in enumerate(pairwise(sizes)):
        for j in range(neurons):
            for k in range(inputs):
                yield f"layers.{i}.neurons.{j}.w.{k}"
            yield f"layers.{i}.neurons.{j}.b"


def package(name: str, function: str, command: str) -> Any:
    """Import a package for a function, or say which command installs it."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{function}() needs the package {name}; install it with: {command}"
        ) from error
