"""One of two processes, each with half of a batch: `python half_of_a_batch.py PORT NUMBER`.

It writes the loss and the gradient of the whole batch.
"""

from __future__ import annotations

import json
import sys

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from autograd.compile import Step, compile
from nn import MLP, cross_entropy_with_logits


def program(engine: str) -> Step:
    model = MLP(3, [4, 2], rng=0, output="linear")
    return compile(
        lambda x, t: cross_entropy_with_logits(model(x), t), model.parameters(), engine=engine
    )


def samples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(8, 3)), np.eye(2)[rng.integers(0, 2, 8)]


def main(port: str, number: int) -> None:
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(f"127.0.0.1:{port}", num_processes=2, process_id=number)
    step = program("jax")
    everywhere = Mesh(np.array(jax.devices()), ("samples",))
    by_sample = NamedSharding(everywhere, PartitionSpec("samples"))
    whole = NamedSharding(everywhere, PartitionSpec())
    mine = slice(4 * number, 4 * number + 4)
    X, T = [jax.make_array_from_process_local_data(by_sample, x[mine]) for x in samples()]
    run = jax.jit(step.evaluate, out_shardings=whole)
    loss, gradient = run(np.array([p.data for p in step.params]), X, T)
    found = {"loss": float(loss), "gradient": np.asarray(gradient).tolist()}
    print(json.dumps(found | {"here": [x.data.shape[0] for x in X.addressable_shards]}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
