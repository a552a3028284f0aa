"""PyTorch's modules: a `Sequential` as an `MLP`, and any module as a graph of scalars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, overload

from autograd.quoting import short

from ..layers import MLP
from .layers import NAMES, network, package
from .pytorch import _torch_activations
from .unrolled import Unrolled


@overload
def from_torch(module: Any) -> MLP: ...
@overload
def from_torch(module: Any, x: Any, /, *args: Any, **options: Any) -> Unrolled: ...
def from_torch(module: Any, *args: Any, **options: Any) -> MLP | Unrolled:
    """Return a PyTorch module as a graph of scalars; without an input, as an `MLP`.

    With an input, any module or function is run once, in float64, and what PyTorch computes is
    done with a `Value` for each number: up to 6000 nodes, to be drawn, played, explained and
    diagnosed. Leaves and the outputs of inner modules have PyTorch's names: "fc.weight[0,1]",
    after that of the argument where there are several modules. Each operation's numbers are
    checked against PyTorch's.

    Differentiated by are the parameters that are not frozen, and of the tensors among the
    arguments those that require a gradient, or all if none does; integers never. The rest are
    constants, and so is what the module cuts off by `detach` and `no_grad`. Branches are taken,
    and elements selected, as in this run. The module, its buffers and gradients, the tensors and
    the random numbers are left as they are.

    Without an input, the module is a Sequential, and the result an `MLP`. Sequentials may be
    nested. `Identity`, `Flatten` and, after ``module.eval()``, `Dropout` are skipped; a `Linear`
    without bias gets biases of 0. Weights of float32 are taken over exactly, but `nn` computes
    with them in double precision. `Softplus` is computed exactly where PyTorch's default rounds
    it to x, for x > 20: a difference below 3e-9. Where the Sequential gives an array of shape
    (N, 1), the network gives a single number for each sample.

    Parameters
    ----------
    module : torch.nn.Module or callable
        Without an input: a Sequential of `Linear` layers, with the same activation after every
        one but the last. A function gets the modules that it uses as arguments.
    *args, **options
        What it is called with: tensors of float32 or float64, modules, lists of them, numbers.

    Returns
    -------
    MLP or Unrolled
        Of an `Unrolled`, `outputs`, `inputs` and `parameters` are nodes, in nested lists of the
        tensors' shapes; `compare()` puts every gradient beside that of PyTorch, by its own
        backward pass.

    Raises
    ------
    ImportError
        If PyTorch or, with an input, NumPy is missing.
    TypeError
        If there is no input, and the module is not a Sequential; or numbers have another type.
    ValueError
        If the module contains what an `MLP` cannot express; with an input, if there would be more
        than 6000 nodes, or it uses an operation that draws random numbers, that changes in place
        what cannot be followed, or that there is no rule for. The message names the module or the
        operation, and the line.

    Examples
    --------
    ::

        import torch
        from autograd.view import explain
        from nn.export import from_torch

        network = torch.nn.Sequential(
            torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1), torch.nn.Sigmoid()
        )
        model = from_torch(network)
        assert repr(model) == "MLP(2, [3, 1], activation='tanh', output='sigmoid')"

        def loss(net, x, t):
            return torch.nn.functional.binary_cross_entropy(net(x), t)

        run = from_torch(loss, network, torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0]]))
        assert run.compare()
        run.outputs.backward()
        weight = run.parameters["0.weight"][0][1]
        assert weight.label == "0.weight[0,1]" and weight.grad != 0.0
        assert "0.weight[0,1]" in str(explain(weight, of=run.outputs))
    """
    torch = package("torch", "from_torch", "pip install torch")
    if args or options:
        package("numpy", "from_torch", "pip install numpy")
        from .torch_run import unroll

        return unroll(module, args, options)
    if type(module) is not torch.nn.Sequential:
        raise TypeError(
            f"from_torch() takes a torch.nn.Sequential, not {type(module).__name__}; "
            "put its modules into one, in the order in which they are called, or give an example "
            "input to have it as a graph of scalars: from_torch(module, x)"
        )
    steps = _steps(torch, module)
    numbers: list[float] = []
    for linear, _, _ in steps:
        weights = linear.weight.tolist()
        biases = [0.0] * len(weights) if linear.bias is None else linear.bias.tolist()
        for row, bias in zip(weights, biases):
            numbers += [*row, bias]
    return network(
        [steps[0].linear.in_features, *[step.linear.out_features for step in steps]],
        numbers,
        activation=steps[0].activation if len(steps) > 1 else "identity",
        output=steps[-1].activation,
    )


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
                        place,
                        f"it has {setting}={short(value)}; {short(name)} of nn has "
                        f"{short(accepted[-1])}",
                    )
            return name
    raise _refusal(
        place, f"an MLP has Linear layers and the activations {', '.join(NAMES)}, nothing else"
    )


def _refusal(place: str, reason: str) -> ValueError:
    return ValueError(f"from_torch() cannot express module {place}: {reason}")
