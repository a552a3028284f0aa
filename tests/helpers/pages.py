"""What a page of the player says, and keys pressed there."""

from typing import Any


def text(page: Any, selector: str) -> str:
    return " ".join(page.locator(selector).first.inner_text().split())


def lines(page: Any, key: int) -> list[str]:
    """Return the lines of text of a node."""
    return [line for line in page.locator(f"#n{key} text").all_text_contents() if line]


def press(page: Any, *keys: str, times: int = 1) -> None:
    for key in keys * times:
        page.keyboard.press(key)


def until(page: Any, start: str) -> None:
    """Step until the heading starts with some words."""
    for _ in range(100):
        if text(page, "h2").startswith(start):
            return
        press(page, "ArrowRight")
    raise AssertionError(f"no step {start!r}")


def written(x: float) -> str:
    return f"{x:.4g}".replace("-", "−")
