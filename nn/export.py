"""Graduation: networks for PyTorch, JAX and ONNX, and back from PyTorch.

    to_torch, from_torch    an equivalent `torch.nn.Sequential`, and the way back
    to_jax                  a pure function and its parameters
    to_onnx                 a file that ONNX Runtime and many other programs run

The weights are taken over exactly; the architecture is that of an `MLP` or a `Layer` with
activations of `ACTIVATIONS`. Each library is imported when its function is called.
"""

from __future__ import annotations

import importlib
import math
import os
import secrets
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import autograd

from .activations import ACTIVATIONS, SYNONYMS
from .module import MLP, Layer

__all__ = ["from_torch", "to_jax", "to_onnx", "to_torch"]

NAMES: Final = [name for name in ACTIVATIONS if name not in SYNONYMS]


class Dense(NamedTuple):
    """What a layer computes, in plain numbers: z = h(W x + b)."""

    weights: list[list[float]]  # a row for each of the M units, of D numbers
    biases: list[float]
    activation: str


def _dense_layers(model: MLP | Layer, function: str) -> list[Dense]:
    dense = []
    for i, layer in enumerate(model.layers if type(model) is MLP else [model], start=1):
        if type(layer) is not Layer:
            raise TypeError(
                f"{function}() translates an MLP or a Layer, not {type(layer).__name__}, whose "
                "wiring it cannot know; rebuild it there and copy the numbers of state_dict()"
            )
        if not _is_known(layer):
            raise ValueError(
                f"{function}() cannot translate the activation {layer.activation!r} of layer {i}; "
                f"use one of {', '.join(NAMES)}, or rebuild the network there by hand"
            )
        weights = [[weight.data for weight in neuron.w] for neuron in layer.neurons]
        biases = [neuron.b.data for neuron in layer.neurons]
        dense.append(Dense(weights, biases, layer.activation))
    return dense


def _is_known(layer: Layer) -> bool:
    """Return whether the activation is what its name says: anyone can call a function "tanh"."""
    if layer.acts_on_layer:
        return layer.activation == "softmax"
    name = layer.activation
    known = [ACTIVATIONS.get(name), getattr(autograd, name, None)]
    return name in NAMES and all(neuron._function in known for neuron in layer.neurons)


def _package(name: str, function: str, install: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"{function}() needs the package {name}; install it with: pip install {install}"
        ) from error


# -- PyTorch ---------------------------------------------------------------------------------


def to_torch(model: MLP | Layer) -> Any:
    """Return an equivalent `torch.nn.Sequential` in float64.

    Its modules are `torch.nn.Linear` layers, each followed by its activation (none for
    "identity"). Outputs and gradients are the same to rounding.

    Where `nn` takes one sample and gives a list of K numbers, or a single number for K = 1,
    PyTorch takes an array of shape (N, D) for N samples of D inputs and always gives (N, K):
    (N, 1) for one output. Index ``[:, 0]`` before comparing it with targets of shape (N,).

    Parameters
    ----------
    model : MLP or Layer
        With activations of `ACTIVATIONS`. It is left alone, and shares nothing with the result.

    Returns
    -------
    torch.nn.Sequential
        Call ``.float()`` on it for PyTorch's usual float32.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    TypeError
        If the model is neither an `MLP` nor a `Layer`.
    ValueError
        If an activation is not of `ACTIVATIONS`, such as a function of your own.

    Examples
    --------
    The same number from both::

        import torch
        from nn import MLP
        from nn.export import to_torch

        model = MLP(2, [3, 1], activation="tanh", rng=0)
        network = to_torch(model)
        x = torch.tensor([[0.5, -1.0]], dtype=torch.float64)
        assert abs(network(x)[0, 0].item() - model([0.5, -1.0]).data) < 1e-12
    """
    layers = _dense_layers(model, "to_torch")
    torch = _package("torch", "to_torch", "torch")
    activations = _torch_activations()
    modules = []
    for layer in layers:
        modules.append(_linear(torch, layer))
        if layer.activation != "identity":
            kind, settings = activations[layer.activation]
            modules.append(kind(**{name: accepted[0] for name, accepted in settings.items()}))
    return torch.nn.Sequential(*modules)


