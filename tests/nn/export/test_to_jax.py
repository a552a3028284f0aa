"""JAX computes the same as a network of `nn`: outputs and gradients."""

from __future__ import annotations

from typing import Any

import pytest

from autograd import Value
from exported import SIZES, network, outputs, samples, unit_layer
from nn import ACTIVATIONS, half_squared_error, predict
from nn.export import to_jax


@pytest.mark.parametrize(
    ("activation", "nin", "nouts"),
    [*((name, 2, [3, 2]) for name in ACTIVATIONS), *(("tanh", *sizes) for sizes in SIZES)],
)
def test_jax_computes_the_same(jax: Any, activation: str, nin: int, nouts: list[int]) -> None:
    """Outputs of one sample and of all, and the gradients of `jax.grad`, compiled."""
    jnp = jax.numpy
    model, inputs = network(nin, nouts, activation), samples(nin)
    function, parameters = to_jax(model)
    x, ours = jnp.array(inputs), jnp.array(outputs(model, inputs))
    y = function(parameters, x)
    assert y.shape == (len(inputs), nouts[-1])
    assert y.dtype == jnp.float64
    assert jnp.allclose(y, ours, rtol=1e-12, atol=1e-12)
    assert jnp.allclose(function(parameters, x[2]), ours[2], rtol=1e-12, atol=1e-12)

    def error(parameters: Any) -> Any:
        return 0.5 * ((function(parameters, x) - 0.25) ** 2).sum()

    for row in inputs:
        half_squared_error(model(row), [0.25] * nouts[-1] if nouts[-1] > 1 else 0.25).backward()
    expected = jnp.array([parameter.grad for parameter in model.parameters()])
    gradients = jax.jit(jax.grad(error))(parameters)
    parts = [jnp.concatenate([g["w"], g["b"][:, None]], axis=1).ravel() for g in gradients]
    assert jnp.allclose(jnp.concatenate(parts), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_jax_far_out(jax: Any, activation: str) -> None:
    """Kinks at 0 and saturation."""
    layer = unit_layer(activation)
    function, parameters = to_jax(layer)
    slope = jax.grad(lambda x: function(parameters, x)[0])
    for number in [-1e6, -800.0, -41.0, -1e-9, -0.0, 0.0, 1e-9, 25.0, 41.0, 800.0]:
        leaf = Value(number)
        ours: Any = layer([leaf])
        ours.backward()
        x = jax.numpy.array([number])
        assert function(parameters, x)[0] == pytest.approx(ours.data, rel=1e-12, abs=1e-12)
        assert slope(x)[0] == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)


def test_jax_parameters(jax: Any) -> None:
    """Shapes as documented, in the precision that is set, exact where it can be."""
    model = network(2, [3, 1], "tanh")
    function, parameters = to_jax(model)
    assert [(p["w"].shape, p["b"].shape) for p in parameters] == [((3, 2), (3,)), ((1, 3), (1,))]
    numbers = [[w.data for w in neuron.w] for neuron in model.layers[0].neurons]
    assert parameters[0]["w"].tolist() == numbers
    jax.config.update("jax_enable_x64", False)
    function, parameters = to_jax(model)
    assert parameters[0]["w"].dtype == jax.numpy.float32
    y = function(parameters, jax.numpy.array([0.5, -1.0]))
    assert float(y[0]) == pytest.approx(predict(model, [[0.5, -1.0]])[0], rel=1e-5)


def test_jax_refuses_parameters_of_another_network(jax: Any) -> None:
    """Instead of leaving out the layers without parameters."""
    function, parameters = to_jax(network(2, [3, 1], "tanh"))
    with pytest.raises(ValueError, match=r"are not those of this model"):
        function(parameters[:1], jax.numpy.array([0.5, -1.0]))
