"""The engine: importing this file says so if Python finds another package of its name.

HIPS's `autograd`, an unrelated project, has that name, and so may a file of the user's.
"""

import os
from importlib.util import find_spec

try:
    import autograd.whole  # noqa: F401
except ImportError as error:
    spec = find_spec("autograd")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if any(os.path.exists(os.path.join(folder, "whole.py")) for folder in folders):
        raise  # what it says of itself
    place = (spec.origin or folders[0]) if spec else "nothing"
    raise ImportError(
        f"nn needs the package autograd of deltarule; under that name Python finds {place}. If "
        "that is yours, rename it; if it is HIPS's autograd, an unrelated project, it cannot share "
        'an environment with deltarule: run "pip uninstall autograd deltarule", then install '
        "deltarule again"
    ) from error