def from_torch(module: Any) -> MLP:
    """Return the `MLP` that computes what a `torch.nn.Sequential` does.

    Sequentials may be nested. `Identity`, `Flatten` and, after ``module.eval()``, `Dropout` are
    skipped; a `Linear` without bias gets biases of 0. Weights of float32 are taken over exactly,
    but `nn` computes with them in double precision. `Softplus` is computed exactly where
    PyTorch's default rounds it to x, for x > 20: a difference below 3e-9.

    Where the Sequential gives an array of shape (N, 1), the network gives a single number for
    each sample.

    Parameters
    ----------
    module : torch.nn.Sequential
        `Linear` layers, with the same activation after every one but the last.

    Raises
    ------
    ImportError
        If PyTorch is missing.
    TypeError
        If it is not a Sequential.
    ValueError
        If it contains what an `MLP` cannot express; the message names the module.

    Examples
    --------
    ::

        import torch
        from nn.export import from_torch

        network = torch.nn.Sequential(
            torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1), torch.nn.Sigmoid()
        )
        model = from_torch(network)
        assert repr(model) == "MLP(2, [3, 1], activation='tanh', output='sigmoid')"
    """
    torch = _package("torch", "from_torch", "torch")
    if type(module) is not torch.nn.Sequential:
        raise TypeError(
            f"from_torch() takes a torch.nn.Sequential, not {type(module).__name__}; "
            "put its modules into one, in the order in which they are called"
        )
    steps = _steps(torch, module)
    model = MLP(
        steps[0].linear.in_features,
        [step.linear.out_features for step in steps],
        activation=steps[0].activation if len(steps) > 1 else "identity",
        output=steps[-1].activation,
        init=lambda rng, fan_in, fan_out: 0.0,
    )
    for layer, (linear, _, _) in zip(model.layers, steps):
        weights = linear.weight.tolist()
        biases = [0.0] * len(weights) if linear.bias is None else linear.bias.tolist()
        for neuron, row, bias in zip(layer.neurons, weights, biases):
            for parameter, number in zip(neuron.parameters(), [*row, bias]):
                parameter.data = number
    return model


def _linear(torch: Any, layer: Dense) -> Any:
    # a plain Linear(...) would draw from PyTorch's global generator, only to be overwritten
    linear = torch.nn.utils.skip_init(
        torch.nn.Linear, len(layer.weights[0]), len(layer.weights), dtype=torch.float64
    )
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(layer.weights, dtype=torch.float64))
        linear.bias.copy_(torch.tensor(layer.biases, dtype=torch.float64))
    return linear


def _torch_activations() -> dict[str, tuple[Any, dict[str, tuple[Any, ...]]]]:
    """Return PyTorch's activations and which settings are ours; the first is what we set."""
    nn = importlib.import_module("torch.nn")
    return {
        "sigmoid": (nn.Sigmoid, {}),
        "tanh": (nn.Tanh, {}),
        "relu": (nn.ReLU, {}),
        "leaky_relu": (nn.LeakyReLU, {"negative_slope": (0.01,)}),
        "elu": (nn.ELU, {"alpha": (1.0,)}),
        "silu": (nn.SiLU, {}),
        "gelu": (nn.GELU, {"approximate": ("none",)}),
        "softplus": (nn.Softplus, {"beta": (1.0,), "threshold": (40.0, 20.0)}),
        "gudermannian": (_gudermannian_class(), {}),
        "softmax": (nn.Softmax, {"dim": (-1, 1)}),
    }


