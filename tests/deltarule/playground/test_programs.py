"""The page's programs against `nn`: every activation, error and optimiser."""

import math
from typing import Any

from autograd import Operation
from deltarule.playground.table import OPTIMISERS, Table
from nn import MLP, binary_cross_entropy, cross_entropy, half_squared_error
from playground import in_page
from scripts import needs_node

PARTS = "data graph program settings train history"
INPUTS = [[0.3, -0.7], [0.9, 0.2], [-0.4, 0.6], [0.1, 0.8]]
RATE, PENALTY, UPDATES = 0.05, 0.01, 3
CASES = {  # by name: the outputs, what they are, the error, targets, and the page's setting
    "binary": (1, "sigmoid", binary_cross_entropy, [0, 1, 1, 0], "cross_entropy"),
    "squared": (1, "identity", half_squared_error, [0, 1, 1, 0], "squared"),
    "of sigmoid": (1, "sigmoid", half_squared_error, [0, 1, 1, 0], "squared_sigmoid"),
    "classes": (3, "softmax", cross_entropy, [0, 1, 2, 1], "cross_entropy"),
    "1 of 3": (3, "identity", half_squared_error, [0, 1, 2, 1], "squared"),
}
JOB = """
const exact = (key, x) => typeof x === "number" && !Number.isFinite(x) ? String(x) : x;
const runs = [];
for (const {activation, error, optimiser, targets, classes} of JOBS) {
  const dataset = {inputs: INPUTS, targets, classes}, all = [0, 1, 2, 3];
  const settings = {...firstSettings(), sizes: [3], activation, error, optimiser, rate: RATE,
    batch: 4, penalty: PENALTY};
  const net = netOf(settings, dataset), model = modelOf(net);
  const start = Float64Array.from({length: model.params}, (_, k) => Math.sin(k + 1) / 2 + 0.3);
  const run = beginRun(model, dataset, all, start, settings);
  const g = new Float64Array(model.params);
  const losses = all.map((i) => model.program(targets[i]).gradient(start, INPUTS[i],
    run.targetOf(i), g));
  for (let k = 0; k < UPDATES; k++) run.step(settings);
  runs.push({start: [...start], losses, gradient: [...g], p: [...run.p]});
}
console.log(JSON.stringify(runs, exact));
"""


def near(numbers: list[Any], right: list[float]) -> bool:
    """Return whether numbers agree to twelve digits; what is not finite, exactly."""
    pairs = [(float(str(a).replace("Infinity", "inf")), b) for a, b in zip(numbers, right)]
    return len(numbers) == len(right) and all(
        abs(a - b) <= 1e-12 * max(1.0, abs(b)) if math.isfinite(b) else repr(a) == repr(b)
        for a, b in pairs
    )


def _slope_of_bent(x: Any) -> Any:
    return (1.0 - x * x) / ((1.0 + x * x) * (1.0 + x * x))


@needs_node
def test_every_activation_error_and_optimiser_is_that_of_nn() -> None:
    own = Operation("bent", lambda x: x / (1.0 + x * x), lambda y, x: (_slope_of_bent(x),))
    table = Table()
    activations = table.constants()["ACTIVATIONS"]
    assert {"identity", "tanh", "sigmoid", "relu", "leaky_relu", "gelu", own.name} <= {*activations}
    jobs = [(name, case, kind) for name in activations for case in CASES for kind in OPTIMISERS]
    described = [
        {
            "activation": activation,
            "error": CASES[case][4],
            "optimiser": kind.name,
            "targets": CASES[case][3],
            "classes": ["a", "b", "c"][: max(2, CASES[case][0])],
        }
        for activation, case, kind in jobs
    ]
    given = {"JOBS": described, "INPUTS": INPUTS, "RATE": RATE, "PENALTY": PENALTY}
    runs = in_page(PARTS, JOB, table, UPDATES=UPDATES, **given)
    assert len(runs) == len(jobs) >= 30 * 5 * 6
    wrong = []
    for (activation, case, kind), run in zip(jobs, runs):
        outputs, output, error, labels, _ = CASES[case]
        model = MLP(2, [3, outputs], activation=activation, output=output, rng=0)
        for parameter, x in zip(model.parameters(), run["start"]):
            parameter.data = x
        optimizer = kind.make(model.parameters())
        optimizer.lr, optimizer.weight_decay = RATE, PENALTY
        vectors = [[float(k == t) for k in range(3)] for t in labels]
        targets: list[Any] = vectors if case == "1 of 3" else labels
        for update in range(UPDATES):
            model.zero_grad()
            try:
                losses: list[Any] = [error(model(x), t) for x, t in zip(INPUTS, targets)]
            except ValueError:  # an output that is nan is no probability
                break
            for loss in losses:
                loss.backward()
            slopes = [w.grad for w in model.parameters()]
            if update == 0 and not (
                near(run["losses"], [loss.data for loss in losses])
                and near(run["gradient"], slopes)
            ):
                wrong.append(f"pass of {activation}, {case}")
            for parameter, slope in zip(model.parameters(), slopes):
                parameter.grad = slope / len(INPUTS)
            optimizer.step()
        else:
            if not near(run["p"], [w.data for w in model.parameters()]):
                wrong.append(f"updates of {activation}, {case}, {kind.name}")
    assert wrong == []
