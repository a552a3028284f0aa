"""Machine code by a C compiler: whatever happens to its files and to the compiler."""

from __future__ import annotations

import errno
import gc
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograd import Operation, Value, exp, logsumexp
from autograd.compile import automatic, c_code, cache, compile
from autograd.table import TABLE
from eager import agree, samples
from nn import Layer


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where machine code is kept."""
    try:
        c_code.compiler()
    except ImportError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "deltarule"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been compiled since."""
    sources: list[str] = []
    run = c_code._compiled

    def watched(source: str, *arguments: Any) -> bytes:
        sources.append(source)
        return run(source, *arguments)

    monkeypatch.setattr(c_code, "_compiled", watched)
    return sources


def run(engine: str = "c") -> float:
    w = Value(2.0)
    return compile(lambda x, t: w * x + 1.0, [w], engine=engine)([3.0], [0.0])[0]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: data,
    "cut short": lambda data: data[: len(data) // 2],
    "a bit": lambda data: data[:2000] + bytes([data[2000] ^ 4]) + data[2001:],
    "empty": lambda data: b"",
}


def test_it_is_kept_and_what_is_damaged_is_made_anew(folder: Path, compiled: list[str]) -> None:
    assert run() == 7.0
    (code,) = folder.rglob("*.so")
    assert folder.stat().st_mode & 0o077 == 0
    for count, (kind, damage) in enumerate(DAMAGES.items(), start=1):
        code.write_bytes(damage(code.read_bytes()))
        gc.collect()
        assert run() == 7.0
        assert len(compiled) == count, kind
    folder.chmod(0o777)  # where everybody can write, nothing is read
    assert run() == 7.0
    assert len(compiled) == len(DAMAGES) + 1


@pytest.mark.parametrize("ending", ["so", "json", ".c"])
def test_a_full_disk(monkeypatch: pytest.MonkeyPatch, compiled: list[str], ending: str) -> None:
    """Whichever file finds no room: the program runs, and is kept when there is room again."""
    write, is_full = cache.write, True

    def refusing(path: Path, content: Any) -> None:
        if is_full and str(path).endswith(ending):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    monkeypatch.setattr(cache, "write", refusing)
    monkeypatch.setattr(c_code, "write", refusing)
    for count in (1, 2):
        assert run() == 7.0
        assert len(compiled) == count
    is_full = False
    for _ in range(2):
        assert run() == 7.0
    assert len(compiled) == 3


def test_without_a_compiler_and_with_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "a-compiler-that-is-not-there -m64")
    with pytest.raises(ImportError, match=r"there is no a-compiler-that-is-not-there: install"):
        run()
    monkeypatch.delenv("CC")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImportError, match=r"no cc or gcc or clang: install one \(\"apt install"):
        run()
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'out of ideas' >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o700)
    monkeypatch.setenv("CC", str(broken))
    with pytest.raises(RuntimeError, match=r"broken cannot compile the program \(out of ideas\)"):
        run()
    assert run("auto") == 7.0


@pytest.mark.parametrize(
    ("script", "error", "says"),
    [
        ("exit 0", RuntimeError, r"odd cannot compile the program \(it wrote no file\)"),
        ('while [ "$1" != -o ]; do shift; done; echo no code > "$2"', RuntimeError, "be loaded"),
        ("", ImportError, r"there is no '.*odd: install"),
    ],
)
def test_what_is_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, error: Any, says: str
) -> None:
    odd = tmp_path / "odd"
    odd.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    odd.chmod(0o700)
    monkeypatch.setenv("CC", str(odd) if script else f"'{odd}")  # a quotation without an end
    with pytest.raises(error, match=says):
        run()
    assert run("auto") == 7.0


@pytest.mark.parametrize("name", ['"; abort(); //', "exp", "n", "program"])
def test_names_of_users_never_reach_the_source(name: str) -> None:
    own = name not in TABLE
    row = Operation(name if own else "exp!", lambda x: x * x, lambda y, x: (2.0 * x,), symbol=name)
    w = Value(3.0, label=name)
    try:
        step = agree(lambda x, t: row(w * x) * t, [w], [1.0, 2.0], [1.0, 3.0], engine="c")
    finally:
        TABLE.pop(row.name)
    assert "abort" not in step.source
    assert re.search(r"row_f1\(", step.source)


def test_arrays_as_they_come() -> None:
    """Read-only, of other types, in another order: the numbers are those of their copies."""
    w = [Value(0.5), Value(-1.5)]
    step = compile(lambda x, t: (w[0] * x[0] + w[1] * x[1] - t) ** 2, w, engine="c")
    X = np.arange(12.0).reshape(2, 6)
    T = np.arange(6)
    X.setflags(write=False)
    found = step(X.T, T)
    wanted = compile(lambda x, t: (w[0] * x[0] + w[1] * x[1] - t) ** 2, w)(X.T.copy(), T)
    assert found[0] == pytest.approx(wanted[0], rel=1e-14)
    assert found[1] == pytest.approx(wanted[1], rel=1e-14)
    numbers = np.array([[1.0, 0.0], [2.0, 0.0]])[:, 0]
    assert step.evaluate(numbers, X.T, T)[0] == step.evaluate(numbers.copy(), X.T, T)[0]
    first = step(X.T, T)[1]
    kept = first.copy()
    step([[1.0, 1.0]], [7.0])
    assert first.tolist() == kept.tolist()  # results are nobody's scratch


@pytest.mark.parametrize("n", [1, 9])
def test_one_sample_and_many_have_code_of_their_own(n: int, compiled: list[str]) -> None:
    """Matrices over five places of each sample, and functions that there are vectors of."""
    inner, outer = Layer(4, 6, rng=0), Layer(6, 5, rng=1)

    def error(x: Any, t: Any) -> Any:
        z = [outer([exp(-(a * a)).log1p() for a in inner(x[i : i + 4])]) for i in range(5)]
        return logsumexp([y * t for row in z for y in row])

    step = agree(
        error, [*inner.parameters(), *outer.parameters()], *samples(n, 8, None), engine="c"
    )
    assert len(compiled) == 1
    step(*samples(3, 8, None))
    assert len(compiled) == 1 + (n == 1)


def test_automatic(monkeypatch: pytest.MonkeyPatch, compiled: list[str]) -> None:
    """Machine code takes over without being waited for, with the same numbers."""
    monkeypatch.setattr(automatic, "WORTH", 0.0)
    w = [Value(0.1 * k) for k in range(5)]
    X, T = np.random.default_rng(0).normal(size=(40, 5)), np.zeros(40)
    step = compile(lambda x, t: sum(a.tanh() * b for a, b in zip(w, x)) ** 2, w, engine="auto")
    loss, gradient = step(X, T)
    function = step.traced(X, T).function
    end = time.monotonic() + 60.0
    while len(function._functions) < 2:
        assert time.monotonic() < end
        assert step(X, T)[0] == loss
    for _ in range(2 * automatic.TRIES + 2):
        again = step(X, T)
        assert again[0] == pytest.approx(loss, rel=1e-14)
        assert again[1] == pytest.approx(gradient, rel=1e-13)
    assert sorted(which for _, which in function._times) == [0, 1]
    assert len(compiled) == 1
