"""`compile`: a function of one sample becomes a program for whole batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from itertools import repeat
from typing import Any, Final

from autograd.choices import one_of
from autograd.collector import paused
from autograd.core import data_of
from autograd.leaves import gradients
from autograd.modes import clock, one_pass
from autograd.quoting import short
from autograd.samples import by_position
from autograd.value import Value
from autograd.writing import at_once, written

from .arrays import ArrayWriter
from .engines import ENGINES, namespace, standalone
from .execution import Function
from .loops import LoopWriter
from .program import LETTERS, Program, Writer
from .terms import passes
from .trace import Surroundings, Traced, check_same, several, trace, unknowns

# Of samples, as texts have many lengths; the program of those not used for longest is forgotten.
MOST_SIZES: Final = 256
LEAST_SAMPLES: Final = 512  # at once; fewer would not be worth the calls
LARGEST_TABLE: Final = 2**19  # numbers; more samples at once would not fit in the cache


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
) -> Step:
    r"""Turn the error of one sample into a program that trains on whole batches.

    The function is traced: run once on unknown numbers. The chain rule of the engine runs on the
    expressions it leaves behind, and what is the same operation at the same depth becomes one
    array. Nothing about layers is built in; for a network the program turns out to be the matrix
    form of backpropagation, which `Step.source` shows.

    Parameters
    ----------
    function : callable
        ``function(x, t) -> Value``, the error of one sample.
    params : iterable of Value
        The leaves to differentiate with respect to; other leaves keep their numbers. Frozen ones
        may be among them, see `Value.requires_grad_`: they count as without influence.
    predict : callable, optional
        ``predict(x) -> Value or sequence``, for `Step.predict`.
    penalty : callable, optional
        ``penalty() -> Value``, added to the error of the batch once.
    reduction : {"mean", "sum"}
        Whether the errors of a batch are averaged or summed.
    engine : {"numpy", "numba", "jax"}
        What runs the program. "numba" compiles it to machine code, in loops over the samples, at
        the first call, and keeps that in the user's cache folder (``~/.cache/deltarule``) for two
        months after its last use; a program of more than 240 loops is refused. "jax" makes of it
        a pure function, to be jitted and sharded.
    dtype : {"float64", "float32"}
    notation : {"prml", "nielsen", "wikipedia"}
        Whose names the quantities of a network have in the source.

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
        If the engine is not installed; the message has the pip command.

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

    Notes
    -----
    What does not depend on the sample is computed once per batch and multiplied with a sum, so
    where it is infinite, samples that are 0 do not make a nan as they do one by one. Sums are
    added up in another order than the function does, and once for the same summands, so that a
    zero may have the other sign, which `atan2` at the origin shows. JAX takes
    subnormal numbers for 0. Derivatives within the function, by `autograd.grad`, can be traced
    unless the rule of an operation chooses between cases, as those of `relu` and of powers do.

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
    return Step(function, parameters, predict, penalty, reduction, engine, dtype, notation)


