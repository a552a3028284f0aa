"""Building blocks beside the layers: `Sequential`, `Dropout`, `Embedding` and two norms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, overload

from autograd import Value

from .layers import MLP, Layer, Neuron
from .module import Module


class Sequential(Module):
    """Modules and functions, one after the other.

    Parameters
    ----------
    *layers : callable
        Each is given what the one before it returned; a single `Value` as a list of one where a
        module of this package takes a sequence, as `Layer` does.

    Examples
    --------
    >>> from nn import Layer
    >>> model = Sequential(Layer(2, 3, activation="tanh", rng=0), Layer(3, 1, rng=1))
    >>> model
    Sequential(
      (layers.0): Layer(2, 3, tanh)
      (layers.1): Layer(3, 1, relu)
    )
    >>> len(model), model[0], len(model[1:].parameters())
    (2, Layer(2, 3, tanh), 4)
    >>> model([0.5, -1.0]).backward()
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(
                    f"layer {i} is {layer!r}, which is not callable; write "
                    "Sequential(first, second), not a list of them"
                )
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            takes_many = isinstance(layer, (Neuron, Layer, MLP))
            x = layer([x] if takes_many and isinstance(x, Value) else x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Callable[[Any], Any]]:
        return iter(self.layers)

    @overload
    def __getitem__(self, index: int) -> Callable[[Any], Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Any:
        return Sequential(*self.layers[index]) if isinstance(index, slice) else self.layers[index]
