"""Any PyTorch module as a graph of scalars: the same numbers, and the same gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from autograd import Value
from autograd.numbers import flatten
from autograd.view import diagnose, draw, explain, play
from nn.export import from_torch

torch: Any = pytest.importorskip("torch")
pytest.importorskip("numpy")
nn: Any = torch.nn
F: Any = torch.nn.functional


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(7)


def normal(*shape: int) -> Any:
    return torch.randn(*shape)


def chance(*shape: int) -> Any:
    return 0.1 + 0.8 * torch.rand(*shape)


def one_number(f: Any, *args: Any) -> Any:
    """A sum of all that f returns, in which every number counts otherwise."""
    result = f(*args)
    tensors = result if isinstance(result, tuple) else (result,)
    flat = torch.cat([x.reshape(-1) for x in torch.utils._pytree.tree_leaves(tensors)])
    return (flat * torch.linspace(0.5, 2.0, len(flat), dtype=flat.dtype)).sum()


def in_double(x: Any) -> Any:
    if isinstance(x, nn.Module):
        return copy.deepcopy(x).double()
    real = isinstance(x, torch.Tensor) and x.is_floating_point()
    return x.detach().double().requires_grad_() if real else x


def same_gradients(f: Any, *args: Any) -> None:
    """Compare with PyTorch's own backward pass in float64: a number, and all its gradients."""
    run = from_torch(one_number, f, *args)
    run.outputs.backward()
    f, *args = [in_double(x) for x in (f, *args)]  # type: ignore
    torch.set_default_dtype(torch.float64)
    try:
        expected = one_number(f, *args)
    finally:
        torch.set_default_dtype(torch.float32)
    expected.backward()
    assert run.outputs.data == pytest.approx(expected.item(), rel=1e-12, abs=1e-12)

    leaves = {f"args[{i}]": x for i, x in enumerate(args) if getattr(x, "requires_grad", False)}
    assert list(run.inputs) == list(leaves)
    theirs: dict[str, Any] = {}
    if isinstance(f, nn.Module):
        theirs = dict(f.named_parameters())
    assert list(run.parameters) == list(theirs)
    for name, tensor in {**theirs, **leaves}.items():
        nodes = flatten({**run.parameters, **run.inputs}[name])
        slopes = flatten(
            (torch.zeros(tensor.shape) if tensor.grad is None else tensor.grad).tolist()
        )
        assert [node.grad for node in nodes] == pytest.approx(slopes, rel=1e-10, abs=1e-10)
    assert run.compare()


class Residual(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 3))

    def forward(self, x: Any) -> Any:
        return x + self.inner(x)


class Tied(nn.Module):  # type: ignore[misc]
    """Token embeddings that also make the logits."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.head = nn.Linear(3, 5, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Any) -> Any:
        return self.head(self.embedding(tokens))


class Cells(nn.Module):  # type: ignore[misc]
    """A cell over three steps."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.cell = kind(2, 3)

    def forward(self, x: Any) -> Any:
        h = torch.zeros(1, 3)
        state = (h, torch.zeros(1, 3)) if isinstance(self.cell, nn.LSTMCell) else h
        for step in x:
            state = self.cell(step[None], state)
        return state


