"""Scalar graphs, traced once, as array programs."""

from .. import whole as whole
from .agreement import Pace
from .compiling import compile
from .forward import Forward, Lifted, Places
from .gate import array_of
from .machine_updates import Updates, updates
from .step import Step
from .trace import TraceError, shaped
from .update import Update

__all__ = [
    "Forward",
    "Lifted",
    "Pace",
    "Places",
    "Step",
    "TraceError",
    "Update",
    "Updates",
    "array_of",
    "compile",
    "shaped",
    "updates",
]
