"""`compile`: a function of one sample becomes a program for whole batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from autograd.choices import one_of
from autograd.modes import one_pass
from autograd.quoting import short
from autograd.value import Value

from .engines import ENGINES
from .program import LETTERS
from .step import Step


def compile(
    function: Callable[[Any, Any], Any],
    params: Iterable[Value],
    *,
    predict: Callable[[Any], Any] | None = None,
    penalty: Callable[[], Any] | None = None,
    reduction: str = "mean",
    engine: str = "numpy",
    dtype: str = "float64",
    notation: str = "prml",
    check_trace: bool = True,
) -> Step:
    r"""Turn the error of one sample into a program that trains on whole batches.

    The function is traced: run once on unknown numbers. The chain rule of the engine runs on the
    expressions it leaves behind, and what is the same operation at the same depth becomes one
    array. Nothing about layers is built in; for a network the program turns out to be the matrix
    form of backpropagation, which `Step.source` shows.

    Parameters
    ----------
    function : callable
        ``function(x, t) -> Value``, the error of one sample. `x` and `t` are numbers, lists or
        nested lists, of whatever shape samples have. What data choose, such as the embedding of a
        token, is looked up by `autograd.take` and `autograd.pick`.
    params : iterable of Value
        The leaves to differentiate with respect to; other leaves keep their numbers. Frozen ones
        may be among them, see `Value.requires_grad_`: they count as without influence.
    predict : callable, optional
        ``predict(x) -> Value or sequence``, for `Step.predict`.
    penalty : callable, optional
        ``penalty() -> Value``, added to the error of the batch once.
    reduction : {"mean", "sum"}
        Whether the errors of a batch are averaged or summed.
    engine : {"numpy", "c", "numba", "auto", "jax"}
        What runs the program. "c" and "numba" make machine code of it at the first call, loops
        over the samples, and keep that in the user's cache folder (``~/.cache/deltarule``) for two
        months after its last use. "c" needs a C compiler, GCC or Clang: the one that the
        environment variable CC names, or ``cc``. Numba takes ten times as long, and refuses a
        program of more than 240 loops. "auto" begins with NumPy, compiles in the background once
        calls have taken 0.2 s, with what is installed, and stays with what is faster. "jax" makes
        of it a pure function, to be jitted and sharded.
    dtype : {"float64", "float32"}
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have in the source.
    check_trace : bool
        Whether the first call, and later ones as often as takes 2 % of the time, also run one
        sample, drawn at random, through the function itself, on plain numbers or, if these make
        it raise, on leaves, and compare error and gradient with the program's. Where they differ
        by more than rounding, the function is traced anew, with a warning.

    Returns
    -------
    Step
        Traced at its first call, when the sizes of `x` and `t` are known.

    Raises
    ------
    ValueError
        If an option is none of these, or `params` is empty or lists a leaf twice.
    TypeError
        If one of `params` is not a leaf.
    ImportError
        If the engine is not installed; the message says how to.

    Examples
    --------
    >>> from autograd import Value
    >>> w, b = Value(2.0), Value(1.0)
    >>> step = compile(lambda x, t: (w * x + b - t) ** 2, [w, b])
    >>> loss, gradient = step([1.0, 2.0, 3.0], [3.0, 5.0, 6.0])
    >>> round(loss, 6), gradient.round(6).tolist()
    (0.333333, [2.0, 0.666667])
    >>> w.grad == float(gradient[0])
    True

    Tokens that choose rows of a table, and a class that chooses a probability:

    >>> from autograd import log, pick, softmax, take
    >>> table = [[Value(0.1 * i * j) for j in range(2)] for i in range(4)]
    >>> def error(x, t):
    ...     left, right = [take(table, token) for token in x]
    ...     return -log(pick(softmax([a * b for a, b in zip(left, right)]), t))
    >>> step = compile(error, [w for row in table for w in row])
    >>> loss, gradient = step([[0, 3], [2, 2]], [1, 0])
    >>> round(loss, 6), gradient.round(3).tolist()
    (0.703247, [0.0, -0.075, 0.0, 0.0, 0.0, 0.102, 0.0, 0.0])

    Notes
    -----
    What does not depend on the sample is computed once per batch and multiplied with a sum, so
    where it is infinite, samples that are 0 do not make a nan as they do one by one. Sums are
    added up in another order than the function does, and once for the same summands, so that a
    zero may have the other sign, which `atan2` at the origin shows. JAX takes
    subnormal numbers for 0. Derivatives within the function, by `autograd.grad`, are traced
    like all else. What depends on a comparison is chosen by `autograd.where`; no gradient flows
    to the side that is not taken, but where the data themselves are infinite it may be nan.

    References
    ----------
    Matrix form: M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 2, BP1-BP4.
    """
    if isinstance(params, Value):
        raise TypeError("params is a list of leaves; for a single one write [w]")
    parameters = list(params)
    if not parameters:
        raise ValueError("params is empty: pass the leaves to differentiate, model.parameters()")
    first: dict[int, int] = {}
    with one_pass:  # while another thread traces, parameters look otherwise
        for i, parameter in enumerate(parameters):
            if type(parameter) is not Value or parameter.operation is not None:
                raise TypeError(
                    f"params[{i}] must be a leaf, Value(number), not {short(parameter)}"
                )
            if first.setdefault(id(parameter), i) != i:
                raise ValueError(f"params[{i}] is the same leaf as params[{first[id(parameter)]}]")
    one_of("reduction", reduction, ("mean", "sum"))
    one_of("engine", engine, ENGINES)
    one_of("dtype", dtype, ("float64", "float32"))
    one_of("notation", notation, LETTERS)
    options = reduction, engine, dtype, notation, check_trace
    return Step(function, parameters, predict, penalty, *options)
