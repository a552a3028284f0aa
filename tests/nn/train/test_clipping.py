"""Clipping of gradients, compared with torch.nn.utils, and within `fit`."""

import math
import re
from typing import Any

import pytest

from autograd import Value
from nn import MLP, SGD, Module, clip_grad_norm_, clip_grad_value_, fit

GRADIENTS = [
    [3.0, -4.0, 12.0],
    [1e-3, 0.0, -2e-3],
    [1e200, -1e200, 1.0],
    [0.0, 0.0, 0.0],
    [math.nan, 1.0, 2.0],
]


def parameters(gradients: list[float | None]) -> list[Value]:
    leaves = [Value(1.0) for _ in gradients]
    for leaf, gradient in zip(leaves, gradients):
        leaf.grad = gradient
    return leaves


def in_torch(torch: Any, gradients: list[float]) -> list[Any]:
    leaves = [torch.ones((), dtype=torch.float64, requires_grad=True) for _ in gradients]
    for leaf, gradient in zip(leaves, gradients):
        leaf.grad = torch.tensor(gradient, dtype=torch.float64)
    return leaves


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.0, 1.0, 5.0, 1e6])
@pytest.mark.parametrize("gradients", GRADIENTS, ids=str)
def test_norms_are_clipped_as_in_torch(
    gradients: list[float], max_norm: float, norm_type: float
) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = parameters([*gradients, None]), in_torch(torch, gradients)
    norm = clip_grad_norm_(ours, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type).item()
    if 1e200 not in gradients:  # torch's sum of powers overflows
        assert norm == pytest.approx(expected, rel=1e-12, nan_ok=True)
        slopes = [leaf.grad.item() for leaf in theirs]
        assert [p.grad for p in ours[:-1]] == pytest.approx(slopes, rel=1e-12, nan_ok=True)
    else:
        sizes = {1.0: 2e200, 2.0: math.sqrt(2) * 1e200, 3.5: 2 ** (1 / 3.5) * 1e200}
        assert norm == pytest.approx(sizes.get(norm_type, 1e200), rel=1e-12)
    assert not ours[-1].has_grad


@pytest.mark.parametrize("gradients", [*GRADIENTS, [math.inf, -math.inf, 1.0]], ids=str)
def test_values_are_clipped_as_in_torch(gradients: list[float]) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = parameters([*gradients, None]), in_torch(torch, gradients)
    clip_grad_value_(iter(ours), 2.5)
    torch.nn.utils.clip_grad_value_(theirs, 2.5)
    slopes = [leaf.grad.item() for leaf in theirs]
    assert [p.grad for p in ours[:-1]] == pytest.approx(slopes, rel=0, nan_ok=True)
    assert not ours[-1].has_grad


