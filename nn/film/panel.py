"""What a panel of a film is: a picture whose numbers change from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol


@dataclass(frozen=True)
class Shot:
    """The numbers of a panel in one frame.

    Attributes
    ----------
    smooth : sequence of float
        Those that are only drawn, within a range that is the same in all frames; kept in steps of
        the largest.
    exact : sequence of float
        All others; None where there is none.
    """

    smooth: Sequence[float] = ()
    exact: Sequence[float | None] = ()


class Panel(Protocol):
    """One of the pictures that move together."""

    kind: ClassVar[str]  # its class in SVG, and the function of film.js that moves it
    steps: ClassVar[int] = 1  # that the largest smooth number of all frames is divided into
    size: tuple[float, float]

    def svg(self, shot: Shot) -> str:
        """Return the picture of one frame."""
        ...

    @property
    def facts(self) -> dict[str, Any]:
        """What film.js must know to go from one frame to another."""
        return {}
