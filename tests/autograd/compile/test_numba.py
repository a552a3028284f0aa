"""Machine code by Numba, and where it is kept."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.compile import compile
from eager import agree
from engines import LOOPS_ONLY


@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_machine_code_is_kept_between_runs(engine: str, tmp_path: Path) -> None:
    w = Value(2.0)
    for _ in range(2):
        assert compile(lambda x, t: w * x, [w], engine=engine)([3.0], [0.0])[0] == 6.0
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert folder.stat().st_mode & 0o077 == 0
    (file,) = folder.glob("*.py")
    assert "def step(" in file.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_a_foreign_file_in_the_cache_is_not_run(engine: str, tmp_path: Path) -> None:
    w = Value(2.0)
    make = lambda: compile(lambda x, t: w * x, [w], engine=engine)  # noqa: E731
    make()([3.0], [0.0])
    (file,) = tmp_path.rglob("*.py")
    file.write_text("raise SystemExit('foreign')", encoding="utf-8")
    assert make()([3.0], [0.0])[0] == 6.0
    file.parent.chmod(0o777)  # where everybody can write, nothing is read
    file.write_text("raise SystemExit('foreign')", encoding="utf-8")
    assert make()([3.0], [0.0])[0] == 6.0


@LOOPS_ONLY
def test_machine_code_that_is_not_used_any_more(engine: str, tmp_path: Path) -> None:
    first, second = tmp_path / "deltarule" / "step_1.py", tmp_path / "deltarule" / "step_2.py"
    code = tmp_path / "deltarule" / "__pycache__" / "step_1.step-1.py311.nbi"
    code.parent.mkdir(parents=True, mode=0o700)
    first.parent.chmod(0o700)
    for file, days in ((first, 70), (code, 70), (second, 50)):
        file.write_text("", encoding="utf-8")
        then = time.time() - days * 24 * 3600
        os.utime(file, (then, then))
    w = Value(2.0)
    make = lambda: compile(lambda x, t: w * x, [w], engine=engine)  # noqa: E731
    make()([3.0], [0.0])
    assert (first.exists(), code.exists(), second.exists()) == (False, False, True)
    (new,) = set(tmp_path.rglob("*.py")) - {second}
    os.utime(new, (0.0, 1e9))
    make()([3.0], [0.0])
    assert new.stat().st_atime > 1e9  # used just now, but
    assert new.stat().st_mtime == 1e9  # not changed, which Numba would compile anew


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_without_a_folder_to_write_to(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    w = Value(2.0)
    assert compile(lambda x, t: w * x, [w], engine=engine)([3.0], [0.0])[0] == 6.0


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["numba"], indirect=True)
def test_names_of_users_never_reach_the_source(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = '"); import os #', "compiled", "njit", "n"
    monkeypatch.setattr(autograd.table, "TABLE", dict(autograd.table.TABLE))
    rows = [autograd.Operation(name, lambda x: x * x, lambda y, x: (2.0 * x,)) for name in names]
    weights = [Value(3.0 + k, label=name) for k, name in enumerate(names)]

    def error(x: Any, t: Any) -> Value:
        return autograd.sum([row(w * x) for row, w in zip(rows, weights)]) * t

    step = agree(error, weights, [1.0, 2.0], [1.0, 3.0], engine=engine)
    assert "import os" not in step.source
