"""PyTorch's tensors as a number type for rows, and a module of such. Imported when needed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from operator import attrgetter
from typing import Any

from autograd import Operation
from autograd.compile import Forward, Lifted, Places

from .layers import Block

torch: Any = import_module("torch")


class Plain(Lifted):
    """A tensor, on which a row computes what its formula says."""

    __slots__ = ("numbers",)

    def __init__(self, array: Any, numbers: Any = None) -> None:
        self.array = array
        self.numbers = array if numbers is None else numbers  # of this precision, for conditions

    def like(self, array: Any) -> Plain:
        return type(self)(array, array if array.is_floating_point() else self.numbers)

    def constant(self, numbers: Sequence[float]) -> Plain:
        return self.like(self.numbers.new_tensor(numbers))

    def function(self, name: str, operands: Sequence[Any]) -> Plain:
        tensors = map(self._tensor, operands)
        if name == "cbrt":
            (x,) = tensors
            return self.like(torch.sign(x) * torch.abs(x) ** (1.0 / 3.0))
        return self.like(getattr(torch, name)(*tensors))

    def choice(self, a: Any, b: Any) -> Plain:
        return self.like(torch.where(self.array, self._tensor(a), self._tensor(b)))

    def take(self, places: Places) -> Plain:
        index = (
            torch.tensor(places, device=self.array.device) if isinstance(places, list) else places
        )
        return self.like(self.array[..., index])

    def join(self, others: Sequence[Any]) -> Plain:
        tensors = [self.array, *[other.array for other in others]]
        samples = torch.broadcast_shapes(*[tensor.shape[:-1] for tensor in tensors])
        return self.like(torch.cat([x.expand(*samples, -1) for x in tensors], dim=-1))

    def sums(self, width: int) -> Plain:
        return self.like(self.array.unflatten(-1, (-1, width)).sum(-1))

    def softmax(self, width: int) -> Plain:
        return self.like(self.array.unflatten(-1, (-1, width)).softmax(-1).flatten(-2))

    def linear(self, weights: Any, bias: Any = None) -> Plain:
        matrix = weights.array.reshape(-1, self.array.shape[-1])
        bias = None if bias is None else bias.array
        return self.like(torch.nn.functional.linear(self.array, matrix, bias))

    def _tensor(self, x: Any) -> Any:
        return x.array if isinstance(x, Lifted) else self.numbers.new_tensor(x)


class Tensor(Plain):
    """A tensor, on which each row has the derivative that it declares."""

    __slots__ = ()

    @classmethod
    def __operation__(cls, row: Operation, operands: tuple[Any, ...]) -> Any:
        if row.infix in ("+", "-", "*", "/"):
            return super().__operation__(row, operands)
        return cls(_Row.apply(row, *[x.array if isinstance(x, cls) else x for x in operands]))


class _Row(torch.autograd.Function):  # type: ignore[misc]
    """A row of the table."""

    generate_vmap_rule = True

    @staticmethod
    def forward(row: Operation, *operands: Any) -> Any:
        tensors = [x for x in operands if isinstance(x, torch.Tensor)]
        y = row.apply(_lifted(Plain, operands))
        shape = torch.broadcast_shapes(*[x.shape for x in tensors])
        y = y.array if isinstance(y, Lifted) else tensors[0].new_tensor(y)
        is_new = y.shape == shape and not any(y is x for x in tensors)
        return y if is_new else y.expand(shape).clone()

    @staticmethod
    def setup_context(context: Any, inputs: Any, output: Any) -> None:
        context.row, *operands = inputs
        tensors = [x for x in operands if isinstance(x, torch.Tensor)]
        context.numbers = [None if isinstance(x, torch.Tensor) else x for x in operands]
        context.save_for_backward(output, *tensors)

    @staticmethod
    def backward(context: Any, upstream: Any) -> Any:
        row, (y, *tensors) = context.row, context.saved_tensors
        given = iter(tensors)
        operands = [next(given) if x is None else x for x in context.numbers]
        slopes = row.local_gradients(Tensor(y), _lifted(Tensor, operands))
        gradients: list[Any] = [None] * len(operands)
        for i, (x, slope) in enumerate(zip(operands, slopes)):
            if isinstance(x, torch.Tensor):
                part = row.passed_on(slope, Tensor(upstream))
                part = part.array if isinstance(part, Lifted) else upstream.new_tensor(part)
                gradients[i] = part.expand(upstream.shape)  # PyTorch adds up what was repeated
        return None, *gradients


def _lifted(kind: type[Plain], operands: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([kind(x) if isinstance(x, torch.Tensor) else x for x in operands])


class TracedModule(torch.nn.Module):  # type: ignore[misc]
    """A model of `nn` as a module of PyTorch; made by `to_torch`."""

    def __init__(self, blocks: Sequence[Block], forward: Forward) -> None:
        super().__init__()
        self._forward, self._names = forward, [block.name for block in blocks]
        for block in blocks:
            *path, name = block.name.split(".")
            owner = self
            for part in path:
                if part not in dict(owner.named_children()):
                    owner.add_module(part, torch.nn.Module())
                owner = getattr(owner, part)
            numbers = torch.tensor(block.numbers, dtype=torch.float64).reshape(block.shape)
            wanted = torch.nn.Parameter(numbers, requires_grad=block.requires_grad)
            owner.register_parameter(name, wanted)

    def forward(self, x: Any) -> Any:
        """Return the outputs, (N, K) or (K,), for N samples or one."""
        samples = self._forward.samples(x.shape)
        parameters = [attrgetter(name)(self).reshape(-1) for name in self._names]
        theta = torch.cat([x.new_zeros(0), *parameters])
        return self._forward(Tensor(theta), Tensor(x.reshape(*samples, self._forward.inputs))).array

    def extra_repr(self) -> str:
        return f"sample={self._forward.shape}, outputs={self._forward.outputs}"