@cache
def _gudermannian_class() -> Any:
    """Return the module that PyTorch lacks; its base class exists only once PyTorch is loaded."""
    torch: Any = importlib.import_module("torch")
    base: Any = torch.nn.Module

    class Gudermannian(base):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return 2.0 * torch.atan(torch.tanh(0.5 * x))

        def __reduce__(self) -> tuple[Callable[[], Any], tuple[()], dict[str, Any]]:
            return _gudermannian, (), self.__dict__  # pickle finds no class inside a function

    return Gudermannian


def _gudermannian() -> Any:
    return _gudermannian_class()()


class Step(NamedTuple):
    """A `torch.nn.Linear`, the activation after it, and which module says so."""

    linear: Any
    activation: str
    place: str


def _steps(torch: Any, module: Any) -> list[Step]:
    steps: list[Step] = []
    for place, part in _flat(torch, module, ""):
        if type(part) is torch.nn.Linear:
            _check_linear(place, part, steps)
            steps.append(Step(part, "identity", place))
        elif not _is_skipped(torch, place, part):
            name = _name(place, part)
            if not steps:
                raise _refusal(place, "there is no Linear layer before it")
            if steps[-1].activation != "identity":
                raise _refusal(place, f"it follows another activation, {steps[-1].activation}")
            steps[-1] = Step(steps[-1].linear, name, place)
    if not steps:
        raise ValueError("from_torch() found no Linear layer; an MLP needs at least one")
    for _, name, place in steps[:-1]:
        if name != steps[0].activation:
            raise _refusal(
                place,
                "an MLP has one activation for all hidden layers; the first hidden layer has "
                f"{steps[0].activation}, this one {name}",
            )
    return steps


def _check_linear(place: str, linear: Any, before: list[Step]) -> None:
    if before and before[-1].linear.out_features != linear.in_features:
        raise _refusal(
            place,
            f"it has {linear.in_features} inputs, but the layer before it has "
            f"{before[-1].linear.out_features} outputs",
        )
    if not linear.weight.is_floating_point():
        raise _refusal(place, f"its weights are {linear.weight.dtype}, not real numbers")


