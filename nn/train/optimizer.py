"""What all optimisers share: the loop over the parameters, weight decay, what is saved."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from autograd import Value

State: TypeAlias = tuple[float, ...]
"""What an optimiser remembers about one parameter from step to step."""


def in_range(name: str, value: float, *, low: float = 0.0, below: float = math.inf) -> float:
    """Return `value` as a float; raise ValueError unless `low <= value < below`."""
    if not low <= value < below:
        raise ValueError(f"{name} is {value}: choose a number with {low} <= {name} < {below}")
    return float(value)


class Optimizer(ABC):
    """Base of all optimisers: the loop over the parameters, weight decay and the learning rate.

    A subclass writes its formula in `update`; nothing else is needed. Written with operators and
    `autograd.where` instead of functions of `math` and ``if``, it runs on whole arrays, too: say
    so by ``works_on_arrays = True``, and compiled training calls it once for all parameters.

    Parameters
    ----------
    params : iterable of Value
        The parameters to optimise, at least one, each listed once.
    lr : float
        Learning rate, 0 <= lr < inf. Also an attribute that can be written at any time.
    weight_decay : float
        Strength of the L2 penalty, 0 <= weight_decay < inf: weight_decay * w is added to the
        gradient g.
    maximize : bool
        Climb the gradient instead of descending it.
    initial_state : tuple of float
        What `update` receives as `state` at the first step of every parameter.

    Raises
    ------
    ValueError
        If `params` is empty or lists a parameter twice, or if a number is out of its range.

    Notes
    -----
    A parameter without a gradient, because no backward pass has reached it since `zero_grad`, is
    left alone, as in PyTorch: neither momentum nor weight decay moves it.

    References
    ----------
    PyTorch documentation, page "torch.optim"; A. Paszke et al., "PyTorch: An Imperative Style,
    High-Performance Deep Learning Library", NeurIPS 2019.

    Examples
    --------
    An optimiser of your own, which looks only at the sign of the gradient:

    >>> import math
    >>> from autograd import Value
    >>> class SignSGD(Optimizer):
    ...     def update(self, w, g, state, t):
    ...         return w - self.lr * math.copysign(1.0, g), state
    >>> w = Value(3.0)
    >>> optimizer = SignSGD([w], lr=0.5)
    >>> (w ** 2).backward()
    >>> optimizer.step()
    >>> w.data
    2.5
    """

    works_on_arrays = False

    def __init__(
        self,
        params: Iterable[Value],
        lr: float,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        initial_state: State = (),
    ) -> None:
        self.params = list(params)
        if not self.params:
            raise ValueError("params has 0 parameters: pass at least one")
        first_position: dict[int, int] = {}
        for i, p in enumerate(self.params):
            j = first_position.setdefault(id(p), i)
            if j != i:
                raise ValueError(
                    f"params[{i}] is the same parameter as params[{j}]: list it only once"
                )
        self.lr = lr
        self.weight_decay = in_range("weight_decay", weight_decay)
        self.maximize = maximize
        self.steps = [0] * len(self.params)
        self.states = [initial_state] * len(self.params)

    @property
    def lr(self) -> float:
        """Learning rate of the next step, 0 <= lr < inf."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = in_range("lr", lr)

    @abstractmethod
    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        """Return the new value and the new state of one parameter after step number `t`."""

    def decay(self, w: float, g: float) -> tuple[float, float]:
        """Return value and gradient with the weight decay in; here as an L2 penalty."""
        return w, g + self.weight_decay * w

    def step(self) -> None:
        """Update every parameter from its gradient; after an exception, none has changed."""
        values, states, steps = [p.data for p in self.params], [*self.states], [*self.steps]
        for i, p in enumerate(self.params):
            if not p.has_grad:
                continue
            steps[i] += 1
            g = -p.grad if self.maximize else p.grad
            w, states[i] = self.update(*self.decay(p.data, g), states[i], steps[i])
            values[i] = float(w)
        # All the computing, and so all that can fail, is above this line.
        for p, w in zip(self.params, values, strict=True):
            p.data = w
        self.steps, self.states = steps, states

    def advance(self, w: Any, g: Any, states: Sequence[Any], t: Any) -> tuple[Any, Any]:
        """Return values and states of many parameters after a step, all given as arrays."""
        g = -g if self.maximize else g
        return self.update(*self.decay(w, g), tuple(states), t)

    def zero_grad(self) -> None:
        """Forget the gradients: backward() adds to them, so call this once before each pass."""
        for p in self.params:
            p.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes from step to step, ready for JSON.

        The values of the parameters and the arguments of the constructor are not part of it.
        """
        return {
            "optimizer": type(self).__name__,
            "lr": self.lr,
            "steps": self.steps,
            "states": [list(state) for state in self.states],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue where the optimiser that returned `state_dict` stopped.

        Raises
        ------
        ValueError
            If the state is that of another class or of another number of parameters.
        """
        saved_by, name = state_dict["optimizer"], type(self).__name__
        if saved_by != name:
            raise ValueError(f"the state is one of {saved_by}: load it into {saved_by}, not {name}")
        states = [tuple(map(float, state)) for state in state_dict["states"]]
        if len(states) != len(self.params):
            raise ValueError(
                f"the state has {len(states)} parameters and this optimiser {len(self.params)}: "
                "build the optimiser from the parameters it had when the state was saved"
            )
        steps = [int(step) for step in state_dict["steps"]]
        self.lr = state_dict["lr"]
        self.steps, self.states = steps, states
