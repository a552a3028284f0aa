"""What importing does, and which part of the project may import which."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import autograd
import autograd.compile
import autograd.view
import deltarule
import nn

ENGINE = Path(autograd.__file__).parent
NETWORKS = Path(nn.__file__).parent
ROOF = Path(deltarule.__file__).parent
OWN = {"autograd", "nn", "deltarule"}
PUBLIC_SUBPACKAGES = {"view", "compile"}
# of use outside of the engine, too
PUBLIC_MODULES = {
    "blocks",
    "choices",
    "collector",
    "cut",
    "extras",
    "files",
    "javascript",
    "leaves",
    "numbers",
    "operators",
    "place",
    "quoting",
    "samples",
    "whole",
    "writing",
}

engine_modules = sorted(ENGINE.glob("*.py"))
sub_modules = sorted(
    path for name in PUBLIC_SUBPACKAGES for path in (ENGINE / name).glob("**/*.py")
)
network_modules = sorted(NETWORKS.glob("**/*.py"))
roof_modules = sorted(ROOF.glob("**/*.py"))


def short(path: Path) -> str:
    return path.relative_to(ENGINE.parent).as_posix()


def imports(path: Path, tree: ast.Module | None = None) -> Iterator[tuple[str, list[str]]]:
    """Yield the absolute module name and the imported names of every import in a file."""
    package = path.relative_to(ENGINE.parent).with_suffix("").parts[:-1]
    for node in ast.walk(tree or ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, []
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield module, [alias.name for alias in node.names]


def used_names(path: Path, package: str) -> Iterator[str]:
    """Yield what a file takes from a package: by `from package import`, or as an attribute."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == package
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and node.module == package and not node.level:
            yield from (alias.name for alias in node.names)


def in_a_fresh_process(program: str) -> list[str]:
    """Run a program that sees only the own packages and the standard library; return its lines."""
    preamble = f"import sys; sys.path.insert(0, {str(ENGINE.parent)!r})\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", preamble + program],
        capture_output=True,
        check=True,
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
    )
    return done.stdout.decode().splitlines()


# ---- what importing does


