"""Data sets: built-in, split, standardised and coded 1-of-K."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from nn.data import Dataset, Standardizer, load, names, one_hot, split

FROM_SKLEARN = ["moons", "circles", "blobs", "iris", "wine", "breast_cancer", "digits"]
WITHOUT_SKLEARN = ["xor", "and", "or", "spirals", "square", "sin", "abs", "heaviside"]
GENERATED = ["moons", "circles", "blobs", "spirals", "square", "sin", "abs", "heaviside"]


def load_or_skip(name: str, **options: float) -> Dataset:
    if name in FROM_SKLEARN:
        pytest.importorskip("sklearn")
    return load(name, **options)  # type: ignore[arg-type]


def classes(n_rows: list[int]) -> Dataset:
    """A data set with this many rows of class 0, 1, ...; its only input numbers the rows."""
    targets = [k for k, n in enumerate(n_rows) for _ in range(n)]
    inputs = [[float(n)] for n in range(len(targets))]
    return Dataset(inputs, targets, ["n"], [f"c{k}" for k in range(len(n_rows))], "demo")


# --- Dataset --------------------------------------------------------------------------------------


def test_dataset_knows_its_length_and_describes_itself() -> None:
    assert len(classes([3, 1])) == 4
    assert repr(classes([3, 1])) == "<Dataset demo: 4 rows, 1 feature, 2 classes (c0 3, c1 1)>"
    regression = Dataset([[0.0, 1.0]] * 2, [-0.5, 2.0], ["a", "b"], name="r")
    assert repr(regression) == "<Dataset r: 2 rows, 2 features, regression targets -0.5 to 2>"


def test_repr_of_many_classes_stays_short() -> None:
    assert "c11 1 and 88 more" in repr(classes([1] * 100))


def test_dataset_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        classes([1, 1]).name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("inputs", "targets", "class_names", "message"),
    [
        ([[0.0]], [0, 1], None, "1 row of inputs and 2 targets"),
        ([[0.0], [0.0, 1.0]], [0, 1], None, r"inputs\[1\] of data has 2 numbers"),
        ([[0.0], [1.0]], [0, 2], ["a", "b"], r"targets\[1\] of data is 2.*from 0 to 1"),
        ([[0.0], [1.0]], [0, 0.5], ["a", "b"], r"targets\[1\] of data is 0.5"),
    ],
)
def test_dataset_refuses_parts_that_do_not_fit(
    inputs: list[list[float]],
    targets: list[float],
    class_names: list[str] | None,
    message: str,
) -> None:
    with pytest.raises(ValueError, match=message):
        Dataset(inputs, targets, ["x"], class_names)


# --- split ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stratify", [True, False])
@pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5, 0.9])
def test_split_uses_every_row_once(test_size: float, stratify: bool) -> None:
    data = classes([20, 13, 7])
    train, test = split(data, test_size, stratify=stratify)
    rows = sorted(zip(train.inputs + test.inputs, [*train.targets, *test.targets], strict=True))
    assert rows == list(zip(data.inputs, data.targets, strict=True))
    assert len(test) == round(40 * test_size)
    assert train.feature_names == test.feature_names == data.feature_names
    assert train.class_names == test.class_names == data.class_names


@pytest.mark.parametrize("seed", range(20))
def test_stratified_split_gives_every_class_its_share(seed: int) -> None:
    train, test = split(classes([40, 20, 4]), test_size=0.25, seed=seed)
    assert Counter(test.targets) == {0: 10, 1: 5, 2: 1}
    assert Counter(train.targets) == {0: 30, 1: 15, 2: 3}
    _, test = split(classes([30, 1]), test_size=0.75, seed=seed)
    assert Counter(test.targets) == {0: 22, 1: 1}


def test_split_without_stratification_lets_the_shares_vary() -> None:
    data = classes([40, 20, 4])
    tests = [split(data, seed=seed, stratify=False)[1] for seed in range(20)]
    assert len({Counter(test.targets)[0] for test in tests}) > 1


def test_split_depends_on_the_seed_only() -> None:
    data = classes([30, 30])
    assert split(data, seed=3) == split(data, seed=3)
    assert split(data, seed=3) != split(data, seed=4)


def test_split_mixes_rows_that_come_sorted_by_class() -> None:
    train, test = split(classes([50, 50]))
    for part in (train, test):
        assert list(part.targets) != sorted(part.targets)
        assert part.inputs != sorted(part.inputs)


def test_split_keeps_a_class_of_one_row_for_training() -> None:
    for seed in range(20):
        train, _ = split(classes([30, 1]), seed=seed)
        assert 1 in train.targets


def test_split_of_regression_targets() -> None:
    data = load("sin")
    train, test = split(data, test_size=0.2)
    assert (len(train), len(test)) == (40, 10)
    assert train.class_names is None
    assert all(
        t == math.sin(math.pi * x) for (x,), t in zip(test.inputs, test.targets, strict=True)
    )


def test_neither_part_of_a_split_is_empty() -> None:
    assert [len(part) for part in split(classes([2, 2]), 0.01)] == [3, 1]
    assert [len(part) for part in split(classes([2, 2]), 0.99)] == [1, 3]


@pytest.mark.parametrize("test_size", [0.0, 1.0, -0.5, 20, math.nan])
def test_split_refuses_a_share_out_of_range(test_size: float) -> None:
    with pytest.raises(ValueError, match=f"test_size is {test_size}: choose"):
        split(classes([5, 5]), test_size)


def test_split_refuses_a_single_row() -> None:
    with pytest.raises(ValueError, match="demo has 1 row"):
        split(classes([1]))


# --- Standardizer ---------------------------------------------------------------------------------


def test_standardizer_takes_mean_and_population_deviation() -> None:
    standardizer = Standardizer().fit([[2.0], [4.0], [4.0], [4.0], [5.0], [5.0], [7.0], [9.0]])
    assert standardizer == Standardizer(mean=[5.0], std=[2.0])


def test_standardizer_agrees_with_sklearn() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    train, test = split(load("wine"))
    ours = Standardizer().fit(train.inputs)
    theirs = preprocessing.StandardScaler().fit(train.inputs)
    assert ours.mean == pytest.approx(theirs.mean_.tolist(), rel=1e-12)
    assert ours.std == pytest.approx(theirs.scale_.tolist(), rel=1e-12)
    for row, expected in zip(
        ours.transform(test.inputs), theirs.transform(test.inputs).tolist(), strict=True
    ):
        assert row == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_constant_column_becomes_zeros() -> None:
    rows = [[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]]
    standardizer = Standardizer().fit(rows)
    assert (standardizer.mean[0], standardizer.std[0]) == (0.1, 1.0)
    assert [row[0] for row in standardizer.transform(rows)] == [0.0, 0.0, 0.0]


def test_inverse_transform_undoes_transform() -> None:
    rows = [[1.0, -20.0], [2.5, 40.0], [-7.0, 3.0]]
    standardizer = Standardizer().fit(rows)
    back = standardizer.inverse_transform(standardizer.transform(rows))
    for row, expected in zip(back, rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e300])
def test_standardizer_neither_overflows_nor_vanishes(scale: float) -> None:
    standardizer = Standardizer().fit([[-scale], [scale]])
    assert standardizer.std == pytest.approx([scale], rel=1e-12)


def test_standardizer_survives_json() -> None:
    standardizer = Standardizer().fit([[1.0, 5.0], [2.0, 5.0], [4.0, 5.0]])
    assert Standardizer.from_dict(json.loads(json.dumps(standardizer.to_dict()))) == standardizer


def test_standardizer_refuses_to_work_unfitted() -> None:
    with pytest.raises(ValueError, match="not fitted: call fit"):
        Standardizer().transform([[1.0]])
    with pytest.raises(ValueError, match="not fitted: call fit"):
        Standardizer().inverse_transform([[1.0]])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "0 rows to fit"),
        ([[1.0, 2.0], [3.0]], r"rows\[1\] has 1 number, and rows\[0\] has 2"),
        ([[1.0, 2.0], [3.0, math.nan]], r"rows\[1\]\[1\] is nan"),
        ([[math.inf], [3.0]], r"rows\[0\]\[0\] is inf"),
    ],
)
def test_standardizer_refuses_rows_it_cannot_fit(rows: list[list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Standardizer().fit(rows)


def test_standardizer_refuses_rows_of_another_width() -> None:
    standardizer = Standardizer().fit([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(ValueError, match=r"rows\[0\] has 3 numbers, and the fitted rows had 2"):
        standardizer.transform([[1.0, 2.0, 3.0]])


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"mean": [1.0]}, '"std" is missing among mean'),
        ({"mean": [1.0], "std": [1.0, 2.0]}, "mean has 1 number and std 2"),
        ({"mean": [1.0], "std": [0.0]}, "column 0 has mean 1.0 and std 0.0"),
        ({"mean": [1.0], "std": [math.nan]}, "std nan"),
    ],
)
def test_standardizer_refuses_broken_numbers(numbers: dict[str, list[float]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Standardizer.from_dict(numbers)


# --- one_hot --------------------------------------------------------------------------------------


def test_one_hot_codes_one_index_and_many() -> None:
    assert one_hot(1, 3) == [0.0, 1.0, 0.0]
    assert one_hot([2, 0], 3) == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert one_hot([], 3) == []


def test_one_hot_takes_numpy_integers() -> None:
    np = pytest.importorskip("numpy")
    assert one_hot(np.int64(1), 2) == [0.0, 1.0]
    assert one_hot(np.array([1, 0]), 2) == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize("index", [-1, 3])
def test_one_hot_refuses_an_index_without_a_class(index: int) -> None:
    with pytest.raises(
        ValueError, match=f"class index {index} is not one of 3 classes: use 0 to 2"
    ):
        one_hot(index, 3)


# --- built-in data sets ---------------------------------------------------------------------------


def test_names_lists_every_data_set_with_one_line() -> None:
    assert set(names()) == {*FROM_SKLEARN, *WITHOUT_SKLEARN}
    assert all(line and "\n" not in line for line in names().values())


@pytest.mark.parametrize("name", FROM_SKLEARN + WITHOUT_SKLEARN)
def test_every_data_set_is_made_of_plain_python_numbers(name: str) -> None:
    data = load_or_skip(name)
    assert data.name == name
    assert {type(x) for row in data.inputs for x in row} == {float}
    assert {type(t) for t in data.targets} == {int if data.class_names else float}
    assert {type(word) for word in data.feature_names + (data.class_names or [])} == {str}
    assert all(math.isfinite(x) for row in data.inputs for x in row)
    if data.class_names:
        assert set(data.targets) == set(range(len(data.class_names)))


@pytest.mark.parametrize(
    ("name", "rows", "features", "n_classes"),
    [
        ("iris", 150, 4, 3),
        ("wine", 178, 13, 3),
        ("breast_cancer", 569, 30, 2),
        ("digits", 1797, 64, 10),
        ("moons", 100, 2, 2),
        ("circles", 100, 2, 2),
        ("blobs", 150, 2, 3),
        ("spirals", 200, 2, 2),
    ],
)
def test_sizes(name: str, rows: int, features: int, n_classes: int) -> None:
    data = load_or_skip(name)
    sizes = len(data), len(data.feature_names), len(data.class_names or [])
    assert sizes == (rows, features, n_classes)


@pytest.mark.parametrize(
    ("name", "targets"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])]
)
def test_truth_tables(name: str, targets: list[int]) -> None:
    data = load(name)
    assert data.inputs == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    assert data.targets == targets


def test_changing_a_loaded_data_set_leaves_the_next_one_alone() -> None:
    spoilt = load("xor")
    spoilt.targets[0] = 1
    spoilt.inputs[0][0] = 5.0
    assert load("xor") != spoilt


def test_digits_are_scaled_to_the_unit_interval() -> None:
    levels = [x for row in load_or_skip("digits").inputs for x in row]
    assert (min(levels), max(levels)) == (0.0, 1.0)


def test_class_names_describe_the_classes() -> None:
    iris, cancer = load_or_skip("iris"), load_or_skip("breast_cancer")
    assert iris.class_names == ["setosa", "versicolor", "virginica"]
    assert cancer.class_names == ["malignant", "benign"]
    moons = load_or_skip("moons", noise=0.0)
    heights = [x2 for (_, x2), t in zip(moons.inputs, moons.targets, strict=True) if t == 0]
    assert moons.class_names is not None
    assert moons.class_names[0] == "upper moon"
    assert min(heights) > -1e-12
    circles = load_or_skip("circles", noise=0.0)
    radii = [math.hypot(*x) for x, t in zip(circles.inputs, circles.targets, strict=True) if t == 0]
    assert circles.class_names is not None
    assert circles.class_names[0] == "outer circle"
    assert radii == pytest.approx([1.0] * len(radii))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("square", lambda x: x**2),
        ("sin", lambda x: math.sin(math.pi * x)),
        ("abs", abs),
        ("heaviside", lambda x: 0.0 if x < 0 else 1.0),
    ],
)
def test_functions_of_prml_figure_5_3(name: str, function: object) -> None:
    data = load(name)
    xs = [x for (x,) in data.inputs]
    assert callable(function)
    assert len(data) == 50
    assert data.class_names is None
    assert list(data.targets) == [function(x) for x in xs]
    assert -1 < xs[0] < xs[-1] < 1
    steps = [right - left for left, right in itertools.pairwise(xs)]
    assert steps == pytest.approx([0.04] * 49)
    assert xs[0] == pytest.approx(-xs[-1])


def test_spirals_are_turned_copies_of_each_other() -> None:
    data = load("spirals", n_samples=400, noise=0.0)
    arms = [[x for x, t in zip(data.inputs, data.targets, strict=True) if t == k] for k in (0, 1)]
    assert [len(arm) for arm in arms] == [200, 200]
    for arm, turn in zip(arms, (0, math.pi), strict=True):
        for x1, x2 in arm:
            angle = 3 * math.pi * math.hypot(x1, x2) + turn
            assert math.cos(angle - math.atan2(x2, x1)) == pytest.approx(1.0)
    assert 0.1 <= math.hypot(*data.inputs[0]) < math.hypot(*data.inputs[-1]) < 1


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_follow_samples_noise_and_seed(name: str) -> None:
    assert len(load_or_skip(name, n_samples=30)) == 30
    assert load_or_skip(name, noise=0.3, seed=1) == load_or_skip(name, noise=0.3, seed=1)
    assert load_or_skip(name, noise=0.3, seed=1) != load_or_skip(name, noise=0.3, seed=2)
    assert load_or_skip(name, noise=0.3) != load_or_skip(name, noise=0.0)


def test_noise_is_a_standard_deviation() -> None:
    noisy = load("square", n_samples=4000, noise=0.2)
    errors = [t - x * x for (x,), t in zip(noisy.inputs, noisy.targets, strict=True)]
    assert math.sqrt(sum(e * e for e in errors) / len(errors)) == pytest.approx(0.2, rel=0.05)


def test_unknown_name_lists_the_names_and_suggests_the_closest() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'moons'\?.*xor, and, or.*heaviside"):
        load("moon")
    with pytest.raises(ValueError, match=r"did you mean 'xor'\?"):
        load("XOR")
    with pytest.raises(ValueError, match="there is no data set 'qqqq': choose one of"):
        load("qqqq")


def test_load_refuses_numbers_out_of_range() -> None:
    with pytest.raises(ValueError, match="n_samples is 3: choose"):
        load("sin", n_samples=3)
    with pytest.raises(ValueError, match=r"n_samples is 10\.5: choose"):
        load("sin", n_samples=10.5)  # type: ignore[arg-type]
    for noise in (-0.1, math.nan, math.inf):
        with pytest.raises(ValueError, match=f"noise is {noise}: choose"):
            load("sin", noise=noise)


def test_fixed_rows_take_neither_samples_nor_noise() -> None:
    with pytest.raises(ValueError, match="n_samples is 10, but the rows of xor are fixed"):
        load("xor", n_samples=10)
    with pytest.raises(ValueError, match=r"noise is 0\.1, but the rows of iris are fixed"):
        load("iris", noise=0.1)


def test_missing_sklearn_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'moons.*scikit-learn.*pip install "deltarule\[demo\]"'):
        load("moons")
    for name in WITHOUT_SKLEARN:
        load(name)


def test_importing_the_module_loads_no_third_party_package() -> None:
    program = (
        "import sys, nn.data, nn.plots\n"
        "print(*{'numpy', 'sklearn', 'matplotlib', 'pandas'} & set(sys.modules))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_targets_that_are_words_are_told_how_to_become_classes() -> None:
    with pytest.raises(ValueError, match=r"targets\[0\] of data is the text 'a': give each class"):
        Dataset([[1.0], [2.0]], ["a", "b"])  # type: ignore[list-item]
