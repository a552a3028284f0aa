"""Every example in a docstring runs and shows what it says."""

import doctest
import importlib
import pkgutil
from types import ModuleType

import pytest

import autograd
import deltarule
import nn


def _modules() -> list[str]:
    packages: list[ModuleType] = [autograd, nn, deltarule]
    return [
        module.name
        for package in packages
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


@pytest.mark.parametrize("name", _modules())
def test_docstring_examples(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        pytest.skip(f"needs the package {error.name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0
