"""Optional packages: how to install what is missing."""

from __future__ import annotations


def install(extra: str) -> str:
    """Return the command that adds an optional part of this project, wherever it is typed.

    pip finds an installed project by its name, without asking an index. A clone that runs from its
    folder, as it is, has no name for pip.

    Parameters
    ----------
    extra : str
        One of `[project.optional-dependencies]` in pyproject.toml.

    Returns
    -------
    str
        Such as ``pip install "deltarule[notebook]"``.

    Examples
    --------
    >>> install("notebook").startswith("pip install ")
    True
    """
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        distribution("deltarule")
    except PackageNotFoundError:
        return f'pip install ".[{extra}]" in the folder of the project'
    return f'pip install "deltarule[{extra}]"'
