"""Derivatives of functions: gradients, Jacobians and Hessians, nested to any order.

A function here takes numbers or (nested) sequences of numbers. Results are floats. They are
`Value` nodes where they depend on a `Value`, given as an argument or used inside the function,
so that every result can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from .core import Graph, sort
from .functions import dot
from .modes import current, mode
from .numbers import flatten, map_numbers, real
from .operations import identity
from .quoting import short
from .sweep import traceless_pass
from .value import Value


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
    slopes = traceless_pass(leaves, computed, as_nodes=as_nodes)
    result = [slopes.get(x, 0.0) for x in variables]
    return [x if isinstance(x, Value) else float(x) for x in result]


def _apart(
    f: Callable[..., Any], args: Sequence[Any], variables: Sequence[Value], **kwargs: Any
) -> Any:
    """Return f(*args) for arguments that hold the variables of a derivative."""
    with mode(variables=current().variables | frozenset(variables)):
        return f(*args, **kwargs)


def _recorded(evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """Let a derivative record what it differentiates even within `no_grad`.

    There its results are cut off from the graph, like everything else that is computed.
    """

    def cut_off(x: Any) -> Any:
        return identity(x) if isinstance(x, Value) else x

    def run(*args: Any, **kwargs: Any) -> Any:
        if current().recording:
            return evaluate(*args, **kwargs)
        with mode(recording=True):
            result = evaluate(*args, **kwargs)
        return map_numbers(cut_off, result)

    return run


def _number(output: Any) -> Any:
    if isinstance(output, Value):
        return output
    try:
        return real(output)
    except TypeError as error:
        raise TypeError(
            f"the function must return one number (for several, see jacobian): {error}"
        ) from None


def _depends_on_more(graph: Graph, own: Collection[Value]) -> bool:
    """Return whether there is more in a graph to differentiate than its own variables."""
    return any(leaf not in own or leaf.parents for leaf in graph[0])


def _simplest(output: Any, variables: Sequence[Value]) -> Any:
    """Return a result as a float, unless it is a node that depends on other nodes too."""
    if not isinstance(output, Value):
        return output
    own = frozenset(variables)
    return output if _depends_on_more(sort(output, until=own), own) else output.data


def _freeze(variables: Sequence[Value]) -> None:
    """Make variables constants from now on, on which no other derivative depends."""
    for variable in variables:
        if variable.operation is None:
            variable.operation, variable.operands = identity, (variable.data,)


def _differentiate(output: Any, variables: Sequence[Value]) -> tuple[Any, Iterator[Any]]:
    """Return the output and ∂output/∂variable: floats, or nodes if they depend on other nodes."""
    if not isinstance(output, Value):
        return real(output), iter([0.0] * len(variables))
    own = frozenset(variables)
    graph = sort(output, until=own)
    depends_on_more = _depends_on_more(graph, own)
    slopes = _pull_back(graph, variables, as_nodes=depends_on_more)
    _freeze(variables)
    return output if depends_on_more else output.data, iter(slopes)


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
        if len({i % len(args) for i in chosen}) < len(chosen):
            raise ValueError(f"argnums={short(argnums)} names an argument twice")
        variables: list[Value] = []
        inputs = list(args)
        for i in chosen:
            inputs[i] = map_numbers(lambda x: _variable(x, variables), args[i])
        output = _number(_apart(f, inputs, variables, **kwargs))
        value, slopes = _differentiate(output, variables)
        nested = tuple(map_numbers(lambda x: next(slopes), args[i]) for i in chosen)
        return value, nested[0] if isinstance(argnums, int) else nested

    return _recorded(evaluate)


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
    inputs = map_numbers(lambda x: _variable(x, variables), x)
    with mode(recording=True):
        output = _apart(f, [inputs], variables)

    def pull_back(v: Any) -> Any:
        outputs, weights = flatten(output), flatten(v)
        if len(outputs) != len(weights):
            raise ValueError(f"v needs {len(outputs)} numbers, one per output; got {len(weights)}")
        slopes = _differentiate(dot(weights, outputs), variables)[1]
        return map_numbers(lambda x: next(slopes), x)

    value = _recorded(map_numbers)(lambda y: _simplest(y, variables), output)
    _freeze(variables)
    return value, _recorded(pull_back)


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
        inputs = map_numbers(lambda x: _variable(x, variables), x)
        output = _apart(f, [inputs], variables)

        def row(y: Any) -> Any:
            slopes = _differentiate(y, variables)[1]
            return map_numbers(lambda x: next(slopes), x)

        return map_numbers(row, output)

    return _recorded(evaluate)


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