def test_a_norm_that_is_not_finite_can_be_refused() -> None:
    """Nothing has been changed then."""
    ours = parameters([math.inf, 1.0])
    with pytest.raises(ValueError, match="the norm of the gradients is inf"):
        clip_grad_norm_(ours, 1.0, error_if_nonfinite=True)
    assert [p.grad for p in ours] == [math.inf, 1.0]
    clip_grad_norm_(ours, math.inf)
    assert [p.grad for p in ours] == [math.inf, 1.0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1.0,), ValueError, "max_norm is -1.0: choose a number with 0.0 <= max_norm < inf"),
        ((math.nan,), ValueError, "max_norm is nan"),
        (("1",), TypeError, "max_norm: expected a real number, got str '1'"),
        ((1.0, 0.0), ValueError, "norm_type is 0.0"),
    ],
)
def test_limits_that_make_no_sense(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        clip_grad_norm_(parameters([1.0]), *arguments)


# --- in fit -------------------------------------------------------------------------------------

X = [[0.3, -1.0], [2.0, 0.5], [-0.7, 1.1], [0.1, 0.2], [1.0, -0.4]]
T = [3.0, -2.0, 1.0, 0.5, 4.0]


def trained(compiled: bool, steps: list[float] | None = None, **options: Any) -> list[float]:
    model = MLP(2, [3, 1], activation="tanh", rng=0)

    class Watched(SGD):
        def step(self, closure: Any = None) -> Any:
            assert steps is not None
            steps.append(math.hypot(*[p.grad for p in self.params]))
            return super().step(closure)

    kind = SGD if steps is None else Watched
    options.setdefault("optimizer", kind(model.parameters(), lr=0.1, momentum=0.5))
    fit(model, X, T, "half_squared_error", epochs=4, progress=False, compiled=compiled, **options)
    return [p.data for p in model.parameters()]


@pytest.mark.parametrize(
    "options", [{"clip_norm": 0.2}, {"clip_value": 0.1}, {"clip_norm": 0.2, "clip_value": 0.1}]
)
def test_fit_clips_before_each_step(options: dict[str, float]) -> None:
    """On arrays, with a step of the user's own, and sample by sample: the same numbers."""
    pytest.importorskip("numpy")
    plain = trained(False, batch_size=2)
    clipped = trained(False, batch_size=2, **options)
    assert clipped != plain
    assert trained(True, batch_size=2, **options) == pytest.approx(clipped, rel=1e-10)
    for compiled in (False, True):
        sizes: list[float] = []
        again = trained(compiled, steps=sizes, batch_size=2, **options)
        assert again == pytest.approx(clipped, rel=1e-10)
        assert len(sizes) == 12
        assert max(sizes) <= options.get("clip_norm", 0.1 * math.sqrt(13)) * (1 + 1e-12)


def test_fit_clips_as_a_loop_in_torch() -> None:
    """Each value first, then the norm; three steps of a linear unit."""
    torch = pytest.importorskip("torch")
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.5)
    x, t = torch.tensor(X, dtype=torch.float64), torch.tensor(T, dtype=torch.float64)
    for _ in range(3):
        optimizer.zero_grad()
        (0.5 * (x @ w - t) ** 2).mean().backward()
        torch.nn.utils.clip_grad_value_([w], 0.6)
        torch.nn.utils.clip_grad_norm_([w], 0.7)
        optimizer.step()

    class Unit(Module):
        def __init__(self) -> None:
            self.w = [Value(0.0), Value(0.0)]

        def __call__(self, x: Any) -> Any:
            return self.w[0] * x[0] + self.w[1] * x[1]

    unit = Unit()
    fit(unit, X, T, "half_squared_error", lr=0.5, epochs=3, clip_norm=0.7, clip_value=0.6,
        progress=False)  # fmt: skip
    assert [p.data for p in unit.w] == pytest.approx(w.tolist(), rel=1e-12)


# --- accumulated gradients ----------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("batch_size", "accumulate"), [(1, 2), (2, 2), (1, 5), (2, 7), (3, 1)])
def test_accumulated_batches_are_one_large_batch(
    batch_size: int, accumulate: int, reduction: str, compiled: bool
) -> None:
    """Also where the last batch is smaller, or there are too few for the last update."""
    if compiled:
        pytest.importorskip("numpy")
    model = MLP(2, [3, 1], activation="tanh", rng=0)

    def penalty() -> Any:
        return 0.3 * model.layers[0].neurons[0].w[0] ** 2

    def run(**options: Any) -> list[float]:
        model.load_state_dict(MLP(2, [3, 1], activation="tanh", rng=0).state_dict())
        history = fit(model, X, T, "half_squared_error", lr=0.05, epochs=3, reduction=reduction,
            penalty=penalty, clip_norm=2.0, progress=False, **options)  # fmt: skip
        return [*history.column("train_loss"), *[p.data for p in model.parameters()]]

    small = run(batch_size=batch_size, accumulate=accumulate, compiled=compiled)
    assert small == pytest.approx(run(batch_size=batch_size * accumulate), rel=1e-10)


def test_an_update_of_several_batches_is_one_step() -> None:
    """Five samples one by one, three to an update: two steps in each epoch."""
    steps: list[float] = []
    trained(False, steps, batch_size=1, accumulate=3)
    assert len(steps) == 4 * 2
