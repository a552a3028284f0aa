"""The progress bar of `fit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress_bar(epochs: int, wanted: bool | None) -> Iterator[Callable[[dict[str, float]], None]]:
    """Yield a function that shows the record of each epoch.

    Raises
    ------
    ImportError
        If a bar is wanted and tqdm is not installed; with None there is no bar then.
    """
    tqdm = None if wanted is False else _tqdm(needed=bool(wanted))
    if tqdm is None:
        yield lambda record: None
        return
    with tqdm(total=epochs, unit="epoch", mininterval=0.5) as bar:

        def show(record: dict[str, float]) -> None:
            numbers = {
                key.replace("validation_", "val "): f"{number:.3g}"
                for key, number in record.items()
                if key == "train_loss" or key.startswith("validation_")
            }
            bar.set_postfix(numbers, refresh=False)
            bar.update()

        yield show


def _tqdm(needed: bool) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if needed:
            raise ImportError(
                'the progress bar needs tqdm: pip install "deltarule[demo]"'
            ) from None
        return None
    return tqdm
