"""`watch`: see a network learn, and go through its training again."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from autograd.collector import paused
from autograd.quoting import short
from autograd.samples import by_position

from ..data import Dataset
from ..evaluation import Samples, check_lengths
from ..film.camera import Camera
from ..film.film import Film, Frame
from ..film.look import thinned
from ..film.losses import Losses, caption
from ..film.panel import Panel
from ..losses import Loss, find_loss
from ..module import Module
from .history import History

MOST_FRAMES: Final = 200
MOST_SLOW_FRAMES: Final = 50  # where the model has to be asked point by point
PAUSE: Final = 0.1  # seconds between two live pictures, at least
BUDGET: Final = 0.07  # of the time of training, for all that is done meanwhile
TITLE: Final = "A network learns"


def watch(
    model: Module,
    inputs: Samples | Dataset,
    targets: Samples | None = None,
    loss: str | Loss | None = None,
    *,
    sample: int = 0,
) -> Watch:
    """Make a callback for `fit` that shows how a network learns.

    In a notebook three pictures move together while `fit` runs: what the network says about its
    samples, the loss, and the network at one sample, with the gradient that flows back. Afterwards
    one goes through them epoch by epoch, also in a page that the notebook was exported to. In a
    script nothing is shown meanwhile; ``save("run.html")`` writes that page.

    Parameters
    ----------
    model, inputs, targets, loss
        As for `fit`. With two inputs the first picture is a map of the boundary, with one a curve;
        else it shows outputs against targets, or which class is answered for which.
    sample : int
        Index of the sample that the network is shown at.

    Returns
    -------
    Watch

    Raises
    ------
    ValueError
        If there are no samples, not as many targets as inputs, or no sample of that index.
    TypeError
        If an argument is something else than described.

    Examples
    --------
    >>> from nn import MLP, fit
    >>> x, t = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> task = MLP(2, [3, 1], output="sigmoid", rng=1), x, t, "binary_cross_entropy"
    >>> seen = watch(*task, sample=1)
    >>> history = fit(*task, epochs=20, callbacks=[seen], progress=False)
    >>> seen
    <Watch of 20 epochs in 21 frames>
    >>> seen.film
    Film(21 frames, 3 panels)

    Notes
    -----
    The parameters are kept after each epoch; whenever there are more than 200 moments, every
    second one is dropped. Live pictures, at most ten a second, take less than a tenth of the time
    of training: where they take long, there are fewer. They are made with a copy of the model.
    """
    names = None
    if isinstance(inputs, Dataset):
        if targets is not None:
            raise TypeError("inputs is a data set, which has targets: pass the loss as loss=...")
        names, targets, inputs = inputs.class_names, inputs.targets, inputs.inputs
    if isinstance(model, type) or not hasattr(model, "parameters"):
        raise TypeError(f"model is {short(model)}: pass a module, such as MLP(2, [4, 1])")
    if loss is None:
        raise TypeError("loss is missing: pass the one that fit minimises")
    xs, ts = by_position(inputs, "inputs"), by_position(targets, "targets")
    check_lengths(xs, ts)
    if isinstance(sample, bool) or sample not in range(len(xs)):
        raise ValueError(f"sample is {short(sample)}: choose an index, from 0 to {len(xs) - 1}")
    return Watch(model, xs, ts, find_loss(loss), sample, names)


class Watch:
    """What `watch` makes: a callback that keeps moments, and the film of them.

    `fit` enters it as a context manager; in a loop of your own, write ``with seen:`` around it,
    and call ``seen(records)`` after each epoch with what `History` is, a list of dicts.
    """

    def __init__(
        self,
        model: Module,
        inputs: Any,
        targets: Any,
        loss: Loss,
        sample: int,
        names: list[str] | None,
    ) -> None:
        self._model, self._parameters = model, model.parameters()
        self._inputs, self._targets, self._loss = inputs, targets, loss
        self._sample, self._names = sample, names
        self._clear()

    def _clear(self) -> None:
        self._history: History | Sequence[Mapping[str, float]] = []
        self._moments: list[tuple[int, list[float]]] = []  # (epoch, numbers of the parameters)
        self._latest = self._moment(0)
        self._stride = 1
        self._cell: Any = None
        self._started = self._shown = perf_counter()
        self._spent = self._cost = 0.0
        vars(self).pop("film", None)

    # -- while a network learns ----------------------------------------------------------------

    def __enter__(self) -> Watch:
        self._clear()
        if _is_in_notebook():
            from IPython.display import display

            self._cell = display(self._live(), raw=True, display_id=True)
        self._started = self._shown = perf_counter()
        return self

    def __call__(self, history: History | Sequence[Mapping[str, float]]) -> None:
        """Keep the parameters after an epoch, and show them if it is time to."""
        start = perf_counter()
        self._history = history
        self._keep(len(history))
        if self._cell is not None and self._is_time(start):
            self._cell.update(self._live(), raw=True)
            self._shown = perf_counter()
            self._cost = min(self._shown - start, self._cost or 1.0)
        self._spent += perf_counter() - start

    def __exit__(self, *error: object) -> None:
        """Put the film in the place of the live picture; also where training was interrupted."""
        if self._cell is not None:
            self._cell.update(self)
            self._cell = None

    def _moment(self, epoch: int) -> tuple[int, list[float]]:
        return epoch, [parameter.data for parameter in self._parameters]

    def _keep(self, epoch: int) -> None:
        if not self._moments:  # a history that is continued does not begin with epoch 0
            self._moments.append((epoch - 1, self._latest[1]))
        self._latest = self._moment(epoch)
        if (epoch - self._moments[0][0]) % self._stride == 0:
            self._moments.append(self._latest)
            if len(self._moments) > MOST_FRAMES + 1:
                self._moments = self._moments[::2]
                self._stride *= 2
        vars(self).pop("film", None)

    def _is_time(self, now: float) -> bool:
        """Return whether a live picture, as long as the last one took, is within the budget."""
        is_affordable = self._spent + self._cost <= BUDGET * (now - self._started)
        return is_affordable and now - self._shown >= PAUSE

    def _live(self) -> dict[str, str]:
        """Return the picture of this moment, as an output of a notebook."""
        film = self._film([self._latest])
        return {"text/html": film.still(film.frames[0]), "text/plain": repr(self)}

    # -- afterwards ----------------------------------------------------------------------------

    @cached_property
    def film(self) -> Film:
        """The film of what was kept, from before the first epoch to after the last."""
        moments = self._moments or [self._latest]
        if moments[-1][0] < self._latest[0]:
            moments = [*moments, self._latest]
        return self._film(moments if self._camera.is_fast else thinned(moments, MOST_SLOW_FRAMES))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the film to a file, a page whose name ends in .html; see `Film.save`."""
        return self.film.save(path)

    @cached_property
    def _camera(self) -> Camera:
        parts = self._inputs, self._targets, self._loss, self._sample, self._names
        return Camera(self._model, *parts)

    def _film(self, moments: Sequence[tuple[int, list[float]]]) -> Film:
        records = dict(enumerate(self._history, start=1))
        losses = Losses(records)
        left, right = self._camera.panels
        frames = []
        with paused():
            for epoch, numbers in moments:
                record = records.get(epoch, {})
                before, after = self._camera.shots(numbers)
                shots = [*before, losses.shot(epoch, record), *after]
                frames.append(Frame(caption(epoch, len(records), record), shots))
        columns: list[list[Panel]] = [[*left, losses], right] if right else [left, [losses]]
        return Film(TITLE, columns, frames)

    def _repr_html_(self) -> str:
        return self.film._repr_html_()

    def __repr__(self) -> str:
        return f"<Watch of {self._latest[0]} epochs in {len(self._moments)} frames>"


def _is_in_notebook() -> bool:
    """Return whether there is a kernel, whose outputs can be changed; IPython is not imported."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")
