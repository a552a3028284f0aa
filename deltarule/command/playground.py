"""`deltarule playground`: write the page on which a network learns, and open it."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path
from typing import Final

from autograd.files import destination
from autograd.quoting import clipped, short

from ..playground import playground
from ..playground.page import TITLE
from .arguments import Commands

HEAD: Final = 2_000  # bytes of a page that have its title


def declare(commands: Commands) -> None:
    """Add `playground` to the command."""
    parser = commands.add_parser(
        "playground",
        help="open a page on which a network learns, step by step",
        description="Write a page on which a network learns and every update can be followed, and\n"
        "open it in the browser. It is one file, and needs no connection.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, nargs="?", default=Path("playground.html"),
                        metavar="FILE", help="default: playground.html")  # fmt: skip
    parser.add_argument("--no-open", action="store_true", help="write it, and no more")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Write the page, say where, and open it; a file that is no such page stays as it is."""
    path: Path = options.file
    if path.exists() and not _is_page(destination(path)):
        raise ValueError(
            f"{short(path)} is no page of `deltarule playground` and stays as it is: give another "
            "name"
        )
    path = playground().save(path).absolute()
    print(f"the playground is in {clipped(str(path))}")
    if not options.no_open and not _opens(path):
        print("no browser could be opened: open that file yourself")


def _is_page(path: Path) -> bool:
    """Return whether a file is a page that this command has written, or holds nothing at all."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return not head or f"<title>{TITLE}</title>".encode() in head


def _opens(path: Path) -> bool:
    try:
        return webbrowser.open(path.as_uri())
    except (webbrowser.Error, OSError):
        return False
