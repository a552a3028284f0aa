"""The program as JavaScript, for pages that train without Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from autograd import operations as op
from autograd.javascript import MATH, PRELUDE
from autograd.numbers import flatten
from autograd.quoting import short
from autograd.table import Operation

from .loop_printer import INDENT, BracedLoops
from .loop_program import LoopProgram

STEP: Final = """\
// Of n samples, row by row in flat arrays: loss with the weight of each sample, penalty if there
// is one, and gradient with respect to the parameters.
"""
PREDICT: Final = "// The outputs for the inputs of samples, row by row in flat arrays.\n"


class JavaScriptLoops(BracedLoops):
    """JavaScript of 2015, on arrays of the type Float64Array."""

    infinity, nan = "Infinity", "NaN"
    counter: ClassVar[str] = "let"

    def __init__(self, program: LoopProgram) -> None:
        super().__init__(program)
        self._needs_prelude = False

    def source(self) -> str:
        """Return a constant that is the program, a function; it needs nothing else."""
        program, new = self.program, "new Float64Array"
        result = "gradient" if program.losses else "outputs"
        size = program.sizes["parameters"] if program.losses else f"{program.outputs} * n"
        losses = [self.text(loss) for loss in program.losses]
        body = [
            f"const n = inputs.length / {program.sizes['inputs']};",
            f"if (table.length < {program.rows} * n) table = {new}({program.rows} * n);",
            f"const column = {new}({program.singles}), {result} = {new}({size});",
            *self.lines(program.statements),
            f"return [{', '.join([*losses, result])}];" if losses else "return outputs;",
        ]
        arguments = "parameters, inputs"
        if losses:
            arguments += ", targets, weight, penalty_weight"
        main = [*self.block(f"return function {program.name}({arguments})", body)]
        main[-1] += ";"
        parts = [
            *[self._constant(name, x) for name, x in program.constants.items()],
            *(PRELUDE.splitlines() if self._needs_prelude else []),
            *[line for helper in self.helpers.values() for line in helper.splitlines()],
            f"let table = {new}(0);",
            *main,
        ]
        inside = "\n".join([f"{INDENT}{line}" for line in parts])
        head = STEP if losses else PREDICT
        return f"{head}const {program.name} = (() => {{\n{inside}\n}})();\n"

    def _constant(self, name: str, numbers: Any) -> str:
        texts = [str(x) if isinstance(x, int) else self.number(x).text for x in flatten(numbers)]
        return f"const {name} = [{', '.join(texts)}];"

    def variable(self, name: str) -> str:
        return f"let {name}"

    def chosen(self, counter: str, text: str) -> str:
        return f"const {counter} = Math.trunc({text})"

    def function(self, row: Operation) -> str | None:
        if not row.is_primitive:
            return "Math.abs" if row is op.absolute else None
        name = row.forward.__name__
        if name in MATH.split():
            return f"Math.{name}"
        if f"function {name}(" not in PRELUDE:
            raise ValueError(
                f"the operation {short(row.name)} calls math.{name}, which JavaScript's Math "
                "lacks; write it in terms of other operations"
            )
        self._needs_prelude = True
        return name

    def definition(
        self, name: str, arguments: Sequence[str], shared: Sequence[tuple[str, str]], result: str
    ) -> Iterator[str]:
        lines = [*[f"const {part} = {text};" for part, text in shared], f"return {result};"]
        yield from self.block(f"function {name}({', '.join(arguments)})", lines)
