"""PyTorch's elementary operations ("ATen"), on arrays of nodes.

PyTorch carries out every function and module by some operations of this library. Here each name
has what it does with single numbers, rows of the table wherever there is one; what is missing is
decomposed by PyTorch itself.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

import autograd as ag
from autograd.numbers import number_of

from .arrays import Array, along, bilinear, each, extreme, linear, matmul, moved, reduced

torch: Any = importlib.import_module("torch")
tree: Any = importlib.import_module("torch.utils._pytree")


class Call(NamedTuple):
    """One call of an operation, with its tensors, and what gives their elements."""

    name: str
    operation: Any
    args: tuple[Any, ...]
    options: dict[str, Any]
    array: Callable[[Any], Array]
    result: Any

    def nodes(self) -> tuple[Any, ...]:
        """Return the arguments with arrays of nodes in place of tensors."""
        return tree.tree_map(  # type: ignore[no-any-return]
            lambda x: self.array(x) if isinstance(x, torch.Tensor) else x, self.args
        )

    def arrays(self) -> list[Array]:
        """Return the elements of all tensors of real numbers."""
        return [self.array(x) for x in tree.tree_leaves((self.args, self.options)) if is_real(x)]

    def on(self, *arrays: Array) -> Array:
        """Return what the operation makes of other real numbers."""
        rest = iter(arrays)
        args, options = tree.tree_map(
            lambda x: torch.from_numpy(next(rest).copy()) if is_real(x) else x,
            (self.args, self.options),
        )
        return self.operation(*args, **options).numpy()  # type: ignore[no-any-return]

    def argument(self, name: str, default: Any = None) -> Any:
        """Return an argument, however it was passed."""
        return {**dict(zip(self.names(), self.args)), **self.options}.get(name, default)

    def names(self) -> list[str]:
        return [argument.name for argument in self.operation._schema.arguments]

    def filling_with_0(self) -> Call:
        """Return the call with 0 in place of the number that an operation fills up with."""
        if self.argument("value") is None:
            return self
        place = self.names().index("value")
        return self._replace(args=(*self.args[:place], 0, *self.args[place + 1 :]))


def is_real(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and x.is_floating_point()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# -- functions of numbers --------------------------------------------------------------------
# A choice that the operation makes, such as the branch of `where`, is that of this run.


def _add(a: Any, b: Any, alpha: Any = 1) -> Any:
    return ag.add(a, b if alpha == 1 else ag.mul(alpha, b))


def _sub(a: Any, b: Any, alpha: Any = 1) -> Any:
    return ag.sub(a, b if alpha == 1 else ag.mul(alpha, b))


def _elu(x: Any, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    if scale == input_scale == 1:
        return ag.elu(x, float(alpha))
    return scale * x if x > 0.0 else scale * alpha * ag.expm1(input_scale * x)


def _softplus(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    if beta == 1:
        return x if x > threshold else ag.softplus(x)
    return x if beta * x > threshold else ag.softplus(beta * x) / beta


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    if isinstance(min, ag.Value) or isinstance(max, ag.Value):
        if min is not None and x < min:
            x = min
        return max if max is not None and x > max else x
    return ag.clamp(x, -math.inf if min is None else min, math.inf if max is None else max)


SAME: Final = _names(  # there as here
    "abs acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp expm1 gelu hypot log "
    "log10 log1p log2 maximum minimum mul neg pow reciprocal relu sigmoid silu sin sinh sqrt "
    "square tan tanh"
)
ELEMENTWISE: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(ag, name) for name in SAME},
    "add": _add,
    "sub": _sub,
    "rsub": lambda a, b, alpha=1: _sub(b, a, alpha),
    "div": ag.div,
    "rsqrt": lambda x: ag.pow(x, -0.5),
    "logaddexp": lambda a, b: ag.logsumexp([a, b]),
    "log_sigmoid_forward": ag.log_sigmoid,
    "leaky_relu": lambda x, slope=0.01: ag.leaky_relu(x, float(slope)),
    "elu": _elu,
    "softplus": _softplus,
    "threshold": lambda x, threshold, value: x if x > threshold else value,
    "hardsigmoid": lambda x: 0.0 if x <= -3.0 else 1.0 if x >= 3.0 else x / 6.0 + 0.5,
    "hardswish": lambda x: 0.0 if x <= -3.0 else x if x >= 3.0 else x * (x + 3.0) / 6.0,
    "hardtanh": lambda x, low=-1.0, high=1.0: low if x <= low else high if x >= high else x,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "clamp_max": lambda x, max: _clamp(x, None, max),
    "where": lambda condition, a, b: a if condition else b,
    "masked_fill": lambda x, mask, value: value if mask else x,
    "fill": lambda x, value: value,
    "zero": lambda x: 0.0,
    "copy": lambda x, source, non_blocking=False: source,
}

# -- along dimensions ------------------------------------------------------------------------


def _var(row: list[Any], correction: float) -> Any:
    middle = ag.mean(row)
    squares = ag.sum([ag.square(x - middle) for x in row])
    return ag.div(squares, max(0.0, len(row) - correction))


def _norm(row: list[Any]) -> Any:
    """Return the Euclidean norm, whose gradient PyTorch takes as 0 where it is 0."""
    is_zero = all(number_of(x) == 0.0 for x in row)
    return 0.0 if is_zero else ag.sqrt(ag.sum([ag.square(x) for x in row]))


REDUCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sum": lambda row: row[0] if len(row) == 1 else ag.sum(row),
    "mean": lambda row: row[0] if len(row) == 1 else ag.mean(row),
    "prod": lambda row: row[0] if len(row) == 1 else ag.prod(row),
    "logsumexp": ag.logsumexp,
    "amax": extreme(max),
    "amin": extreme(min),
    "max": extreme(max),
    "min": extreme(min),
    "var": _var,
    "std": lambda row, correction: ag.sqrt(_var(row, correction)),
    "linalg_vector_norm": _norm,
}


def _reduced(call: Call) -> Array:
    function, axes = REDUCTIONS[call.name], call.argument("dim", call.argument("dims"))
    if call.name in ("var", "std"):
        correction = call.argument("correction")
        function = partial(function, correction=1.0 if correction is None else correction)
    axes = [axes] if isinstance(axes, int) else axes
    return reduced(function, call.array(call.args[0]), axes).reshape(call.result.shape)


def _log_softmax(row: list[Any]) -> list[Any]:
    normaliser = ag.logsumexp(row)
    return [x - normaliser for x in row]


SOFTMAX: Final[dict[str, Callable[[Any], Any]]] = {
    "_softmax": ag.softmax,
    "_log_softmax": _log_softmax,
}

# -- products --------------------------------------------------------------------------------


def _add_product(bias: Array, x: Array, w: Array, beta: Any = 1, alpha: Any = 1) -> Array:
    if alpha == beta == 1:
        return matmul(x, w, bias)
    return each(_add, each(ag.mul, bias, beta), each(ag.mul, matmul(x, w), alpha))


def _vector(x: Array, w: Array) -> Array:
    return matmul(np.atleast_2d(x), w[:, None])[..., 0].reshape(x.shape[:-1])


PRODUCTS: Final[dict[str, Callable[..., Array]]] = {
    "mm": matmul,
    "bmm": matmul,
    "addmm": _add_product,
    "baddbmm": _add_product,
    "mv": _vector,
    "dot": _vector,
}


def _convolution(call: Call) -> Array:
    x, w, *bias = call.arrays()
    operation, options = call.operation, call.args[3:]

    def convolve(x: Array, w: Array) -> Array:
        return operation(torch.from_numpy(x), torch.from_numpy(w), None, *options).numpy()  # type: ignore[no-any-return]

    made = bilinear(convolve, x, w)
    if not bias:
        return made
    return each(_bias, made, bias[0].reshape(-1, *[1] * (made.ndim - 2)))


def _bias(y: Any, bias: Any) -> Any:
    """Return y + b as one node, where y is a sum of products."""
    if not isinstance(y, ag.Value) or y.operation is None or y.operation.name != "dot":
        return y + bias
    half = len(y.operands) // 2
    return ag.dot(y.operands[:half], y.operands[half:], bias)


# -- choices, moves, sums of multiples -------------------------------------------------------


def _chosen(call: Call) -> Any:
    """Return the elements whose indices the operation returned: the first of equal ones."""
    x, indices = call.array(call.args[0]), call.result[1].numpy()
    if "max_pool" in call.name:
        inner = 3 if "3d" in call.name else 2
        flat, places = [a.reshape(*a.shape[:-inner], -1) for a in (x, indices)]
        return np.take_along_axis(flat, places, -1).reshape(indices.shape)
    axis = call.argument("dim", -1)
    places = indices if indices.ndim == x.ndim else np.expand_dims(indices, axis)
    return np.take_along_axis(x, places, axis).reshape(indices.shape)


def _embedding(call: Call) -> Any:
    """Return rows of the table; that of the padding is not differentiated."""
    rows, padding = call.args[1].numpy(), call.argument("padding_idx", -1)
    made = call.array(call.args[0])[rows]
    is_padding = rows == (-1 if padding is None else padding)
    made[is_padding] = call.result.numpy()[is_padding]
    return made


CHOICES: Final = _names(
    "max_pool2d_with_indices max_pool3d_with_indices adaptive_max_pool2d adaptive_max_pool3d "
    "cummax cummin kthvalue max median min mode sort topk"
)
MOVES: Final = _names(
    "_to_copy _unsafe_view cat clone constant_pad_nd convert_element_type diag_embed "
    "diagonal_scatter embedding flip gather im2col index index_put index_select masked_scatter "
    "masked_select pixel_shuffle reflection_pad1d reflection_pad2d reflection_pad3d repeat "
    "replication_pad1d replication_pad2d replication_pad3d roll scatter select_scatter "
    "slice_scatter stack take tril triu unfold_copy upsample_nearest1d upsample_nearest2d"
)
LINEAR: Final = _names(
    "_adaptive_avg_pool2d _adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d col2im cumsum "
    "index_add scatter_add trace upsample_bicubic2d upsample_bilinear2d upsample_linear1d"
)
# without a derivative, or with 0 everywhere
CONSTANT: Final = _names(
    "ceil empty_like floor full_like new_empty new_empty_strided new_full new_ones new_zeros "
    "ones_like round sign sgn trunc zeros_like"
)
NEEDS_NO_NODES: Final = MOVES | CHOICES | _names("copy fill masked_fill where zero")
SETTINGS: Final = _names("alpha approximate beta")


def unrolled(call: Call) -> Any:
    """Return the elements of the (first) result of a call, or None where no name is known."""
    name, options = call.name, {k: v for k, v in call.options.items() if k in SETTINGS}
    if name in CHOICES and isinstance(call.result, (tuple, list)):
        return _chosen(call)
    if name in REDUCTIONS and call.argument("ord", 2) == 2:
        return _reduced(call)
    if name in SOFTMAX:
        return along(SOFTMAX[name], call.nodes()[0], call.args[1])
    if name in PRODUCTS:
        return PRODUCTS[name](*call.nodes(), **options)
    if name == "convolution":
        return _convolution(call)
    if name == "embedding":
        return _embedding(call)
    if name in MOVES and not call.argument("accumulate"):
        filler = float(call.argument("value") or 0.0)
        return moved(call.filling_with_0().on, call.arrays(), filler)
    if name in LINEAR or name == "index_put":
        return linear(call.on, call.arrays())
    if name in ELEMENTWISE:
        return each(lambda *numbers: ELEMENTWISE[name](*numbers, **options), *call.nodes())
    return None
