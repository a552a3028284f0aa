"""`Value`: a number that remembers how it was computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import repeat
from typing import Any, Final, NamedTuple, NoReturn

from . import functions
from . import operations as op
from .chain import apply_chain_rule, one_pass, propagate, restore, sort
from .ieee import Ieee
from .numbers import real, same
from .table import TABLE, Operation


class StaleGraphError(RuntimeError):
    """A number was edited after the graph was computed from it."""


class Place(NamedTuple):
    """Where a node stands in a network; `nn` marks its nodes with it.

    Attributes
    ----------
    quantity : str
        "x" input, "w" weight, "b" bias, "a" pre-activation or "z" activation.
    layer, unit : int
        Both count from 1; inputs are layer 0.
    source : int
        For a weight, the unit of the layer below that it comes from; else 0.
    activation : str
        For a pre-activation, the operation that makes z of it.
    label : str
        The user's own label; empty if there is none.
    """

    quantity: str
    layer: int
    unit: int
    source: int = 0
    activation: str = ""
    label: str = ""

    def __str__(self) -> str:
        if self.label:
            return self.label
        if not self.layer:
            return f"{self.quantity}{self.unit}"
        unit = f"{self.unit},{self.source}" if self.source else f"{self.unit}"
        return f"{self.quantity}{self.layer}[{unit}]"


class Mode(NamedTuple):
    recording: bool = True
    watch: Any = None  # of autograd.check: forward(node) and backward(nodes)


_NORMAL: Final = Mode()
_mode: ContextVar[Mode] = ContextVar("mode", default=_NORMAL)
_special_modes = 0  # how many `with` blocks of any thread have changed the mode: usually none
_clock = 0  # counts the edits of leaves; a node is stamped with the time it was computed at
OVERWRITTEN: Final = -1
OUTDATED: Final = -2  # as it comes out of a pickle, whose stamps have no meaning here


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
        node._grad = node._name = node._locals = None
        node._stamp = _clock
        node.operation = row
        node.operands = (self,)
        return _in_special_mode(node) if _special_modes else node

    return _documented(method, row)  # type: ignore[no-any-return]


def _binary(row: Operation, is_operator: bool = True) -> Callable[[Value, Any], Value]:
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
        node._stamp = _clock
        node.operation = row
        node.operands = (self, other)
        return _in_special_mode(node) if _special_modes else node

    return _documented(method, row)  # type: ignore[no-any-return]


def _reflected(row: Operation) -> Callable[[Value, Any], Value]:
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
        return _node(data, row, (number, self))

    return _documented(method, row)  # type: ignore[no-any-return]


def _documented(method: Any, row: Operation) -> Any:
    method.__name__ = row.name
    method.__qualname__ = f"Value.{row.name}"
    method.__doc__ = f"Apply the operation `{row.name}`."
    return method


class Value:
    """A scalar that records the graph of operations it was computed by.

    Parameters
    ----------
    data : real number
        int, float, bool, Fraction, Decimal, NumPy scalar or 0-d array; kept as a float.
    label : str, optional
        Name shown in pictures, explanations and error messages.
    _children, _op
        Parents and name of the operation, as in micrograd. Rarely needed: operators and
        functions make computed nodes.

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

    __slots__ = (
        "__weakref__",
        "_data",
        "_grad",
        "_locals",
        "_name",
        "_stamp",
        "operands",
        "operation",
    )  # fmt: skip

    _data: float
    _grad: Any  # float, or None before any backward pass; a Value while grad() differentiates
    _name: str | Place | None
    _stamp: int
    operation: Operation | None
    operands: tuple[Any, ...]  # of Value and float
    _locals: Sequence[float] | None  # the local gradients, where they are known from the start

    def __init__(
        self,
        data: Any,
        _children: Sequence[Value] = (),
        _op: str = "",
        label: str | None = None,
    ) -> None:
        self._data = _plain(data)
        self._grad = None
        self._name = label or None
        self._stamp = _clock
        self._locals = None
        self.operands = ()
        if _children:
            self.operands = tuple([x if isinstance(x, Value) else real(x) for x in _children])
        self.operation = _named(_op, len(self.operands)) if self.operands else None

    # -- the number ------------------------------------------------------------------------

    @property
    def data(self) -> float:
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        global _clock
        value = _plain(value)
        if same(value, self._data):
            return
        _clock += 1
        self._data = value
        self._stamp = _clock if self.operation is None else OVERWRITTEN

    @property
    def grad(self) -> float:
        return self._grad if self._grad.__class__ is float else float(self._grad or 0.0)

    @grad.setter
    def grad(self, value: Any) -> None:
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
    def parents(self) -> tuple[Value, ...]:
        """The nodes this one was computed from, in order; one used twice is there twice."""
        return tuple([operand for operand in self.operands if isinstance(operand, Value)])

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

        Examples
        --------
        >>> x = Value(3.0)
        >>> y = x**4
        >>> y.backward(); x.grad
        108.0
        >>> y.backward(); x.grad
        216.0
        """
        seed = _plain(seed)
        with one_pass:
            leaves, computed = sort(self)
            before = backward_pass(leaves, computed, seed)
            for leaf, earlier in zip(leaves, before):
                if earlier is not None:
                    leaf._grad += earlier

    def local_gradients(self, as_nodes: bool = False) -> Sequence[Any]:
        """Return ∂self/∂operand for each operand: the node's local-gradient closure.

        Parameters
        ----------
        as_nodes : bool
            Give them as nodes computed from the operands, to be differentiated again.

        Returns
        -------
        sequence
            In the order of `operands`; constants at the end, as the 2 in ``x**2``, have none.

        Examples
        --------
        >>> (Value(2.0) * Value(5.0)).local_gradients()
        (5.0, 2.0)
        """
        if self.operation is None:
            return ()
        if not as_nodes:
            local = self._locals or self.operation.local_gradients(
                self._data, _numbers(self.operands)
            )
        else:
            try:
                local = self.operation.rule(self, self.operands)
            except ArithmeticError:  # of constants among themselves
                operands = [x if isinstance(x, Value) else Ieee(x) for x in self.operands]
                local = self.operation.rule(self, operands)
        if local.__class__ is tuple:
            missing = len(self.operands) - len(local)
            if not missing or (missing == 1 and self.operands[-1].__class__ is float):
                return local
        _check_number(local, self)
        return local

    def edges(self) -> list[tuple[Value, float]]:
        """Return the pairs (parent, ∂self/∂parent), one for each of `parents`."""
        pairs = zip(self.operands, self.local_gradients())
        return [(parent, local) for parent, local in pairs if isinstance(parent, Value)]

    def zero_grad(self) -> None:
        """Forget the gradients of the whole graph."""
        for nodes in sort(self):
            for node in nodes:
                node._grad = None

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
        for node in sort(self)[1]:
            node._data = _evaluate(node.operation, node.operands)  # type: ignore[arg-type]
            node._stamp = _clock
            node._locals = None
        return self

    # -- Python's protocols ----------------------------------------------------------------

    def __repr__(self) -> str:
        parts = [f"data={self._data!r}", f"grad={self.grad!r}"]
        if self.operation is not None:
            parts.append(f"op={self._op!r}")
        if self.label:
            parts.append(f"label={self.label!r}")
        return f"Value({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self._data, spec) if spec else repr(self)

    def __float__(self) -> float:
        return self._data

    def __bool__(self) -> bool:
        return self._data != 0.0

    def __lt__(self, other: Any) -> bool:
        return self._data < _comparable(other)

    def __le__(self, other: Any) -> bool:
        return self._data <= _comparable(other)

    def __gt__(self, other: Any) -> bool:
        return self._data > _comparable(other)

    def __ge__(self, other: Any) -> bool:
        return self._data >= _comparable(other)

    def __copy__(self) -> Value:
        from .copying import shallow

        return shallow(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        from .copying import deep

        return deep(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        from .copying import flat

        return flat(self)

    # -- as micrograd names them -----------------------------------------------------------

    @property
    def _prev(self) -> set[Value]:
        return set(self.parents)

    @property
    def _op(self) -> str:
        if self.operation is None:
            return ""
        if self.operation is op.power:
            return f"**{self.operands[1]:g}"
        return self.operation.symbol

    @property
    def _backward(self) -> Callable[[], None]:
        """The chain rule at this node alone, for walking through a graph by hand."""

        def one_step() -> None:
            check_fresh(self.parents, [self])
            if self.operation is None:
                return
            for node in (self, *self.parents):
                node._grad = node.grad
            apply_chain_rule([self])

        return one_step

    # -- operations ------------------------------------------------------------------------

    __add__, __radd__ = _binary(op.add), _reflected(op.add)
    __sub__, __rsub__ = _binary(op.sub), _reflected(op.sub)
    __mul__, __rmul__ = _binary(op.mul), _reflected(op.mul)
    __truediv__, __rtruediv__ = _binary(op.div), _reflected(op.div)
    __neg__ = _unary(op.neg)
    __abs__ = abs = _unary(op.absolute)

    def __pos__(self) -> Value:
        return self

    def __pow__(self, exponent: Any) -> Value:
        return (_pow if isinstance(exponent, Value) else _power)(self, exponent)

    def __rpow__(self, base: Any) -> Value:
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
    maximum, minimum = _binary(op.maximum, False), _binary(op.minimum, False)
    atan2, hypot = _binary(op.atan2, False), _binary(op.hypot, False)

    def pow(self, exponent: Any) -> Value:
        """Return ``self ** exponent``."""
        return self**exponent  # type: ignore[no-any-return]

    def leaky_relu(self, negative_slope: float = 0.01) -> Value:
        """Return self where positive, else ``negative_slope * self``."""
        return op.leaky_relu(self, negative_slope)  # type: ignore[no-any-return]

    def elu(self, alpha: float = 1.0) -> Value:
        """Return self where positive, else ``alpha * (exp(self) - 1)``."""
        return op.elu(self, alpha)  # type: ignore[no-any-return]

    def gelu(self, approximate: str = "none") -> Value:
        """Return self · Φ(self); see `autograd.gelu`."""
        return functions.gelu(self, approximate)  # type: ignore[no-any-return]

    def clamp(self, min: float = -math.inf, max: float = math.inf) -> Value:
        """Return self limited to the interval [min, max]."""
        return op.clamp(self, min, max)  # type: ignore[no-any-return]

    @staticmethod
    def __operation__(operation: Operation, operands: tuple[Any, ...]) -> Value:
        """Apply a row of the table to operands of which at least one is a `Value`."""
        operands = tuple([x if isinstance(x, Value) else real(x) for x in operands])
        return _node(_evaluate(operation, operands), operation, operands)


_new = Value.__new__
_pow, _power = _binary(op.general_power), _binary(op.power)


def _node(data: float, operation: Operation, operands: tuple[Any, ...]) -> Value:
    """Return a new computed node."""
    node: Value = _new(Value)
    node._data = data
    node._grad = node._name = node._locals = None
    node._stamp = _clock
    node.operation = operation
    node.operands = operands
    return _in_special_mode(node) if _special_modes else node


def _evaluate(operation: Operation, operands: tuple[Any, ...]) -> float:
    data = operation.evaluate(_numbers(operands))
    if data.__class__ is float:
        return data
    try:
        return real(data)
    except TypeError as error:
        raise TypeError(f"operation {operation.name!r} gave no real number: {error}") from None


def affine(
    weights: Sequence[Sequence[Value]],
    inputs: Sequence[Any],
    biases: Sequence[Value],
    places: Iterable[Place | None] = repeat(None),
) -> list[Value]:
    """Return a_j = Σ_i w_ji x_i + b_j for every unit j of a layer, each one `dot` node.

    The same as ``[dot(w, inputs, b) for w, b in zip(weights, biases)]``, but faster: the units
    share the inputs, and the local gradients, which are weights and inputs, are kept.

    Parameters
    ----------
    weights : sequence of M sequences of D
    inputs : sequence of D
    biases : sequence of M
    places : iterable of M `Place`, optional
        Marks for the nodes.

    Raises
    ------
    ValueError
        If there are not as many inputs as weights in each row, or not as many biases as rows.

    Examples
    --------
    >>> [a.data for a in affine([[Value(1.0), Value(2.0)]], [Value(3.0), Value(4.0)], [Value(0.5)])]
    [11.5]

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.2).
    """
    inputs = tuple([x if isinstance(x, Value) else constant(x) for x in inputs])
    numbers = [x._data for x in inputs]
    if len(weights) != len(biases):
        raise ValueError(f"{len(weights)} rows of weights, but {len(biases)} biases")
    forward, local = op.dot.forward, op.dot.local
    layer = []
    for w, b, place in zip(weights, biases, places):
        if len(w) != len(inputs):
            raise ValueError(f"a unit has {len(w)} weights, but there are {len(inputs)} inputs")
        w_numbers, b_number = [v._data for v in w], (b._data,)
        data = forward(w_numbers, numbers, b_number)
        node = _node(data, op.dot, (*w, *inputs, b))
        node._locals = local(data, w_numbers, numbers, b_number)
        node._name = place
        layer.append(node)
    return layer


def _numbers(operands: Sequence[Any]) -> list[float]:
    return [x if x.__class__ is float else x._data for x in operands]


def constant(x: Any) -> Value:
    """Return a node that stands for a number nothing depends on."""
    node = Value(x)
    node.operation, node.operands = op.identity, (node._data,)
    return node


def _plain(x: Any) -> float:
    if isinstance(x, Value):
        raise TypeError(
            f"expected a number, got {x!r}; use its .data, or .detach() for an independent leaf"
        )
    return real(x)


def _check_number(local: Any, node: Value) -> None:
    """Raise TypeError if a rule did not give one local gradient for each parent of the node."""
    operands = node.operands
    count = len(local) if hasattr(local, "__len__") else len(operands) + 1
    if count > len(operands) or Value in map(type, operands[count:]):
        raise TypeError(
            f"the rule of operation {node.operation.name!r} must return a tuple with a local "  # type: ignore[union-attr]
            f"gradient for each of its {len(operands)} operands; it returned {local!r}"
        )


def _comparable(x: Any) -> float:
    return x._data if isinstance(x, Value) else real(x)


def _named(name: str, operands: int) -> Operation:
    """Return the row whose name or symbol micrograd would have written."""
    for row in TABLE.values():
        if name in (row.name, row.symbol) and (row is not op.sub or operands == 2):
            return row

    def no_rule(*numbers: Any) -> NoReturn:
        raise ValueError(f"no rule for operation {name!r}; declare it: Operation({name!r}, ...)")

    row = Operation(name, no_rule, no_rule)
    del TABLE[name]
    return row


def _in_special_mode(node: Value) -> Value:
    mode = _mode.get()
    if mode.watch is not None:
        mode.watch.forward(node)
    if not mode.recording:
        node.operation = None
        node.operands = ()
    return node


@contextmanager
def mode(**changes: Any) -> Iterator[None]:
    """Change how nodes are made, in this thread or task, within a `with` block."""
    global _special_modes
    token = _mode.set(_mode.get()._replace(**changes))
    with one_pass:
        _special_modes += 1
    try:
        yield
    finally:
        with one_pass:
            _special_modes -= 1
        _mode.reset(token)


def no_grad() -> Any:
    """Compute without recording graphs, in a `with` block or as a decorator.

    Examples
    --------
    >>> x = Value(2.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (4.0, ())
    """
    return mode(recording=False)


def is_recording() -> bool:
    """Return whether nodes record their parents now."""
    return _mode.get().recording


def backward_pass(
    leaves: Sequence[Value], computed: Sequence[Value], seed: float, as_nodes: bool = False
) -> list[Any]:
    """Propagate through a graph that is up to date, watched by `detect_anomaly` if it is on."""
    check_fresh(leaves, computed)
    watch = _mode.get().watch if _special_modes else None
    if watch is None:
        return propagate(leaves, computed, seed, as_nodes)
    with mode(watch=watch.quiet()):  # what a rule computes on the way is not the user's fault
        before = propagate(leaves, computed, seed, as_nodes)
    try:
        watch.backward(computed)
    except BaseException:
        restore([*leaves, *computed], before)
        raise
    return before


def check_fresh(leaves: Sequence[Value], computed: Sequence[Value]) -> None:
    """Raise StaleGraphError if a number was edited after it had been used."""
    newest_edit = max([leaf._stamp for leaf in leaves], default=0)
    if min([node._stamp for node in computed], default=newest_edit) >= newest_edit:
        return
    for node in computed:
        if node._stamp == OVERWRITTEN:
            raise StaleGraphError(
                f"the computed node {node!r} was overwritten by hand, so its data no longer "
                "follows from its parents; edit leaves instead, then call refresh()"
            )
        for parent in node.parents:
            if parent._stamp > node._stamp:
                kind = "leaf" if parent.operation is None else "node"
                raise StaleGraphError(
                    f"the {kind} {parent!r} was edited after {node!r} had been computed from it; "
                    "call refresh() on the result, or compute it again, before backward()"
                )


def now() -> int:
    """Return the stamp of a node computed now."""
    return _clock
