"""The gradient doctor: what may be wrong with a graph or a network, and what to do about it.

The examination is read-only. Where it needs gradients it runs a pass of its own and puts back
what was there. The thresholds are the constants below.
"""

from __future__ import annotations

import html
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from autograd.core import data_of, sort
from autograd.cut import cuts
from autograd.numbers import close
from autograd.sweep import edits, traceless_pass
from autograd.value import Value

from .names import Names
from .notation import find_notation
from .units import Unit, quantity, units

SATURATED: Final = 1e-3  # |h′(a)| below it passes next to nothing back
FADED: Final = 1e-3  # RMS δ of the first layer to the last: vanishing; its inverse: exploding
ENOUGH_SAMPLES: Final = 8  # that a unit must have been silent for before it is called dead
MOST_NAMES: Final = 6  # listed in a sentence

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing the doctor found.

    Attributes
    ----------
    kind : str
        Short name: "not-run", "stale-gradients", "edited", "dead-units", "saturated", "vanishing",
        "exploding", "not-finite", "no-gradient", "zero-gradient", "symmetric" or "cut".
    severity : {"error", "warning", "note"}
        An error makes numbers meaningless, a warning hinders learning, a note is to be known.
    title, evidence, advice : str
        What it is, how it shows, and what to do.
    """

    kind: str
    severity: Severity
    title: str
    evidence: str
    advice: str


@dataclass(frozen=True)
class Report:
    """What `diagnose` found. It is true if healthy: no errors and no warnings.

    Attributes
    ----------
    examined : str
        What was looked at.
    findings : tuple of Finding
        Errors first.
    """

    examined: str
    findings: tuple[Finding, ...]

    def __bool__(self) -> bool:
        return all(finding.severity == "note" for finding in self.findings)

    def __str__(self) -> str:
        state = "healthy" if self else "not healthy"
        lines = [f"Gradient doctor: {state}. Examined: {self.examined}."]
        for finding in self.findings:
            lines += ["", f"{finding.severity.upper()}: {finding.title}"]
            lines += [f"  evidence    {finding.evidence}", f"  what to do  {finding.advice}"]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        colours = {"error": "#D55E00", "warning": "#B37400", "note": "#0072B2"}
        state = "healthy" if self else "not healthy"
        parts = [f"<div><p><b>Gradient doctor: {state}.</b> {html.escape(self.examined)}</p>"]
        for finding in self.findings:
            texts = (finding.title, finding.evidence, finding.advice)
            title, evidence, advice = map(html.escape, texts)
            parts.append(
                f'<p style="border-left:4px solid {colours[finding.severity]};padding-left:8px">'
                f"<b>{finding.severity}: {title}</b><br>{evidence}<br>"
                f"<i>What to do:</i> {advice}</p>"
            )
        return "".join([*parts, "</div>"])


def diagnose(what: Any) -> Report:
    """Examine a graph or a network; nothing is changed.

    Parameters
    ----------
    what : Value or module
        The result of a computation, such as a loss; or anything with a method `parameters()`, of
        which less can be told: numbers and gradients of its parameters, but no units.

    Returns
    -------
    Report
        `print` and Jupyter show it; `.findings` has the details; it is true if healthy.

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
    """
    if isinstance(what, Value):
        return _Examination(what).report()
    if callable(getattr(what, "parameters", None)):
        return _examine_parameters(what)
    raise TypeError(
        f"diagnose() takes the result of a computation or a module with parameters(), got {what!r}"
    )


def _report(examined: str, findings: Iterable[Finding]) -> Report:
    rank = ["error", "warning", "note"]
    return Report(examined, tuple(sorted(findings, key=lambda f: rank.index(f.severity))))


def _listed(names: Sequence[str]) -> str:
    """Return names as a list that does not get long."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _counted(n: int, noun: str) -> str:
    plural = noun[:-1] + "ves" if noun.endswith("f") else noun + "s"
    return f"{n} {noun if n == 1 else plural}"


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
        seed = root.grad if root.has_grad else 1.0
        self.own = traceless_pass(self.leaves, self.computed, seed, fresh=False)
        self.units: dict[tuple[int, int], list[Value]] = {}  # pre-activations of every sample
        self.activations: dict[tuple[int, int], list[Unit]] = {}
        found = units(self.order)
        for node in self.computed:
            if node.place is not None and node.place.quantity == "a":
                place = node.place.layer, node.place.unit
                self.units.setdefault(place, []).append(node)
                if node in found:
                    self.activations.setdefault(place, []).append(found[node])

    def report(self) -> Report:
        samples = max([len(nodes) for nodes in self.units.values()], default=0)
        operations = _counted(len([node for node in self.computed if node.parents]), "operation")
        examined = f"{operations} and {_counted(len(self.leaves), 'leaf')}"
        if samples:
            count = _counted(len(self.units), "unit")
            examined += f", with {count} in {_counted(samples, 'sample')}"
        findings = [
            *self._edited(),
            *self._cut(),
            *self._data_not_finite(),
            *self._gradients_not_finite(),
            *self._not_run(),
            *self._stale(),
            *self._dead(),
            *self._saturated(),
            *self._fading(),
            *self._zero_gradients(),
            *_symmetric(self.leaves),
        ]
        return _report(examined, findings)

    def _text(self, nodes: Iterable[Value]) -> str:
        return _listed([self.names.text(node) for node in nodes])

    def _edited(self) -> Iterator[Finding]:
        if self.edited:
            yield Finding(
                "edited",
                "error",
                "numbers were edited after the result had been computed from them",
                f"{_counted(len(self.edited), 'node')}: {self._text(self.edited)}. The result "
                f"{self.root.data:.4g} still belongs to the numbers before.",
                "Call refresh() on the result, or compute it again, before backward(). After a "
                "step of an optimizer this is normal: the parameters have moved on.",
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

    def _data_not_finite(self) -> Iterator[Finding]:
        bad = [x for x in self.order if not math.isfinite(x.data)]
        if not bad:
            return
        first = bad[0]
        origin = f"{self.names.text(first)} = {first.data:g}"
        if first.operation is not None:
            operands = ", ".join([f"{x:.4g}" for x in data_of(first.operands)])
            origin += f", which is {first.operation.name}({operands})"
        else:
            origin += ", a leaf"
        yield Finding(
            "not-finite",
            "error",
            "numbers of the forward pass are not finite",
            f"{_counted(len(bad), 'node')}; the first is {origin}.",
            "Look at the operands of the first one: a logarithm of 0, a division by 0 or an "
            "overflow starts it; errors 'with_logits' and a smaller learning rate avoid most.",
        )

    def _gradients_not_finite(self) -> Iterator[Finding]:
        stored = [x for x in self.order if not math.isfinite(x.grad)]
        bad = [x for x in reversed(self.order) if not math.isfinite(self.own[x])]
        if bad:
            first = bad[0]
            into = [x for x in self.computed if any(p is first for p in x.parents)]
            evidence = (
                f"{_counted(len(bad), 'node')}; the first on the way back is "
                f"{self.names.text(first)} with {self.own[first]:g}"
            )
            if into:
                evidence += f", at the operation {into[-1].operation.name}"
        elif stored:
            evidence = f"held by {self._text(stored)}, from an earlier pass; this pass is finite"
        else:
            return
        yield Finding(
            "not-finite",
            "error",
            "gradients are not finite",
            f"{evidence}.",
            "Call zero_grad() and keep the operation away from the point where its slope is "
            "infinite, such as sqrt or log at 0; with detect_anomaly() the place is named.",
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
                f"{_counted(len(held), 'leaf')} {'has' if len(held) == 1 else 'have'} a gradient: "
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
        """Compare the gradients that leaves hold with those of this pass alone.

        After an edit these cannot be known; nothing is claimed then.
        """
        if not self.root.has_grad or self.edited:
            return
        held = [leaf for leaf in self.leaves if leaf.has_grad and leaf is not self.root]
        different = [leaf for leaf in held if not close(leaf.grad, self.own[leaf], 1e-12)]
        if not different:
            return
        ratios = [x.grad / self.own[x] if self.own[x] else math.nan for x in different]
        times = round(ratios[0]) if math.isfinite(ratios[0]) else 0
        first = different[0]
        is_one = len(different) == 1
        of = "" if is_one else f" of {self.names.text(first)}"
        evidence = (
            f"{self._text(different)}: grad{of} is {first.grad:.4g}, but this pass alone gives "
            f"{self.own[first]:.4g}"
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

    def _dead(self) -> Iterator[Finding]:
        relus = [nodes for nodes in self.activations.values() if nodes[0].is_relu]
        dead = [nodes for nodes in relus if all(unit.z.data == 0.0 for unit in nodes)]
        if not dead:
            return
        samples = min([len(nodes) for nodes in dead])
        is_sure = samples >= ENOUGH_SAMPLES
        highest = max([unit.a.data for nodes in dead for unit in nodes])
        yield Finding(
            "dead-units",
            "warning" if is_sure else "note",
            "ReLU units are 0 for every sample" + ("" if is_sure else " so far"),
            f"{len(dead)} of {len(relus)}: {self._unit_names(dead)}, in "
            f"{_counted(samples, 'sample')}; their largest pre-activation is {highest:.4g}.",
            "h′(a) = 0 stops every gradient on its way to their weights. Lower the learning "
            "rate, start with smaller weights, or use leaky_relu."
            + ("" if is_sure else " With so few samples it may be chance: examine more at once."),
        )

    def _saturated(self) -> Iterator[Finding]:
        saturated, slopes = [], []
        others = [nodes for nodes in self.activations.values() if not nodes[0].is_relu]
        for nodes in others:
            own = [abs(unit.slope) for unit in nodes]
            if max(own) < SATURATED:
                saturated.append(nodes)
                slopes.append(max(own))
        if saturated:
            yield Finding(
                "saturated",
                "warning",
                "units are saturated",
                f"{len(saturated)} of {len(others)}: {self._unit_names(saturated)}; their largest "
                f"|h′(a)| is {max(slopes):.2g}, below {SATURATED:g}; |a| is "
                f"{min([abs(unit.a.data) for nodes in saturated for unit in nodes]):.3g} and more.",
                "δ is multiplied by h′(a), so they hardly learn. Scale the inputs, start with "
                "smaller weights, or for outputs take the error 'with_logits'.",
            )

    def _unit_names(self, units: Sequence[Sequence[Unit]]) -> str:
        places = [nodes[0].a.place for nodes in units]
        return _listed([f"unit {p.unit} of layer {p.layer}" for p in places if p is not None])

    def _fading(self) -> Iterator[Finding]:
        layers: dict[int, list[float]] = defaultdict(list)
        for (layer, _), nodes in self.units.items():
            layers[layer] += [self.own[a] for a in nodes]
        sizes = {
            layer: math.sqrt(math.fsum([d * d for d in layers[layer]]) / len(layers[layer]))
            for layer in sorted(layers)
            if all(abs(d) < 1e150 for d in layers[layer])
        }
        if not 2 <= len(sizes) == len(layers) or not sizes[max(sizes)]:
            return
        ratio = sizes[min(sizes)] / sizes[max(sizes)]
        if FADED <= ratio <= 1.0 / FADED:
            return
        what = "vanishes" if ratio < 1.0 else "explodes"
        steps = ", ".join([f"layer {layer} {size:.2g}" for layer, size in sizes.items()])
        yield Finding(
            "vanishing" if ratio < 1.0 else "exploding",
            "warning",
            f"δ {what} on the way back through the layers",
            f"root mean square of δ: {steps}; the first to the last layer is {ratio:.2g}.",
            "Each layer multiplies δ by its weights and by h′(a). "
            + (
                "Use relu or tanh instead of sigmoid, weights scaled to the size of the layer "
                "(init='he_normal' or 'xavier_normal'), fewer layers, or skip connections."
                if ratio < 1.0
                else "Start with smaller weights (init='xavier_normal'), lower the learning rate."
            ),
        )

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


# -- parameters ------------------------------------------------------------------------------------


def _examine_parameters(module: Any) -> Report:
    if callable(getattr(module, "named_parameters", None)):
        parameters = dict(module.named_parameters())
    else:
        parameters = {f"parameter {i}": p for i, p in enumerate(module.parameters())}
    findings = _findings_of_parameters(parameters)
    return _report(f"{_counted(len(parameters), 'parameter')}, without a graph", findings)


def _findings_of_parameters(parameters: dict[str, Value]) -> Iterator[Finding]:
    count = len(parameters)
    held = {name: p for name, p in parameters.items() if p.has_grad}
    unused = [name for name, p in parameters.items() if name not in held and p.requires_grad]
    if not parameters:
        yield Finding(
            "no-gradient",
            "warning",
            "there are no parameters",
            "parameters() is empty.",
            "Store Values or modules as attributes, so that they are found.",
        )
    elif not held:
        yield Finding(
            "not-run",
            "warning",
            "no parameter has a gradient",
            "backward() has not been run, or zero_grad() has been called since.",
            "Compute a loss and call backward() on it.",
        )
    elif unused:
        yield Finding(
            "no-gradient",
            "warning",
            "parameters are without gradient although others have one",
            f"{len(unused)} of {count}: {_listed(unused)}.",
            "The loss was not computed from them. Use them in __call__, or remove them.",
        )
    for what, attribute in (("numbers", "data"), ("gradients", "grad")):
        numbers = {name: getattr(p, attribute) for name, p in parameters.items()}
        bad = [name for name, x in numbers.items() if not math.isfinite(x)]
        if bad:
            yield Finding(
                "not-finite",
                "error",
                f"{what} of parameters are not finite",
                f"{len(bad)} of {count}: {_listed(bad)}; the first is {numbers[bad[0]]:g}.",
                "Training has diverged: begin anew with a lower learning rate. diagnose(loss) "
                "names the operation at which it begins.",
            )
    zero = [name for name, p in held.items() if p.grad == 0.0]
    if zero:
        yield Finding(
            "zero-gradient",
            "note",
            "parameters have a gradient of exactly 0",
            f"{len(zero)} of {count}: {_listed(zero)}.",
            "They do not move in this step. diagnose(loss) tells whether ReLU units are dead.",
        )
    yield from _symmetric(parameters.values())


def _symmetric(leaves: Iterable[Value]) -> Iterator[Finding]:
    """Find units of one layer with the same weights, by the marks that `nn` leaves on them."""
    weights: dict[tuple[int, int], list[tuple[int, float]]] = defaultdict(list)
    for leaf in leaves:
        place = leaf.place
        if place is not None and place.quantity in ("w", "b"):
            weights[place.layer, place.unit].append((place.source, leaf.data))
    same: dict[Any, list[int]] = defaultdict(list)
    for (layer, unit), entries in weights.items():
        if any(source for source, _ in entries):
            same[layer, tuple(sorted(entries))].append(unit)
    groups = [(layer, sorted(units)) for (layer, _), units in same.items() if len(units) > 1]
    texts = [f"units {_listed(list(map(str, units)))} of layer {layer}" for layer, units in groups]
    if texts:
        yield Finding(
            "symmetric",
            "warning",
            "units of a layer have the same weights and bias",
            f"{'; '.join(texts)}.",
            "Hidden units that start alike and are treated alike stay alike, so that they count as "
            "one. Start from small random weights.",
        )
