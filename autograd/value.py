"""`Value`: a number that remembers how it was computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, Self, overload

from . import functions
from . import operations as op
from .copying import deep, flat, shallow
from .core import MANY, Node, data_of, sort, topological_order
from .cut import check_recorded, number_for_python
from .micrograd import MicrogradNames
from .modes import OVERWRITTEN, clock, one_pass, settled
from .numbers import Array, Real, real, same
from .operators import Operator, Operators
from .place import Place
from .quoting import short
from .sweep import backward_pass
from .table import BY_HAND, Operation, by_hand, called
from .writing import at_once, written


def _unary(row: Operation) -> Callable[[Value], Value]:
    """Return the method of `Value` that applies a row of one operand, written out for speed."""
    forward = row.forward

    def method(self: Value) -> Value:
        try:
            data = forward(self._data)
        except (ArithmeticError, ValueError):
            data = row.evaluate([self._data])
        node: Value = _new(Value)
        node._data = data
        node._grad = node._name = node._locals = node._second = None
        node._stamp = clock.time
        node.operation = row
        node._first = self
        return settled(node) if clock.special_modes else node

    return _documented(method, row)  # type: ignore[no-any-return]


def _binary(row: Operation, is_operator: bool = True) -> Any:
    """Return the method of `Value` that applies a row of two operands, written out for speed."""
    forward = row.forward

    def method(self: Value, other: Any) -> Value:
        kind = other.__class__
        if kind is Value:
            number = other._data
        elif kind is float:
            number = other
        elif getattr(other, "ndim", 0) and is_operator:
            # an array then applies the operation to each of its elements
            return NotImplemented  # type: ignore[no-any-return]
        elif isinstance(other, Value):
            number = other._data
        else:
            number = other = real(other)
        try:
            data = forward(self._data, number)
        except (ArithmeticError, ValueError):
            data = row.evaluate([self._data, number])
        node: Value = _new(Value)
        node._data = data
        node._grad = node._name = node._locals = None
        node._stamp = clock.time
        node.operation = row
        node._first = self
        node._second = other
        return settled(node) if clock.special_modes else node

    return _documented(method, row)


def _method(row: Operation) -> Callable[[Value, Real], Value]:
    return _binary(row, is_operator=False)  # type: ignore[no-any-return]


def _reflected(row: Operation) -> Any:
    """Return the method of `Value` for a number on the left of the operator."""
    forward = row.forward

    def method(self: Value, other: Any) -> Value:
        if isinstance(other, Value):  # of a subclass that calls this method itself
            return Value.__operation__(row, (other, self))
        number = real(other)
        try:
            data = forward(number, self._data)
        except (ArithmeticError, ValueError):
            data = row.evaluate([number, self._data])
        node: Value = _new(Value)
        node._data = data
        node._grad = node._name = node._locals = None
        node._stamp = clock.time
        node.operation = row
        node._first = number
        node._second = self
        return settled(node) if clock.special_modes else node

    return _documented(method, row)


def _operators(row: Operation) -> tuple[Operator, Operator]:
    return _binary(row), _reflected(row)


def _documented(method: Any, row: Operation) -> Any:
    method.__name__ = row.name
    method.__qualname__ = f"Value.{row.name}"
    method.__doc__ = f"Apply the operation `{row.name}`."
    return method


class Value(Operators, MicrogradNames):
    """A scalar that records the graph of operations it was computed by.

    Parameters
    ----------
    data : real number
        int, float, bool, Fraction, Decimal, NumPy scalar or 0-d array; kept as a float.
    label : str, optional
        Name shown in pictures, explanations and error messages.
    _children, _op
        Parents and name of the operation, as in micrograd; or, as in microgpt, parents and local
        gradients, one number for each. Rarely needed: operators and functions make computed nodes.
    children, local_grads
        The same by the names of microgpt.

    Attributes
    ----------
    data : float
        The number. Editing a leaf's `data` makes graphs computed from it out of date: call
        `refresh()` on the result, or compute it anew, before `backward()`.
    grad : float
        ∂root/∂self summed over backward passes for a leaf, of the last pass for a computed
        node; 0.0 before. Set it to None (or 0) to start anew.
    operation : Operation or None
        The row of the table it was computed by; None for a leaf.
    operands : tuple
        `parents` with the constants of the operation among them, as floats.

    Raises
    ------
    TypeError
        If `data` is not one real number.
    OverflowError
        If `data` is an integer too large for a float.

    Examples
    --------
    >>> from autograd import Value
    >>> a = Value(2.0, label="a")
    >>> b = Value(-3.0, label="b")
    >>> loss = (a * b + 10).tanh()
    >>> loss.backward()
    >>> loss.data, round(a.grad, 6), round(b.grad, 6)
    (0.999329299739067, -0.004023, 0.002682)

    Notes
    -----
    == and hash() go by identity, so that nodes can be keys; <, <=, > and >= compare `data`.

    References
    ----------
    Reverse accumulation: S. Linnainmaa, Taylor expansion of the accumulated rounding error,
    BIT 16, 1976. The interface follows A. Karpathy's micrograd.
    """

    __slots__ = ()

    def __init__(
        self,
        data: Real,
        _children: Sequence[Any] = (),
        _op: str | Sequence[float] = "",
        label: str | None = None,
        *,
        children: Sequence[Any] = (),
        local_grads: Sequence[float] = (),
    ) -> None:
        self._data = _plain(data)
        self._grad = self._locals = self.operation = self._first = self._second = None
        self._name = label or None
        self._stamp = clock.time
        if _children != () or children != ():
            given = _op if isinstance(local_grads, tuple) and not local_grads else local_grads
            self._be_computed(children if _children == () else _children, given)
        elif not isinstance(_op, str) or local_grads != ():
            raise ValueError("local gradients are those with respect to parents; there are none")

    def _be_computed(self, parents: Sequence[Any], how: str | Sequence[float]) -> None:
        """Make a computed node of a new leaf: by a named operation, or with given slopes."""
        if isinstance(parents, str) or not hasattr(parents, "__iter__"):
            raise TypeError(
                f"the second argument of Value is a tuple of its parents, got {short(parents)}; "
                f"for a name write Value({short(self._data)}, label={short(str(parents))})"
            )
        self.operands = tuple([x if isinstance(x, Value) else real(x) for x in parents])
        if not self.operands:
            return
        if isinstance(how, str):
            self.operation = called(how, len(self.operands))
        else:
            self.operation = by_hand(BY_HAND)
            self._locals = tuple([_plain(x) for x in how]) if hasattr(how, "__iter__") else ()
            if len(self._locals) != len(self.operands):
                raise ValueError(
                    f"a node of {len(self.operands)} parents needs as many local gradients, got "
                    f"{short(how)}"
                )
        if clock.special_modes:
            settled(self)

    # -- the number ------------------------------------------------------------------------

    @property
    def data(self) -> float:
        return self._data

    @data.setter
    def data(self, value: Real) -> None:
        number = _plain(value)
        if same(number, self._data):
            return
        now = clock.tick()
        self._data, self._stamp = number, now if self.operation is None else OVERWRITTEN

    @property
    def grad(self) -> float:
        gradient = self._grad
        if gradient.__class__ is float:
            return gradient
        return gradient._data if isinstance(gradient, Node) else float(gradient or 0.0)

    @grad.setter
    def grad(self, value: Real | None) -> None:
        self._grad = None if value is None else _plain(value)

    @property
    def has_grad(self) -> bool:
        """Whether a gradient has been computed or set, be it 0.0."""
        return self._grad is not None

    @property
    def label(self) -> str:
        return str(self._name or "")

    @label.setter
    def label(self, text: str) -> None:
        self._name = self._name._replace(label=text) if isinstance(self._name, Place) else text

    @property
    def place(self) -> Place | None:
        """Where the node stands in a network of `nn`; None elsewhere."""
        return self._name if isinstance(self._name, Place) else None

    @place.setter
    def place(self, place: Place | None) -> None:
        self._name = place

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient is wanted: not of a frozen leaf, nor of what depends on no other."""
        if self.operation is None:
            return self._locals is None
        return any(leaf._locals is None for leaf in sort(self)[0])

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, flag: bool = True) -> Self:
        """Freeze a leaf, with False, or set it free again; return self.

        A frozen leaf is a number like any other, but `backward` leaves its `grad` alone, which
        is forgotten now, and so optimisers and compiled programs do not change it. Functions that
        are asked for a derivative with respect to it, as `gradients`, give it.

        Raises
        ------
        ValueError
            If the node is computed: freeze what it was computed from.

        Examples
        --------
        >>> w, x = Value(2.0).requires_grad_(False), Value(3.0)
        >>> (w * x).backward()
        >>> x.grad, w.has_grad
        (2.0, False)
        """
        if self.operation is not None:
            raise ValueError(
                f"only leaves are frozen, and {short(self)} was computed: freeze the leaves it was "
                "computed from, or go on with its .detach()"
            )
        clock.freezings += 1
        self._locals, self._grad = (None, self._grad) if flag else ((), None)
        return self

    def item(self) -> float:
        """Return `data`, as PyTorch's `Tensor.item`."""
        return self._data

    def detach(self) -> Value:
        """Return a new leaf with the same number, cut off from the graph."""
        return Value(self._data, label=self.label)

    # -- the backward pass -----------------------------------------------------------------

    def backward(self, seed: float = 1.0) -> None:
        """Compute ∂self/∂node for every node of the graph, by the chain rule.

        Gradients of leaves add up over calls, as in PyTorch; those of computed nodes are of
        this pass alone.

        Parameters
        ----------
        seed : float
            ∂L/∂self, if self is an intermediate result of some L.

        Raises
        ------
        StaleGraphError
            If a leaf was edited after the graph had been computed. Nothing is changed then.
        GraphCutError
            If the node was computed within `no_grad`.

        Examples
        --------
        >>> x = Value(3.0)
        >>> y = x**4
        >>> y.backward(); x.grad
        108.0
        >>> y.backward(); x.grad
        216.0
        """
        backward_pass(self, _plain(seed))

    def zero_grad(self) -> None:
        """Forget the gradients of the whole graph."""
        check_recorded(self)
        at_once(written("_grad", topological_order(self), repeat(None)))

    def refresh(self) -> Value:
        """Compute the graph again in place, after leaves were edited; return self.

        Examples
        --------
        >>> x = Value(3.0)
        >>> y = x * x
        >>> x.data = 5.0
        >>> y.refresh().data
        25.0
        """
        check_recorded(self)
        with one_pass as ending:
            computed = sort(self)[1]
            ending.insert(0, written("_data", computed, data_of(computed)))
            for node in computed:
                node._data = _evaluate(node.operation, node.operands)
            ending[0] = chain(
                written("_stamp", computed, repeat(clock.time)),
                written("_locals", computed, repeat(None)),
            )
        return self

    # -- Python's protocols ----------------------------------------------------------------

    def __repr__(self) -> str:
        parts = [f"data={self._data!r}", f"grad={self.grad!r}"]
        if self.operation is not None:
            parts.append(f"op={short(self._op)}")
        if self.label:
            parts.append(f"label={short(self.label)}")
        if self.operation is None and self._locals is not None:
            parts.append("requires_grad=False")
        return f"Value({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __float__(self) -> float:
        return number_for_python(self)

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __lt__(self, other: Real) -> bool:
        return self._data < _comparable(other)

    def __le__(self, other: Real) -> bool:
        return self._data <= _comparable(other)

    def __gt__(self, other: Real) -> bool:
        return self._data > _comparable(other)

    def __ge__(self, other: Real) -> bool:
        return self._data >= _comparable(other)

    def __copy__(self) -> Value:
        return shallow(self)  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return deep(self, memo)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return flat(self)

    # -- operations ------------------------------------------------------------------------

    abs = _unary(op.absolute)

    __add__, __radd__ = _operators(op.add)
    __sub__, __rsub__ = _operators(op.sub)
    __mul__, __rmul__ = _operators(op.mul)
    __truediv__, __rtruediv__ = _operators(op.div)
    __neg__, __abs__ = _unary(op.neg), _unary(op.absolute)

    @overload
    def __pow__(self, exponent: Array) -> Any: ...
    @overload
    def __pow__(self, exponent: Real) -> Value: ...
    def __pow__(self, exponent: Any) -> Any:
        return (_pow if isinstance(exponent, Value) else _power)(self, exponent)

    def __rpow__(self, base: Any) -> Value:
        if isinstance(base, Value):  # of a subclass that calls this method itself
            return Value.__pow__(base, self)
        return Value.__operation__(op.exponential, (self, base))

    exp, expm1 = _unary(op.exp), _unary(op.expm1)
    log, log1p = _unary(op.log), _unary(op.log1p)
    log2, log10 = _unary(op.log2), _unary(op.log10)
    sqrt, cbrt = _unary(op.sqrt), _unary(op.cbrt)
    square, reciprocal = _unary(op.square), _unary(op.reciprocal)
    sin, cos, tan = _unary(op.sin), _unary(op.cos), _unary(op.tan)
    asin, acos, atan = _unary(op.asin), _unary(op.acos), _unary(op.atan)
    sinh, cosh, tanh = _unary(op.sinh), _unary(op.cosh), _unary(op.tanh)
    asinh, acosh, atanh = _unary(op.asinh), _unary(op.acosh), _unary(op.atanh)
    erf, erfc, gudermannian = _unary(op.erf), _unary(op.erfc), _unary(op.gudermannian)
    sigmoid, log_sigmoid, softplus = _unary(op.sigmoid), _unary(op.log_sigmoid), _unary(op.softplus)
    relu, silu = _unary(op.relu), _unary(op.silu)
    maximum, minimum = _method(op.maximum), _method(op.minimum)
    atan2, hypot = _method(op.atan2), _method(op.hypot)

    def pow(self, exponent: Any) -> Value:
        """Return ``self ** exponent``."""
        return self**exponent  # type: ignore[no-any-return]

    def leaky_relu(self, negative_slope: float = 0.01) -> Value:
        """Return self where positive, else ``negative_slope * self``."""
        return op.leaky_relu(self, negative_slope)

    def elu(self, alpha: float = 1.0) -> Value:
        """Return self where positive, else ``alpha * (exp(self) - 1)``."""
        return op.elu(self, alpha)

    def gelu(self, approximate: str = "none") -> Value:
        """Return self · Φ(self); see `autograd.gelu`."""
        return functions.gelu(self, approximate)

    def clamp(self, min: float = -math.inf, max: float = math.inf) -> Value:
        """Return self limited to the interval [min, max]."""
        return op.clamp(self, min, max)

    @staticmethod
    def __operation__(
        operation: Operation, operands: tuple[Any, ...], data: float | None = None
    ) -> Value:
        """Apply a row of the table to operands of which at least one is a `Value`.

        What it gives may be known.
        """
        operands = tuple([x if isinstance(x, Value) else real(x) for x in operands])
        data = _evaluate(operation, operands) if data is None else data
        return new_node(data, operation, operands)


_new = Value.__new__
_pow, _power = _binary(op.general_power), _binary(op.power)


def new_node(data: float, operation: Operation, operands: tuple[Any, ...]) -> Value:
    """Return a new computed node."""
    node: Value = _new(Value)
    node._data = data
    node._grad = node._name = node._locals = None
    node._stamp = clock.time
    node.operation = operation
    count = len(operands)
    if count > 2:
        node._first, node._second = operands, MANY
    elif count == 2:
        node._first, node._second = operands
    else:
        node._first, node._second = operands[0], None
    return settled(node) if clock.special_modes else node


def _evaluate(operation: Operation, operands: tuple[Any, ...]) -> float:
    data = operation.evaluate(data_of(operands))
    if data.__class__ is float:
        return data
    try:
        return real(data)
    except TypeError as error:
        raise TypeError(f"operation {short(operation.name)} gave no real number: {error}") from None


def _plain(x: Any) -> float:
    if isinstance(x, Value):
        raise TypeError(
            f"expected a number, got {short(x)}; use its .data, or .detach() for an independent "
            "leaf"
        )
    return real(x)


def _comparable(x: Any) -> float:
    return x._data if isinstance(x, Value) else real(x)
