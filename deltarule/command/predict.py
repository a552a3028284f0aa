"""`deltarule predict`: apply a trained model to a table."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from autograd.quoting import short, visible
from nn.data.cells import as_cell
from nn.data.words import count

from ..pipeline import Pipeline
from .arguments import Commands


def declare(commands: Commands) -> None:
    """Add `predict` to the command."""
    parser = commands.add_parser(
        "predict",
        help="apply a trained model to a CSV file",
        description="Print a prediction for each row of a table, as CSV. The columns that the "
        "model was trained on are found by name, in any order, and read as they were then; other "
        "columns may be there or not. Where the name of a class begins like a formula of a "
        "spreadsheet, as =1+1 does, an apostrophe is before it, which is taken away where such a "
        "table is read here. On a terminal, control characters are shown as escapes.",
        epilog="example: deltarule predict runs/flowers/model.json new.csv > predicted.csv",
    )
    parser.add_argument("model", type=Path, metavar="MODEL.json", help="written by train")
    parser.add_argument(
        "file", type=Path, metavar="FILE.csv", help="has the columns that the model has learnt from"
    )
    parser.add_argument(
        "--probabilities", action="store_true", help="print the probability of each class, too"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print a line for each row: the number or the class, and the probabilities if wanted."""
    if options.file.suffix == ".json" and options.model.suffix != ".json":
        raise ValueError(
            f"the model comes before the table: first {short(options.file)}, then "
            f"{short(options.model)}"
        )
    pipeline = Pipeline.load(options.model)
    if options.probabilities and pipeline.classes is None:
        raise ValueError(
            f"--probabilities are those of classes, and {short(options.model)} predicts a number"
        )
    rows = pipeline.read(options.file)
    if pipeline.layers_because and len(pipeline.model.layers) == 1:
        print(
            f"deltarule: the model is linear: in training {visible(pipeline.layers_because)}",
            file=sys.stderr,
        )
    missing = sum(any(map(math.isnan, row)) for row in rows)
    if missing:
        print(
            f"deltarule: {count(missing, 'row')} with missing cells: the means of the training "
            "samples take their place",
            file=sys.stderr,
        )
    predicted = _answers(pipeline, rows, options.file)
    for name, far in pipeline.far_off(rows).items():
        x = rows[far[0]][pipeline.features.index(name)]
        print(
            f"deltarule: in {count(len(far), 'row')} {visible(short(name))} is far from all that "
            f"the model has learnt from, as {x:g} in row {far[0] + 1}: if it is meant so, the "
            "prediction is a guess",
            file=sys.stderr,
        )
    header = ["prediction"]
    shares: list[list[float]] = [[]] * len(rows)
    if options.probabilities and pipeline.classes is not None:
        header += [as_cell(f"P({name})") for name in pipeline.classes]
        shares = pipeline.probabilities(rows)
    # Programs get the names as they are, a terminal is not to obey them.
    shown = visible if sys.stdout.isatty() else str
    print(shown(",".join(header)))
    for answer, row in zip(predicted, shares, strict=True):
        print(shown(",".join([answer, *[f"{share:.4f}" for share in row]])))


def _answers(pipeline: Pipeline, rows: list[list[float]], path: Path) -> list[str]:
    """Return the number or the class that is predicted for each row, as cells of a table."""
    try:
        if pipeline.classes is not None:
            names = [as_cell(name) for name in pipeline.classes]
            return [names[k] for k in pipeline.class_indices(rows)]
        numbers = pipeline.numbers(rows)
        if all(map(math.isfinite, numbers)):
            return [repr(y) for y in numbers]
    except ValueError:  # nan is of no class
        pass
    raise ValueError(
        f"the model has no finite answer for some rows of {short(path)}: their numbers are too "
        "large, or its training diverged, which a smaller --learning-rate avoids"
    )