def test_importing_loads_the_standard_library_only() -> None:
    """No package needs anything else to be installed until it is asked for."""
    (line,) = in_a_fresh_process(
        "import deltarule.command, deltarule.exercises\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = set(line.split())
    assert loaded >= OWN
    foreign = loaded - set(sys.stdlib_module_names) - OWN - {"__main__"}
    assert {name for name in foreign if not name.startswith("_")} == set()


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    """All modules that importing the packages loads, where every library can be found."""
    environment = dict(os.environ, PYTHONPATH=str(ENGINE.parent))
    program = "import deltarule.command, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    return done.stdout.decode().split()


@pytest.mark.parametrize(
    "name",
    [
        *("numpy", "matplotlib", "sklearn", "graphviz", "tqdm", "IPython", "anywidget", "scipy"),
        *("numba", "jax", "torch", "onnx"),
    ],
)
def test_importing_loads_no_large_library(loaded: list[str], name: str) -> None:
    """Not even where they are installed."""
    assert "nn" in loaded
    assert name not in loaded


def test_importing_changes_nothing_in_the_interpreter() -> None:
    """Random state, recursion limit, threads, signals, warnings, hooks and locale stay."""
    lines = in_a_fresh_process(
        """
import gc, locale, random, signal, threading, warnings, builtins, decimal

def state():
    return (
        random.getstate(), sys.getrecursionlimit(), sys.getswitchinterval(),
        threading.active_count(), threading.stack_size(), gc.isenabled(), gc.get_threshold(),
        signal.getsignal(signal.SIGINT), list(warnings.filters), sys.excepthook,
        sys.displayhook, sorted(vars(builtins)), locale.setlocale(locale.LC_ALL),
        decimal.getcontext().prec, list(sys.path), sys.gettrace(), sys.getprofile(),
    )

random.seed(7)
before = state()
import deltarule.command
for i, (old, new) in enumerate(zip(before, state())):
    if old != new:
        print(i, old, new)
print("done")
"""
    )
    assert lines == ["done"]


def test_public_names_exist() -> None:
    """`__all__` names what there is, once, and no modules."""
    for package in (autograd, nn, deltarule):
        names = package.__all__
        assert len(set(names)) == len(names)
        assert all(hasattr(package, name) for name in names)
        assert not any(isinstance(getattr(package, name), ModuleType) for name in names)


def test_one_name_is_enough_for_a_first_session() -> None:
    """What `deltarule` offers is what the packages below it offer."""
    below = (autograd, autograd.view, nn)
    for name in deltarule.__all__:
        assert getattr(deltarule, name) in [getattr(package, name, None) for package in below]
    assert {"Value", "MLP", "fit", "draw", "play"} <= set(deltarule.__all__)


# ---- who imports whom


def test_the_modules_are_found() -> None:
    """A guard for the tests below, which loop over files."""
    assert {"value.py", "core.py", "operations.py"} <= {path.name for path in engine_modules}
    assert {"__init__.py"} <= {path.name for path in network_modules}
    assert {"pipeline.py", "lesson_01.py"} <= {path.name for path in roof_modules}


@pytest.mark.parametrize("path", engine_modules, ids=short)
def test_the_engine_imports_itself_and_the_standard_library(path: Path) -> None:
    """No third-party package, no subpackage, and no networks: not even lazily."""
    own_modules = {f"autograd.{module.stem}" for module in engine_modules} | {"autograd"}
    for module, names in imports(path):
        top = module.split(".")[0]
        if top == "autograd":
            assert module in own_modules, f"{short(path)} imports {module}"
            assert not PUBLIC_SUBPACKAGES & set(names), f"{short(path)} imports {names}"
        else:
            assert top in sys.stdlib_module_names, f"{short(path)} imports {module}"


@pytest.mark.parametrize("path", sub_modules, ids=short)
def test_subpackages_do_not_import_networks(path: Path) -> None:
    """Pictures and compiled graphs know the engine, not what it is used for."""
    subpackage = path.relative_to(ENGINE).parts[0]
    others = PUBLIC_SUBPACKAGES - {subpackage}
    for module, names in imports(path):
        parts = module.split(".")
        assert parts[0] not in ("nn", "deltarule"), f"{short(path)} imports {module}"
        if parts[0] == "autograd":
            assert not others & set(parts[1:2]), f"{short(path)} imports {module}"
            assert parts[1:] or not others & set(names), f"{short(path)} imports {names}"


@pytest.mark.parametrize("path", network_modules, ids=short)
def test_networks_do_not_import_applications(path: Path) -> None:
    """What is built on networks may change without them."""
    assert "deltarule" not in {module.split(".")[0] for module, _ in imports(path)}


@pytest.mark.parametrize("path", [*network_modules, *roof_modules], ids=short)
def test_networks_and_applications_use_the_public_names_of_the_engine_only(path: Path) -> None:
    """`from autograd import x` with x in `__all__`, or a public subpackage or module."""
    public = set(autograd.__all__) | PUBLIC_SUBPACKAGES | {"__version__"}
    usable = PUBLIC_SUBPACKAGES | PUBLIC_MODULES
    for module, _ in imports(path):
        parts = module.split(".")
        if parts[0] == "autograd" and len(parts) > 1:
            assert parts[1] in usable, f"{short(path)} imports {module}"
        assert parts[:2] != ["autograd", "compile"] or len(parts) == 2, f"{short(path)}: {module}"
    assert set(used_names(path, "autograd")) <= public
    assert set(used_names(path, "autograd.compile")) <= set(autograd.compile.__all__)


def test_star_import_gives_the_public_names_only() -> None:
    """No helper leaks into a notebook."""
    namespace: dict[str, object] = {}
    exec("from autograd import *", namespace)
    assert set(namespace) - {"__builtins__"} == set(autograd.__all__)


# ---- no circles


def module_of(path: Path) -> str:
    parts = path.relative_to(ENGINE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_files(path: Path, files: set[str]) -> set[str]:
    """Return the modules of this project that a file imports, lazily or not, other than types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found = set()
    for module, names in imports(path, tree):
        for name in names or [""]:
            found.add(f"{module}.{name}" if f"{module}.{name}" in files else module)
    return (found & files) - {module_of(path)}


def test_no_two_files_import_each_other() -> None:
    """Neither directly nor over others: everything can be read from the bottom up."""
    paths = [*engine_modules, *sub_modules, *network_modules, *roof_modules]
    files = {module_of(path) for path in paths}
    waiting = {module_of(path): imported_files(path, files) for path in paths}
    assert any(waiting.values())
    while free := {module for module, needed in waiting.items() if not needed & waiting.keys()}:
        for module in free:
            del waiting[module]
    assert waiting == {}


def test_the_idea_fits_on_a_few_pages() -> None:
    """core.py is what everybody reads first: 150 lines, and nothing of the package is needed."""
    path = ENGINE / "core.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150
    assert imported_files(path, {module_of(path) for path in engine_modules}) == set()
