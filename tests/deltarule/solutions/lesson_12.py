"""Right and wrong answers to the exercises of lesson 12."""

from math import tanh

from autograd import Value
from autograd.compile import compile


def gradient_of_w(reduction="mean", half=0.5):
    w = Value(0.5)
    step = compile(lambda x, t: half * (w * (w * x).tanh() - t) ** 2, [w], reduction=reduction)
    return step([0.0, 1.0, 2.0], [1.0, 0.0, 1.0])[1]


def outer_path_only():
    z = [tanh(0.5 * x) for x in (0, 1, 2)]
    return sum((0.5 * z_n - t) * z_n for z_n, t in zip(z, (1, 0, 1))) / 3


def backward(X, W, G):
    return G @ W.T, X.T @ G, G.sum(axis=0)


RIGHT = {
    "12.1": (6, 8),
    "12.2": [[-1.5, -1]],
    "12.3": [0, -3, -3],
    "12.4": gradient_of_w(),
    "12.5": backward,
}
WRONG = {
    "12.1": [
        ((8, 6), "the columns are samples"),
        ((3, 8), "shape of δ2 itself"),
        ((6, 3), "shape of W2.T alone"),
        (48, "expected 2 numbers"),
    ],
    "12.2": [
        ([2.5, 1], "that is δ2 Z1"),
        ([-0.75, -0.5], "mean over the samples"),
        ([[0.5, -1]], "first sample alone"),
        ([[1], [2]], "one of them is [1]"),
    ],
    "12.3": [
        ([2, 1], "shape of X"),
        ([4, 3, 0], "sign of -1"),
        ([3, 6, -1], "crossed"),
        ([0, -3, 3], "index 2"),
    ],
    "12.4": [
        (gradient_of_w("sum"), "sum over the samples"),
        (gradient_of_w(half=1.0)[0], "factor ½"),
        (outer_path_only(), "path through the inner w"),
        ([0.1, 0.2], "expected one number"),
    ],
    "12.5": [
        (lambda X, W, G: (G @ W, X.T @ G, G.sum(axis=0)), "ValueError"),
        (lambda X, W, G: (G @ W.T, G.T @ X, G.sum(axis=0)), "dW is transposed"),
        (lambda X, W, G: (G @ W.T, X.T @ G, G), "all samples share b"),
        (lambda X, W, G: (G @ W.T, X.T @ G / 4, G.sum(axis=0)), "dW is the mean"),
        (lambda X, W, G: (G @ W.T, X.T @ G), "three arrays"),
        (lambda X, W, G: None, "returns None"),
        ([1.0], "expected a function"),
    ],
}
