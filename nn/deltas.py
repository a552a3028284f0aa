"""δ of every unit, read from the graph."""

from __future__ import annotations

from collections import defaultdict

from autograd import Value, topological_order


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
        For each layer, counted from 1, a matrix: a row for each sample, in the order in which
        they enter the loss, and a column for each unit.

    Raises
    ------
    ValueError
        If backward() has not been run, or the loss holds no units of a network, or not all
        units of a layer equally often.

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
    layers: dict[int, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for node in topological_order(loss):
        if node.place is not None and node.place.quantity == "a":
            layers[node.place.layer][node.place.unit].append(node.grad)
    if not layers:
        raise ValueError("there are no marked units below this node; pass a loss of a network")
    if not loss.has_grad:
        raise ValueError("run backward() on the loss first: before it there is no delta")
    matrices: dict[int, list[list[float]]] = {}
    for layer, units in sorted(layers.items()):
        samples = {len(values) for values in units.values()}
        if len(samples) > 1:
            raise ValueError(
                f"the units of layer {layer} enter the loss {sorted(samples)} times; "
                "their deltas cannot be told apart by sample"
            )
        nothing = [0.0] * samples.pop()  # of a unit that the loss does not depend on
        columns = [units.get(unit, nothing) for unit in range(1, max(units) + 1)]
        matrices[layer] = [list(row) for row in zip(*columns)]
    return matrices
