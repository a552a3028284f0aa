"""The progress bar of `fit`."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from autograd.extras import install
from autograd.quoting import clipped


@contextmanager
def progress_bar(
    epochs: int, wanted: bool | None, held_out: str = "val"
) -> Iterator[Callable[[dict[str, float]], None]]:
    """Yield a function that shows the record of each epoch; with None, where tqdm is installed.

    What was measured on the data held out is called as `held_out` says.
    Raise ImportError if a bar is wanted and tqdm is not installed.
    """
    try:
        tqdm = None if wanted is False else importlib.import_module("tqdm.auto").tqdm
    except ImportError:
        if wanted:
            raise ImportError(f"the progress bar needs tqdm: {install('demo')}") from None
        tqdm = None
    if tqdm is None:
        yield lambda record: None
        return
    with tqdm(total=epochs, unit="epoch", mininterval=0.5) as bar:

        def show(record: dict[str, float]) -> None:
            numbers = {
                clipped(key.replace("validation_", f"{held_out} ")): f"{number:.3g}"
                for key, number in record.items()
                if key == "train_loss" or key.startswith("validation_")
            }
            bar.set_postfix(numbers, refresh=False)
            bar.update()

        yield show
