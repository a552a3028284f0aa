"""Models for JAX: a pure function and its parameters."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from autograd.extras import install

from ..module import Module
from .layers import Shape, blocks_of, forward_of, package, plain_layers, shape_of


def to_jax(model: Module, inputs: Shape | None = None) -> tuple[Callable[[Any, Any], Any], Any]:
    """Return a pure function of parameters and inputs, and the parameters.

    ``function(parameters, x)`` takes one sample, of shape (D,) for D inputs, or N of them, (N, D),
    and gives shape (K,) or (N, K); where `nn` gives a single number, K is 1. `jax.grad`,
    `jax.jit` and `jax.vmap` apply to it. It does what `to_torch` says of models that are traced.

    Parameters
    ----------
    model : Module
    inputs : int or tuple of int, optional
        As for `to_torch`.

    Returns
    -------
    function : callable
    parameters : list of dict, or dict
        Of an `MLP` or a `Layer` whose parameters are not shared, for each layer
        ``{"w": array of shape (M, D), "b": array of shape (M,)}``; of other models an array for
        each name, as in `to_torch`. In JAX's default precision: float32, or float64 after
        ``jax.config.update("jax_enable_x64", True)``. The gradient of frozen ones is 0.

    Raises
    ------
    ImportError
        If JAX is missing.
    TypeError, TraceError, ValueError
        If the model cannot be translated, as in `to_torch`.

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
    shape = shape_of(model, inputs, "to_jax")
    blocks = blocks_of(model)
    forward = forward_of(model, blocks, shape)
    is_layers = plain_layers(model, blocks) is not None
    jax = package("jax", "to_jax", install("jax"))
    lifted = importlib.import_module(".jax_arrays", __package__).Array
    jnp = jax.numpy

    def flat(parameters: Any) -> list[Any]:
        if is_layers:
            return [layer[name] for layer in parameters for name in ("w", "b")]
        return [parameters[block.name] for block in blocks]

    def function(parameters: Any, x: Any) -> Any:
        given = jax.tree.map(jnp.shape, parameters)
        if given != shapes:
            raise ValueError(
                f"parameters of the shapes {given} are not those of this model, which are {shapes}"
            )
        theta = [
            part.ravel() if block.requires_grad else jax.lax.stop_gradient(part).ravel()
            for part, block in zip(flat(parameters), blocks)
        ]
        samples = forward.samples(jnp.shape(x))
        x = jnp.asarray(x, jnp.result_type(float, x)).reshape(*samples, forward.inputs)
        return forward(lifted(jnp.concatenate([*theta, jnp.zeros(0, x.dtype)])), lifted(x)).array

    arrays = [jnp.array(block.numbers).reshape(block.shape) for block in blocks]
    parameters: Any = {block.name: array for block, array in zip(blocks, arrays)}
    if is_layers:
        parameters = [{"w": w, "b": b} for w, b in zip(arrays[::2], arrays[1::2])]
    shapes = jax.tree.map(jnp.shape, parameters)
    return function, parameters
