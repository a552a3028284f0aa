"""`Step`: the program of a function, for whole batches, as people use it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from time import perf_counter
from typing import Any, Final

from autograd.caller import users_frame
from autograd.collector import paused
from autograd.core import data_of
from autograd.leaves import give_gradients
from autograd.modes import clock
from autograd.value import Value

from .agreement import WHY, Itself, Pace, by_itself, difference, on_numbers, what_changed
from .engines import ENGINES, automatic, namespace
from .finding import Finding
from .gate import array_of
from .javascript_loops import JavaScriptLoops
from .loops import LoopWriter
from .trace import TraceError

# Of samples, as texts have many lengths; the program of those not used for longest is forgotten.
MOST_SIZES: Final = 256
OFTEN: Final = 3  # traces in a row, of which a warning tells


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
        check_trace: bool,
    ) -> None:
        self.params, self._listed = params, frozenset(params)
        self._function, self._predict, self._penalty = function, predict, penalty
        self._reduction, self._engine = reduction, engine
        self._notation = notation
        self._pace = Pace() if check_trace else None
        self._np = namespace(engine, dtype)
        self._dtype = self._np.dtype(dtype)
        self._known: dict[Any, list[Finding]] = {}  # of each size the last ones, by last use
        self._freezings = clock.freezings  # when these were traced
        self._last: Finding | None = None
        self._time = -1  # of the engine's clock, when the numbers were read
        self._vector: Any = None

    # -- for users -------------------------------------------------------------------------

    def __call__(self, X: Any, T: Any) -> tuple[float, Any]:
        """Return the loss of a batch and its gradient, which the parameters get as `grad`, too.

        Parameters
        ----------
        X : array_like or DataFrame, (samples, inputs), (samples,) or (samples, …)
            The function is given a list as `x`, with one dimension a single number, and with more
            than two nested lists, of pixels or of tokens. Rows are taken by position, see
            `autograd.samples`.
        T : array_like, (samples, targets), (samples,) or (samples, …)

        Returns
        -------
        loss : float
        gradient : array, (parameters,)
            In the order of `params`; 0 for those without influence, whose `grad` is left alone.

        Raises
        ------
        TraceError
            If the function asks for a number, as ``if x > 0`` does; the message has the line. Or
            if it gives something else than its program, traced anew, for one and the same sample.
        ValueError
            If there are no samples, or not as many targets as inputs, or an index for `take` or
            `pick` is out of range.
        """
        start = perf_counter()
        loss, gradient = self.evaluate(self.vector(), X, T)
        pace, traced = self._pace, self._newest
        if pace is not None:
            pace.work(start)
            if (pace.is_due() or not traced.is_checked) and not self._agrees(X, T, pace):
                loss, gradient = self.evaluate(self.vector(), X, T)
                traced = self._newest
        is_all = len(traced.parameters) == len(gradient)
        slopes = gradient if is_all else gradient[traced.reached]
        give_gradients(traced.parameters, slopes.tolist())  # `compile` takes plain leaves
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
        traced.uses += 1
        self._check_look_ups(traced, {"X": X})
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
        traced.uses += 1
        self._check_look_ups(traced, {"X": X, "T": T})
        n = len(X)
        weight = 1.0 / n if self._reduction == "mean" else 1.0
        X, T = _columns(X), _columns(T)
        most = traced.most_samples
        if n <= most or self._engine == "jax":
            return traced.function(numbers, X, T, weight, 1.0)  # type: ignore[no-any-return]
        pieces = [(X[k : k + most], T[k : k + most]) for k in range(0, n, most)]
        results = [traced.function(numbers, x, t, weight, len(x) / n) for x, t in pieces]
        return tuple(map(sum, zip(*results)))  # whose shares of the penalty add up to one

    def check(self, X: Any, T: Any, error: Callable[[], Any]) -> bool:
        """Compare the program, for one sample, with what the function itself gives.

        Parameters
        ----------
        X, T : array_like, (1, inputs) or (1,), and (1, targets) or (1,)
        error : callable
            Returns the error of this sample, without the penalty.

        Returns
        -------
        bool
            Whether they agree, but for rounding. If not, the function has been traced anew.

        Raises
        ------
        TraceError
            If they do not agree then, either; the message has both numbers.
        """
        X, T = self._array(X, "X"), self._array(T, "T")
        penalty = self._penalty

        def whole() -> Any:
            return error() if penalty is None else error() + penalty()

        wanted, traced = by_itself(whole, self.params), self._traced(self._function, X, T)
        wrong = self._difference(traced, X, T, wanted)
        if wrong:
            before = traced.parts
            self._known.pop((X.shape[1:], T.shape[1:]), None)
            wanted, traced = by_itself(whole, self.params), self._traced(self._function, X, T)
            still = self._difference(traced, X, T, wanted)
            if still:
                raise TraceError(f"the program gives {still}{WHY}")
            _warn(
                f"the program was out of date and is traced anew; of one sample it gave {wrong}. "
                f"There is now {what_changed(before, traced.parts)}"
            )
        traced.is_checked = True
        return not wrong

    def check_look_ups(self, samples: dict[str, Any]) -> None:
        """Raise ValueError if an index for `take` or `pick` is out of range; known after a call.

        Parameters
        ----------
        samples : dict
            The arrays of inputs and targets, in this order, by what a message calls them.
        """
        self._newest.look_ups.check(samples)

    def traced(self, X: Any, T: Any) -> Finding:
        """Return what is traced for samples of this size, of which `reached` tells from then on.

        It is another one after a change.
        """
        self._last = self._traced(self._function, self._array(X, "X"), self._array(T, "T"))
        return self._last

    @property
    def reached(self) -> Any:
        """The indices, an array, of the parameters that have influence, as traced last."""
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
        """The generated program, which needs only NumPy, or with ``engine="c"`` a compiler.

        `parameters` are the numbers of `params`; the weight of each error is 1 / n for the mean
        of n samples.

        Raises
        ------
        ValueError
            Before the first call, which tells the sizes of the samples.
        """
        return ENGINES[self._engine].source(self._newest.program, self._dtype.name)

    @property
    def javascript(self) -> str:
        """The program for a web page, in JavaScript: `step`, as in `source`, and `predict`.

        It needs nothing else. All are flat arrays of the type Float64Array, samples row by row;
        weights are numbers. A step returns a list: loss, penalty if there is one, and gradient.
        `predict` is there if `compile` was given a function for it.

        Raises
        ------
        ValueError
            Before the first call, which tells the sizes of the samples; or if an operation of
            your own calls a function of `math` that JavaScript lacks.

        Examples
        --------
        >>> from autograd import Value
        >>> from autograd.compile import compile
        >>> w = Value(2.0)
        >>> step = compile(lambda x, t: (w * x - t) ** 2, [w], predict=lambda x: w * x)
        >>> _ = step([1.0, 2.0], [3.0, 4.0])
        >>> print(step.javascript)  # doctest: +ELLIPSIS
        // Of n samples, ...
        const step = (() => {
        ...
        const predict = (() => {
        ...
        """
        newest = self._newest
        sizes = next(sizes for sizes, known in self._known.items() if newest in known)
        programs = [(self._function, self._penalty, sizes), (self._predict, None, sizes[:1])]
        options = self._notation, "float64"
        texts = []
        for function, penalty, samples in programs:
            if function is not None:
                with paused():
                    found = Finding(function, penalty, self.params, samples, options, LoopWriter)
                texts.append(JavaScriptLoops(found.program).source())
        return "\n".join(texts)

    def __repr__(self) -> str:
        return f"Step({len(self.params)} parameters, engine={self._engine!r})"

    # -- behind it -------------------------------------------------------------------------

    @property
    def _newest(self) -> Finding:
        if self._last is None:
            raise ValueError("nothing is traced yet: call step(X, T) once, and read it then")
        return self._last

    def _array(self, data: Any, name: str) -> Any:
        """Return samples as an array of the right type, or say what is wrong with them."""
        array = array_of(data, name, self._np, self._dtype, self._listed)
        if not array.ndim or not array.size:
            raise ValueError(
                f"{name} must have the shape (samples, numbers), (samples,) or (samples, …) with "
                f"at least one sample and number, got {array.shape}"
            )
        return array

    def _integers(self, data: Any, name: str) -> Any:
        """Return samples as integers if they are given so, as the function itself gets them."""
        array = array_of(data, name, self._np, None, self._listed)
        return array if array.dtype.kind in "iu" else self._array(data, name)

    def _check_look_ups(self, traced: Finding, samples: dict[str, Any]) -> None:
        """Refuse an index out of range, unless JAX is tracing, which has no numbers."""
        if self._engine != "jax" or not isinstance(samples["X"], import_module("jax").core.Tracer):
            traced.look_ups.check(samples)

    def _agrees(self, X: Any, T: Any, pace: Pace) -> bool:
        """Check a sample that is drawn at random, and at first those of extreme targets."""
        start = perf_counter()
        x, t = self._integers(X, "X"), self._integers(T, "T")
        X, T = self._array(X, "X"), self._array(T, "T")
        agrees = [
            self.check(X[i : i + 1], T[i : i + 1], on_numbers(self._function, x[i], t[i]))
            for i in pace.samples(T, is_first=not self._newest.is_checked)
        ]
        pace.check(start)
        return all(agrees)

    def _difference(self, traced: Finding, X: Any, T: Any, wanted: Itself) -> str:
        def run(numbers: Any) -> tuple[float, Any]:
            *losses, gradient = traced.function(numbers, _columns(X), _columns(T), 1.0, 1.0)
            return float(sum(losses)), gradient

        is_loose = self._engine == "jax" or self._dtype.itemsize < 8
        return difference(run, self.vector(), wanted, is_loose)

    def _traced(self, function: Callable[..., Any], *samples: Any) -> Finding:
        """Return the program for samples of this size, traced anew if anything has changed."""
        if self._freezings != clock.freezings:
            self._known, self._freezings = {}, clock.freezings
        sizes = tuple([array.shape[1:] for array in samples])
        known = self._known.get(sizes, [])
        if known and next(reversed(self._known)) == sizes and not known[0].surroundings.changed():
            return known[0]  # as in each step of training
        traced = next((one for one in known if not one.surroundings.changed()), None)
        if traced is None:
            penalty = self._penalty if len(samples) > 1 else None
            engine = ENGINES[self._engine]
            options = self._notation, self._dtype.name
            with paused():  # until all terms are taken away
                traced = Finding(function, penalty, self.params, sizes, options, engine.writer)
                traced.function = engine.function(traced.program, self._dtype.name)
                if self._engine == "auto":
                    traced.function = automatic(traced.function, traced.written, self._dtype.name)
                traced.written = None
            if known and known[0].uses < 2:
                traced.in_a_row = known[0].in_a_row + 1
                if traced.in_a_row == OFTEN:
                    _warn(
                        f"the function has been traced at {OFTEN} calls in a row, which takes most "
                        f"of the time: {known[0].surroundings.what_changed()} changes each time. "
                        "Make it an input, or a leaf among params"
                    )
        # Two, for a model that goes to and fro between training and evaluation mode.
        self._known.pop(sizes, None)  # to be the last in the order of use
        self._known[sizes] = [traced, *[one for one in known if one is not traced][:1]]
        for oldest in list(self._known)[:-MOST_SIZES]:
            self._known.pop(oldest, None)
        return traced


def _columns(samples: Any) -> Any:
    return samples if samples.ndim == 2 else samples.reshape(len(samples), -1)


def _warn(message: str) -> None:
    """Warn at the user's line, be it in a call of a step or of `fit`."""
    frame = users_frame()
    warnings.warn_explicit(message, UserWarning, frame.f_code.co_filename, frame.f_lineno)
