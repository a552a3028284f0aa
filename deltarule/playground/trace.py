"""A model of the learner's own for the page: the graphs that it computes with, as plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, Final, NamedTuple

from autograd import Value, topological_order
from autograd.compile import TraceError, compile
from autograd.place import Place
from autograd.quoting import short
from autograd.view.names import Names
from autograd.view.notation import Notation, find_notation
from autograd.view.rules import numbers
from nn import MLP, Layer, Module
from nn import losses as errors
from nn.data import Dataset
from nn.export.layers import network_names
from nn.losses import Loss, find_loss
from nn.train.checkpoint import Generators

from .samples import Kinds, Samples, listed
from .table import MOST_CLASSES, WIDEST, Table

LARGEST: Final = 6_000  # nodes of a graph
MOST_LAYERS: Final = 6  # hidden ones that the page's controls know
CHECKS: Final = 2_000_000  # nodes that are computed to hold the graphs against the model
ROUNDING: Final = 1e-9

LOGITS: Final = (errors.binary_cross_entropy_with_logits, errors.hinge)  # of which 0 is the middle


def traced(
    model: Module,
    inputs: Any,
    targets: Any,
    loss: str | Loss | None,
    *,
    table: Table,
    notation: str = "prml",
) -> dict[str, Any]:
    """Return a model and its data as the page has them: plain data, ready for JSON.

    The model is run on numbers that are not known, so that nothing it does can depend on them;
    then the graphs are held against the model itself, sample by sample.

    Parameters
    ----------
    model : Module
        Nothing of it is changed. It has at most 64 inputs.
    inputs, targets, loss
        As for `nn.fit`; at most 2000 samples, and 6 classes.
    table : Table
        Gets the rows that the graphs need.
    notation : {"prml", "nielsen", "wikipedia"}

    Returns
    -------
    dict
        "graphs" lists pairs of a class, or None where the target is a number, and the graph of the
        error of such a sample; "forward" is the graph of the outputs alone. "p" has the
        numbers of ``model.parameters()``, "frozen" the indices of those that are; "dataset" the
        samples, and "threshold" the output at which one class gives way to the other. "net" has
        what an `MLP` of the page's kinds is made of, and is None for others.

    Raises
    ------
    TraceError
        If the model asks for a number, as ``if x > 0`` does, does not the same each time, as
        dropout, or gives for a sample another error than its graph.
    ValueError
        If the data are empty, too many, of different lengths, or not finite, or the graph is too
        large.
    TypeError
        If an argument is something else, or the loss returns no `Value`.

    Examples
    --------
    >>> model = MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=0)
    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> given = traced(model, x, t, "binary_cross_entropy", table=Table())
    >>> given["net"]["hidden"], [label for label, _ in given["graphs"]], len(given["p"])
    ([3], [0, 1], 13)
    """
    if not isinstance(model, Module):
        raise TypeError(f"a model is an nn.Module, such as MLP(2, [4, 1]), not {short(model)}")
    if loss is None:
        raise TypeError('the loss is missing: pass its name, such as loss="half_squared_error"')
    names, loss_of = find_notation(notation), find_loss(loss)
    parameters = model.parameters()
    if not parameters:
        raise ValueError(f"{short(model)} has no parameters, and so there is nothing to train")
    samples = Samples.of(inputs, targets, loss_of)
    with _named(model):
        forward = _run(lambda x, t: model(x), parameters, samples, is_error=False)
        kinds = Kinds.of(samples, loss_of, len(forward.outputs))
        made = [
            (label, _run(_error(model, loss_of, label), parameters, samples, is_error=True))
            for label in kinds.labels
        ]
        graphs = [(label, _graph(run, parameters, names, table)) for label, run in made]
        plain = _graph(forward, parameters, names, table)
    if table.fixed:
        raise TypeError(
            "the graph has an operation that cannot be printed as a formula: declare it as an "
            "Operation in terms of arithmetic, where() and other operations"
        )
    numbers_now = [parameter.data for parameter in parameters]
    _check(dict(graphs), numbers_now, samples, table, lambda x, t: loss_of(model(x), t))
    given = inputs if isinstance(inputs, Dataset) else None
    sizes = range(1, samples.width + 1)
    features = given.feature_names if given else [f"x{i}" for i in sizes]
    named = given.class_names if given else None
    net = _net(model, loss_of, table)
    for graph in (plain, *[graph for _, graph in graphs]):
        graph["sizes"] = [] if net is None else [net["inputs"], *net["hidden"], net["outputs"]]
    return {
        "net": net,
        "graphs": [list(pair) for pair in graphs],
        "forward": plain,
        "p": numbers_now,
        "frozen": [i for i, parameter in enumerate(parameters) if not parameter.requires_grad],
        "threshold": 0.0 if loss_of in LOGITS else 0.5,
        "dataset": {
            "name": given.name if given else "your data",
            "names": list(features),
            "inputs": samples.rows,
            "targets": samples.targets,
            "classes": [named[k] if named else str(k) for k in range(kinds.classes)] or None,
            "axes": [{"name": name, "centre": 0.0, "scale": 1.0} for name in features],
        },
    }


@contextmanager
def _named(model: Module) -> Iterator[None]:
    """Call parameters that have no name of their own by their attributes, meanwhile.

    At the end they are as before, and so are the model's generators of random numbers.
    """
    bare = [(x, name) for name, x in model.named_parameters() if not x.label and x.place is None]
    generators = Generators(model)
    state = generators.state_dict()
    try:
        for parameter, name in bare:
            parameter.label = name
        yield
    finally:
        for parameter, _ in bare:
            parameter.label = ""
        generators.load_state_dict(state)


class _Run(NamedTuple):
    """Nodes of one run: leaves that stand for a sample, outputs of the model, and the error."""

    inputs: list[Value]
    targets: list[Value]
    outputs: list[Value]
    error: Value | None


def _error(model: Module, loss: Loss, label: int | None) -> Callable[[Any, Any], Any]:
    return lambda x, t: (y := model(x), loss(y, t if label is None else label))


def _run(
    function: Callable[[Any, Any], Any],
    parameters: list[Value],
    samples: Samples,
    *,
    is_error: bool,
) -> _Run:
    """Trace a function, and return its nodes as plain nodes, with the numbers of the first sample.

    Of an error, the function returns the outputs, too.
    """
    seen: ContextVar[Any] = ContextVar("seen")  # anywhere else, what a trace writes is undone
    first = samples.rows[0][0] if samples.is_single else samples.rows[0]
    target = samples.targets[0]

    def spy(x: Any, t: Any = None) -> Any:
        found = function(x, t)
        seen.set((x, t, found))
        return found[1] if is_error else found

    step = compile(spy, parameters, predict=spy)
    if is_error:
        step.evaluate(step.vector(), [first], [target])
    else:
        step.predict([first])
    x, t, found = seen.get()
    y, error = found if is_error else (found, None)
    outputs = listed(y)
    for output in outputs:
        if not isinstance(output, Value):
            raise TypeError(f"an output of the model is {short(output)}, and no Value")
    run = _Run(listed(x), listed(t), outputs, error)
    roots = outputs if error is None else [*outputs, error]
    leaves = [*run.inputs, *run.targets]
    for node in (*leaves, *[node for root in roots for node in topological_order(root)]):
        node.__class__ = Value
    for leaf, number in zip(leaves, (*listed(first), *listed(target))):
        leaf.data = number
    for root in roots:
        root.refresh()
    return run


def _graph(
    run: _Run, parameters: Sequence[Value], notation: Notation, table: Table
) -> dict[str, Any]:
    """Return the graph of a run as the page has it."""
    for i, x in enumerate(run.inputs, start=1):
        if x.place is None:
            x.place = Place("x", 0, i)
    for i, t in enumerate(run.targets, start=1):
        t.label = notation.target + (str(i) if len(run.targets) > 1 else "")
    root = run.error
    if root is not None and root.place is None and not root.label:
        root.label = notation.error
    ends = run.outputs if root is None else [root]
    order = [*dict.fromkeys(node for end in ends for node in topological_order(end))]
    if len(order) > LARGEST:
        raise ValueError(
            f"the graph of one sample has {len(order)} nodes, more than the {LARGEST} that the "
            "page takes: pass a smaller model"
        )
    if root is not None and not {*order} & {*parameters}:
        raise ValueError("the loss depends on no parameter of the model: use its outputs in it")
    leaves = {
        leaf: (kind, i)
        for kind, part in (("p", parameters), ("x", run.inputs), ("t", run.targets))
        for i, leaf in enumerate(part)
    }
    places = Names(order, notation).layers.places
    rows = numbers(order, notation, table)
    index: dict[Value, int] = {}
    at = dict(enumerate(order))
    nodes: list[dict[str, Any]] = []
    for node, row in zip(order, rows):
        if node in leaves:
            row["from"], row["at"] = leaves[node]
            del row["v"]
        elif node.operation is None:
            continue  # a number that stays, and so stands in the operands
        else:
            row["o"] = [_operand(o, at, index) for o in row["o"]]
        if node in places:
            place = places[node]
            row["place"] = {"is": place.quantity, "layer": place.layer, "unit": place.unit}
            row["place"] |= {"source": place.source} if place.source else {}
        index[node] = len(nodes)
        nodes.append(row)
    return {
        "nodes": nodes,
        "params": len(parameters),
        "inputs": len(run.inputs),
        "targets": sum([node.get("from") == "t" for node in nodes]),
        "outputs": [index[y] for y in run.outputs if y in index],
        "units": _units(nodes),
    }


def _operand(o: Any, at: dict[int, Value], index: dict[Value, int]) -> Any:
    if isinstance(o, list):
        return o
    node = at[o]
    return index.get(node, [node.data])


def _units(nodes: Sequence[dict[str, Any]]) -> list[dict[str, int]]:
    """Return sum and output of each unit, layer by layer; of several uses, those of the first."""
    units: dict[tuple[int, int], dict[str, int]] = {}
    for i, node in enumerate(nodes):
        place = node.get("place", {})
        if place.get("is") in ("a", "z"):
            key = place["layer"], place["unit"]
            unit = units.setdefault(key, {"layer": key[0], "unit": key[1]})
            unit.setdefault(place["is"], i)
    whole = [unit for _, unit in sorted(units.items()) if "a" in unit]
    return [{"z": unit["a"]} | unit for unit in whole]


def _check(
    graphs: dict[int | None, dict[str, Any]],
    parameters: list[float],
    samples: Samples,
    table: Table,
    error_of: Callable[[Any, Any], Any],
) -> None:
    """Hold the graphs against the model, for all samples or as many as can be done in seconds."""
    size = max([len(graph["nodes"]) for graph in graphs.values()])
    step = max(1, math.ceil(len(samples.rows) * size / CHECKS))
    for i in range(0, len(samples.rows), step):
        label = None if None in graphs else samples.targets[i]
        error = error_of(samples.data.inputs[i], samples.data.targets[i])
        if not isinstance(error, Value):
            raise TypeError(
                f"the loss returned {short(error)} for sample {i}: it must return one Value"
            )
        found = evaluate(graphs[label], table, parameters, samples.rows[i], samples.targets[i])
        if not _agree(found, error.data):
            raise TraceError(
                f"for sample {i} the model has the error {short(error.data)}, and its graph "
                f"{short(found)}: let it compute the same for all samples, without what it "
                "remembers or draws"
            )


def _agree(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=1e-12)


def evaluate(
    graph: dict[str, Any], table: Table, p: Sequence[float], x: Sequence[float], t: Any
) -> float:
    """Return the number of a graph's last node, by the rows of the table."""
    given = {"p": p, "x": x, "t": listed(t)}
    values: list[float] = []
    for node in graph["nodes"]:
        if "from" in node:
            values.append(float(given[node["from"]][node["at"]]))
        else:
            operands = [float(o[0]) if isinstance(o, list) else values[o] for o in node["o"]]
            values.append(table.printed[node["f"]].row.evaluate(operands))
    return values[-1]


