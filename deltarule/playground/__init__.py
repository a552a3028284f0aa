"""The playground: a page in which a network learns, and each update can be seen as arithmetic."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from autograd.view.html import output, save
from autograd.view.notation import find_notation
from nn import Module
from nn.losses import Loss

from .page import TITLE, page_html
from .table import Table
from .trace import traced

__all__ = ["Playground", "playground"]

ROOM: Final = 760  # height of the page in a notebook, in pixels


def playground(
    model: Module | None = None,
    inputs: Any = None,
    targets: Any = None,
    loss: str | Loss | None = None,
    *,
    notation: str = "prml",
) -> Playground:
    """Return the page on which a network learns, in a notebook or saved as one file.

    Without arguments it is the page of `deltarule playground`. With a model, it begins with that,
    its data and weights as they are now; the model itself is not changed.

    Parameters
    ----------
    model : Module, optional
        Of at most 64 inputs, and any kind that `autograd.compile` can trace.
    inputs, targets : sequences, or a Dataset in place of inputs
        As for `nn.fit`: at most 2000 samples, and 6 classes.
    loss : str or callable
        ``loss(output, target)`` of one sample, or its name in `nn.LOSSES`.
    notation : {"prml", "nielsen", "wikipedia"}
        Names of the quantities of the model.

    Returns
    -------
    Playground
        Shown by a notebook, without a kernel, also in exported pages; `save` writes a file.

    Raises
    ------
    TraceError, TypeError or ValueError
        If the page cannot compute what the model does, as where it draws random numbers or asks
        ``if x > 0``; or if the data do not fit. The message says what to do.

    Examples
    --------
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], activation="tanh", output="sigmoid", rng=0)
    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> playground(model, x, t, "binary_cross_entropy")
    Playground(13 parameters, 4 samples)
    >>> playground()
    Playground()
    """
    find_notation(notation)
    table = Table()
    if model is None:
        names = ("inputs", "targets", "loss")
        extra = [name for name, x in zip(names, (inputs, targets, loss)) if x is not None]
        if extra:
            raise TypeError(
                f"{' and '.join(extra)} given without a model: call playground(model, inputs, "
                "targets, loss), or playground() for the page's own network"
            )
        return Playground(table, None)
    given = traced(model, inputs, targets, loss, table=table, notation=notation)
    return Playground(table, given)


class Playground:
    """A page on which a network learns; `playground` makes it.

    Attributes
    ----------
    data : dict or None
        The model and its samples as the page has them.
    html : str
        The page: one file without links, for any browser of today.
    """

    def __init__(self, table: Table, data: dict[str, Any] | None) -> None:
        self._table, self.data = table, data

    @cached_property
    def html(self) -> str:
        return page_html(self._table, self.data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whose name ends in .html, and return its path.

        Raises
        ------
        ValueError
            If the name ends otherwise.
        OSError
            If the file cannot be written; an older one stays whole then.
        """
        return save(self.html, path, "a playground")

    def _repr_html_(self) -> str:
        """Return the page in a frame, which a script puts in the place of a sentence."""
        still = "<p>The playground runs in the browser: allow this notebook to run scripts.</p>"
        return output(still, self.html, TITLE, ROOM)

    def __repr__(self) -> str:
        if self.data is None:
            return "Playground()"
        parameters, samples = len(self.data["p"]), len(self.data["dataset"]["inputs"])
        return (
            f"Playground({parameters} parameter{'s' * (parameters != 1)}, "
            f"{samples} sample{'s' * (samples != 1)})"
        )
