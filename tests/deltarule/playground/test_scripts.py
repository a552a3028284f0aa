"""Copy as Python, and as PyTorch: executed, and held against nn."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nn
from playground import on_page
from scripts import needs_node

pytestmark = needs_node

POINTS = [[0.0, 0.0], [0.25, 1e-7], [1.0, -0.5], [1.0, 1.0], [-0.3, 1e21]]
NETS = {
    "squares": ((2, [3, 2], 1, "tanh", "identity", "half_squared_error"), 2, "SGD"),
    "binary": ((2, [3], 1, "relu", "sigmoid", "binary_cross_entropy"), 2, "Momentum"),
    "classes": ((2, [3], 3, "softplus", "softmax", "cross_entropy"), 3, "Adam"),
    "coded": ((2, [2], 3, "gudermannian", "sigmoid", "half_squared_error"), 3, "AdamW"),
    "curve": ((1, [4], 1, "elu", "identity", "half_squared_error"), 0, "RMSprop"),
    "alone": ((2, [], 1, "tanh", "sigmoid", "binary_cross_entropy"), 2, "Adagrad"),
}
OPTIMIZERS: dict[str, Callable[[Any], nn.Optimizer]] = {
    "SGD": lambda w: nn.SGD(w, lr=0.05, weight_decay=0.01),
    "Momentum": lambda w: nn.SGD(w, lr=0.05, momentum=0.9, weight_decay=0.01),
    "Adagrad": lambda w: nn.Adagrad(w, lr=0.05, weight_decay=0.01),
    "RMSprop": lambda w: nn.RMSprop(w, lr=0.05, weight_decay=0.01),
    "Adam": lambda w: nn.Adam(w, lr=0.05, weight_decay=0.01),
    "AdamW": lambda w: nn.AdamW(w, lr=0.05, weight_decay=0.01),
}


def given(name: str) -> dict[str, Any]:
    (inputs, hidden, outputs, activation, output, error), classes, optimiser = NETS[name]
    net = {"inputs": inputs, "hidden": hidden, "outputs": outputs, "error": error}
    net |= {"activation": activation, "output": output}
    points = [point[:inputs] for point in (POINTS[:4] if inputs == 2 else POINTS)]
    targets = [k % classes if classes else k - 0.5 for k in range(len(points))]
    count = len(nn.MLP(inputs, [*hidden, outputs]).parameters())
    p = [((7 * k) % 11 - 5) / 9 for k in range(count)]
    settings = {"optimiser": optimiser, "rate": 0.05, "penalty": 0.01, "batch": 2000, "seed": 4}
    dataset = {"inputs": points, "targets": targets, "classes": [*"abc"][:classes] or None}
    frozen = [k == 1 for k in range(count)]
    case = {"net": net, "settings": settings, "dataset": dataset, "p": p, "frozen": frozen}
    return {**case, "train": [*range(1, len(points))], "epochs": 12.25}


@pytest.fixture(scope="module")
def scripts() -> list[list[Any]]:
    found: list[list[Any]] = on_page(
        """return all.map((given) => {
          const {net, dataset, train, p, settings} = given;
          const {loss} = beginRun(modelOf(net), dataset, train, p, settings).score(train);
          return [loss, pythonOf({...given, loss}), torchOf({...given, loss})];
        });""",
        all=[given(name) for name in NETS],
    )
    return found


def printed(script: str) -> list[float]:
    """Return the losses that a script prints, before and after more training."""
    losses: list[float] = []
    exec(script, {"print": lambda word, loss: losses.append(loss)})
    return losses


@pytest.mark.parametrize("name", NETS)
def test_the_python_script_has_the_loss_of_the_page_and_of_nn(
    name: str, scripts: list[list[Any]]
) -> None:
    case, (loss, script, _) = given(name), scripts[[*NETS].index(name)]
    first, last = printed(script)
    net, dataset = case["net"], case["dataset"]
    sizes = [*net["hidden"], net["outputs"]]
    model = nn.MLP(net["inputs"], sizes, activation=net["activation"], output=net["output"])
    for parameter, number in zip(model.parameters(), case["p"], strict=True):
        parameter.data = number
    targets = [dataset["targets"][k] for k in case["train"]]
    if name == "coded":
        targets = [[float(k == c) for k in range(3)] for c in targets]
    inputs = [dataset["inputs"][k] for k in case["train"]]
    expected = nn.mean_loss(model, inputs, targets, net["error"])
    assert loss == pytest.approx(expected, rel=1e-12)
    assert first == pytest.approx(expected, rel=1e-12)
    for k in [k for k, is_frozen in enumerate(case["frozen"]) if is_frozen]:
        model.parameters()[k].requires_grad_(False)
    optimizer = OPTIMIZERS[NETS[name][2]](model.parameters())
    data = (model, inputs, targets, net["error"])
    nn.fit(*data, optimizer=optimizer, epochs=100, compiled=True, progress=False)
    assert last == pytest.approx(nn.mean_loss(*data), rel=1e-12)


@pytest.mark.parametrize("name", NETS)
def test_pytorch_has_the_same_loss_before_and_after_training(
    name: str, scripts: list[list[Any]]
) -> None:
    torch = pytest.importorskip("torch")
    loss, ours, theirs = scripts[[*NETS].index(name)]
    before = torch.get_default_dtype()
    try:
        first, last = printed(theirs)
    finally:
        torch.set_default_dtype(before)
    assert first == pytest.approx(loss, rel=1e-12)
    assert [first, last] == pytest.approx(printed(ours), rel=1e-9)


def test_the_scripts_are_formatted(scripts: list[list[Any]], tmp_path: Path) -> None:
    for k, (_, *both) in enumerate(scripts):
        for i, script in enumerate(both):
            (tmp_path / f"script_{k}_{i}.py").write_text(script)
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff formats")
    command = [str(ruff), "format", "--isolated", "--diff", "--line-length=88", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_pytorch_lacks_is_said() -> None:
    case = given("squares")
    case["net"]["activation"] = "mine"
    found = on_page("return torchOf({...given, loss: 1});", given=case)
    assert found == {"wrong": "PyTorch has no function mine: copy it as Python, or choose another."}


def test_numbers_keep_their_bits() -> None:
    numbers = [0.1, -0.0, 1e21, 1e-7, 3.0, 5e-324, 123456789012345680000.0]
    code = "return ['-0', ...numbers].map(Number).map(floatOfPython);"
    written = on_page(code, numbers=numbers)
    assert written[0] == "-0.0"
    assert [float(x) for x in written[1:]] == numbers
    assert all(isinstance(eval(x), float) for x in written)
