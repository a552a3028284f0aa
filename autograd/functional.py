"""Derivatives of functions: gradients, Jacobians and Hessians, nested to any order.

A function here takes numbers or (nested) sequences of numbers. Results are floats. They are
`Value` nodes where they depend on a `Value`, given as an argument or used inside the function,
so that every result can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .chain import Graph, one_pass, propagate, restore, sort
from .operations import dot, identity, real
from .value import Value, check_fresh


def gradients(output: Any, variables: Sequence[Value], *, create_graph: bool = False) -> list[Any]:
    """Return ∂output/∂variable for each variable, leaving every `grad` untouched.

    Parameters
    ----------
    output : Value or float
        A float does not depend on anything: its derivatives are 0.
    variables : sequence of Value
        Leaves or computed nodes.
    create_graph : bool
        Return nodes, which can be differentiated again, instead of floats.

    Examples
    --------
    >>> x, y = Value(3.0), Value(4.0)
    >>> gradients(x * x * y, [x, y])
    [24.0, 9.0]

    See Also
    --------
    PyTorch's `torch.autograd.grad`, which this follows.
    """
    if not isinstance(output, Value):
        real(output)
        return [0.0] * len(variables)
    return _pull_back(sort(output), variables, create_graph)


def _pull_back(graph: Graph, variables: Sequence[Value], as_nodes: bool) -> list[Any]:
    leaves, computed = graph
    nodes = [*leaves, *computed]
    with one_pass:
        check_fresh(leaves, computed)
        before = propagate(leaves, computed, 1.0, as_nodes)
        reached = set(nodes)
        result = [x._grad if x in reached else 0.0 for x in variables]
        restore(nodes, before)
    return result


def _slopes(output: Any, variables: Sequence[Value]) -> Iterator[Any]:
    """Yield ∂output/∂variable: floats, or nodes if there is more to differentiate."""
    if not isinstance(output, Value):
        real(output)
        return iter([0.0] * len(variables))
    graph = sort(output, until=frozenset(variables))
    own = frozenset(variables)
    depends_on_more = any(leaf not in own or leaf.parents for leaf in graph[0])
    slopes = _pull_back(graph, variables, as_nodes=depends_on_more)
    for variable in variables:
        if variable.operation is None:  # a constant from now on: no derivative depends on it
            variable.operation, variable.operands = identity, (variable.data,)
    return iter(slopes)


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return a function that gives the value of `f` together with its gradient.

    Parameters
    ----------
    f : callable
        Function of numbers and sequences with one number as result.
    argnums : int or sequence of int
        Which positional arguments to differentiate with respect to.

    Returns
    -------
    callable
        With the arguments of `f`; returns ``(value, gradient)``. The gradient has the structure
        of the argument, and is a tuple of them for a sequence of `argnums`.

    Raises
    ------
    TypeError
        When called, if `f` does not return one number.

    Examples
    --------
    >>> value_and_grad(lambda x: x[0] * x[1])([3.0, 4.0])
    (12.0, [4.0, 3.0])
    """

    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for i in chosen:
            if not -len(args) <= i < len(args):
                raise ValueError(f"argnums={i}, but there are {len(args)} positional arguments")
        variables: list[Value] = []
        inputs = list(args)
        for i in chosen:
            inputs[i] = map_numbers(lambda x: _variable(x, variables), args[i])
        output = f(*inputs, **kwargs)
        if not isinstance(output, Value):
            output = real(output)
        slopes = _slopes(output, variables)
        nested = tuple(map_numbers(lambda x: next(slopes), args[i]) for i in chosen)
        is_pure = not any(isinstance(slope, Value) for slope in flatten(nested))
        value = output.data if isinstance(output, Value) and is_pure else output
        return value, nested[0] if isinstance(argnums, int) else nested

    return evaluate


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the gradient of `f` as a function; `grad(grad(f))` is the second derivative.

    Parameters and errors are those of `value_and_grad`.

    Examples
    --------
    >>> cube = lambda x: x**3
    >>> grad(cube)(2.0), grad(grad(cube))(2.0), grad(grad(grad(cube)))(2.0)
    (12.0, 12.0, 6.0)
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 4.0)
    (4.0, 3.0)
    """
    both = value_and_grad(f, argnums)
    return lambda *args, **kwargs: both(*args, **kwargs)[1]


def vjp(f: Callable[..., Any], x: Any) -> tuple[Any, Callable[[Any], Any]]:
    """Return f(x) and the vector–Jacobian product v ↦ vᵀJ, one backward pass for each v.

    Parameters
    ----------
    f : callable
        From a number or sequence to a number or sequence.
    x : number or sequence

    Examples
    --------
    >>> y, pull_back = vjp(lambda x: [x[0] * x[1], x[0] + x[1]], [3.0, 4.0])
    >>> y, pull_back([1.0, 0.0]), pull_back([1.0, 10.0])
    ([12.0, 7.0], [4.0, 3.0], [14.0, 13.0])
    """
    variables: list[Value] = []
    output = f(map_numbers(lambda x: _variable(x, variables), x))

    def pull_back(v: Any) -> Any:
        outputs, weights = flatten(output), flatten(v)
        if len(outputs) != len(weights):
            raise ValueError(f"v needs {len(outputs)} numbers, one per output; got {len(weights)}")
        slopes = _slopes(dot(weights, outputs), variables)
        return map_numbers(lambda x: next(slopes), x)

    pure = not any(isinstance(x, Value) for x in flatten(x))
    return map_numbers(lambda y: float(y) if pure else y, output), pull_back


def jacobian(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return the Jacobian of `f` as a function: rows are outputs, J[i][j] = ∂f_i/∂x_j.

    Parameters
    ----------
    f : callable
        From a number or sequence to a number or sequence.

    Returns
    -------
    callable
        ``x -> J``, with the structure of f(x), each number replaced by one with that of x.
        One backward pass for each output.

    Examples
    --------
    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([3.0, 4.0])
    [[4.0, 3.0], [1.0, 1.0]]
    """

    def evaluate(x: Any) -> Any:
        variables: list[Value] = []
        output = f(map_numbers(lambda x: _variable(x, variables), x))

        def row(y: Any) -> Any:
            slopes = _slopes(y, variables)
            return map_numbers(lambda x: next(slopes), x)

        return map_numbers(row, output)

    return evaluate


