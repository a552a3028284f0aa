"""JAX's arrays as a number type for rows of the table. Imported when it is needed."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache, reduce
from importlib import import_module
from typing import Any

from autograd import Operation
from autograd.compile import Lifted, Places

jax: Any = import_module("jax")
jnp: Any = import_module("jax.numpy")
special: Any = import_module("jax.scipy.special")


class Plain(Lifted):
    """An array of JAX, on which a row computes what its formula says."""

    __slots__ = ()

    def constant(self, numbers: Sequence[float]) -> Plain:
        return self.like(jnp.array(numbers, self.array.dtype))

    def function(self, name: str, operands: Sequence[Any]) -> Plain:
        compute = getattr(jnp if hasattr(jnp, name) else special, name)
        return self.like(compute(*map(_array, operands)))

    def choice(self, a: Any, b: Any) -> Plain:
        return self.like(jnp.where(self.array, _array(a), _array(b)))

    def take(self, places: Places) -> Plain:
        index = places if isinstance(places, slice) else jnp.array(places)
        return self.like(self.array[..., index])

    def join(self, others: Sequence[Any]) -> Plain:
        arrays = [self.array, *[other.array for other in others]]
        samples = jnp.broadcast_shapes(*[array.shape[:-1] for array in arrays])
        parts = [jnp.broadcast_to(array, (*samples, array.shape[-1])) for array in arrays]
        return self.like(jnp.concatenate(parts, axis=-1))

    def sums(self, width: int) -> Plain:
        return self.like(self._table(width).sum(axis=-1))

    def softmax(self, width: int) -> Plain:
        return self.like(jax.nn.softmax(self._table(width)).reshape(self.array.shape))

    def linear(self, weights: Any, bias: Any = None) -> Plain:
        product = self.array @ weights.array.reshape(-1, self.array.shape[-1]).T
        return self.like(product if bias is None else product + bias.array)

    def _table(self, width: int) -> Any:
        return self.array.reshape(*self.array.shape[:-1], -1, width)


class Array(Plain):
    """An array of JAX, on which each row has the derivative that it declares."""

    __slots__ = ()

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        if row.infix in ("+", "-", "*", "/"):
            return super().__operation__(row, operands)
        constants = tuple([None if isinstance(x, cls) else x for x in operands])
        arrays = [x.array for x in operands if isinstance(x, cls)]
        return cls(_differentiable(row, constants)(*arrays))


@lru_cache(maxsize=1024)
def _differentiable(row: Operation, constants: tuple[float | None, ...]) -> Any:
    """Return a row as a function of the operands that are arrays."""

    def operands(kind: type[Plain], arrays: Sequence[Any]) -> tuple[Any, ...]:
        given = map(kind, arrays)
        return tuple([next(given) if x is None else x for x in constants])

    @jax.custom_jvp  # type: ignore[untyped-decorator]
    def function(*arrays: Any) -> Any:
        shape = jnp.broadcast_shapes(*[array.shape for array in arrays])
        y = _array(row.apply(operands(Plain, arrays)))
        return jnp.broadcast_to(y, shape)

    @function.defjvp  # type: ignore[untyped-decorator]
    def rule(arrays: Any, tangents: Any) -> Any:
        y = function(*arrays)
        local = row.local_gradients(Array(y), operands(Array, arrays))
        parts = [
            _array(row.passed_on(slope, tangent))
            for slope, tangent in zip(local, operands(Array, tangents))
            if isinstance(tangent, Array)
        ]
        return y, jnp.broadcast_to(jnp.asarray(reduce(operator.add, parts), y.dtype), y.shape)

    return function


def _array(x: Any) -> Any:
    return x.array if isinstance(x, Lifted) else x
