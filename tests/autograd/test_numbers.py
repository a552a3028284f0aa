"""Plain numbers: real, the same, close, and sequences of them."""

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from autograd.numbers import close, flatten, is_sequence, map_numbers, real, same


@pytest.mark.parametrize("x", [2, 2.0, Fraction(2), Decimal(2)])
def test_real_numbers_become_floats(x: object) -> None:
    assert (real(x), type(real(x))) == (2.0, float)


def test_so_do_numbers_of_numpy() -> None:
    np = pytest.importorskip("numpy")
    for x in (np.float32(0.5), np.int8(1), np.bool_(True), np.array(0.25)):
        assert type(real(x)) is float
        assert real(x) == float(x)
    for x in (np.array([1.0]), np.complex128(1), np.str_("1")):
        with pytest.raises(TypeError, match=r"expected (one number|a real number), got"):
            real(x)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ("1", r"got str '1'; convert it first"),
        (b"1", r"got bytes b'1'; convert it first"),
        (None, r"got NoneType None; pass an int or a float"),
        ([1.0], r"got list \[1\.0\]; make one Value for each element"),
        (1j, r"got complex 1j; take its real"),
    ],
)
def test_what_is_not_one_real_number_is_refused(x: object, message: str) -> None:
    with pytest.raises(TypeError, match=f"expected a real number, {message}"):
        real(x)


def test_an_integer_beyond_all_floats() -> None:
    with pytest.raises(OverflowError, match=r"int is too large for a float.*scale it first"):
        real(10**400)


@pytest.mark.parametrize(
    ("a", "b", "are"),
    [
        (1.5, 1.5, True),
        (1.5, math.nextafter(1.5, 2.0), False),
        (0.0, -0.0, False),
        (-0.0, -0.0, True),
        (math.nan, math.nan, True),
        (math.nan, 0.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
    ],
)
def test_same(a: float, b: float, are: bool) -> None:
    assert same(a, b) == same(b, a) == are


@pytest.mark.parametrize(
    ("a", "b", "are"),
    [
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.0 + 1e-6, False),
        (0.0, -0.0, True),
        (0.0, 1e-300, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (math.inf, math.inf, True),
        (math.inf, 1e308, False),
    ],
)
def test_close(a: float, b: float, are: bool) -> None:
    assert close(a, b) == close(b, a) == are


def test_how_close_can_be_chosen() -> None:
    assert close(1.0, 1.001, relative=1e-2)
    assert close(0.0, 1e-12, absolute=1e-9)


def test_sequences_are_what_has_elements() -> None:
    np = pytest.importorskip("numpy")
    assert all(map(is_sequence, ([], (1.0,), np.zeros(2), np.zeros((0, 2)))))
    assert not any(map(is_sequence, (1.0, "ab", {1.0}, np.zeros(()), np.float64(1.0))))


@pytest.mark.parametrize(
    ("x", "mapped", "flat"),
    [
        (2.0, 3.0, [2.0]),
        ([], [], []),
        ([1.0, (2.0, [3.0])], [2.0, (3.0, [4.0])], [1.0, 2.0, 3.0]),
    ],
)
def test_nested_sequences(x: Any, mapped: Any, flat: list[float]) -> None:
    assert map_numbers(lambda number: number + 1.0, x) == mapped
    assert flatten(x) == flat
