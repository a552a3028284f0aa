"""Exercises of lesson 10, real data."""

from __future__ import annotations

from typing import Any

from nn import MLP, accuracy
from nn.data import Standardizer, load, split

from . import exercise, number, numbers


@exercise("10.1")
def standardised_test_value(answer: Any) -> str | None:
    """A test value in units of the training column."""
    return number(
        answer,
        4 / 5**0.5,
        {
            4.0: "the mean is subtracted; now divide by the standard deviation.",
            0.8: "that is divided by the variance; take its root.",
            1.54919: "that deviation is divided by N - 1; Standardizer divides by N.",
            1.24939: "the 9 had a say in its own mean and deviation: it is in the test set.",
            1.11745: "the 9 had a say in its own mean and deviation, and N is right, not N - 1.",
            4.02492: "divide by the deviation after the mean has been subtracted.",
        },
        tolerance=2e-3,
    )


@exercise("10.2")
def shares_of_a_confusion_matrix(answer: Any) -> str | None:
    """Accuracy, and the share of one true class that is recognised."""
    return numbers(
        answer,
        (40 / 45, 15 / 18),
        {
            (40 / 45, 15 / 17): "the second share is that of a column: all samples predicted as "
            "class 1. The true classes are the rows.",
            (15 / 18, 40 / 45): "both are right, but in the wrong order.",
            (40 / 45, 15 / 45): "the second share is among the samples of class 1, not among all.",
            (5 / 45, 3 / 18): "these are the shares of wrong answers.",
            (40.0, 15.0): "these are the counts; divide each by how many there are.",
            (4000 / 45, 1500 / 18): "give the shares as numbers between 0 and 1, not in per cent.",
        },
    )


@exercise("10.3")
def epochs_of_early_stopping(answer: Any) -> str | None:
    """When training with patience stops, and to which epoch it returns."""
    return numbers(
        answer,
        (8.0, 5.0),
        {
            (9.0, 9.0): "epoch 9 is never reached: by then the patience is exhausted.",
            (
                9.0,
                5.0,
            ): "three epochs without an improvement are enough; a fourth is not waited for.",
            (6.0, 3.0): "epoch 5 is better than epoch 3, so the waiting starts anew there.",
            (8.0, 8.0): "training returns to the best weights, not to the last ones.",
            (5.0, 8.0): "both are right, but in the wrong order.",
            (7.0, 4.0): "count the epochs from 1.",
            (4.0, 3.0): "one worse epoch does not stop it: the patience is 3.",
        },
        tolerance=1e-6,
    )


@exercise("10.4")
def step_with_weight_decay(answer: Any) -> str | None:
    """One step of gradient descent with weight decay."""
    return number(
        answer,
        1.89,
        {
            1.95: "that is the step without weight decay.",
            1.35: "the learning rate applies to both terms of the gradient.",
            2.01: "weight decay pulls the weight towards 0: its term has the sign of w.",
            1.92: "the decay term is λ times w, not λ.",
            1.1: "that is the gradient with its decay term; the question is where w goes.",
            2.11: "the step goes uphill: the gradient has to be subtracted.",
            1.83: "the ½ in the penalty is missing: the derivative of λ/2 · w² is λw.",
        },
        tolerance=1e-3,
    )


@exercise("10.5")
def tumour_classifier(answer: Any) -> str | None:
    """A network and its standardizer, judged on the test set."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return f"expected (model, standardizer), got {type(answer).__name__}."
    model, standardizer = answer
    if isinstance(model, Standardizer) and isinstance(standardizer, MLP):
        return "the order is (model, standardizer)."
    if not isinstance(model, MLP):
        return f"the first is to be a network, not {type(model).__name__}."
    if not isinstance(standardizer, Standardizer):
        return f"the second is to be a Standardizer, not {type(standardizer).__name__}."
    data = load("breast_cancer")
    train, test = split(data, seed=1)
    if standardizer.mean == Standardizer().fit(data.inputs).mean:
        return "the standardizer was fitted to all rows: the test set leaks into the training."
    if standardizer.mean == Standardizer().fit(test.inputs).mean:
        return "the standardizer was fitted to the test set; fit it to the training set."
    if standardizer.mean != Standardizer().fit(train.inputs).mean:
        return "the standardizer was not fitted to the training set of split(data, seed=1)."
    share = accuracy(model, standardizer.transform(test.inputs), test.targets)
    if share >= 0.95:
        return None
    fault = f"it classifies {share:.1%} of the test set correctly, not yet 95%."
    raw = accuracy(model, test.inputs, test.targets)
    if raw > max(share, 0.8):
        return f"{fault} Was it trained with inputs that are not standardised?"
    return f"{fault} Try more epochs, another learning rate, or Adam."
