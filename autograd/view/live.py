"""The connection of a player in the browser with a graph in the kernel."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets
from IPython import get_ipython

from autograd.core import topological_order
from autograd.value import Value

from .player import Player, of_page
from .rules import number


class LivePlayer(anywidget.AnyWidget):  # type: ignore[misc]
    """A player that `widget` has made.

    Attributes
    ----------
    root : Value
        Whose graph it shows.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    css = traitlets.Unicode().tag(sync=True)
    lesson = traitlets.Dict().tag(sync=True)
    numbers = traitlets.Dict().tag(sync=True)

    def __init__(self, root: Value, player: Player) -> None:
        self.root = root
        self._player = player
        self._leaves = {
            i: node for i, node in enumerate(topological_order(root)) if not node.parents
        }
        super().__init__(
            _esm=f"{player.javascript}{of_page('widget.js')}",
            css=player.css,
            lesson=player.data | {"live": True},
            numbers=self._numbers(),
        )
        self.on_msg(self._edited)
        self._shell = get_ipython()
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self.update)

    def update(self, _: Any = None) -> None:
        """Show the numbers that the leaves have now; called after each cell of a notebook.

        If they have changed, the graph is refreshed. The argument is ignored, so that this can be a
        callback of `nn.fit`.
        """
        numbers = self._numbers()
        if numbers != self.numbers:
            self.root.refresh()
        self.numbers = numbers

    def close(self) -> None:
        """Cut the connection; the browser removes the player, and Python forgets it and its graph.

        Until then both are kept, whatever happens to the variable: the page may still ask for it.
        """
        if self._shell is not None and self.update in self._shell.events.callbacks["post_run_cell"]:
            self._shell.events.unregister("post_run_cell", self.update)
        super().close()

    def _numbers(self) -> dict[str, float | str]:
        return {str(i): number(leaf.data) for i, leaf in self._leaves.items()}

    def _edited(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        self._leaves[message["node"]].data = float(message["number"])
        self.update()
        self.send("done")  # the page waits for it, since a cell may be running

    def __repr__(self) -> str:
        return f"Live{self._player!r}"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """Return the widget, and a picture for viewers that cannot show it."""
        bundle, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        pictures = {"text/html": self._player.still, "image/svg+xml": self._player.svg}
        return bundle | pictures, metadata
