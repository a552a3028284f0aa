"""Whether these files are whole: another project's package, HIPS's `autograd`, has the same name.

Installed into one folder, each replaces files of the other, and takes them along when it is
uninstalled. Importing this file where that has happened raises an ImportError that says what to do.
"""

import os
import sys

_FOLDER = os.path.dirname(__file__)

if os.path.exists(os.path.join(_FOLDER, "numpy", "__init__.py")):
    raise ImportError(
        f"two packages named autograd are mixed in {_FOLDER}: that of deltarule and HIPS's, an "
        "unrelated project. Each has replaced files of the other, and they cannot share an "
        'environment. Run "pip uninstall autograd deltarule", then install the one you want again'
    )
if sys.modules["autograd"].__file__ is None:  # without __init__.py it is a folder like any other
    raise ImportError(
        f"files of deltarule are missing in {_FOLDER}, among them __init__.py: another package "
        "named autograd had replaced them, and took them along when it was uninstalled. Run "
        '"pip uninstall deltarule", then install deltarule again'
    )
