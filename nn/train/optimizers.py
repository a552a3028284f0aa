"""Optimisers: how the gradient of the loss turns into new parameter values.

Every rule below is a formula for one parameter and one step, `(w, g, state) -> (new w, new state)`.
The letters are the same throughout:

    w   value of the parameter          g   gradient of the loss with respect to w
    t   number of the step, from 1      lr  learning rate (eta in the literature)

The names, defaults and numbers are those of `torch.optim`. A class describes the parameters that
only it has; `documented` adds for `help` what its base class says of the others, and this page:

Parameters
----------
momentum : float
    Part of the last direction that is kept, 0 <= momentum < inf; below 1 to converge.
eps : float
    Added to the divisor, 0 < eps < inf. (PyTorch accepts 0, where a zero gradient gives nan.)
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from itertools import chain, repeat
from typing import Any, TypeAlias

from autograd import Value, where
from autograd.leaves import gradients, numbers
from autograd.quoting import short
from autograd.writing import at_once, attributes

from .arguments import in_range, parameters_for
from .docstrings import documented

State: TypeAlias = tuple[float, ...]  # what an optimiser remembers about one parameter


class Optimizer(ABC):
    """Base of all optimisers: the loop over the parameters, weight decay and the learning rate.

    A subclass writes its formula in `update`; nothing else is needed. Written with operators and
    `autograd.where` instead of functions of `math` and ``if``, it runs on whole arrays, too: say
    so by ``works_on_arrays = True``, and compiled training calls it once for all parameters. A
    subclass that overrides `update` or `decay` says it again. Whoever overrides `step` or
    `zero_grad` has them called, in compiled training, too.

    A parameter without a gradient, because no backward pass has reached it since `zero_grad`, is
    left alone, as in PyTorch: neither momentum nor weight decay moves it.

    Parameters
    ----------
    params : iterable of Value
        The parameters to optimise, at least one, each listed once.
    lr : float
        Learning rate, 0 <= lr < inf. Also an attribute that can be written at any time; what
        was written last, not by a schedule, is `initial_lr`, where schedules start.
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
        If `params` is empty or lists a parameter twice, or if numbers are out of their range or
        exclude each other.
    TypeError
        If `params` are no leaves, as where a module is given in place of its parameters, or a
        number is none.

    References
    ----------
    PyTorch documentation, page "torch.optim"; A. Paszke et al., "PyTorch: An Imperative Style,
    High-Performance Deep Learning Library", NeurIPS 2019.
    SGD: B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
    I. Sutskever, J. Martens, G. Dahl, G. Hinton, "On the importance of initialization and momentum
    in deep learning", ICML 2013 (nesterov).
    Adagrad: J. Duchi, E. Hazan, Y. Singer, "Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization", JMLR 12, 2011.
    RMSprop: T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", Coursera, Neural Networks for Machine
    Learning, 2012; A. Graves, "Generating Sequences With Recurrent Neural Networks", 2013
    (centered).
    Adam: D. P. Kingma, J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015; S. J. Reddi,
    S. Kale, S. Kumar, "On the Convergence of Adam and Beyond", ICLR 2018 (amsgrad).
    AdamW: I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.

    Examples
    --------
    >>> from autograd import Value
    >>> from nn import SGD, Optimizer
    >>> w = Value(3.0)
    >>> optimizer = SGD([w], lr=0.25)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     loss = (w - 1.0) ** 2
    ...     loss.backward()
    ...     optimizer.step()
    ...     print(w.data)
    2.0
    1.5
    1.25

    An optimiser of your own, which looks only at the sign of the gradient:

    >>> import math
    >>> class SignSGD(Optimizer):
    ...     def update(self, w, g, state, t):
    ...         return w - self.lr * math.copysign(1.0, g), state
    >>> SignSGD([w], lr=0.25).step()
    >>> w.data
    1.0
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
        self.params = parameters_for(type(self).__name__, params)
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
        self._lr = self.initial_lr = in_range("lr", lr)

    @abstractmethod
    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        """Return the new value and the new state of one parameter after step number `t`."""

    def decay(self, w: float, g: float) -> tuple[float, float]:
        """Return value and gradient with the weight decay in; here as an L2 penalty."""
        return w, g + self.weight_decay * w

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter from its gradient; after an exception, Ctrl-C too, all or none.

        As in PyTorch, a `closure` is called first, to compute gradients; what it returns, such
        as the loss, is returned.
        """
        if closure is not None and not callable(closure):
            raise TypeError(
                f"step() was given {short(closure)}: call loss.backward() before and pass "
                "nothing, or pass a function that does it"
            )
        result = None if closure is None else closure()
        values, states, steps = [p.data for p in self.params], [*self.states], [*self.steps]
        for i, p in enumerate(self.params):
            if not (p.has_grad and p.requires_grad):
                continue
            steps[i] += 1
            g = -p.grad if self.maximize else p.grad
            w, states[i] = self.update(*self.decay(p.data, g), states[i], steps[i])
            values[i] = float(w)
        # All the computing, and so all that can fail, is above this line.
        at_once(chain(numbers(self.params, values), attributes(self, steps=steps, states=states)))
        return result

    def advance(self, w: Any, g: Any, states: Sequence[Any], t: Any) -> tuple[Any, Any]:
        """Return values and states of many parameters after a step, all given as arrays."""
        g = -g if self.maximize else g
        return self.update(*self.decay(w, g), tuple(states), t)

    def at_rate(self, lr: Any) -> "Optimizer":
        """Return a copy with a learning rate of any number type, for `advance`."""
        changed = copy(self)
        changed._lr = lr
        return changed

    def settings(self) -> dict[str, Any]:
        """Return the attributes that no step changes, but for the learning rate."""
        changing = ("params", "states", "steps", "_lr", "initial_lr")
        return {name: x for name, x in vars(self).items() if name not in changing}

    def zero_grad(self) -> None:
        """Forget the gradients: backward() adds to them, so call this once before each pass."""
        at_once(gradients(self.params, repeat(None)))

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

        Raise ValueError if it is one of another class or has another number of parameters.
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
        for i, (own, state) in enumerate(zip(self.states, states)):
            if i >= len(steps) or len(state) != len(own or state):
                raise ValueError(
                    f"the state is damaged: of parameter {i} it has {len(state)} numbers instead "
                    f"of {len(own)}, or no number of steps"
                )
        self.lr, self.steps, self.states = state_dict["lr"], steps, states  # all, if `lr` is one


@documented
class SGD(Optimizer):
    """Gradient descent, with momentum if wanted.

    In each step w becomes w - lr * g. With momentum it becomes w - lr * b, where b starts as g and
    then becomes momentum * b + (1 - dampening) * g; with Nesterov's, w - lr * (g + momentum * b).

    Parameters
    ----------
    dampening : float
        Part of the new gradient that is left out of the momentum, 0 <= dampening < inf.
        Without momentum it has no effect.
    nesterov : bool
        Nesterov's momentum, which looks one step ahead; needs momentum and no dampening.
    """

    works_on_arrays = True

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, maximize=maximize, initial_state=(0.0,))
        self.momentum = in_range("momentum", momentum)
        self.dampening = in_range("dampening", dampening)
        self.nesterov = nesterov
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError(
                f"nesterov=True with momentum {momentum} and dampening {dampening}: "
                "choose momentum > 0 and dampening = 0, or nesterov=False"
            )

    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        if self.momentum == 0.0:
            return w - self.lr * g, state
        (b,) = state
        b = where(t <= 1, g, self.momentum * b + (1.0 - self.dampening) * g)
        direction = g + self.momentum * b if self.nesterov else b
        return w - self.lr * direction, (b,)


@documented
class Adagrad(Optimizer):
    """Gradient descent that slows down for parameters that have seen large gradients.

    In each step w becomes w - lr * g / (sqrt(s) + eps), where s is the sum of all g * g so far.

    Parameters
    ----------
    lr_decay : float
        The learning rate of step t is lr / (1 + (t - 1) * lr_decay), 0 <= lr_decay < inf.
    initial_accumulator_value : float
        Where the sum of the squared gradients starts, 0 <= initial_accumulator_value < inf.
    """

    works_on_arrays = True

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        start = in_range("initial_accumulator_value", initial_accumulator_value)
        super().__init__(params, lr, weight_decay, maximize=maximize, initial_state=(start,))
        self.lr_decay = in_range("lr_decay", lr_decay)
        self.eps = in_range("eps", eps, low=sys.float_info.min)

    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        (total,) = state
        total = total + g * g
        lr = self.lr / (1.0 + (t - 1) * self.lr_decay)
        return w - lr * g / (total**0.5 + self.eps), (total,)


@documented
class RMSprop(Optimizer):
    """Gradient descent with each gradient divided by its recent root mean square.

    In each step v becomes alpha * v + (1 - alpha) * g * g, from v = 0, and w becomes
    w - lr * g / (sqrt(v) + eps). Momentum adds up the quotients: b becomes
    momentum * b + g / (sqrt(v) + eps), and w becomes w - lr * b.

    Parameters
    ----------
    alpha : float
        Memory of the running averages, 0 <= alpha < 1.
    centered : bool
        Divide by the recent standard deviation instead of the root mean square.
    """

    works_on_arrays = True

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, maximize=maximize, initial_state=(0.0, 0.0, 0.0))
        self.alpha = in_range("alpha", alpha, below=1.0)
        self.eps = in_range("eps", eps, low=sys.float_info.min)
        self.momentum = in_range("momentum", momentum)
        self.centered = centered

    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        mean, square, b = state
        square = self.alpha * square + (1.0 - self.alpha) * g * g
        if self.centered:
            mean = self.alpha * mean + (1.0 - self.alpha) * g
        # Rounding can bring a variance of zero just below zero, outside the domain of sqrt.
        variance = square - mean * mean
        variance = where(variance < 0.0, 0.0, variance)
        b = self.momentum * b + g / (variance**0.5 + self.eps)
        return w - self.lr * b, (mean, square, b)


@documented
class Adam(Optimizer):
    """Momentum and RMSprop together, both corrected for their start at zero.

    In each step m becomes beta1 * m + (1 - beta1) * g, and v becomes
    beta2 * v + (1 - beta2) * g * g, from m = v = 0; in step t, counted from 1, w becomes
    w - lr * M / (sqrt(V) + eps) with M = m / (1 - beta1**t) and V = v / (1 - beta2**t).

    Parameters
    ----------
    betas : tuple of two floats
        Memory of the running averages of g and of g * g, both 0 <= beta < 1.
    weight_decay : float
        Strength of the L2 penalty, 0 <= weight_decay < inf. See `AdamW` for the decoupled kind.
    amsgrad : bool
        Divide by the largest average of g * g so far, not the current one.
    """

    works_on_arrays = True

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, weight_decay, maximize=maximize, initial_state=(0.0, 0.0, 0.0))
        try:
            beta1, beta2 = betas
        except (TypeError, ValueError):
            raise TypeError(f"betas is {short(betas)}: pass two numbers, (0.9, 0.999)") from None
        self.beta1 = in_range("betas[0]", beta1, below=1.0)
        self.beta2 = in_range("betas[1]", beta2, below=1.0)
        self.eps = in_range("eps", eps, low=sys.float_info.min)
        self.amsgrad = amsgrad

    def update(self, w: float, g: float, state: State, t: int) -> tuple[float, State]:
        m, v, v_max = state
        m = self.beta1 * m + (1.0 - self.beta1) * g
        v = self.beta2 * v + (1.0 - self.beta2) * g * g
        v_max = where(v_max > v, v_max, v) if self.amsgrad else v
        m_hat = m / (1.0 - self.beta1**t)
        v_hat = v_max / (1.0 - self.beta2**t)
        return w - self.lr * m_hat / (v_hat**0.5 + self.eps), (m, v, v_max)


@documented
class AdamW(Adam):
    """Adam with decoupled weight decay: the weights shrink, the gradient averages do not see it.

    In each step w becomes w * (1 - lr * weight_decay), and then what `Adam` makes of it.

    Parameters
    ----------
    weight_decay : float
        Each step first multiplies w by 1 - lr * weight_decay, 0 <= weight_decay < inf.

    Examples
    --------
    Without a gradient, only the decay is left:

    >>> from autograd import Value
    >>> w = Value(4.0)
    >>> optimizer = AdamW([w], lr=0.5, weight_decay=0.5)
    >>> w.grad = 0.0
    >>> optimizer.step()
    >>> w.data
    3.0
    """

    works_on_arrays = True

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def decay(self, w: float, g: float) -> tuple[float, float]:
        return w * (1.0 - self.lr * self.weight_decay), g


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