def _net(model: Module, loss: Loss, table: Table) -> dict[str, Any] | None:
    """Return what an `MLP` is made of, if the page could have made it, with its error."""
    if type(model) is not MLP or model.elementary:
        return None
    inputs, *hidden, outputs = model.sizes
    functions = [model.activation] * len(hidden)
    if isinstance(model.activation, list):
        functions = model.activation
    name = next((name for name, known in errors.LOSSES.items() if known is loss), "")
    is_own = (
        all(
            type(layer) is Layer and (len(layer.neurons), len(layer.neurons[0].w)) == (n, m)
            for layer, (m, n) in zip(model.layers, pairwise(model.sizes))
        )
        and [layer.activation for layer in model.layers] == [*functions, model.output]
        and [key for key, _ in model.named_parameters()] == [*network_names(model.sizes)]
    )
    kinds = {
        "half_squared_error": outputs <= MOST_CLASSES and model.output != "softmax",
        "binary_cross_entropy": outputs == 1 and model.output == "sigmoid",
        "cross_entropy": 3 <= outputs <= MOST_CLASSES and model.output == "softmax",
    }
    known = {key.split("/")[0] for key in table.rows} | {"identity"}
    fits = (
        len({*functions}) <= 1
        and {*functions, model.output} - {"softmax"} <= known
        and len(hidden) <= MOST_LAYERS
        and max(inputs, *hidden, outputs) <= WIDEST
    )
    if not (is_own and fits and kinds.get(name)):
        return None
    return {
        "inputs": inputs,
        "hidden": hidden,
        "outputs": outputs,
        "activation": functions[0] if functions else "tanh",
        "output": model.output,
        "error": name,
    }
