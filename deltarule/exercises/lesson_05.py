"""Exercises of lesson 5, the δ-rule emerges."""

from __future__ import annotations

from typing import Any

from . import exercise, number, numbers


@exercise("5.1")
def delta_of_a_hidden_unit(answer: Any) -> str | None:
    """h′(a) times the sum over two paths."""
    return number(
        answer,
        0.1,
        {
            0.2: "that is the sum over both paths; the slope h′(a) is missing.",
            0.35: "the weights are missing: each δ comes back through its weight.",
            0.5: "the second weight is negative.",
            0.3: "only the first path is in it; the unit feeds two.",
            -0.2: "only the second path is in it; the unit feeds two.",
            0.25: "each δ comes back through its own weight; here they are crossed.",
        },
    )


@exercise("5.2")
def gradient_of_a_matrix(answer: Any) -> str | None:
    """δ at the end of each connection times z at its beginning."""
    if not hasattr(answer, "__len__"):
        return f"expected a list of rows, got {type(answer).__name__}."
    if not all(hasattr(row, "__len__") for row in answer):
        return "expected a list of rows, and each row a list of numbers."
    shape = [len(row) for row in answer]
    if shape == [2, 2, 2]:
        return "this has a row for each input; ∂E/∂W has the shape of W, a row for each unit."
    if shape != [3, 3]:
        return f"expected 2 rows of 3 numbers, got rows of {shape}."
    right = (1.5, 0.5, -0.5, -6.0, -2.0, 2.0)
    fault = numbers([x for row in answer for x in row], right)
    if fault is None or "none" in fault:
        return fault
    wrong = [j for j in range(2) if numbers(answer[j], right[3 * j : 3 * j + 3])]
    return f"look again at row {' and '.join(map(str, wrong))}: δ of this unit times each input."


@exercise("5.3")
def delta_with_a_skip_connection(answer: Any) -> str | None:
    """The sum over a connection to the output and one through another hidden unit."""
    return number(
        answer,
        -0.75,
        {
            0.75: "that leaves out the path through unit 2.",
            -1.5: "that leaves out the connection straight to the output.",
            -1.0: "that leaves out the slope 1 - z₁² of unit 1 itself.",
            -0.5: "the slope of tanh at unit 1 is 1 - z₁², not 1 - z₁ or z₁.",
            -0.25: "z (1 - z) is the slope of the logistic function; unit 1 is tanh.",
            2.25: "the weight from unit 1 to unit 2 is -1.",
        },
    )


@exercise("5.4")
def collapsed_layer(answer: Any) -> str | None:
    """W2 W1 and W2 b1 + b2."""
    mistakes = {
        (3.0, 5.0, -1.0): "the weights are right; b₁ has to pass through W₂, too.",
        (3.0, 5.0, 5.0): "the weights are right; in the bias b₂ is missing.",
        (3.0, 5.0, 2.0): "the weights are right; b₁ has to be multiplied by W₂, not added.",
        (5.0, -1.0, 4.0): "that is W₁ W₂ᵀ: the order of the product is turned round.",
    }
    return numbers(answer, (3.0, 5.0, 4.0), mistakes)


@exercise("5.5")
def step_back(answer: Any) -> str | None:
    """δ of a hidden layer of logistic units."""
    if not callable(answer):
        return f"expected a function, got {type(answer).__name__}."
    W2, delta2, z1 = [[1.0, -2.0, 0.5], [0.25, 1.0, 3.0]], [0.5, -1.0], [0.5, 0.8, 0.1]
    arrived = [sum(row[j] * d for row, d in zip(W2, delta2)) for j in range(3)]
    call = "for W2 = [[1, -2, 0.5], [0.25, 1, 3]], delta2 = [0.5, -1], z1 = [0.5, 0.8, 0.1]"
    try:
        given = answer(W2, delta2, z1)
    except Exception as error:
        return f"{call} it raised {type(error).__name__}: {error}"
    if given is None:
        return "the function returns None; is a return missing?"
    mistakes = {
        tuple(arrived): "that is Σ w δ; the slope of each hidden unit is missing.",
        tuple(s * (1 - z * z) for s, z in zip(arrived, z1)): (
            "1 - z² is the slope of tanh; these units are logistic."
        ),
        tuple(s * z for s, z in zip(arrived, z1)): (
            "that is Σ w δ times z; the slope is made of z, but it is not z."
        ),
    }
    fault = numbers(given, [s * z * (1 - z) for s, z in zip(arrived, z1)], mistakes)
    if fault is None or fault in mistakes.values():
        return fault
    return f"{call}: {fault}"
