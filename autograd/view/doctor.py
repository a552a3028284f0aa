"""The gradient doctor: what may be wrong with a graph, a network or its training, and what to do.

The examination is read-only. Where it needs gradients it runs a pass of its own and puts back
what was there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from autograd.core import sort
from autograd.cut import cuts
from autograd.layers import Layers, quantity
from autograd.numbers import close
from autograd.operations import sigmoid, softmax
from autograd.place import Place
from autograd.quoting import short
from autograd.sweep import edits, traceless_pass
from autograd.value import Value

from .curve import findings_of_history, is_history
from .difference import applied_again, difference, fits_probabilities, outputs_of
from .fading import findings_of_fading
from .names import Names
from .not_finite import findings_not_finite
from .notation import find_notation
from .parameters import ZERO_WEIGHTS, findings_of_parameters, parameters_of
from .report import Finding, Report, Words, counted, listed, report
from .unit_findings import findings_of_units, is_probability
from .units import Unit, units

SYMMETRIC: Final = Words(
    "units of a layer have the same weights and bias",
    "{which}.",
    "Hidden units that start alike and are treated alike stay alike, so that they count as "
    "one. Start from small random weights.",
)
ALIKE: Final = "units {units} of layer {layer}"
NO_WEIGHT: Final = Words("{whose} 0", "{zero} of {of} weights, in {layers}.", ZERO_WEIGHTS)
ALL_OF_THEM, OF_A_LAYER = "the weights are all", "a layer's weights are"


def diagnose(*what: Any) -> Report:
    """Examine a graph, a network, the course of its training, or several of them together.

    Nothing is changed. Given the loss and the model, it is also seen whether the one depends on
    the other.

    Parameters
    ----------
    *what : Value, module, or history
        The result of a computation, such as a loss; anything with a method `parameters()`, of
        which alone less can be told: numbers and gradients of its parameters, but no units; a
        sequence of losses, or what `nn.fit` returns, which has them as ``column("train_loss")``.

    Returns
    -------
    Report
        `print` and Jupyter show it; `.findings` has the details, causes first; it is true if
        healthy.

    Raises
    ------
    TypeError
        If there is nothing to examine, or something else.

    Examples
    --------
    >>> x = Value(3.0, label="x")
    >>> y = x * x
    >>> y.backward()
    >>> y.backward()
    >>> print(diagnose(y))
    Gradient doctor: not healthy. Examined: 1 operation and 1 leaf.
    <BLANKLINE>
    WARNING: gradients of several backward passes have added up
      evidence    x: grad is 12, but this pass alone gives 6, exactly 2 times less.
      what to do  Call zero_grad() before each backward(). Only if you add up several losses on \