class Head(nn.Module):  # type: ignore[misc]
    """One causal attention head, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = [nn.Linear(4, 2, bias=False) for _ in range(3)]

    def forward(self, x: Any) -> Any:
        scores = self.q(x) @ self.k(x).transpose(-2, -1) / 2**0.5
        hidden = torch.triu(torch.ones(3, 3, dtype=torch.bool), diagonal=1)
        return torch.softmax(scores.masked_fill(hidden, float("-inf")), dim=-1) @ self.v(x)


def trained(module: Any) -> Any:
    """A normalisation whose running statistics are not those of the start, for evaluation."""
    module(3.0 * normal(8, 2, 3) + 1.0)
    return module.eval()


MODULES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "linear, a batch": lambda: (nn.Linear(3, 2), normal(4, 3)),
    "linear, one sample": lambda: (nn.Linear(3, 2, bias=False), normal(3)),
    "conv net": lambda: (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2)
        ),
        normal(1, 1, 6, 6),
    ),
    "conv, all settings": lambda: (
        nn.Conv2d(2, 4, 3, stride=2, padding=1, dilation=1, groups=2),
        normal(2, 2, 5, 5),
    ),
    "conv 1d, circular": lambda: (
        nn.Conv1d(1, 2, 3, padding=1, padding_mode="circular"),
        normal(1, 5),
    ),
    "conv transposed": lambda: (nn.ConvTranspose1d(2, 1, 2, stride=2), normal(1, 2, 3)),
    "average pools": lambda: (
        nn.Sequential(nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(3)),
        normal(1, 1, 8, 8),
    ),
    "upsampling": lambda: (nn.Upsample(scale_factor=2, mode="bilinear"), normal(1, 1, 2, 2)),
    "lstm cell": lambda: (Cells(nn.LSTMCell), normal(3, 2)),
    "gru cell": lambda: (Cells(nn.GRUCell), normal(3, 2)),
    "rnn cell": lambda: (Cells(nn.RNNCell), normal(3, 2)),
    "lstm": lambda: (nn.LSTM(2, 2, num_layers=2, bidirectional=True), normal(3, 2)),
    "gru": lambda: (nn.GRU(2, 3), normal(3, 2)),
    "attention head": lambda: (Head(), normal(3, 4)),
    "multi-head attention": lambda: (nn.MultiheadAttention(4, 2), *[normal(3, 4) for _ in "qkv"]),
    "transformer layer": lambda: (nn.TransformerEncoderLayer(4, 2, 6).eval(), normal(3, 1, 4)),
    "layer norm": lambda: (nn.LayerNorm(3), normal(2, 3)),
    "rms norm": lambda: (nn.RMSNorm(3), normal(2, 3)),
    "group norm": lambda: (nn.GroupNorm(2, 4), normal(1, 4, 2)),
    "batch norm, evaluation": lambda: (trained(nn.BatchNorm1d(2)), normal(2, 2, 3)),
    "batch norm, training": lambda: (nn.BatchNorm1d(2), normal(2, 2, 3)),
    "embedding": lambda: (nn.Embedding(4, 2, padding_idx=0), torch.tensor([0, 2, 2])),
    "dropout, evaluation": lambda: (nn.Sequential(nn.Linear(2, 2), nn.Dropout()).eval(), normal(2)),
    "residual": lambda: (Residual(), normal(2, 3)),
    "tied weights": lambda: (Tied(), torch.tensor([1, 3])),
    "weight norm": lambda: (nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), normal(2)),
}


@pytest.mark.parametrize("name", MODULES)
def test_modules(name: str) -> None:
    """Parameters and inputs have the gradients of PyTorch."""
    same_gradients(*MODULES[name]())


@pytest.mark.parametrize(
    "activation",
    [
        *(nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(0.5), nn.CELU(0.5), nn.SELU(), nn.SiLU(), nn.Mish()),
        *(nn.GELU(), nn.GELU("tanh"), nn.Softplus(), nn.Softplus(2.0, 3.0), nn.LogSigmoid()),
        *(nn.Sigmoid(), nn.Tanh(), nn.Softsign(), nn.Tanhshrink(), nn.Hardtanh(), nn.Hardswish()),
        *(nn.ReLU6(), nn.Hardshrink(), nn.Softshrink(), nn.Threshold(0.1, 20.0), nn.PReLU()),
        *(nn.Softmax(0), nn.LogSoftmax(0), nn.Softmin(0), nn.GLU(0)),
    ],
    ids=str,
)
def test_activations(activation: Any) -> None:
    """Also far out, and at the kinks of all of them."""
    same_gradients(activation, torch.tensor([-30.0, -6, -3, -1, -0.5, 0, 0.1, 0.5, 1, 3, 6, 30]))


LOSSES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "mse": lambda: (nn.MSELoss(), normal(3, 2), normal(3, 2)),
    "l1": lambda: (nn.L1Loss(reduction="sum"), normal(3, 2), normal(3, 2)),
    "smooth l1": lambda: (nn.SmoothL1Loss(beta=0.5), normal(3, 2), normal(3, 2)),
    "huber": lambda: (nn.HuberLoss(delta=0.5), normal(3, 2), normal(3, 2)),
    "classes": lambda: (nn.CrossEntropyLoss(), normal(3, 4), torch.tensor([0, 3, 1])),
    "classes, all settings": lambda: (
        nn.CrossEntropyLoss(torch.tensor([0.5, 2.0]), label_smoothing=0.1, ignore_index=1),
        normal(3, 2),
        torch.tensor([0, 1, 0]),
    ),
    "probabilities": lambda: (nn.CrossEntropyLoss(), normal(3, 2), chance(3, 2)),
    "nll": lambda: (nn.NLLLoss(), normal(3, 2), torch.tensor([0, 1, 1])),
    "bce": lambda: (nn.BCELoss(), chance(3), chance(3)),
    "bce with logits": lambda: (nn.BCEWithLogitsLoss(), normal(3), chance(3)),
    "kl": lambda: (nn.KLDivLoss(reduction="batchmean"), normal(3, 2), chance(3, 2)),
    "kl of logarithms": lambda: (
        nn.KLDivLoss(reduction="sum", log_target=True),
        normal(2),
        normal(2),
    ),
    "hinge of one's own": lambda: (
        lambda y, t: torch.clamp(1.0 - t * y, min=0.0).mean(),
        torch.tensor([0.5, 2.0, -1.0]),
        torch.tensor([1.0, 1.0, 1.0]),
    ),
    "multi-margin": lambda: (nn.MultiMarginLoss(), normal(3, 2), torch.tensor([0, 1, 1])),
    "poisson": lambda: (nn.PoissonNLLLoss(), normal(3), chance(3)),
    "gaussian": lambda: (nn.GaussianNLLLoss(), normal(3), normal(3), chance(3)),
    "triplet": lambda: (nn.TripletMarginLoss(), normal(2, 3), normal(2, 3), normal(2, 3)),
    "cosine": lambda: (nn.CosineSimilarity(), normal(2, 3), normal(2, 3)),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    """Inputs and real targets have gradients, classes have none."""
    same_gradients(*LOSSES[name]())


def assigned(x: Any) -> Any:
    out = torch.zeros(3, 3)
    out[0] = x[1] * 2
    out[1:, 0] += x[0, :2]
    return out


def through_views(x: Any) -> Any:
    y = x * 1.0
    y[0].mul_(3.0)
    y.view(-1).add_(x.reshape(-1)).tanh_()
    return y.T


def without_gradient(x: Any) -> Any:
    with torch.no_grad():
        scale = x.abs().max()
    return x / scale


EXPRESSIONS: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: 1 - x / 3 + 2 / x - torch.add(x, x, alpha=0.5) * -x,
    "powers": lambda x: x**3 + 2**x + x.abs() ** x + x.abs().sqrt() + x.abs().rsqrt(),
    "functions": lambda x: x.exp() + x.sin() + torch.atan2(x, x + 1) + x.erf() + (x * x).log1p(),
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x),
    "products": lambda x: (x @ x.T, x @ x[0], x[0] @ x[1], torch.outer(x[0], x[1])),
    "addmm": lambda x: torch.addmm(x[:, :2], x, x.T, beta=0.5, alpha=2.0),
    "indices": lambda x: x[1:, ::2] * x[0, 1] + x[[0, 1, 1], torch.tensor([2, 0, 1])][0],
    "cat, stack": lambda x: torch.stack([torch.cat([x, x * 2], 1), torch.cat([x, x.exp()], 1)]),
    "split": lambda x: x.split(2, 1)[1] * x.chunk(3, 1)[0] + x.unbind(1)[2][:, None],
    "moves": lambda x: (
        x.flip(0),
        x.roll(1),
        x.tril(),
        F.pad(x, (1, 0), value=7.0),
        x.repeat(2, 1),
    ),
    "gather": lambda x: x.gather(1, torch.tensor([[0, 2], [1, 1]])),
    "scatter": lambda x: (x * 1).scatter(1, torch.tensor([[0], [1]]), 3.0),
    "additions at indices": lambda x: (x * 1).index_add(0, torch.tensor([0, 0]), x).cumsum(1),
    "accumulated": lambda x: x.index_put((torch.tensor([0, 0]),), x, accumulate=True),
    "where": lambda x: torch.where(x > 0, x * x, -x).masked_fill(x > 1, -1.0),
    "clamp": lambda x: (x.clamp(-0.5, 0.5), x.clamp(min=0.1), torch.clamp(x, x.mean())),
    "absolute": lambda x: x.abs() + torch.maximum(x, -x) + torch.minimum(x, x.detach() * 2),
    "extremes": lambda x: (
        x.max(1)[0],
        x.max(),
        x.min(0).values,
        x.amax(-1),
        x.sort(1)[0],
        x.topk(2)[0],
    ),
    "extremes that are equal": lambda x: (
        (x - x.detach()).amax(1),
        (x - x.detach()).min(),
    ),
    "sums": lambda x: (x.sum(0), x.mean(1, keepdim=True), x.prod(1), x.logsumexp(1), x.cumprod(1)),
    "spread": lambda x: (x.std(), x.var(1, correction=0), x.std(0)),
    "norms": lambda x: (x.norm(), x.norm(p=1, dim=1), x.norm(p=3), F.normalize(x)),
    "the norm of 0": lambda x: (x * 0.0).norm() + x.sum(),
    "steps": lambda x: x.floor() * x + x * x.sign() + x.round(),
    "in place": lambda x: x.mul_(2).add_(1).tanh_(),
    "assigned": assigned,
    "through views": through_views,
    "expanded": lambda x: x[0].expand(4, 3) * x.movedim(0, 1).reshape(2, 3)[0],
    "cut": lambda x: x * x.detach() + x * x.data + x * x[0, 0].item(),
    "no_grad": without_gradient,
    "branches": lambda x: x * 2 if x.sum() > 100 else x * 3,
    "other precisions": lambda x: x.to(x.dtype) * torch.ones(3) + x * (x > 0) + x.long(),
    "vmap": lambda x: torch.vmap(lambda row: (row * row).sum())(x),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions(name: str) -> None:
    """Functions of tensors that are no modules; also those that write into them."""
    f = EXPRESSIONS[name]
    same_gradients(lambda x: f(x * 1), normal(2, 3))


def test_shapes_and_names() -> None:
    """Outputs have the structure of the module's, leaves the names of PyTorch."""
    run = from_torch(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), normal(4, 2))
    assert [len(row) for row in run.outputs] == [3, 3, 3, 3]
    assert list(run.parameters) == ["0.weight", "0.bias"]
    assert run.parameters["0.weight"][2][1].label == "0.weight[2,1]"
    assert run.parameters["0.bias"][1].label == "0.bias[1]"
    assert run.inputs["input"][3][0].label == "input[3,0]"
    assert run.outputs[0][2].label == "1[0,2]"
    assert run.outputs[0][2].parents[0].label == "0[0,2]"
    assert "12 outputs of 8 inputs and 9 parameters" in repr(run)

    run = from_torch(nn.LSTM(2, 2), normal(3, 2))
    out, (h, c) = run.outputs
    assert out[2] == h[0]
    assert len(c[0]) == 2


