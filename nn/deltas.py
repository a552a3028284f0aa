"""δ of every unit, read from the graph."""

from __future__ import annotations

from autograd import Layers, Value, topological_order


def deltas(loss: Value) -> dict[int, list[list[float]]]:
    """Return δ_j = ∂E/∂a_j of every unit of a network, after ``loss.backward()``.

    Nothing is computed here: δ *is* the gradient of the pre-activation node, which backward()
    has found by the chain rule and `nn` has marked with its layer and unit.

    Parameters
    ----------
    loss : Value
        Computed from outputs of one network, for one sample or several.

    Returns
    -------
    dict
        For each layer, counted from 1, a matrix: a column for each unit, and a row for each
        sample, in the order in which they enter the loss. A layer that is used several times for
        a sample, in time steps or shared, has a row for each time. Layers are numbered as in
        `autograd.Layers`.

    Raises
    ------
    ValueError
        If backward() has not been run, the loss holds no units of a network, or a layer was used
        several times with the same inputs, of which not all units enter the loss.

    Examples
    --------
    >>> from nn import MLP, half_squared_error
    >>> model = MLP(2, [3, 1], activation="tanh", rng=0)
    >>> y = model([0.5, -1.0])
    >>> loss = half_squared_error(y, 1.0)
    >>> loss.backward()
    >>> deltas(loss)[2] == [[y.data - 1.0]]
    True

    References
    ----------
    C. M. Bishop, Pattern Recognition and Machine Learning, Springer 2006, eq. (5.51).
    """
    layers = Layers(topological_order(loss))
    if not layers.uses:
        raise ValueError("there are no marked units below this node; pass a loss of a network")
    if not loss.has_grad:
        raise ValueError("run backward() on the loss first: before it there is no delta")
    if layers.unclear:
        raise ValueError(
            f"layer {min(layers.unclear)} was used several times with the same inputs, and its "
            "units do not enter the loss equally often; which belong together cannot be told"
        )
    return {
        layer: [
            [use.units[unit].grad if unit in use.units else 0.0 for unit in range(1, width + 1)]
            for use in uses
        ]
        for layer, uses in layers.uses.items()
        for width in [max([unit for use in uses for unit in use.units])]
    }