def hessian(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return the matrix of second derivatives of `f` as a function: H[i][j] = ∂²f/∂x_i∂x_j.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 4.0])
    [[8.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f))


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """Return the Hessian-vector product H v, without building H.

    Parameters
    ----------
    f : callable
        From a number or sequence to one number.
    x, v : number or sequence
        The point and the vector, of the same structure.

    Examples
    --------
    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 4.0], [1.0, 0.0])
    [8.0, 6.0]

    References
    ----------
    B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6, 1994.
    """
    direction = flatten(v)

    def slope_along_v(x: Any) -> Any:
        return dot(direction, flatten(grad(f)(x)))

    if len(direction) != len(flatten(x)):
        raise ValueError(f"v needs {len(flatten(x))} numbers, like x; got {len(direction)}")
    return grad(slope_along_v)(x)


def _variable(x: Any, variables: list[Value]) -> Value:
    """Return a new node that equals x, computed from it if x is a node; note it in `variables`."""
    variables.append(identity(x) if isinstance(x, Value) else Value(x))
    return variables[-1]


def _is_sequence(x: Any) -> bool:
    return isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0


def map_numbers(f: Callable[[Any], Any], x: Any) -> Any:
    """Apply f to every number of a nested sequence, keeping its structure."""
    if not _is_sequence(x):
        return f(x)
    mapped = [map_numbers(f, item) for item in x]
    return tuple(mapped) if isinstance(x, tuple) else mapped


def flatten(x: Any) -> list[Any]:
    """Return the numbers of a nested sequence in order."""
    return [number for item in x for number in flatten(item)] if _is_sequence(x) else [x]