def test_names_of_several_modules_and_arguments() -> None:
    """After the argument's name where there are several; tied weights are one leaf."""
    encoder, decoder = nn.Linear(2, 2), nn.Linear(2, 2)
    decoder.weight = encoder.weight

    def loss(encoder: Any, decoder: Any, *pair: Any, scale: Any) -> Any:
        return scale * F.mse_loss(decoder(encoder(pair[0])), pair[1])

    run = from_torch(loss, encoder, decoder, normal(2), normal(2), scale=torch.tensor(2.0))
    assert list(run.parameters) == ["encoder.weight", "encoder.bias", "decoder.bias"]
    assert list(run.inputs) == ["pair[0]", "pair[1]", "scale"]
    assert run.inputs["scale"].label == "scale"
    assert run.compare()

    run = from_torch(encoder.forward, normal(2))
    assert list(run.parameters) == ["weight", "bias"]
    assert list(from_torch(torch.dot, normal(2), normal(2)).inputs) == ["x0", "x1"]


def test_pictures_explanations_and_the_doctor() -> None:
    """All of them take the result, and call things as PyTorch does."""

    class Net(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.out = nn.Linear(2, 2), nn.Linear(2, 1)

        def forward(self, x: Any, t: Any) -> Any:
            return F.mse_loss(self.out(torch.tanh(self.hidden(x))), t)

    loss = from_torch(Net(), normal(2), normal(1)).outputs
    loss.backward()
    assert diagnose(loss)
    weight = next(node for node in loss_leaves(loss) if node.label == "hidden.weight[0,1]")
    assert "∂hidden[0]/∂hidden.weight[0,1]" in str(explain(weight, of=loss))
    assert "hidden.weight[0,1]" in draw(loss).svg
    assert "hidden.weight[0,1]" in str(play(loss).data)


def loss_leaves(root: Value) -> set[Value]:
    found, waiting = set(), [root]
    while waiting:
        node = waiting.pop()
        waiting += node.parents
        found.add(node)
    return found


def test_a_dead_unit_is_found() -> None:
    """What the doctor is for: a gradient of 0 that PyTorch would pass on in silence."""
    net = nn.Sequential(nn.Linear(1, 1), nn.ReLU())
    with torch.no_grad():
        net[0].weight.fill_(1.0)
        net[0].bias.fill_(-5.0)
    run = from_torch(net, torch.tensor([1.0]))
    run.outputs[0].backward()
    assert run.parameters["0.weight"][0][0].grad == 0.0
    assert "0.weight[0,0]" in str(diagnose(run.outputs[0]))


# -- the comparison --------------------------------------------------------------------------


class WrongCube(torch.autograd.Function):  # type: ignore[misc]
    """x³, with a backward pass that forgot a factor."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, *upstream: Any) -> Any:
        (x,) = ctx.saved_tensors
        return x**2 * upstream[0]


def test_a_wrong_backward_of_one_s_own_is_seen() -> None:
    """Ours follows the forward; PyTorch's is what the user wrote."""
    run = from_torch(lambda x: WrongCube.apply(x).sum(), torch.tensor([2.0, 0.0]))
    report = run.compare()
    assert not report
    wrong, right = report.rows
    assert (wrong.name, wrong.ours, wrong.theirs, wrong.difference) == ("x[0]", 12.0, 4.0, 8.0)
    assert (wrong.ok, right.ok) == (False, True)
    lines = str(report).splitlines()
    assert lines[0] == "2 gradients: 1 agree, 1 differ"
    assert lines[1].split() == ["leaf", "ours", "PyTorch", "difference"]
    assert lines[2].split() == ["x[0]", "12", "4", "8.0e+00", "differs"]


def test_a_forgotten_gradient_is_seen() -> None:
    """Where PyTorch has none for a leaf, it counts as 0."""
    run = from_torch(lambda a, b: a.detach() * b, torch.tensor(2.0), torch.tensor(3.0))
    assert [(row.ours, row.theirs) for row in run.compare().rows] == [(0.0, 0.0), (2.0, 2.0)]
    constant = from_torch(lambda a: a.detach() * 2, torch.tensor(2.0))
    assert constant.outputs == 4.0
    assert constant.compare()


def test_the_comparison_changes_no_gradient() -> None:
    """It needs no backward pass, and leaves those there were."""
    run = from_torch(lambda x: (x * x).sum(), torch.tensor([3.0]))
    (x,) = run.inputs["x"]
    assert run.compare()
    assert not x.has_grad
    run.outputs.backward()
    assert run.compare()
    assert x.grad == 6.0


def test_several_numbers_cannot_be_compared() -> None:
    """As in PyTorch, whose backward() wants one."""
    with pytest.raises(ValueError, match=r"one number.*returned 3"):
        from_torch(nn.Linear(2, 3), normal(2)).compare()


def test_long_comparisons_show_what_differs_first() -> None:
    """A table of a thousand rows hides the one that matters."""
    x = torch.ones(40)
    report = from_torch(lambda x: x[:39].sum() + WrongCube.apply(x[39]), x).compare()
    lines = str(report).splitlines()
    assert lines[2].startswith("x[39]")
    assert lines[-1] == "and 16 more, see .rows"