class Step:
    """A compiled function: ``step(X, T)`` gives the loss of a batch and its gradient.

    `predict` applies the model, `evaluate` computes at other numbers of the parameters without
    touching them, and `source` is the program. A call checks first that nothing the function
    reaches has changed, and traces it anew if it has.

    Attributes
    ----------
    params : list of Value
        What gradients are with respect to, in the order of their entries.
    """

    def __init__(
        self,
        function: Callable[[Any, Any], Any],
        params: list[Value],
        predict: Callable[[Any], Any] | None,
        penalty: Callable[[], Any] | None,
        reduction: str,
        engine: str,
        dtype: str,
        notation: str,
    ) -> None:
        self.params = params
        self._function, self._predict, self._penalty = function, predict, penalty
        self._reduction, self._engine = reduction, engine
        self._notation = notation
        self._np = namespace(engine, dtype)
        self._dtype = self._np.dtype(dtype)
        self._known: dict[Any, list[_Traced]] = {}  # of each size the last ones, by last use
        self._freezings = clock.freezings  # when these were traced
        self._last: _Traced | None = None
        self._time = -1  # of the engine's clock, when the numbers were read
        self._vector: Any = None

    # -- for users -------------------------------------------------------------------------

    def __call__(self, X: Any, T: Any) -> tuple[float, Any]:
        """Return the loss of a batch and its gradient, which the parameters get as `grad`, too.

        Parameters
        ----------
        X : array_like or DataFrame, (samples, inputs) or (samples,)
            With one dimension, the function is given a single number as `x`. Rows are taken by
            position, see `autograd.samples`.
        T : array_like, (samples, targets) or (samples,)

        Returns
        -------
        loss : float
        gradient : array, (parameters,)
            In the order of `params`; 0 for those without influence, whose `grad` is left alone.

        Raises
        ------
        TraceError
            If the function asks for a number, as ``if x > 0`` does; the message has the line.
        ValueError
            If there are no samples, or not as many targets as inputs.
        """
        loss, gradient = self.evaluate(self.vector(), X, T)
        parameters = self._newest.parameters
        is_all = len(parameters) == len(gradient)
        at_once(gradients(parameters, (gradient if is_all else gradient[self.reached]).tolist()))
        return float(loss), gradient

    def predict(self, X: Any) -> Any:
        """Return what the function given as `predict` gives for each sample.

        Returns
        -------
        array, (samples,) or (samples, outputs)

        Raises
        ------
        ValueError
            If there is no such function.
        """
        if self._predict is None:
            raise ValueError("compile(..., predict=model) says what is to be predicted; do that")
        X = self._array(X, "X")
        traced = self._traced(self._predict, X)
        outputs = self._np.array(traced.function(self.vector(), _columns(X)))  # no view of X
        return outputs[:, 0] if traced.is_single else outputs

    def evaluate(self, numbers: Any, X: Any, T: Any) -> tuple[Any, Any]:
        """Return what a call does, at other numbers of the parameters, changing nothing.

        With ``engine="jax"`` it is a pure function for `jax.jit`, `jax.vmap` and arrays sharded
        along the samples.

        Parameters
        ----------
        numbers : array, (parameters,)
            In the order of `params`.
        X, T
            As for a call.

        Raises
        ------
        ValueError
            If there are not as many numbers as parameters, or the samples do not fit.
        """
        *losses, gradient = self.parts(numbers, X, T)
        return sum(losses), gradient

    def parts(self, numbers: Any, X: Any, T: Any) -> tuple[Any, ...]:
        """Return the loss without the penalty, the penalty if there is one, and the gradient.

        That is the gradient of their sum. Parameters and errors are those of `evaluate`.
        """
        X, T = self._array(X, "X"), self._array(T, "T")
        numbers = self._np.asarray(numbers, self._dtype)
        if numbers.shape != (len(self.params),):
            raise ValueError(
                f"there are {len(self.params)} parameters, but numbers of shape {numbers.shape}"
            )
        if len(X) != len(T):
            raise ValueError(f"{len(X)} inputs, but {len(T)} targets; there must be one for each")
        self._last = traced = self._traced(self._function, X, T)
        n = len(X)
        weight = 1.0 / n if self._reduction == "mean" else 1.0
        X, T = _columns(X), _columns(T)
        most = max(LARGEST_TABLE // traced.program.rows, LEAST_SAMPLES)
        if n <= most or self._engine == "jax":
            return traced.function(numbers, X, T, weight, 1.0)  # type: ignore[no-any-return]
        pieces = [(X[k : k + most], T[k : k + most]) for k in range(0, n, most)]
        results = [traced.function(numbers, x, t, weight, len(x) / n) for x, t in pieces]
        return tuple(map(sum, zip(*results)))  # whose shares of the penalty add up to one

    @property
    def reached(self) -> Any:
        """The indices, an array, of the parameters that have influence; known after a call."""
        return self._newest.reached

    def vector(self) -> Any:
        """Return the numbers of the parameters, an array of shape (parameters,), read-only."""
        if self._time != clock.time:
            self._vector = self._np.array(data_of(self.params), self._dtype)
            if self._engine != "jax":
                self._vector.setflags(write=False)
            self._time = clock.time
        return self._vector

    @property
    def source(self) -> str:
        """The generated program, which needs only NumPy; `theta` are the numbers of `params`.

        Raises
        ------
        ValueError
            Before the first call, which tells the sizes of the samples.
        """
        return standalone(self._newest.program, self._dtype.name)

    def __repr__(self) -> str:
        return f"Step({len(self.params)} parameters, engine={self._engine!r})"

    # -- behind it -------------------------------------------------------------------------

    @property
    def _newest(self) -> _Traced:
        if self._last is None:
            raise ValueError("nothing is traced yet: call step(X, T) once, and read it then")
        return self._last

    def _array(self, data: Any, name: str) -> Any:
        """Return samples as an array of the right type, or say what is wrong with them."""
        if type(data) is not self._np.ndarray:  # in each step of training
            data = by_position(data, name)
        try:
            array = self._np.asarray(data, self._dtype)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"{name} must be an array of numbers, a row for each sample: {error}"
            ) from None
        if array.ndim not in (1, 2) or not array.size:
            raise ValueError(
                f"{name} must have the shape (samples, numbers) or (samples,) with at least one "
                f"sample and number, got {array.shape}"
            )
        return array

    def _traced(self, function: Callable[..., Any], *samples: Any) -> _Traced:
        """Return the program for samples of this size, traced anew if anything has changed."""
        if self._freezings != clock.freezings:
            self._known, self._freezings = {}, clock.freezings
        sizes = tuple([array.shape[1:] for array in samples])
        known = self._known.get(sizes, [])
        traced = next((one for one in known if not one.surroundings.changed()), None)
        if traced is None:
            penalty = self._penalty if len(samples) > 1 else None
            writer = LoopWriter if self._engine == "numba" else ArrayWriter
            options = self._notation, self._dtype.name
            with paused():
                traced = _Traced(function, penalty, self.params, sizes, options, writer)
            traced.function = ENGINES[self._engine](traced.program, self._dtype.name)
        # Two, for a model that goes to and fro between training and evaluation mode.
        self._known.pop(sizes, None)  # to be the last in the order of use
        self._known[sizes] = [traced, *[one for one in known if one is not traced][:1]]
        for oldest in list(self._known)[:-MOST_SIZES]:
            self._known.pop(oldest, None)
        return traced