def _flat(torch: Any, module: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the modules of nested Sequentials with places such as "2.0 (Linear)"."""
    for i, part in enumerate(module):
        if type(part) is torch.nn.Sequential:
            yield from _flat(torch, part, f"{prefix}{i}.")
        else:
            yield f"{prefix}{i} ({type(part).__name__})", part


def _is_skipped(torch: Any, place: str, part: Any) -> bool:
    if type(part) is torch.nn.Dropout and part.training:
        raise _refusal(place, "it changes what the network computes; call module.eval() first")
    if type(part) is torch.nn.Flatten and part.start_dim != 1:
        raise _refusal(place, f"start_dim={part.start_dim} mixes samples; an MLP takes one each")
    return type(part) in (torch.nn.Identity, torch.nn.Flatten, torch.nn.Dropout)


def _name(place: str, part: Any) -> str:
    """Return the name of an activation in PyTorch."""
    for name, (kind, settings) in _torch_activations().items():
        if type(part) is kind:
            for setting, accepted in settings.items():
                value = getattr(part, setting)
                if value not in accepted:
                    raise _refusal(
                        place, f"it has {setting}={value!r}; {name!r} of nn has {accepted[-1]!r}"
                    )
            return name
    raise _refusal(
        place, f"an MLP has Linear layers and the activations {', '.join(NAMES)}, nothing else"
    )


def _refusal(place: str, reason: str) -> ValueError:
    return ValueError(f"from_torch() cannot express module {place}: {reason}")


# -- JAX -------------------------------------------------------------------------------------


def to_jax(model: MLP | Layer) -> tuple[Callable[[Any, Any], Any], list[dict[str, Any]]]:
    """Return a pure function of parameters and inputs, and the parameters.

    ``function(parameters, x)`` takes one sample of shape (D,) or N of them, (N, D), and gives
    shape (K,) or (N, K); where `nn` gives a single number, K is 1. `jax.grad`, `jax.jit` and
    `jax.vmap` apply to it.

    Parameters
    ----------
    model : MLP or Layer
        With activations of `ACTIVATIONS`.

    Returns
    -------
    function : callable
    parameters : list of dict
        For each layer ``{"w": array of shape (M, D), "b": array of shape (M,)}``, in JAX's
        default precision: float32, or float64 after ``jax.config.update("jax_enable_x64", True)``.

    Raises
    ------
    ImportError
        If JAX is missing.
    TypeError
        If the model is neither an `MLP` nor a `Layer`.
    ValueError
        If an activation is not of `ACTIVATIONS`, such as a function of your own.

    Examples
    --------
    The gradient of an error with respect to all parameters::

        import jax
        from nn import MLP
        from nn.export import to_jax

        function, parameters = to_jax(MLP(2, [3, 1], activation="tanh", rng=0))
        x, t = jax.numpy.array([[0.5, -1.0], [1.0, 2.0]]), jax.numpy.array([0.0, 1.0])
        error = lambda parameters: ((function(parameters, x)[:, 0] - t) ** 2).mean()
        slopes = jax.grad(error)(parameters)
        assert slopes[0]["w"].shape == (3, 2)
    """
    layers = _dense_layers(model, "to_jax")
    jax = _package("jax", "to_jax", "'deltarule[jax]'")
    activations = _jax_activations(jax)
    chosen = [activations[layer.activation] for layer in layers]

    def function(parameters: Any, x: Any) -> Any:
        for layer, activation in zip(parameters, chosen, strict=True):
            x = activation(x @ layer["w"].T + layer["b"])
        return x

    array = jax.numpy.array
    return function, [{"w": array(layer.weights), "b": array(layer.biases)} for layer in layers]


def _jax_activations(jax: Any) -> dict[str, Callable[[Any], Any]]:
    jnp = jax.numpy
    return {
        "identity": lambda a: a,
        "sigmoid": jax.nn.sigmoid,
        "tanh": jnp.tanh,
        "relu": jax.nn.relu,
        "leaky_relu": lambda a: jnp.where(a > 0, a, 0.01 * a),  # JAX's own has slope 1 at 0
        "elu": jax.nn.elu,
        "silu": jax.nn.silu,
        "gelu": lambda a: jax.nn.gelu(a, approximate=False),
        "softplus": jax.nn.softplus,
        "gudermannian": lambda a: 2.0 * jnp.arctan(jnp.tanh(0.5 * a)),
        "softmax": jax.nn.softmax,
    }


# -- ONNX ------------------------------------------------------------------------------------

OPSET: Final = 17
DOMAIN: Final = "deltarule"


class Formula(NamedTuple):
    """A function of x in ONNX's textual syntax, one operator a line, and its constants."""

    constants: dict[str, list[float]]
    text: str


OPERATORS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "identity": ("Identity", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {}),
    "softplus": ("Softplus", {}),
    "softmax": ("Softmax", {"axis": -1}),
}

FORMULAS: Final = {
    "silu": Formula(
        {"least": [-800.0]},  # below it σ is 0
        """
        s = Sigmoid (x)
        z = Max (x, least)
        y = Mul (z, s)
        """,
    ),
    "gelu": Formula(
        {"half": [0.5], "one": [1.0], "scale": [math.sqrt(0.5)]},
        """
        t = Mul (scale, x)
        e = Erf (t)
        s = Add (one, e)
        cdf = Mul (half, s)
        y = Mul (x, cdf)
        """,
    ),
    "gudermannian": Formula(
        {"half": [0.5], "two": [2.0]},
        """
        a = Mul (half, x)
        t = Tanh (a)
        b = Atan (t)
        y = Mul (two, b)
        """,
    ),
}

# In double precision ONNX Runtime has no Elu, Softplus, Erf and Atan, and rounds the slope of
# LeakyRelu to float32. What follows needs none of them.

