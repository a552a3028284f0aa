"""Building blocks beside the layers: `Sequential`, `Dropout`, `Embedding` and two norms.

Their names, arguments and numbers are those of `torch.nn`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, overload

from autograd import Value, dot, mean, sum
from autograd.numbers import is_sequence, real
from autograd.quoting import short

from .initializers import Initializer, find_initializer, normal
from .layers import MLP, Layer, Neuron, check_inputs, positive
from .module import Module
from .rng import Rng, generator

STANDARD_NORMAL: Final = normal(1.0)


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
                    f"layer {i} is {short(layer)}, which is not callable; write "
                    "Sequential(first, second), not a list of them"
                )
        self.layers = list(layers)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            takes_many = isinstance(layer, (Neuron, Layer, MLP, _Norm))
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


class Dropout(Module):
    """In training mode, make each number 0 with probability p, and divide the others by 1 - p.

    In evaluation mode numbers pass unchanged: `Module.eval` is what changes to it.

    Parameters
    ----------
    p : float
        0 <= p <= 1.
    rng : int, random.Random, numpy.random.Generator or None
        Seed or generator, of which each number takes one draw.

    Notes
    -----
    A compiled program does the same at each call, and so is refused in training mode.

    Examples
    --------
    >>> dropout = Dropout(0.5, rng=0)
    >>> [z.data for z in dropout([Value(1.0), Value(2.0), Value(3.0)])]
    [2.0, 4.0, 0.0]
    >>> [z.data for z in dropout.eval()([Value(1.0), Value(2.0)])]
    [1.0, 2.0]

    References
    ----------
    N. Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
    JMLR 15, 2014.
    """

    def __init__(self, p: float = 0.5, *, rng: Rng = None) -> None:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p is {p}: choose a probability, 0 <= p <= 1")
        self.p = float(p)
        # The global generator is not kept: it is a module, which cannot be copied.
        self.rng = None if rng is None else generator(rng)

    def __call__(self, x: Any) -> Any:
        if not self.training or self.p == 0.0:
            return x
        if not is_sequence(x):
            return self([x])[0]
        draw, factor = generator(self.rng).random, 1.0 / (1.0 - self.p) if self.p < 1.0 else 0.0
        return [x_i * (0.0 if draw() < self.p else factor) for x_i in x]

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


class Embedding(Module):
    """A table of vectors, one for each of `num` words, with numbers that are learnt.

    Parameters
    ----------
    num, dim : int
        Number of words, and of numbers in each vector.
    init, rng
        As for `Neuron`; PyTorch's normal distribution N(0, 1) if nothing is given.

    Returns
    -------
    When called with an index, 0 <= index < num, or its 1-of-K vector: a list of `dim` nodes. Where
    the index is a node itself, as in a compiled program, they are computed by comparing it with
    all `num` indices. Between two of them it then gives what is between their vectors, and nan if
    it is out of range.

    Raises
    ------
    IndexError
        When called with a number that is no index.
    ValueError
        When called with a vector that has not `num` numbers.

    Examples
    --------
    >>> embedding = Embedding(27, 2, rng=0)
    >>> embedding(3) == embedding.weight[3]
    True
    """

    def __init__(
        self, num: int, dim: int, *, init: str | Initializer = STANDARD_NORMAL, rng: Rng = None
    ) -> None:
        num, dim = positive("words", num), positive("dimensions", dim)
        random, draw = generator(rng), find_initializer(init)
        self.weight = [[Value(draw(random, num, dim)) for _ in range(dim)] for _ in range(num)]

    def __call__(self, index: Any) -> list[Value]:
        num = len(self.weight)
        if is_sequence(index):
            check_inputs("table", num, index)
            return [dot(column, index) for column in zip(*self.weight)]
        if isinstance(index, Value):
            near = [(1.0 - abs(index - k)).relu() for k in range(num)]
            inside = sum(near)  # 1, or 0 for an index that is out of range
            return [dot(column, near) / inside for column in zip(*self.weight)]
        number = real(index)
        if not number.is_integer() or not 0 <= number < num:
            raise IndexError(
                f"{short(index)} is no index of this table: choose one of 0, ..., {num - 1}"
            )
        return list(self.weight[int(number)])

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"


class _Norm(Module):
    """What divides n numbers by their size, and gives each a factor of its own."""

    def __init__(self, n: int, eps: float) -> None:
        if not eps >= 0.0:
            raise ValueError(f"eps is {eps}: choose a number of at least 0")
        self.eps = float(eps)
        self.weight = [Value(1.0) for _ in range(positive("numbers", n))]

    def scaled(self, x: Sequence[Any]) -> list[Value]:
        """Return x_i / sqrt(mean of all x² + eps) * weight_i."""
        size = (mean([x_i * x_i for x_i in x]) + self.eps) ** 0.5
        return [x_i / size * w_i for x_i, w_i in zip(x, self.weight)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.weight)})"


class LayerNorm(_Norm):
    """Shift and scale the n numbers of a sample to mean 0 and variance 1, then to w_i z_i + b_i.

    Parameters
    ----------
    n : int
    eps : float
        Added to the variance, eps >= 0.

    Examples
    --------
    >>> [round(z.data, 3) for z in LayerNorm(3)([1.0, 2.0, 3.0])]
    [-1.225, 0.0, 1.225]

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, Layer Normalization, arXiv:1607.06450, 2016.
    """

    def __init__(self, n: int, eps: float = 1e-5) -> None:
        super().__init__(n, eps)
        self.bias = [Value(0.0) for _ in self.weight]

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        check_inputs("norm", len(self.weight), x)
        middle = mean(x)
        scaled = self.scaled([x_i - middle for x_i in x])
        return [z_i + b_i for z_i, b_i in zip(scaled, self.bias)]


class RMSNorm(_Norm):
    """Divide the n numbers of a sample by their root mean square, then multiply each with w_i.

    Parameters
    ----------
    n : int
    eps : float
        Added to the mean square, eps >= 0; the default is PyTorch's for float64.

    Examples
    --------
    >>> [round(z.data, 3) for z in RMSNorm(2)([3.0, 4.0])]
    [0.849, 1.131]

    References
    ----------
    B. Zhang, R. Sennrich, Root Mean Square Layer Normalization, NeurIPS 2019.
    """

    def __init__(self, n: int, eps: float = sys.float_info.epsilon) -> None:
        super().__init__(n, eps)

    def __call__(self, x: Sequence[Any]) -> list[Value]:
        check_inputs("norm", len(self.weight), x)
        return self.scaled(x)
