"""`trace`: a model as the graph it computes with, which needs its class no longer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Final

from autograd import Operation, Value, operation, topological_order
from autograd.compile import compile
from autograd.quoting import short

from ..documents import ModelFileError, entry, weight, written
from ..module import Module

LARGEST_SAMPLE: Final = 1_000_000  # numbers


def trace(model: Module, example: Any) -> GraphModule:
    """Return the graph of a model as a module, which can be saved and needs no class to come back.

    It has the parameters of the model, the same nodes, and gives the same outputs and gradients to
    the last bit.

    Parameters
    ----------
    model : Module
        In evaluation mode, if it contains dropout. It is run on numbers that are not known, so
        that nothing it does can depend on them.
    example : list of float, or float
        One sample; only its length matters.

    Raises
    ------
    TraceError
        If the model asks for a number, as ``if x > 0`` does, or does not the same each time.
    TypeError
        If it returns something else than a `Value` or a list of them.
    ValueError
        If an operation is not in the table.

    Examples
    --------
    >>> from nn import Layer, Sequential
    >>> model = Sequential(Layer(2, 3, activation="tanh", rng=0), Layer(3, 1, rng=1))
    >>> graph = trace(model, [0.0, 0.0])
    >>> graph
    GraphModule(2 inputs, 13 parameters, 8 operations)
    >>> graph([0.5, -1.0]).data == model([0.5, -1.0]).data
    True
    """
    # Anywhere else, what a trace writes is undone.
    call: ContextVar[tuple[Any, Any]] = ContextVar("call")

    def spy(x: Any) -> Any:
        y = model(x)
        call.set((x, y))
        return y

    compile(lambda x, t: spy(x), model.parameters(), predict=spy).predict([example])
    x, y = call.get()
    given = [x] if isinstance(x, Value) else x
    named = dict(model.named_parameters())
    position = {node: i for i, node in enumerate([*given, *named.values()])}
    outputs, steps = [y] if isinstance(y, Value) else y, []
    for output in outputs:
        for node in topological_order(output) if isinstance(output, Value) else ():
            if node.operation is not None and node not in position:
                operation(node.operation.name)  # is in the table, or ValueError
                operands = [_reference(operand, position) for operand in node.operands]
                position[node] = len(position)
                steps.append((node.operation, tuple(operands)))
    ends = [_reference(output, position) for output in outputs]
    is_single = isinstance(y, Value)
    inputs = None if isinstance(x, Value) else len(x)
    return GraphModule(inputs, named, steps, ends[0] if is_single else ends)


def _reference(x: Any, position: Mapping[Value, int]) -> int | float:
    """Return where a node stands; the number of one that is nowhere, or of a number."""
    if not isinstance(x, Value):
        return float(x)
    return position[x] if x in position else float(x.data)


class GraphModule(Module):
    """What a model computes, as a list of operations: `trace` makes it, `save` and `load` keep it.

    Parameters
    ----------
    inputs : int or None
        How many numbers a sample has; None if it is one number and no list.
    named : dict from str to Value
        The parameters.
    steps : sequence of (row, operands)
        A row of the table, and what it is applied to: numbers, and as an int the position of an
        earlier node: first the inputs come, then the parameters, then the steps.
    outputs : int, float, or a list of them
        Nodes and numbers as for `steps`.

    Raises
    ------
    ValueError
        When called with another number of inputs.
    """

    def __init__(
        self,
        inputs: int | None,
        named: dict[str, Value],
        steps: Sequence[tuple[Any, tuple[int | float, ...]]],
        outputs: Any,
    ) -> None:
        self.inputs, self.named, self.steps, self.outputs = inputs, named, list(steps), outputs
        self.metadata: dict[str, Any] = {}

    def __call__(self, x: Any) -> Any:
        given = [x] if self.inputs is None else list(x)
        if self.inputs is not None and len(given) != self.inputs:
            raise ValueError(f"this graph has {self.inputs} inputs, but was given {len(given)}")
        nodes: list[Any] = [_node(x) for x in given]
        nodes += self.named.values()

        def read(x: Any) -> Any:
            return nodes[x] if type(x) is int else x

        for row, operands in self.steps:
            nodes.append(row.apply(tuple(map(read, operands))))
        if isinstance(self.outputs, list):
            return [_node(read(y)) for y in self.outputs]
        return _node(read(self.outputs))

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (name, parameter) pairs, with the names that they have in the model."""
        return iter(self.named.items())

    def __repr__(self) -> str:
        return (
            f"GraphModule({self.inputs} inputs, {len(self.named)} parameters, "
            f"{len(self.steps)} operations)"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the graph without the numbers of its parameters, ready for JSON."""
        steps = [[row.name, *written(operands)] for row, operands in self.steps]
        return {"inputs": self.inputs, "steps": steps, "outputs": written(self.outputs)}

    @classmethod
    def from_dict(cls, content: dict[str, Any], named: dict[str, Value]) -> GraphModule:
        """Return what `to_dict` was called on; raise `ModelFileError` if it cannot be that."""
        inputs = content.get("inputs")
        if inputs is not None and (type(inputs) is not int or not 0 <= inputs <= LARGEST_SAMPLE):
            raise ModelFileError(f"{short(inputs)} is no number of inputs")
        start = (1 if inputs is None else inputs) + len(named)
        steps = entry(content, "steps", list)
        numbers = [0.5] * start
        for k, step in enumerate(steps):  # each takes the place of what is read, to save memory
            steps[k] = row, operands = _step(step, len(numbers))
            numbers.append(_computed(row, operands, numbers))
        outputs, count = content.get("outputs"), len(numbers)
        if isinstance(outputs, list):
            return cls(inputs, named, steps, [_operand(y, count) for y in outputs])
        return cls(inputs, named, steps, _operand(outputs, count))


def _node(x: Any) -> Value:
    return x if isinstance(x, Value) else Value(x)


def _step(x: Any, count: int) -> tuple[Operation, tuple[int | float, ...]]:
    """Return an operation and what it is applied to, of so many nodes and numbers."""
    if not isinstance(x, list) or not x or not isinstance(x[0], str):
        raise ModelFileError(f"{short(x)} is not an operation with its operands")
    try:
        return operation(x[0]), tuple([_operand(operand, count) for operand in x[1:]])
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(str(error)) from None


def _computed(row: Operation, operands: Sequence[int | float], numbers: Sequence[float]) -> float:
    """Return the number of a step, given those of earlier nodes."""
    try:
        return float(row.apply(tuple([numbers[x] if type(x) is int else x for x in operands])))
    except Exception as error:
        raise ModelFileError(f"its graph cannot be computed: {short(error)}") from None


def _operand(x: Any, count: int) -> int | float:
    """Return the position of one of so many nodes, or a number."""
    if type(x) is not int:
        return weight(x)
    if not 0 <= x < count:
        raise ModelFileError(f"there is no node {short(x)} before node {count}")
    return x
