"""How fast the playground's page learns and paints in Chromium, beside TensorFlow Playground.

Both learn two circles in the same browser, one after the other: 200 points to train on and batches
of 10, so that an epoch is 20 steps, tanh, and the hidden layers that are asked for. A step is the
update of one batch. TensorFlow Playground makes one epoch for each picture, counted by its own
counter, and then computes the error of all its 500 points. Its built site is a folder with
index.html, lib.js and bundle.js, as the branch gh-pages of github.com/tensorflow/playground has it.

    python benchmarks/playground.py
    python benchmarks/playground.py --tensorflow-playground FOLDER --sizes 4,2 8,8 --seconds 10
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from deltarule.playground import playground

POINTS: Final = 200  # to train on
THEIRS: Final = 500  # that TensorFlow Playground makes, in all
BATCH: Final = 10
SHARE: Final = 0.2  # of our points to test with
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
# counts the pictures that the browser shows
FRAMES: Final = """() => { globalThis.painted = 0;
  const next = () => { painted++; requestAnimationFrame(next); }; requestAnimationFrame(next); }"""


class Rate(NamedTuple):
    """What a page does in a second."""

    frames: float  # that the browser shows
    steps: float


def of_ours(page: Any, file: Path, sizes: str, seconds: float) -> Rate:
    count = round(POINTS / (1 - SHARE))
    link = f"data=circles&count={count}&share={SHARE}&batch={BATCH}&sizes={sizes}&rate=0.03"
    page.goto(f"{file.as_uri()}#{link}")
    page.wait_for_function("globalThis.playground?.run")
    page.evaluate("playground.speed = 'full'; playground.play()")
    page.wait_for_timeout(1000)  # until what runs is machine code
    return measured(page, seconds, "playground.run.updates", 1)


def of_tensorflow(page: Any, folder: Path, sizes: str, seconds: float) -> Rate:
    page.route("http*://**", lambda route: route.abort())
    link = (
        f"activation=tanh&batchSize={BATCH}&dataset=circle&learningRate=0.03&noise=0"
        f"&networkShape={sizes}&percTrainData={100 * POINTS // THEIRS}&seed=0.5"
        "&x=true&y=true&problem=classification&initZero=false"
    )
    page.goto(f"{(folder / 'index.html').as_uri()}#{link}", wait_until="domcontentloaded")
    page.wait_for_selector("#play-pause-button")
    page.click("#play-pause-button")
    page.wait_for_timeout(1000)
    epochs = "Number(document.querySelector('#iter-number').textContent.replaceAll(',', ''))"
    return measured(page, seconds, epochs, POINTS // BATCH)


def measured(page: Any, seconds: float, counter: str, steps: int) -> Rate:
    page.evaluate(FRAMES)
    now = f"() => [performance.now() / 1000, painted, {counter}]"
    begin = page.evaluate(now)
    page.wait_for_timeout(1000 * seconds)
    end = page.evaluate(now)
    time, frames, counted = [b - a for a, b in zip(begin, end)]
    return Rate(frames / time, steps * counted / time)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tensorflow-playground", type=Path, metavar="FOLDER", help="built site")
    parser.add_argument("--sizes", nargs="+", default=["4,3", "8,8", "16,16"], metavar="4,3")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--browser", help="the program Chromium, where Playwright has none")
    options = parser.parse_args()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        parser.exit(1, "this needs Playwright: pip install playwright\n")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        file = playground().save(Path(folder, "playground.html"))
        browser = playwright.chromium.launch(executable_path=options.browser, args=FLAGS)
        print(f"Chromium {browser.version}, {options.seconds:g} s each")
        print(f"{'':24} {'frames/s':>9} {'steps/s':>9}")
        for sizes in options.sizes:
            runs: list[tuple[str, Any, Path]] = [("deltarule", of_ours, file)]
            if options.tensorflow_playground:
                runs.append(("TensorFlow", of_tensorflow, options.tensorflow_playground.resolve()))
            for name, run, place in runs:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                rate = run(page, place, sizes, options.seconds)
                page.close()
                name = f"2-{sizes.replace(',', '-')}-1 {name}"
                print(f"{name:24} {rate.frames:9.1f} {rate.steps:9.0f}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
