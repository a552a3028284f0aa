"""`widget`: the player, in two-way connection with the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from autograd.extras import install
from autograd.value import Value

from .picture import Detail
from .player import play

if TYPE_CHECKING:
    from .live import LivePlayer


def widget(
    root: Value,
    detail: Detail = "scalar",
    notation: str = "prml",
    quiz: bool | Literal["vote"] = False,
    digits: int = 4,
    slip: str | None = None,
    update: float | None = None,
) -> LivePlayer:
    """Make a player that stays connected with the graph of `root`.

    An edit of a leaf in the browser sets ``leaf.data`` and refreshes the graph, after the cell that
    is running, if one is. What Python changes in leaves is shown after each cell, and at once by
    ``update()``; that refreshes the graph, too. After each change the page can show the numbers
    before it, those after, and their difference. Gradients in Python stay as they are, and the page
    says so: it computes a fresh pass of its own.

    Parameters
    ----------
    root, detail, notation, quiz, digits, slip, update
        As for `play`; who goes forward again with the updated numbers has them in Python, too.

    Returns
    -------
    LivePlayer
        An `anywidget`, with a method ``update()`` that is also a callback for `nn.fit`.

    Raises
    ------
    ImportError
        If anywidget is missing.
    ValueError, TypeError, StaleGraphError
        As for `play`; and if an operation of the graph cannot be computed in the browser.

    Examples
    --------
    Watch one sample while a network learns::

        error = half_squared_error(model(inputs[0]), targets[0])
        live = widget(error, detail="neuron")
        display(live)
        fit(model, inputs, targets, "half_squared_error", callbacks=[live.update])
    """
    try:
        from .live import LivePlayer
    except ImportError as error:
        raise ImportError(
            f"widget() needs the package {error.name}: {install('notebook')}; "
            "play() shows a graph without it"
        ) from None
    player = play(
        root,
        detail=detail,
        notation=notation,
        quiz=quiz,
        update=update,
        digits=digits,
        slip=slip,
    )
    if player.data["fixed"]:
        raise ValueError(
            "an operation of this graph runs in Python only, so the browser cannot follow "
            "changes; play() shows the graph as it is"
        )
    return LivePlayer(root, player)