# Φ(x) - 1/2 is a step smoothed by the normal density. Repeated with period 34 and alternating
# sign, it is a square wave smoothed, whose Fourier series is that of the square wave times the
# transform of the density, exp(-ω²/2). For |x| ≤ 8.5 the repetition is not felt, and beyond
# the 24th term nothing is left, both in 16 digits.
STEP: Final = 8.5
WAVES: Final = [math.pi * n / (2.0 * STEP) for n in range(1, 48, 2)]

# atan(t) = 4 atan(s) where s comes from t by halving the angle twice. |s| < 0.2 then, so that
# eleven terms of Gregory's series give 16 digits.
ODD: Final = [float(n) for n in range(1, 23, 2)]

FORMULAS_IN_DOUBLE: Final = {
    "leaky_relu": Formula(
        {"slope": [0.01]},
        """
        below = Mul (slope, x)
        y = Max (x, below)
        """,
    ),
    "elu": Formula(  # e^n - 1 = tanh(n/2) (e^n + 1), which keeps its digits near 0
        {"zero": [0.0], "half": [0.5], "one": [1.0]},
        """
        n = Min (x, zero)
        e = Exp (n)
        s = Add (e, one)
        a = Mul (half, n)
        t = Tanh (a)
        below = Mul (t, s)
        above = Relu (x)
        y = Add (above, below)
        """,
    ),
    "softplus": Formula(
        {"one": [1.0]},
        """
        a = Abs (x)
        n = Neg (a)
        e = Exp (n)
        s = Add (one, e)
        l = Log (s)
        above = Relu (x)
        y = Add (above, l)
        """,
    ),
    "gelu": Formula(
        {
            "half": [0.5],
            "least": [-40.0],  # below it Φ is 0
            "lower": [-STEP],
            "upper": [STEP],
            "waves": WAVES,
            "amplitudes": [math.exp(-0.5 * w * w) / (STEP * w) for w in WAVES],
        },
        """
        last = Constant <value = int64[1] {-1}> ()
        a = Max (x, lower)
        b = Min (a, upper)
        c = Unsqueeze (b, last)
        d = Mul (c, waves)
        e = Sin (d)
        f = MatMul (e, amplitudes)
        cdf = Add (half, f)
        z = Max (x, least)
        y = Mul (z, cdf)
        """,
    ),
    "gudermannian": Formula(
        {
            "half": [0.5],
            "one": [1.0],
            "odd": ODD,
            "series": [8.0 * (-1.0) ** i / n for i, n in enumerate(ODD)],
        },
        """
        last = Constant <value = int64[1] {-1}> ()
        h = Mul (half, x)
        t = Tanh (h)
        a = Mul (t, t)
        b = Add (one, a)
        c = Sqrt (b)
        d = Add (one, c)
        r = Div (t, d)
        e = Mul (r, r)
        f = Add (one, e)
        g = Sqrt (f)
        i = Add (one, g)
        s = Div (r, i)
        j = Unsqueeze (s, last)
        k = Pow (j, odd)
        y = MatMul (k, series)
        """,
    ),
}