purpose, this is as it should be.
    >>> x.grad
    12.0
    >>> print(diagnose([0.7, 0.9, 1.4, 2.3]).findings[0].title)
    the learning rate is too large: the loss grows
    """
    if not what:
        raise TypeError("diagnose() has nothing to examine: give it a loss, a model, or both")
    graphs = [_Examination(x) for x in what if isinstance(x, Value)]
    leaves = {leaf for graph in graphs for leaf in graph.leaves} if graphs else None
    examined = [graph.examined for graph in graphs]
    findings = [finding for graph in graphs for finding in graph.findings()]
    for x in what:
        if isinstance(x, Value):
            continue
        if callable(getattr(x, "parameters", None)):
            parameters = parameters_of(x)
            count = counted(len(parameters), "parameter")
            examined.append(count if graphs else f"{count}, without a graph")
            findings += findings_of_parameters(parameters, leaves)
            if not graphs:
                findings += _symmetric(Layers([*parameters.values()]).places)
        elif is_history(x):
            examined.append("the course of the loss")
            findings += findings_of_history(x)
        else:
            raise TypeError(
                "diagnose() takes the result of a computation, a module with parameters(), or "
                f"losses of training, got {short(x)}"
            )
    return report("; ".join(examined), findings)


# -- a graph ---------------------------------------------------------------------------------------


class _Examination:
    """A graph, and the gradients of a pass of its own."""

    def __init__(self, root: Value) -> None:
        self.root = root
        self.leaves, self.computed = sort(root)
        self.order = [*self.leaves, *self.computed]
        self.names = Names(self.order, find_notation("prml"))
        edited = edits(self.leaves, self.computed)
        self.edited = list(dict.fromkeys([x for x, y in edited if x is y or not x.operation]))
        self.seed = root.grad if root.has_grad else 1.0
        self.own = traceless_pass(self.leaves, self.computed, self.seed, fresh=False)
        self.units: dict[tuple[int, int], list[Value]] = {}  # pre-activations of every sample
        self.activations: dict[tuple[int, int], list[Unit]] = {}
        self.found = found = units(self.order)
        self.outputs = outputs_of(self.order)
        self.layers = self.names.layers
        for layer, uses in self.layers.uses.items():
            for unit, a in [pair for use in uses for pair in use.units.items()]:
                self.units.setdefault((layer, unit), []).append(a)
                if a in found:
                    self.activations.setdefault((layer, unit), []).append(found[a])
        ends = {*self.outputs}
        self.hidden = {at for at, nodes in self.units.items() if nodes[0] not in ends}

    @property
    def examined(self) -> str:
        samples = self.layers.samples
        operations = counted(len([node for node in self.computed if node.parents]), "operation")
        examined = f"{operations} and {counted(len(self.leaves), 'leaf')}"
        if samples:
            count = counted(len(self.units), "unit")
            examined += f", with {count} in {counted(samples, 'sample')}"
        steps = max(map(self.layers.steps, self.layers.uses), default=0)
        if steps > 1:
            examined += f", each with up to {steps} {self.layers.times}s of a layer"
        return examined

    def findings(self) -> Iterator[Finding]:
        if not self.root.parents:
            yield self._no_graph()
            return
        yield from self._edited()
        yield from self._cut()
        yield from self._not_recorded()
        yield from findings_not_finite(self.order, self.own, self.names)
        yield from self._not_run()
        yield from self._stale()
        yield from self._outputs()
        yield from self._zero_weights()
        places = self.layers.places
        yield from _symmetric({x: y for x, y in places.items() if y[1:3] in self.hidden})
        yield from findings_of_units(
            self.activations, self._unit_names, self._is_made_up_for, self.layers.times
        )
        yield from self._fading()
        yield from self._zero_gradients()

    def _no_graph(self) -> Finding:
        return Finding(
            "no-graph",
            "error",
            "the result was not computed from anything: it is a leaf",
            f"{short(self.root)} has no parents.",
            "If it was computed, then within no_grad(), or from plain numbers alone, or detach() "
            "cut it off. Compute the loss outside of no_grad(), from nodes.",
        )

    def _text(self, nodes: Iterable[Value]) -> str:
        return listed([self.names.text(node) for node in nodes])

    def _edited(self) -> Iterator[Finding]:
        if not self.edited:
            return
        evidence = (
            f"{counted(len(self.edited), 'node')}: {self._text(self.edited)}. The result "
            f"{self.root.data:.4g} still belongs to the numbers before."
        )
        title = "numbers were edited after the result had been computed from them"
        if self.root.has_grad and not any(x.operation for x in self.edited):
            yield Finding(
                "edited",
                "note",
                title,
                evidence,
                "After a step of an optimizer this is normal: the parameters have moved on. "
                "Compute the result again before the next backward().",
            )
        else:
            yield Finding(
                "edited",
                "error",
                f"{title}, and before backward()",
                evidence,
                "Call backward() before the optimizer's step(). After an edit by hand, call "
                "refresh() on the result, or compute it again.",
            )

    def _cut(self) -> Iterator[Finding]:
        cut = [x for x in self.order if x in cuts]
        if cut:
            yield Finding(
                "cut",
                "warning",
                "nodes became a plain number on the way",
                f"{self._text(cut)}; the first in {' '.join(cuts[cut[0]].split())}",
                "What is computed from such a number sends no gradient back. Use the operations of "
                "autograd there, or x.data where that is what you want.",
            )

    def _not_recorded(self) -> Iterator[Finding]:
        """Find activations without parents."""
        found = [x for x in self.leaves if quantity(x) in ("a", "z")]
        if found:
            yield Finding(
                "not-reached",
                "error",
                "outputs of units are leaves: what they were computed from is not recorded",
                f"{counted(len(found), 'node')}: {self._text(found)}.",
                "They were computed within no_grad(), so no gradient reaches the weights below "
                "them. Compute them outside of it.",
            )

    def _not_run(self) -> Iterator[Finding]:
        if self.root.has_grad:
            return
        held = [leaf for leaf in self.leaves if leaf.has_grad and leaf.grad != 0.0]
        if held:
            yield Finding(
                "stale-gradients",
                "warning",
                "leaves hold gradients of earlier passes",
                f"backward() has not been run on this result, but "
                f"{counted(len(held), 'leaf')} {'has' if len(held) == 1 else 'have'} a gradient: "
                f"{self._text(held)}.",
                "Call zero_grad() before backward(), or the new gradients are added to the old.",
            )
        else:
            yield Finding(
                "not-run",
                "warning",
                "backward() has not been run on this result",
                "The result has no gradient (which is not the same as a gradient of 0), nor have "
                "its leaves.",
                "Call backward() on it.",
            )

    def _stale(self) -> Iterator[Finding]:
        """Compare the gradients that leaves hold with those of this pass alone."""
        if not self.root.has_grad:
            return
        own = self._passed_to_biases() if self.edited else self.own
        held = [leaf for leaf in self.leaves if leaf.has_grad and leaf is not self.root]
        tolerance = 1e-6 if self.edited else 1e-12
        different = [x for x in held if x in own and not close(x.grad, own[x], tolerance)]
        if not different:
            return
        ratios = [x.grad / own[x] if own[x] else math.nan for x in different]
        times = round(ratios[0]) if math.isfinite(ratios[0]) else 0
        first = different[0]
        is_one = len(different) == 1
        of = "" if is_one else f" of {self.names.text(first)}"
        evidence = (
            f"{self._text(different)}: grad{of} is {first.grad:.4g}, but this pass alone gives "
            f"{own[first]:.4g}"
        )
        if times > 1 and all(close(ratio, times) for ratio in ratios):
            evidence += f", exactly {times} times less{'' if is_one else ' for each'}"
        yield Finding(
            "stale-gradients",
            "warning",
            "gradients of several backward passes have added up",
            f"{evidence}.",
            "Call zero_grad() before each backward(). Only if you add up several losses on "
            "purpose, this is as it should be.",
        )

    def _passed_to_biases(self) -> dict[Value, float]:
        """Return what biases got in the last pass: after an edit, no other can be run.

        What computed nodes hold is of that pass alone, and the slope of a sum is 1 in any case.
        """
        uses: dict[Value, list[tuple[float, float]]] = defaultdict(list)
        for node in self.computed:
            for parent, local in node.edges():
                if quantity(parent) == "b":
                    uses[parent].append((local, node.grad))
        return {
            bias: math.fsum([upstream for _, upstream in pairs])
            for bias, pairs in uses.items()
            if all(local == 1.0 for local, _ in pairs)
        }

    def _outputs(self) -> Iterator[Finding]:
        """Find an error that does not take what the outputs are."""
        z = [x for x in self.order if quantity(x) == "z" and self.names.is_output(x)]
        applied = [x for x in self.computed if x.operation in (sigmoid, softmax)]
        z = z or [x for x in applied if {*self.outputs}.issuperset(x.parents)]
        ends = z or self.outputs
        if not ends or self.root in ends:
            return
        unit = next((unit for unit in self.found.values() if unit.z is ends[0]), None)
        if z and (unit is None or is_probability(unit)):
            row, name = applied_again(ends, self.root), self.names.text(ends[0])
            if row is not None:
                yield Finding(
                    "double-activation",
                    "warning",
                    f"{row.name} is applied twice: by the outputs, and by the error again",
                    f"{name} = {ends[0].data:.4g} is a probability already, and the error takes "
                    f"the {row.name} of it.",
                    "Use output='identity' with an error 'with_logits', or an error without it.",
                )
        elif fits_probabilities(ends, self.root):
            numbers = [x.data for x in ends]
            yield Finding(
                "raw-outputs",
                "warning",
                "the error takes probabilities, but the outputs are none",
                f"the outputs go from {min(numbers):.4g} to {max(numbers):.4g}, and nothing keeps "
                "them between 0 and 1.",
                "Use output='sigmoid' or 'softmax', or an error 'with_logits'.",
            )

    def _zero_weights(self) -> Iterator[Finding]:
        """Find layers without a weight, through which nothing comes back, nor tells units apart."""
        zero: dict[Any, list[Value]] = defaultdict(list)
        weights = [x for x in self.leaves if quantity(x) == "w"]
        for weight in weights:
            zero[self.layers.places[weight].layer].append(weight)
        layers = {layer for layer, leaves in zero.items() if not any(x.data for x in leaves)}
        if layers and self.hidden:
            is_hidden = any(layer in layers for layer, _ in self.hidden)
            count = sum([len(zero[layer]) for layer in layers])
            yield NO_WEIGHT.finding(
                "zero-weights",
                "warning" if is_hidden else "note",
                whose=ALL_OF_THEM if len(layers) == len(zero) else OF_A_LAYER,
                zero=count,
                of=len(weights),
                layers=counted(len(layers), "layer"),
            )

    def _is_made_up_for(self, unit: Unit) -> bool:
        """Return whether the error of an output makes up for h′(a), so that δ is y - t."""
        delta = self.own[unit.a]
        return difference(unit.a, self.root, self.order, delta, self.seed) is not None

    def _unit_names(self, units: Sequence[Sequence[Unit]]) -> str:
        return listed([self.names.title(*[unit.z for unit in nodes]) for nodes in units])

    def _fading(self) -> Iterator[Finding]:
        deltas: dict[int, list[float]] = defaultdict(list)
        for (layer, _), nodes in self.units.items():
            deltas[layer] += [self.own[a] for a in nodes]
        hidden = {at: units for at, units in self.activations.items() if at in self.hidden}
        yield from findings_of_fading(deltas, hidden)

    def _zero_gradients(self) -> Iterator[Finding]:
        leaves = [x for x in self.leaves if quantity(x) != "x"]
        zero = [leaf for leaf in leaves if self.own[leaf] == 0.0]
        if zero:
            yield Finding(
                "zero-gradient",
                "note",
                "leaves have a gradient of exactly 0 in this pass",
                f"{len(zero)} of {len(leaves)}: {self._text(zero)}.",
                "A factor 0 lies on every path to the result: a silent ReLU, an input of 0, or an "
                "error that is 0. They do not move in this step.",
            )


def _symmetric(places: Mapping[Value, Place]) -> Iterator[Finding]:
    """Find units of one layer with the same weights, by the marks that `nn` leaves on them."""
    weights: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for leaf, place in places.items():
        if place.quantity in ("w", "b"):
            weights[place.layer, place.unit].append((place.source, leaf.data))
    same: dict[Any, list[int]] = defaultdict(list)
    for (layer, unit), entries in weights.items():
        if any(source for source, _ in entries):
            same[layer, tuple(sorted(entries))].append(unit)
    groups = sorted([(layer, sorted(us)) for (layer, _), us in same.items() if len(us) > 1])
    texts = [ALIKE.format(units=listed([*map(str, units)]), layer=layer) for layer, units in groups]
    if texts:
        yield SYMMETRIC.finding("symmetric", "warning", which="; ".join(texts))
