"""What the gradient doctor found: `Finding` and `Report`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from autograd.quoting import clipped

from .tables import SIZE, unbroken

MOST_NAMES: Final = 6  # listed in a sentence

# Causes before what follows from them: of findings that weigh the same, the first names the cause.
KINDS: Final = (
    "no-graph",  # the result was not computed from anything
    "double-activation",  # softmax of a softmax
    "raw-outputs",  # where the error takes probabilities
    "not-reached",  # parameters of the model on which the loss does not depend
    "no-gradient",
    "edited",
    "cut",
    "not-finite",
    "not-run",
    "stale-gradients",
    "zero-weights",
    "symmetric",
    "exploding",
    "dead-units",
    "saturated",
    "vanishing",
    "zero-gradient",
    "no-progress",  # from here on of a history
    "rate-too-large",
    "rate-too-small",
    "plateau",
    "too-short",
)
SEVERITIES: Final = ("error", "warning", "note")

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing the doctor found.

    Attributes
    ----------
    kind : str
        Short name, one of `KINDS`.
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


class Words(NamedTuple):
    """What a kind of finding says: templates of `str.format`, which a page can fill in, too."""

    title: str
    evidence: str
    advice: str

    def finding(self, kind: str, severity: Severity, **numbers: Any) -> Finding:
        """Return the finding that says this of certain numbers and names."""
        return Finding(kind, severity, *[text.format(**numbers) for text in self])


@dataclass(frozen=True)
class Report:
    """What `diagnose` found. It is true if healthy: no errors and no warnings.

    Attributes
    ----------
    examined : str
        What was looked at.
    findings : tuple of Finding
        Errors first, and causes before what follows from them.
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
        state = "healthy" if self else "not healthy"
        head = f"<p><b>Gradient doctor: {state}.</b> {unbroken(self.examined)}</p>"
        found = [
            f"<p style='border-left:3px solid;padding-left:10px'>"
            f"<b>{finding.severity}: {unbroken(finding.title)}</b><br>"
            f"{unbroken(finding.evidence)}<br>"
            f"<i>What to do:</i> {unbroken(finding.advice)}</p>"
            for finding in self.findings
        ]
        return f"<div style='{SIZE};overflow-wrap:anywhere'>{head}{''.join(found)}</div>"


def report(examined: str, findings: Iterable[Finding]) -> Report:
    """Return a report with its findings in order."""

    def rank(finding: Finding) -> tuple[int, int]:
        return SEVERITIES.index(finding.severity), KINDS.index(finding.kind)

    return Report(examined, tuple(sorted(findings, key=rank)))


def listed(names: Sequence[str]) -> str:
    """Return names as a list that does not get long."""
    more = len(names) - MOST_NAMES
    return ", ".join(map(clipped, names[:MOST_NAMES])) + (f" and {more} more" if more > 0 else "")


def counted(n: int, noun: str) -> str:
    """Return a number with a noun, such as "2 leaves"."""
    plural = noun[:-1] + "ves" if noun.endswith("f") else noun + "s"
    return f"{n} {noun if n == 1 else plural}"
