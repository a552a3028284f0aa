"""`Layers`: which layers a graph has, and how often each of them was used, for which samples.

`nn` marks nodes with the layer they belong to, but a layer does not know where it stands in a
network of somebody's own. The graph does: a layer comes after those that its units are computed
from. It also shows when a layer was used several times, and whether for several samples, whose
errors are added up, or within one, as a shared layer is or a recurrent one in its time steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from . import operations as op
from .place import LayerMark, Place
from .value import Value

Layer = int | LayerMark
SUMS: Final = (op.add, op.sum, op.mean, op.neg)
SCALED: Final = (op.mul, op.div, op.dot, op.sqrt)  # of one sum and of plain numbers


@dataclass(frozen=True, eq=False)
class Use:
    """One of the times that a layer was used.

    Attributes
    ----------
    layer : int
        Its number.
    sample, step : int
        For which sample, and which time within that sample, both from 1.
    units : dict
        The pre-activation of each unit, by its number; of those that the graph contains.
    """

    layer: int
    sample: int
    step: int
    units: dict[int, Value]


class Layers:
    """The layers of a graph, numbered from 1 in the order of computation.

    Numbers are those that the layers have in their module, as in an `MLP`, if these tell the
    layers of the graph apart, in their order. Else they are counted in the graph: a layer comes
    after those it depends on when it is used first, and of equals the one that was made earlier
    comes first. Neurons that are in no layer and have the same inputs form one.

    Parameters
    ----------
    order : sequence of Value
        A graph in topological order.

    Attributes
    ----------
    places : dict
        Where each marked node stands, by these numbers.
    uses : dict of list of Use
        For each layer, the times it was used, in the order of samples and steps.
    samples : int
        How many samples there are: parts of the graph that have nothing in common but parameters
        and the sum, or mean, at its end.
    unclear : set of int
        Layers that were used several times with the same inputs, and not all of their units as
        often: which of these belong together cannot be known.
    use_of : dict
        The use that each pre-activation and activation is part of, and each input goes into.
    depths : dict
        For each node, the number of layers on the longest path to it.
    is_recurrent : bool
        Whether a layer is computed from what it has computed before, in time steps.

    Examples
    --------
    >>> from autograd import topological_order
    >>> from nn import Layer
    >>> inner, outer = Layer(2, 3, rng=0), Layer(3, 1, rng=1)
    >>> y = outer(inner([1.0, 2.0])) + outer(inner([3.0, 4.0]))
    >>> layers = Layers(topological_order(y))
    >>> layers.samples, {number: len(uses) for number, uses in layers.uses.items()}
    (2, {1: 2, 2: 2})
    >>> a = layers.uses[2][0].units[1]
    >>> str(layers.places[a]), str(a.place)
    ('a2[1]', 'a[1]')
    """

    def __init__(self, order: Sequence[Value]) -> None:
        marked = {node: place for node in order if (place := node.place) is not None}
        own = {node for node, place in marked.items() if place.quantity in ("w", "b")}
        inner = [node for node in order if node not in own or node.operation is not None]
        inputs = {a: _inputs(a, own) for a, place in marked.items() if place.quantity == "a"}
        layer_of, unit_of = _joined(marked, inputs)
        keys = {node: layer_of.get(x.mark, x.mark or x.layer) for node, x in marked.items()}
        self.depths = dict.fromkeys(order, 0)
        first_uses, self.is_recurrent = _deepened(self.depths, inner, keys, inputs)
        given = {keys[node]: x.layer for node, x in marked.items() if x.quantity != "x"}
        number = _numbers(given, first_uses)
        shift = _shifts([place for place in marked.values() if place.quantity == "x"])
        self.places = {
            node: _placed(x, 0, x.unit + shift.get(x.mark, 0))
            if x.quantity == "x"
            else _placed(x, number[keys[node]], unit_of.get(x.mark, x.unit))
            for node, x in marked.items()
        }
        self.unclear: set[int] = set()
        calls = self._calls(inputs)
        self.uses, self.samples = _uses(calls, _parts(inner, marked, calls))
        self.use_of = self._uses_of(inner, inputs)

    def steps(self, layer: int) -> int:
        """Return how often the layer is used for a sample, at most; 0 if it is not used."""
        return max([use.step for use in self.uses.get(layer, ())], default=0)

    @property
    def times(self) -> str:
        """What the uses of a layer are: for one "sample" each, or in each "time step" or "use"."""
        if all(self.steps(layer) == 1 for layer in self.uses):
            return "sample"
        return "time step" if self.is_recurrent else "use"

    def _uses_of(
        self, order: Iterable[Value], inputs: Mapping[Value, Iterable[Any]]
    ) -> dict[Value, Use]:
        own = {a: use for uses in self.uses.values() for use in uses for a in use.units.values()}
        found = {x: own[a] for a, given in inputs.items() for x in given if _is_input(x)}
        below: dict[Value, Use] = {}  # of the pre-activation that a node is computed from
        for node in order:
            uses = [below[parent] for parent in node.parents if parent in below]
            if node in own:
                found[node] = below[node] = own[node]
            elif uses and quantity(node) in ("", "z"):
                below[node] = uses[0]
                if quantity(node) == "z" and uses[0].layer == self.places[node].layer:
                    found[node] = uses[0]
        return found

    def _calls(self, inputs: Mapping[Value, Any]) -> list[tuple[int, dict[int, Value]]]:
        """Return (layer, units) for each time that a layer was called, in the graph's order.

        The units of a call have the same inputs.
        """
        calls: list[tuple[int, dict[int, Value]]] = []
        same: dict[Any, list[dict[int, Value]]] = defaultdict(list)
        for a, given in inputs.items():
            place = self.places[a]
            alike = same[place.layer, given]
            units = next((units for units in alike if place.unit not in units), None)
            if units is None:
                units = {}
                alike.append(units)
                calls.append((place.layer, units))
            units[place.unit] = a
        for (layer, _), alike in same.items():
            if len({len(units) for units in alike}) > 1:
                self.unclear.add(layer)
        return calls


def quantity(node: Value) -> str:
    """Return what `nn` has marked a node as, such as "a"; "" if it has no mark."""
    return node.place.quantity if node.place is not None else ""


def _placed(x: Place, layer: int, unit: int) -> Place:
    return x if x.layer == layer and x.unit == unit else x._replace(layer=layer, unit=unit)


def _is_input(x: Any) -> bool:
    return isinstance(x, Value) and quantity(x) == "x"


def sums(a: Value) -> list[Value]:
    """Return the nodes without a mark that an elementary pre-activation is added up by.

    They are sums, and products with a weight of the unit.
    """
    unit = a.place.unit_of if a.place is not None else None
    found: dict[Value, None] = {}
    waiting = [a] if a.operation is op.add else []
    while waiting:
        for node in waiting.pop().parents:
            if node.place is not None or node in found:
                continue
            if node.operation is op.add:
                waiting.append(node)
            elif node.operation is not op.mul or not any(
                quantity(x) == "w" and x.place.unit_of == unit for x in node.parents
            ):
                continue
            found[node] = None
    return list(found)


def _inputs(a: Value, parameters: Collection[Value]) -> tuple[Any, ...]:
    """Return what a pre-activation is computed from besides its parameters."""
    inner = sums(a)
    inside = {*inner}
    operands = [x for node in (a, *reversed(inner)) for x in node.operands]
    return tuple([x for x in operands if x not in parameters and x not in inside])


def _joined(
    marked: Mapping[Value, Place], inputs: Mapping[Value, Any]
) -> tuple[dict[LayerMark | None, LayerMark], dict[LayerMark | None, int]]:
    """Return for the mark of each neuron on its own that of its layer, and the unit it is there."""
    alike: dict[Any, list[LayerMark]] = defaultdict(list)
    known: set[LayerMark] = set()
    for a, given in inputs.items():
        mark = marked[a].mark
        if mark is not None and mark.is_neuron and mark not in known:
            known.add(mark)
            alike[given].append(mark)
    layer_of: dict[LayerMark | None, LayerMark] = {}
    unit_of: dict[LayerMark | None, int] = {}
    for marks in alike.values():
        marks.sort(key=lambda mark: mark.birth)
        layer_of.update(dict.fromkeys(marks, marks[0]))
        unit_of.update({mark: unit for unit, mark in enumerate(marks, start=1)})
    return layer_of, unit_of


def _deepened(
    depths: dict[Value, int],
    order: Iterable[Value],
    keys: Mapping[Value, Layer],
    inputs: Mapping[Value, Any],
) -> tuple[dict[Layer, int], bool]:
    """Find depths of nodes; return that of the first use of each layer, and if one feeds itself.

    The depth is the number of layers on the longest path to a node, its own among them.
    """
    first: dict[Layer, int] = {}
    bits: dict[Layer, int] = {}
    below = dict.fromkeys(depths, 0)  # which layers, as bits
    is_recurrent = False
    for node in order:
        depth, layers = 0, 0
        for parent in node.parents:
            depth, layers = max(depth, depths[parent]), layers | below[parent]
        if node in inputs:
            key = keys[node]
            bit = bits.setdefault(key, 1 << len(bits))
            is_recurrent = is_recurrent or bool(layers & bit)
            depth, layers = depth + 1, layers | bit
            first[key] = min(depth, first.get(key, depth))
        depths[node], below[node] = depth, layers
    return first, is_recurrent


def _numbers(given: Mapping[Layer, int], depths: Mapping[Layer, int]) -> dict[Layer, int]:
    """Return the number of each layer, see `Layers`; those given are 0 where there is none."""
    given = {key: number if type(number) is int else 0 for key, number in given.items()}

    def rank(key: Layer) -> tuple[float, int]:
        return depths.get(key, inf), key.birth if isinstance(key, LayerMark) else given[key]

    ranked = sorted(given, key=rank)
    used = [given[key] for key in ranked if key in depths]
    is_told = len({*given.values()} - {0}) == len(given)
    if is_told and used == sorted(used):
        return given
    return {key: number for number, key in enumerate(ranked, start=1)}


def _shifts(places: Iterable[Place]) -> dict[LayerMark | None, int]:
    """Return what to add to the numbers of inputs: networks beside each other share none."""
    widths: dict[LayerMark, int] = {}
    for place in places:
        if place.mark is not None:
            widths[place.mark] = max(place.unit, widths.get(place.mark, 0))
    shifts: dict[LayerMark | None, int] = {}
    for mark in sorted(widths, key=lambda mark: mark.birth):
        shifts[mark] = sum([widths[x] for x in shifts if x is not None])
    return shifts


def _parts(
    order: Sequence[Value],
    marked: Mapping[Value, Place],
    calls: Iterable[tuple[int, dict[int, Value]]],
) -> dict[Value, Value]:
    """Return for each node that depends on a sample one that stands for its whole sample.

    Nodes of one sample are joined by what is computed from both, unless that is in the sum at the
    end, and by the layer that was called.
    """
    end = _end(order[-1]) if order else set()
    part: dict[Value, Value] = {}

    def find(node: Value) -> Value:
        while part[node] is not node:
            part[node] = node = part[part[node]]
        return node

    for node in order:
        parents = [parent for parent in node.parents if parent in part]
        is_given = not node.parents and node.operation is not None
        if is_given or parents or quantity(node) in ("x", "a"):
            part[node] = node
            if node not in end:
                for parent in parents:
                    part[find(parent)] = find(node)
    for _, units in calls:
        first, *others = units.values()
        for a in others:
            part[find(a)] = find(first)
    return {node: find(node) for node in part}


def _end(root: Value) -> set[Value]:
    """Return the sum at the end of a graph: the nodes that only add up, or scale a sum."""
    end: set[Value] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node in end or node.place is not None:
            continue
        inner = {parent for parent in node.parents if parent.parents}
        if node.operation in SUMS or (node.operation in SCALED and len(inner) == 1):
            end.add(node)
            waiting += inner
    return end


def _uses(
    calls: Iterable[tuple[int, dict[int, Value]]], part: Mapping[Value, Value]
) -> tuple[dict[int, list[Use]], int]:
    """Return the uses of each layer, and the number of samples."""
    samples: dict[Value, int] = {}
    uses: dict[int, list[Use]] = defaultdict(list)
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for layer, units in calls:
        sample = samples.setdefault(part[next(iter(units.values()))], len(samples) + 1)
        counts[layer, sample] += 1
        uses[layer].append(Use(layer, sample, counts[layer, sample], units))
    for given in uses.values():
        given.sort(key=lambda use: (use.sample, use.step))
    return dict(sorted(uses.items())), len(samples)
