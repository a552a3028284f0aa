"""The same program gives the same bits, in every process."""

import os
import subprocess
import sys

PROGRAM = """
import autograd as ag
from autograd import Value

# Sums that depend on the order of their terms in the last bits.
w = [Value(0.1 * (i + 1) / 3, label=f"w{i}") for i in range(40)]
x = [Value((-1.7) ** (i % 9) / 7) for i in range(40)]
hidden = [ag.dot(w[i:i + 20], x[i:i + 20], w[-1]).tanh() for i in range(20)]
shares = ag.softmax(hidden)
tangle = shares[0]
for i, share in enumerate(shares):
    tangle = tangle * w[i % 40] / 3 + share ** 2 + tangle.sin() * w[(7 * i) % 40]
loss = ag.logsumexp([tangle, *hidden]) + sum(v * v for v in w) * 0.3
loss.backward()
loss.backward()
print(loss.data.hex())
print([v.grad.hex() for v in (*w, *x, *hidden, *shares)])
print([node._op + node.label for node in ag.topological_order(loss)])
f = lambda v: ag.logsumexp([a * b.sin() for a, b in zip(v, v[1:])]) / v[0]
print([[h.hex() for h in row] for row in ag.hessian(f)([0.1 * i + 0.3 for i in range(8)])])
print(ag.gradcheck(f, [0.3, 0.7, 1.1]))
"""


def run(seed: str) -> str:
    environment = dict(os.environ, PYTHONHASHSEED=seed, PYTHONPATH=os.pathsep.join(sys.path))
    environment["PYTHONIOENCODING"] = "utf-8"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, env=environment
    )
    return done.stdout.decode()


def test_the_same_bits_in_fresh_processes() -> None:
    """Neither hash seeds nor addresses decide the order of any sum."""
    first, *others = [run(seed) for seed in ("0", "1", "12345", "random")]
    assert len(first.splitlines()) > 4
    assert "0x1." in first
    assert set(others) == {first}


def test_the_same_bits_twice_in_one_process() -> None:
    """What was computed before makes no difference."""
    from autograd import Value, dot, softmax

    def gradients() -> list[str]:
        w = [Value(0.1 * i) for i in range(30)]
        loss = dot(softmax(w), [v.sin() for v in w])
        loss.backward()
        return [v.grad.hex() for v in w]

    first = gradients()
    clutter = [Value(float(i)) * 2 for i in range(1000)]
    assert gradients() == first
    del clutter
    assert gradients() == first
