"""Networks for JAX: a pure function and its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..layers import MLP, Layer
from .layers import dense_layers, package


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
    TypeError, ValueError
        If the model or an activation cannot be translated, as in `to_torch`.

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
    layers = dense_layers(model, "to_jax")
    jax = package("jax", "to_jax", "'deltarule[jax]'")
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
