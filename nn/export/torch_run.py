"""A run of a PyTorch module under observation, in which every operation leaves its nodes."""

from __future__ import annotations

import copy
import importlib
import inspect
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import numpy as np

from autograd import Value
from autograd.quoting import short

from .arrays import Array, check, check_size, enlarge, indexed, leaves
from .aten import CONSTANT, NEEDS_NO_NODES, Call, is_real, torch, tree, unrolled
from .unrolled import Unrolled

overrides: Any = importlib.import_module("torch.overrides")
modules: Any = importlib.import_module("torch.nn.modules.module")
DispatchMode: Any = importlib.import_module("torch.utils._python_dispatch").TorchDispatchMode
DECOMPOSITIONS: Final[dict[Any, Any]] = importlib.import_module("torch._decomp").decomposition_table
DETACH: Final = (torch.detach, torch.Tensor.detach, torch.Tensor.data.__get__)
OUTSIDE: Final = [os.path.dirname(path) for path in (torch.__file__, __file__)]


def unroll(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Unrolled:
    """Run a module or function once; see `nn.export.from_torch`."""
    parts = list(_parts(function, args, options))
    given = _differentiated(parts)
    for name, tensor in given.items():
        if tensor.dtype not in (torch.float32, torch.float64):
            raise TypeError(
                f"{name} is of {tensor.dtype}; from_torch() takes real numbers of float32 or "
                "float64: convert it first, e.g. module.float()"
            )
    count = sum(x.numel() for x in given.values())
    check_size("from_torch", 0, count, f"{short(function)} with its inputs")

    memo: dict[int, Any] = {}
    function, args, options = [_copied(x, memo) for x in (function, args, options)]
    tensors = {name: memo[id(x)].requires_grad_() for name, x in given.items()}
    recorder = Recorder(
        {
            memo[id(module)]: path
            for name, part in reversed(parts)
            if isinstance(part, torch.nn.Module)
            for path, module in part.named_modules(prefix=name)
        },
    )
    nodes = {name: recorder.leaf(name, tensor) for name, tensor in tensors.items()}
    with recorder.running():
        result = function(*_cloned(args), **_cloned(options))

    def theirs() -> dict[str, Any]:
        end: Any = sum(x.sum() for x in tree.tree_leaves(result) if is_real(x))
        slopes: Any = [None] * len(tensors)
        if end.requires_grad:
            slopes = torch.autograd.grad(
                end, [*tensors.values()], retain_graph=True, allow_unused=True
            )
        return {
            name: (torch.zeros_like(tensor) if slope is None else slope).tolist()
            for (name, tensor), slope in zip(tensors.items(), slopes)
        }

    is_parameter = {name: isinstance(x, torch.nn.Parameter) for name, x in given.items()}
    return Unrolled(
        "PyTorch",
        tree.tree_map(recorder.output, result),
        {name: array.tolist() for name, array in nodes.items() if not is_parameter[name]},
        {name: array.tolist() for name, array in nodes.items() if is_parameter[name]},
        theirs,
    )


# -- what there is before the run ------------------------------------------------------------


def _parts(
    function: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the tensors and modules by name; the one module there is has none."""
    found = [
        *_inside("", getattr(function, "__self__", function)),
        *[part for name, x in _named(function, args, options) for part in _inside(name, x)],
    ]
    is_alone = sum(isinstance(part, torch.nn.Module) for _, part in found) == 1
    for name, part in found:
        yield ("" if is_alone and isinstance(part, torch.nn.Module) else name), part


def _named(
    function: Any, args: tuple[Any, ...], options: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the arguments by the names that the function has for them."""
    called = function.forward if isinstance(function, torch.nn.Module) else function
    try:
        signature = inspect.signature(called)
    except (TypeError, ValueError):  # of a function written in C
        yield from {**{f"x{i}": x for i, x in enumerate(args)}, **options}.items()
        return
    for name, x in signature.bind(*args, **options).arguments.items():
        is_rest = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        yield from x.items() if is_rest else [(name, x)]


def _inside(name: str, x: Any) -> Iterator[tuple[str, Any]]:
    """Yield the tensors and modules in nested lists and dicts."""
    if isinstance(x, (list, tuple, dict)):
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            yield from _inside(f"{name}[{key!r}]", item)
    elif isinstance(x, (torch.Tensor, torch.nn.Module)):
        yield name, x


def _differentiated(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return by name what is differentiated by, each once.

    Parameters that are not frozen, and of the inputs those that require a gradient, or all if
    none does.
    """
    parameters: dict[str, Any] = {}
    inputs: dict[str, Any] = {}
    for name, part in parts:
        if isinstance(part, torch.nn.Module):
            prefix = f"{name}." if name else ""
            parameters.update({prefix + path: p for path, p in part.named_parameters()})
        elif isinstance(part, torch.nn.Parameter):
            parameters[name] = part
        elif part.is_floating_point() or part.is_complex():
            inputs[name] = part
    wanted = {name: x for name, x in inputs.items() if x.requires_grad} or inputs
    found = {name: p for name, p in parameters.items() if p.requires_grad}
    found.update({f"{name} (input)" if name in found else name: x for name, x in wanted.items()})
    first = {id(x): name for name, x in reversed(found.items())}
    return {name: x for name, x in found.items() if first[id(x)] == name}


def _copied(x: Any, memo: dict[int, Any]) -> Any:
    """Return a copy in float64; what was one thing stays one."""
    if type(x) in (list, tuple):
        return type(x)(_copied(item, memo) for item in x)
    if type(x) is dict:
        return {key: _copied(item, memo) for key, item in x.items()}
    if id(x) not in memo and isinstance(x, torch.Tensor):
        made = x.detach().cpu().clone()
        memo[id(x)] = made.double() if is_real(x) else made
        return memo[id(x)]
    twin = copy.deepcopy(x, memo)
    module = getattr(twin, "__self__", twin)
    if isinstance(module, torch.nn.Module):
        module.to("cpu", torch.float64)
    return twin


def _cloned(x: Any) -> Any:
    """Return arguments that may be changed in place."""
    return tree.tree_map(lambda t: t.clone() if isinstance(t, torch.Tensor) else t, x)


# -- the run ---------------------------------------------------------------------------------


class Recorder(DispatchMode):  # type: ignore[misc]
    """Sees each elementary operation, and keeps beside each tensor the nodes of its elements.

    They are kept for a piece of memory, not for a tensor: views of it, and what is written into
    it in place, then need nothing of their own.
    """

    def __init__(self, names: dict[Any, str]) -> None:
        super().__init__()
        self.names = names
        self.graph: set[Value] = set()
        self.memory: dict[int, tuple[Any, Array]] = {}
        self.is_cut = False  # within torch.no_grad()
        self.path: list[str] = []  # of the modules that are running

    def running(self) -> ExitStack:
        """Return a context in which operations are recorded, and PyTorch computes in float64."""
        stack = ExitStack()
        stack.callback(torch.set_default_dtype, torch.get_default_dtype())
        torch.set_default_dtype(torch.float64)
        for hook in (
            modules.register_module_forward_pre_hook(self._enter),
            modules.register_module_forward_hook(self._leave),
        ):
            stack.callback(hook.remove)
        attention = importlib.import_module("torch.nn.attention")
        stack.enter_context(attention.sdpa_kernel(attention.SDPBackend.MATH))
        stack.enter_context(torch.enable_grad())
        stack.enter_context(_cuts(self))
        stack.enter_context(self)
        return stack

    def _enter(self, module: Any, args: Any) -> None:
        self.path.append(self.names.get(module, type(module).__name__))

    def _leave(self, module: Any, args: Any, result: Any) -> None:
        """Give the outputs of a module its name."""
        name = self.path.pop()
        for tensor in tree.tree_leaves(result) if name else ():
            if is_real(tensor) and self.knows(tensor):
                for index, node in np.ndenumerate(self.array(tensor)):
                    if isinstance(node, Value) and not node.label:
                        node.label = indexed(name, index)

    # -- nodes in memory

    def knows(self, tensor: Any) -> bool:
        return tensor.numel() > 0 and tensor.untyped_storage().data_ptr() in self.memory

    def array(self, tensor: Any) -> Array:
        """Return the elements of a tensor; where there are nodes, a view of these."""
        if not self.knows(tensor):
            return tensor.detach().numpy().astype(object)  # type: ignore[no-any-return]
        flat = self.memory[tensor.untyped_storage().data_ptr()][1]
        return np.lib.stride_tricks.as_strided(
            flat[tensor.storage_offset() :],
            tuple(tensor.shape),
            [flat.itemsize * stride for stride in tensor.stride()],
        )

    def write(self, tensor: Any, elements: Array) -> None:
        if not self.knows(tensor):
            whole = torch.empty(0, dtype=tensor.dtype).set_(tensor.untyped_storage())
            address = tensor.untyped_storage().data_ptr()
            self.memory[address] = tensor, whole.numpy().astype(object)
        self.array(tensor)[...] = elements

    def leaf(self, name: str, tensor: Any) -> Array:
        nodes = leaves(name, tensor.detach().numpy())
        enlarge(self.graph, nodes)
        if nodes.size:
            self.write(tensor, nodes)
        return nodes

    def output(self, x: Any) -> Any:
        if not isinstance(x, torch.Tensor):
            return x
        return self.array(x).tolist() if is_real(x) else x.tolist()

    # -- operations

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), options: Any = None
    ) -> Any:
        options = {k: _in_double(v) for k, v in (options or {}).items()}
        args = tree.tree_map(_in_double, args)
        name = operation.overloadpacket.__name__
        tensors = [x for x in tree.tree_leaves((args, options)) if isinstance(x, torch.Tensor)]
        if torch.Tag.nondeterministic_seeded in operation.tags:
            raise self._refusal(
                operation,
                "it draws random numbers; call .eval() if that is dropout, or pass the numbers "
                "as an argument",
            )
        self._check_foreign(tensors)
        if not any(map(self.knows, tensors)) or torch.Tag.inplace_view in operation.tags:
            return operation(*args, **options)
        if name.endswith("_") and not name.endswith("__"):
            return self._in_place(operation, name, args, options)
        if operation._schema.is_mutable:
            raise self._refusal(operation, "it writes into its arguments; use what it returns")
        if self.is_cut or name in CONSTANT or options.get("rounding_mode"):
            result = operation(*args, **options)
            return tree.tree_map(
                lambda x: x.clone() if isinstance(x, torch.Tensor) and self.knows(x) else x, result
            )
        if operation.is_view:
            return operation(*args, **options)
        return self._recorded(operation, name, args, options)

    def _recorded(self, operation: Any, name: str, args: Any, options: Any) -> Any:
        result = operation(*args, **options)
        tensors = [x for x in tree.tree_leaves(result) if isinstance(x, torch.Tensor)]
        others = [x.dtype for x in tensors if x.is_complex() or is_real(x)]
        if any(dtype is not torch.float64 for dtype in others):
            raise self._refusal(
                operation, f"its numbers are of {others[0]}; use float32 or float64"
            )
        if not any(map(is_real, tensors)):
            return result  # a comparison, an index: not to be differentiated
        before = len(self.graph)
        least = 0 if name in NEEDS_NO_NODES else tensors[0].numel()
        check_size("from_torch", before, least, self._what(operation))
        elements = unrolled(Call(name, operation, args, options, self.array, result))
        if elements is None:
            return self._decomposed(operation, args, options)
        enlarge(self.graph, elements)
        check_size("from_torch", before, len(self.graph) - before, self._what(operation))
        theirs = tensors[0].detach().numpy()
        finite = [np.abs(x[np.isfinite(x)]).max(initial=1.0) for x in self._numbers(args, theirs)]
        check(self._what(operation), elements, theirs, max(finite))
        if theirs.size:
            self.write(tensors[0], elements)
        return result

    def _numbers(self, args: Any, theirs: Array) -> list[Array]:
        return [theirs, *[x.detach().numpy() for x in tree.tree_leaves(args) if is_real(x)]]

    def _decomposed(self, operation: Any, args: Any, options: Any) -> Any:
        """Let PyTorch carry out an operation by simpler ones."""
        decomposition = DECOMPOSITIONS.get(operation, operation.decompose)
        with self:
            result = decomposition(*args, **options)
        if result is NotImplemented:
            raise self._refusal(operation, "there is no rule for it; write it by simpler functions")
        return result

    def _in_place(self, operation: Any, name: str, args: Any, options: Any) -> Any:
        target = args[0]
        if self.is_cut and self.knows(target):
            raise self._refusal(operation, "it changes, within no_grad(), what a gradient passes")
        packet = getattr(getattr(torch.ops, operation.namespace), name[:-1], None)
        plain = getattr(packet, operation._overloadname, None)
        if plain is None:
            raise self._refusal(operation, "it works in place; use the function that does not")
        with self:
            result = plain(*args, **options)
        operation(*args, **options)
        if is_real(target):
            self.write(target, self.array(result))
        return target

    def _check_foreign(self, tensors: list[Any]) -> None:
        for x in tensors:
            if x.requires_grad and x.is_leaf and not self.knows(x) and x.numel():
                raise ValueError(
                    f"the function uses a tensor of shape {tuple(x.shape)} that requires a "
                    "gradient and is not among its arguments; pass it, or the module it belongs "
                    "to, as an argument: from_torch(lambda model, x: ..., model, x)"
                )

    def _what(self, operation: Any) -> str:
        """Return which operation it is, and where it was called."""
        place = [f"of {self.path[-1]}"] if self.path and self.path[-1] else []
        for frame, line in traceback.walk_stack(None):
            file = frame.f_code.co_filename
            if not any(file.startswith(folder) for folder in OUTSIDE):
                place.append(f"in {os.path.basename(file)}, line {line}")
                break
        return " ".join([str(operation), *place])

    def _refusal(self, operation: Any, reason: str) -> ValueError:
        return ValueError(f"from_torch() cannot unroll {self._what(operation)}: {reason}")


def _in_double(x: Any) -> Any:
    """Return float64 in place of float32."""
    return torch.float64 if x is torch.float32 else x


def _cuts(recorder: Recorder) -> Any:
    """Return the mode that tells where the user cuts the graph, which operations do not show.

    The forward of a `torch.autograd.Function` also runs without gradients, but is recorded: so
    it is seen whether the backward pass that belongs to it is right.
    """
    base: Any = overrides.TorchFunctionMode

    class Cuts(base):  # type: ignore[misc]
        def __torch_function__(
            self, function: Callable[..., Any], types: Any, args: Any = (), options: Any = None
        ) -> Any:
            if function is torch._C._set_grad_enabled:
                recorder.is_cut = not args[0]
            elif function in DETACH:
                before, recorder.is_cut = recorder.is_cut, True
                try:
                    with torch.no_grad():
                        return args[0].clone()
                finally:
                    recorder.is_cut = before
            return function(*args, **(options or {}))

    return Cuts()
