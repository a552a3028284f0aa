"""Lessons opened in a real browser, with the network off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import looking
from autograd.view.player import Player


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Open a lesson, or HTML, from a file on a screen; afterwards nothing may have gone wrong."""
    troubles: list[str] = []
    contexts = []

    def show(
        what: Player | str,
        screen: str = "laptop",
        *,
        state: str = "",
        strict: bool = True,
        **options: Any,
    ) -> Any:
        width, height = looking.SCREENS[screen]
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        context.set_offline(True)
        path = tmp_path / f"lesson{len(contexts)}.html"
        page = context.new_page()
        page.on("dialog", lambda dialog: (troubles.append("dialog"), dialog.dismiss()))
        if strict:
            page.on("request", lambda request: check_request(request.url, path))
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("console", lambda message: troubles.append(message.text))
        if isinstance(what, str):
            path.write_text(what, encoding="utf-8")
        else:
            what.save(path)
        page.goto(path.as_uri() + state)
        if not isinstance(what, str):
            page.wait_for_selector(".player")
        return page

    def check_request(url: str, path: Path) -> None:
        if url.partition("#")[0] != path.as_uri() and not url.startswith(
            ("data:", "about:", "blob:")
        ):
            troubles.append(f"request of {url}")

    yield show
    for context in contexts:
        context.close()
    assert troubles == []
