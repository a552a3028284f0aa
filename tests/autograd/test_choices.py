"""What the user chooses by name."""

import pytest

from autograd.choices import closest, hint, look_up, one_of

TABLE = {"tanh": 1, "relu": 2, "leaky_relu": 3}


def test_what_is_allowed_passes() -> None:
    one_of("reduction", "mean", ("mean", "sum"))
    one_of("task", None, (None, "regression"))


@pytest.mark.parametrize("value", ["Mean", None, 3, ["mean"]])
def test_anything_else_is_refused_with_what_there_is(value: object) -> None:
    with pytest.raises(ValueError, match=r"^reduction must be one of 'mean', 'sum', got ") as info:
        one_of("reduction", value, ("mean", "sum"))
    assert str(info.value).endswith(f"got {value!r}")


def test_an_entry_is_found_by_its_exact_name() -> None:
    assert look_up("activation", "relu", TABLE) == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rleu", "no activation 'rleu'; did you mean 'relu'?"),
        ("ReLU", "no activation 'ReLU'; did you mean 'relu'?"),
        ("zzz", "no activation 'zzz'; choose from tanh, relu, leaky_relu"),
        ("", "no activation ''; choose from tanh, relu, leaky_relu"),
    ],
)
def test_a_name_that_is_unknown(name: str, message: str) -> None:
    with pytest.raises(ValueError, match="activation") as info:
        look_up("activation", name, TABLE)
    assert str(info.value) == message


def test_the_closest_word_is_given_as_it_is_written() -> None:
    """Capitals matter on neither side."""
    assert closest("adam", ["SGD", "Adam"]) == "Adam"
    assert closest("momentum", ["SGD", "Adam"]) is None
    assert hint("IRIS", iter(["iris", "wine"])) == "did you mean 'iris'?"
