"""Samples by position, whatever holds them; and where a number is not finite."""

from __future__ import annotations

import math
from collections import deque
from decimal import Decimal
from typing import Any

import pytest

from autograd import Value
from autograd.samples import by_position, column_names, not_finite
from frames import Categorical, Frame, Series

NAN = math.nan


class NAType:
    """pandas.NA, which is recognised by the name of its class."""


def same(a: Any, b: Any) -> bool:
    """Equal, with nan equal to nan."""
    return repr(a) == repr(b)


@pytest.mark.parametrize(
    "samples", [[], [[1.0, 2.0]], ([1.0], [2.0]), range(3), deque([1.0]), [Value(1.0)], ["a", "b"]]
)
def test_what_has_positions_stays_as_it_is(samples: Any) -> None:
    assert by_position(samples, "inputs") is samples


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (Series([3, 1, 2], [2, 0, 1]), [3, 1, 2]),
        (Series([1.5, None, NAType()]), [1.5, NAN, NAN]),
        (Series([True, None]), [True, NAN]),
        (Series([Decimal("0.5"), 2]), [Decimal("0.5"), 2]),
        (Series([[1, 2], [3, 4]], "ab"), [[1, 2], [3, 4]]),
        (Frame(a=Series([1, 2], [7, 7]), b=Series([0.5, None])), [[1, 0.5], [2, NAN]]),
        (Frame(a=Series([])), []),
        ([Series([1.0, 2.0], "xy"), [3.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]]),
    ],
)
def test_rows_and_entries_in_their_order(samples: Any, expected: Any) -> None:
    """Not by their labels, which may be any, and more than once the same."""
    assert same(by_position(samples, "inputs"), expected)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_arrays_of_numpy() -> None:
    np = pytest.importorskip("numpy")
    plain = np.array([[1.0, 2.0]])
    assert by_position(plain, "inputs") is plain
    masked = by_position(np.ma.masked_array([1, 2, 3], [0, 1, 0]), "inputs")
    assert same(masked.tolist(), [1.0, NAN, 3.0])
    assert by_position(np.matrix([[1, 2]]), "inputs") == [[1, 2]]
    with pytest.raises(TypeError, match="fields with names, x, y"):
        by_position(np.array([(1, 2.0)], dtype=[("x", int), ("y", float)]), "inputs")
    with pytest.raises(TypeError, match="not one number"):
        by_position(np.array(3.0), "inputs")


def test_tensors_of_torch() -> None:
    """Also those that belong to a graph, and lists of them."""
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert by_position(tensor, "inputs") == [[1.0, 2.0], [3.0, 4.0]]
    assert by_position([*tensor], "inputs") == [[1.0, 2.0], [3.0, 4.0]]
    assert by_position([torch.tensor(1), torch.tensor(0)], "targets") == [1, 0]


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ({"a": [1.0]}, "not dict: it has keys"),
        ({1.0, 2.0}, "not set: it has no order"),
        ((x for x in [1.0]), "not generator: it gives its samples only once"),
        ("abc", "not str: it is text"),
        (None, "not None"),
        (3.0, "not float"),
        ({}.values(), "not dict_values"),
        (Series(["a", "b"]), "inputs has text, such as 'a'. Leave it out"),
        (Series([1j]), "inputs has a complex, such as 1j"),
        (Categorical([1, 2]), "inputs has categories, such as 1"),
        (
            Frame(sex=Series(["m", None]), age=Series([1, 2]), size=Categorical(["low", "high"])),
            "inputs: column 'sex' has text, such as 'm'; column 'size' has categories, such as "
            "'low'. Leave them out, or make numbers of them",
        ),
    ],
)
def test_what_has_no_positions_or_no_numbers(samples: Any, words: str) -> None:
    """All columns at once, and what to do."""
    with pytest.raises(TypeError) as caught:
        by_position(samples, "inputs")
    assert words in str(caught.value)


def test_names_of_columns() -> None:
    assert column_names(Frame(a=Series([1]), b=Series([2]))) == ["a", "b"]
    assert column_names(Series([1])) is None
    assert column_names([[1.0]]) is None


def test_a_table_of_pandas() -> None:
    """Its own missing values and types; rows that were shuffled, chosen, or have one label."""
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, NAN, 1.0]}, index=[5, 3, 5])
    assert same(by_position(table, "x"), [[1, 0.5], [2, NAN], [3, 1.0]])
    assert by_position(table["a"].iloc[[2, 0]], "x") == [3, 1]
    assert by_position(table.index, "x") == [5, 3, 5]
    for dtype in ("Int64", "Float64", "boolean"):
        entries = by_position(pd.Series([1, None], dtype=dtype), "x")
        assert (entries[0], math.isnan(entries[1])) == (1, True)
    assert by_position(pd.Series([1, 2], dtype="uint8"), "x") == [1, 2]
    columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])
    assert by_position(pd.DataFrame([[1, 2]], columns=columns), "x") == [[1, 2]]
    table["when"], table["k"] = pd.Timestamp("2020"), pd.Categorical([1, 2, 3])
    with pytest.raises(TypeError, match=r"'when' has a Timestamp, .* 'k' has categories"):
        by_position(table, "x")


def test_a_table_of_polars() -> None:
    pl = pytest.importorskip("polars")
    table = pl.DataFrame({"a": [1, None, 3], "b": [0.5, 1.0, 2.0]})
    assert same(by_position(table, "x"), [[1, 0.5], [NAN, 1.0], [3, 2.0]])
    assert same(by_position(table["a"], "x"), [1, NAN, 3])
    with pytest.raises(TypeError, match="column 's' has text"):
        by_position(table.with_columns(s=pl.lit("x")), "x")


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        ([], None),
        ([[1.0, 2.0], [3, True]], None),
        ([1e308, 1e308], None),  # whose sum is infinite
        ([[1.0], [2.0, math.inf]], ("[1][1]", math.inf)),
        ([1.0, -math.inf, NAN], ("[1]", -math.inf)),
        ([[[1.0], [NAN]]], ("[0][1][0]", NAN)),
        ([Value(1.0), Value(NAN)], ("[1]", NAN)),
        ([["a", NAN]], ("[0][1]", NAN)),
        (["text", None], None),
        ([10**400], None),
    ],
)
def test_where_a_number_is_not_finite(samples: Any, found: Any) -> None:
    """What is no number is left to those who use it."""
    assert same(not_finite(samples), found)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8", "bool"])
def test_where_a_number_of_an_array_is_not_finite(dtype: str) -> None:
    np = pytest.importorskip("numpy")
    array = np.ones((3, 2), dtype)
    assert not_finite(array) is None
    if dtype.startswith("float"):
        array[2, 1] = NAN
        place, number = not_finite(array) or ("", 0.0)
        assert (place, math.isnan(number)) == ("[2][1]", True)
        assert not_finite(array, allows_nan=True) is None
