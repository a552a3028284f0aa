"""Every entrance that takes samples takes them by position, and says what it cannot take."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from autograd.compile import compile
from autograd.samples import by_position
from frames import Frame, Series
from nn import (
    MLP,
    Module,
    accuracy,
    fit,
    mean_loss,
    predict,
    predict_class,
    predict_proba,
    watch,
)
from nn.data import Dataset, Standardizer, one_hot, split

ROWS, LABELS = [[0.0, 1.0], [2.0, 3.0], [4.0, 1.0], [6.0, 0.0]], [0, 1, 1, 0]
ORDER = [2, 0, 3, 1]  # labels: not the positions
FRAME = Frame(
    first=Series([row[0] for row in ROWS], ORDER), second=Series([row[1] for row in ROWS], ORDER)
)
SERIES = Series(LABELS, ORDER)
NAN = math.nan


def model() -> MLP:
    return MLP(2, [3, 1], output="sigmoid", rng=0)


def trained(x: Any, t: Any, **options: Any) -> Any:
    learner = model()
    history = fit(
        learner, x, t, "binary_cross_entropy", epochs=3, batch_size=2, metric="accuracy",
        progress=False, **options,
    )  # fmt: skip
    return history.epochs, learner.state_dict()


def stepped(x: Any, t: Any) -> Any:
    pytest.importorskip("numpy")
    w = Value(0.5)
    loss, gradient = compile(lambda x, t: (w * x[0] + x[1] - t) ** 2, [w])(x, t)
    return loss, gradient.tolist()


ENTRANCES: dict[str, Callable[[Any, Any], Any]] = {
    "fit": trained,
    "fit compiled": lambda x, t: trained(x, t, compiled=True),
    "fit with validation": lambda x, t: trained(x, t, validation=(x, t)),
    "fit with weights": lambda x, t: trained(x, t, sample_weight=t),
    "predict": lambda x, t: predict(model(), x),
    "predict_class": lambda x, t: predict_class(model(), x),
    "predict_proba": lambda x, t: predict_proba(model(), x),
    "accuracy": lambda x, t: accuracy(model(), x, t),
    "mean_loss": lambda x, t: mean_loss(model(), x, t, "half_squared_error"),
    "Dataset": lambda x, t: (Dataset(x, t).inputs, Dataset(x, t).targets, repr(Dataset(x, t))),
    "split": lambda x, t: [(part.inputs, part.targets) for part in split(Dataset(x, t))],
    "Standardizer": lambda x, t: Standardizer().fit(x).transform(x),
    "inverse": lambda x, t: Standardizer([1.0, 2.0], [3.0, 4.0]).inverse_transform(x),
    "one_hot": lambda x, t: one_hot(t, 2),
    "compile": stepped,
}


@pytest.mark.parametrize("name", ENTRANCES)
def test_by_position(name: str) -> None:
    """As lists are: tables with other labels, arrays, tensors."""
    if "compiled" in name:
        pytest.importorskip("numpy")
    enter = ENTRANCES[name]
    expected = enter(ROWS, LABELS)
    assert enter(FRAME, SERIES) == expected
    assert enter(tuple(ROWS), tuple(LABELS)) == expected
    np = pytest.importorskip("numpy")
    assert enter(np.array(ROWS), np.array(LABELS)) == expected
    assert enter(np.array(ROWS), SERIES) == expected


def test_samples_of_pandas_and_torch() -> None:
    """Shuffled, and with one label for all rows."""
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(ROWS, index=ORDER)
    for x, t in (
        (table, pd.Series(LABELS, ORDER)),
        (table[::-1], pd.Series(LABELS[::-1], [5] * 4)),
    ):
        assert trained(x, t) == trained(x.to_numpy().tolist(), t.tolist())


def test_tensors_of_torch() -> None:
    torch = pytest.importorskip("torch")
    x, t = torch.tensor(ROWS, requires_grad=True), torch.tensor(LABELS)
    assert trained(x, t) == trained(ROWS, LABELS)
    assert one_hot(t, 2) == one_hot(LABELS, 2)
    ragged = [[1.0, 2.0], [3.0]]
    assert by_position(torch.nested.nested_tensor([*map(torch.tensor, ragged)]), "x") == ragged


def test_samples_that_are_made_when_they_are_asked_for() -> None:
    """With a length, and no end of their own."""

    class Made:
        def __init__(self, entries: Any) -> None:
            self.entries = entries

        def __len__(self) -> int:
            return len(self.entries)

        def __getitem__(self, i: int) -> Any:
            if i > 100:
                raise RuntimeError("asked for what is not there")
            return self.entries[i % len(self)]

    one, other = model(), model()
    for learner, x, t in ((one, Made(ROWS), Made(LABELS)), (other, ROWS, LABELS)):
        fit(learner, x, t, "binary_cross_entropy", epochs=3, progress=False)
    assert one.state_dict() == other.state_dict()


def test_watch_takes_them_too() -> None:
    assert len(watch(model(), FRAME, SERIES, "binary_cross_entropy").film.frames) == 1
    with pytest.raises(TypeError, match="not dict"):
        watch(model(), {"a": [1.0]}, LABELS, "binary_cross_entropy")


@pytest.mark.parametrize("name", ENTRANCES)
def test_what_has_no_positions(name: str) -> None:
    """A dict would be gone through by its keys, a set in any order."""
    for x, t in (({"a": ROWS}, {"a": LABELS}), ({1, 2}, {1, 0}), ("ab", "01")):
        with pytest.raises(TypeError, match="must be a sequence, such as a list, not"):
            ENTRANCES[name](x, t)


@pytest.mark.parametrize("compiled", [False, True])
def test_columns_of_text_are_named(compiled: bool) -> None:
    table = Frame(a=Series([1.0, 2.0]), sex=Series(["m", "f"]))
    with pytest.raises(TypeError, match="inputs: column 'sex' has text, such as 'm'"):
        trained(table, [0, 1], compiled=compiled)
    with pytest.raises(TypeError, match="targets has text, such as 'no'"):
        trained(ROWS[:2], Series(["no", "yes"]), compiled=compiled)
    with pytest.raises(ValueError, match=r"targets\[0\] is the text 'no': give each class its ind"):
        trained(ROWS[:2], ["no", "yes"], compiled=compiled)


# ---- data sets and scales


def test_a_data_set_of_a_table_has_the_names_of_its_columns() -> None:
    assert Dataset(FRAME, SERIES).feature_names == ["first", "second"]  # type: ignore[arg-type]
    assert Dataset(ROWS, LABELS).feature_names == ["x1", "x2"]
    assert Dataset([], []).feature_names == []
    assert Dataset(FRAME, SERIES, ["p", "q"]).feature_names == ["p", "q"]  # type: ignore[arg-type]
    np = pytest.importorskip("numpy")
    names: Any = np.array(["p", "q"])  # as an Index is, neither true nor false
    assert Dataset(ROWS, LABELS, names).feature_names == ["p", "q"]


def test_a_data_set_of_arrays() -> None:
    np = pytest.importorskip("numpy")
    data = Dataset(np.array(ROWS), np.array([0.5, 1.0, 2.0, 4.0]))
    assert repr(data) == "<Dataset data: 4 rows, 2 features, regression targets 0.5 to 4>"
    assert repr(Dataset(np.empty((0, 2)), np.array([]))).startswith("<Dataset data: 0 rows")


def test_missing_numbers_are_filled_with_the_mean() -> None:
    """Of the other rows; 1 and 3 have mean 2 and deviation 1. A constant column stays one."""
    rows = [[1.0, 5.0], [NAN, 5.0], [3.0, NAN]]
    scale = Standardizer(fills_missing=True).fit(rows)
    assert (scale.mean, scale.std) == ([2.0, 5.0], [1.0, 1.0])
    assert scale.transform([[NAN, NAN], [4.0, 6.0]]) == [[0.0, 0.0], [2.0, 1.0]]
    assert scale.transform(Frame(a=Series([None]), b=Series([5.0]))) == [[0.0, 0.0]]  # type: ignore
    assert Standardizer.from_dict(scale.to_dict()) == scale
    assert Standardizer.from_dict({"mean": [2.0], "std": [1.0]}).fills_missing is False
    with pytest.raises(ValueError, match="true or false"):
        Standardizer.from_dict({"mean": [2.0], "std": [1.0], "fills_missing": 1})


@pytest.mark.parametrize("fills_missing", [False, True])
def test_what_a_scale_cannot_take(fills_missing: bool) -> None:
    scale = Standardizer([2.0], [1.0], fills_missing)
    for method in (scale.fit, scale.transform):
        with pytest.raises(ValueError, match=r"rows\[1\]\[0\] is inf: replace it"):
            method([[1.0], [math.inf]])
        if not fills_missing:
            with pytest.raises(ValueError, match=r"rows\[1\]\[0\] is nan: .*fills_missing=True"):
                method([[1.0], [NAN]])
    assert (scale.mean, scale.std) == ([2.0], [1.0])
    if fills_missing:
        with pytest.raises(ValueError, match="column 1 of the rows has no number at all"):
            scale.fit([[1.0, NAN], [2.0, NAN]])


def test_arrays_without_rows() -> None:
    np = pytest.importorskip("numpy")
    with pytest.raises(ValueError, match="0 rows"):
        Standardizer().fit(np.empty((0, 2)))
    for name in ("fit", "accuracy", "mean_loss"):
        with pytest.raises(ValueError, match="no samples"):
            ENTRANCES[name](np.empty((0, 2)), np.array([]))
    assert predict(model(), np.empty((0, 2))) == []


class Own(Module):
    """What counts inside a sample is not looked at: it may be a text."""

    def __init__(self) -> None:
        self.w = Value(1.0)

    def __call__(self, x: Any) -> Any:
        return self.w * len(x)


def test_a_model_of_ones_own_may_take_texts() -> None:
    own = Own()
    fit(own, ["a", "bb"], [2.0, 4.0], "half_squared_error", lr=0.4, epochs=60, progress=False)
    assert own.w.data == pytest.approx(2.0)