def to_onnx(
    model: MLP | Layer,
    path: str | os.PathLike[str],
    dtype: Literal["float64", "float32"] = "float64",
) -> None:
    """Write a network as an ONNX file, which ONNX Runtime and many other programs can run.

    The input ``x`` has shape (N, D) for any number N of samples, the output ``y`` (N, K); where
    `nn` gives a single number, K is 1. The file holds the architecture and the weights only:
    neither labels nor ``model.metadata``.

    Where ONNX has no operator for an activation, or ONNX Runtime none in double precision, the
    file brings a function of the same name, composed of operators that there are. The older file
    of that name stays whole until the new one is complete.

    Parameters
    ----------
    model : MLP or Layer
        With activations of `ACTIVATIONS`.
    path : path
    dtype : {"float64", "float32"}
        The type of inputs, weights and outputs. In "float32" files are half as large and more
        programs can run them, but every weight is rounded to 7 digits.

    Raises
    ------
    ImportError
        If the package onnx is missing.
    TypeError
        If the model is neither an `MLP` nor a `Layer`.
    ValueError
        If an activation is not of `ACTIVATIONS`, such as a function of your own, or `dtype` is
        another one.
    OSError
        If the file cannot be written.

    Examples
    --------
    Written here, run elsewhere::

        import numpy as np
        import onnxruntime
        from nn import MLP
        from nn.export import to_onnx

        model = MLP(2, [3, 1], activation="tanh", rng=0)
        to_onnx(model, "model.onnx")
        session = onnxruntime.InferenceSession("model.onnx")
        (y,) = session.run(["y"], {"x": np.array([[0.5, -1.0]])})
        assert abs(y[0, 0] - model([0.5, -1.0]).data) < 1e-12
    """
    if dtype not in ("float64", "float32"):
        raise ValueError(f"dtype must be 'float64' or 'float32', not {dtype!r}")
    layers = _dense_layers(model, "to_onnx")
    onnx = _package("onnx", "to_onnx", "'deltarule[onnx]'")
    _write(Path(path), _onnx_model(onnx, layers, dtype).SerializeToString())


def _onnx_model(onnx: Any, layers: list[Dense], dtype: str) -> Any:
    helper = onnx.helper
    formulas = FORMULAS | FORMULAS_IN_DOUBLE if dtype == "float64" else FORMULAS
    used = sorted({layer.activation for layer in layers} & formulas.keys())
    return helper.make_model(
        _onnx_graph(onnx, layers, dtype, used),
        functions=[_onnx_function(onnx, name, formulas[name], dtype) for name in used],
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        ir_version=8,  # the first with functions: older programs can read it, too
        producer_name=DOMAIN,
        producer_version=autograd.__version__,
    )


def _onnx_graph(onnx: Any, layers: list[Dense], dtype: str, functions: list[str]) -> Any:
    helper = onnx.helper
    kind = onnx.TensorProto.DOUBLE if dtype == "float64" else onnx.TensorProto.FLOAT
    nodes, numbers, z = [], [], "x"
    for i, (weights, biases, name) in enumerate(layers, start=1):
        shape, flat = [len(weights), len(weights[0])], [w for row in weights for w in row]
        numbers.append(helper.make_tensor(f"w{i}", kind, shape, flat))
        numbers.append(helper.make_tensor(f"b{i}", kind, shape[:1], biases))
        nodes.append(helper.make_node("Gemm", [z, f"w{i}", f"b{i}"], [f"a{i}"], transB=1))
        z = "y" if i == len(layers) else f"z{i}"
        operator, options = (name, {"domain": DOMAIN}) if name in functions else OPERATORS[name]
        nodes.append(helper.make_node(operator, [f"a{i}"], [z], **options))
    x = helper.make_tensor_value_info("x", kind, ["N", len(layers[0].weights[0])])
    y = helper.make_tensor_value_info("y", kind, ["N", len(layers[-1].weights)])
    return helper.make_graph(nodes, DOMAIN, [x], [y], numbers)


def _onnx_function(onnx: Any, name: str, formula: Formula, dtype: str) -> Any:
    kind = "double" if dtype == "float64" else "float"
    constants = [
        f"{constant} = Constant <value = {kind}[{len(numbers)}] {{{str(numbers)[1:-1]}}}> ()"
        for constant, numbers in formula.constants.items()
    ]
    return onnx.parser.parse_function(
        f'<opset_import: ["" : {OPSET}], domain: "{DOMAIN}"> {name} (x) => (y) '
        f"{{ {' '.join(constants)} {formula.text} }}"
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file under another name and rename it, so that it is there whole or not at all."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} for {path.name!r}")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
