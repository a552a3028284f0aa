"""What is built on `autograd` and `nn`: the command, the exercises of the course, a GPT of scalars.

For those who want one name, the things that a first session needs can be had from here::

    from deltarule import Value, MLP, fit, draw, play

All else is where it is made: operations in `autograd`, networks and training in `nn`, data sets in
`nn.data`, pictures in `autograd.view`, the course's `check` in `deltarule.exercises`, and a GPT in
`deltarule.gpt`.
"""

from nn import MLP, accuracy, deltas, fit, predict  # first: it says so if autograd is another

# isort: split
from autograd import Value, grad, gradcheck
from autograd import __version__ as __version__
from autograd.view import draw, explain, play

__all__ = [
    "MLP",
    "Value",
    "accuracy",
    "deltas",
    "draw",
    "explain",
    "fit",
    "grad",
    "gradcheck",
    "play",
    "predict",
]
