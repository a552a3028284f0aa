"""`Module`: the base class of everything that has parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from autograd import Place, Value
from autograd.compile import Step, compile

from .losses import Loss, find_loss


class Module:
    """Base class of everything that has parameters.

    A subclass stores `Value` leaves, other modules, or lists and dicts of them as attributes
    and computes with them in plain Python: any acyclic wiring works, skip connections too.

    Examples
    --------
    >>> from autograd import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data, dict(line.named_parameters())["slope"].data
    (7.0, 2.0)
    """

    __call__: Callable[..., Any]

    def parameters(self) -> list[Value]:
        """Return the parameters in the order of the attributes, shared ones once."""
        return [parameter for _, parameter in self.named_parameters()]

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Yield (name, parameter) pairs, with names such as ``layers.0.neurons.1.w.2``."""
        return _leaves(self, "", set())

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def compile(self, loss: str | Loss, **options: Any) -> Step:
        """Return a program that computes a loss and its gradient for whole batches.

        Parameters
        ----------
        loss : str or callable
            ``loss(output, target)`` of one sample, or its name in `nn.LOSSES`. Targets of
            several classes are 1-of-K vectors. They are not checked; `fit` does that.
        **options
            Passed on to `autograd.compile.compile`.

        Examples
        --------
        >>> from nn import MLP
        >>> step = MLP(2, [3, 1], rng=0).compile("half_squared_error")
        >>> loss, gradient = step([[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0])
        >>> gradient.shape, step.predict([[0.0, 1.0]]).shape
        ((13,), (1,))
        """
        loss_of = find_loss(loss)
        options = {"predict": self, **options}
        return compile(lambda x, t: loss_of(self(x), t), self.parameters(), **options)

    def state_dict(self) -> dict[str, float]:
        """Return the number of every parameter by its name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter to the number that `state_dict` had returned for it.

        Raises
        ------
        KeyError
            If names are missing or unknown. Nothing is changed then.
        """
        own = dict(self.named_parameters())
        missing, unknown = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unknown:
            raise KeyError(
                f"the state does not fit this module: {len(missing)} names missing "
                f"{sorted(missing)[:3]}, {len(unknown)} unknown {sorted(unknown)[:3]}"
            )
        numbers = {name: Value(state[name]).data for name in own}
        for name, parameter in own.items():
            parameter.data = numbers[name]


def _leaves(x: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Value]]:
    """Yield the leaves in nested modules, lists, tuples and dicts, each once, with their names."""
    if not isinstance(x, (Value, Module, Mapping, list, tuple)) or isinstance(x, Place):
        return
    if id(x) in seen:
        return
    seen.add(id(x))
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(x, Value):
        if x.operation is None:
            yield name, x
    elif isinstance(x, Module):
        items = vars(x).items()
    else:
        items = x.items() if isinstance(x, Mapping) else enumerate(x)
    for key, item in items:
        yield from _leaves(item, f"{name}.{key}" if name else str(key), seen)
