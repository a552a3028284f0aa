"""Scalar graphs, traced once, as array programs."""

from .. import whole as whole
from .compiling import compile
from .forward import Forward, Lifted, Places
from .step import Step
from .trace import TraceError

__all__ = ["Forward", "Lifted", "Places", "Step", "TraceError", "compile"]