class _Traced:
    """What a trace for samples of one size has found."""

    function: Function

    def __init__(
        self,
        function: Callable[..., Any],
        penalty: Callable[[], Any] | None,
        params: list[Value],
        sizes: Sequence[tuple[int, ...]],
        options: tuple[str, str],  # notation and dtype
        writer: type[Writer],
    ) -> None:
        self.surroundings = Surroundings([function, penalty], params)
        leaves = [unknowns(*size or (1,)) for size in sizes]
        arguments = [x if size else x[0] for x, size in zip(leaves, sizes)]
        unknown = {x: (name, i) for name, xs in zip("XT", leaves) for i, x in enumerate(xs)}
        is_error = len(sizes) > 1
        results = []
        before = self.surroundings.random_states()
        for _ in range(2):  # twice, to notice what changes by itself
            outputs = trace(function, arguments, params)
            self.is_single = isinstance(outputs, Value)
            outputs = [outputs] if self.is_single or is_error else several(outputs)
            extra = trace(penalty, (), params) if penalty is not None else None
            extra = Value(extra) if isinstance(extra, (int, float)) else extra
            results.append([*outputs, extra] if penalty is not None else outputs)
        at_once(written("__class__", unknown, repeat(Traced)))  # users look nothing up any more
        is_random = before != self.surroundings.random_states()
        for what, x in zip(("function", "penalty"), results[0]):
            if is_error and not isinstance(x, Value):
                raise TypeError(f"the {what} must return one Value, not {short(x)}")
        check_same(results, {*unknown, *params}, is_random)
        for root in results[0]:
            self.surroundings.watch(root, unknown)
        error, extra_error = (*results[0], None)[:2] if is_error else (None, None)
        letters = {name: len(xs) for name, xs in zip("XT", leaves)} | {"p": len(params)}
        both = passes(error, extra_error, [] if is_error else results[0], unknown, params)
        name = "step" if is_error else "predict"
        self.program: Program = writer(both, letters, name, *options).program()
        np = import_module("numpy")
        self.reached = np.array(self.program.reached, int)
        self.parameters = [params[i] for i in self.program.reached]


def _columns(samples: Any) -> Any:
    return samples[:, None] if samples.ndim == 1 else samples
