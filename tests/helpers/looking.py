"""What a person sees on a page in Chromium: every text, how large, on what, and what hides it."""

from __future__ import annotations

from typing import Any, NamedTuple

SCREENS = {
    "laptop": (1280, 720),
    "projector": (1920, 1080),
    "phone": (390, 844),
    "zoomed": (640, 360),
}

# what is written on a page: the nodes of its texts, and its fields
WRITTEN = r"""
  const written = (root) => {
    const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
      const element = node.parentElement, range = document.createRange();
      if (element.matches("style, script, title, noscript, option")) continue;
      range.selectNodeContents(node);
      found.push({element, text: node.data.trim(), place: range});
    }
    for (const element of root.querySelectorAll("select, input:not([type=range])")) {
      const text = element.selectedOptions?.[0].text ?? element.value;
      found.push({element, text, place: element});
    }
    return found.filter(({element, text}) => text && !element.closest(".said, [hidden]")
      && getComputedStyle(element).visibility === "visible");
  };
  /** The size of the font of an element, in pixels on the screen. */
  const sizeOf = (element) => {
    const inside = element instanceof SVGElement, matrix = inside && element.getScreenCTM();
    const scale = inside ? Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) : 1;
    return parseFloat(getComputedStyle(element).fontSize) * scale;
  };
  const kindOf = (element) => element.closest("[class]")?.getAttribute("class") ?? element.tagName;
"""

LOOK = (
    rf"""(selector) => {{{WRITTEN}"""
    + r"""
  const paints = (css, alpha) => {
    const [r, g, b, a = 1] = (css.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
    return css.startsWith("rgb") ? [r, g, b, a * alpha] : [0, 0, 0, 0];
  };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const opacity = (element) => {
    let product = 1;
    for (let e = element; e instanceof Element; e = e.parentElement) {
      product *= Number(getComputedStyle(e).opacity);
    }
    return product;
  };
  /** The colour that an element puts at a point of the screen. */
  const painted = (element, x, y) => {
    const css = getComputedStyle(element), alpha = opacity(element);
    if (!(element instanceof SVGElement) || element instanceof SVGSVGElement) {
      return paints(css.backgroundColor, alpha);
    }
    if (!(element instanceof SVGGeometryElement)) return [0, 0, 0, 0];
    const at = new DOMPoint(x, y).matrixTransform(element.getScreenCTM().inverse());
    if (css.stroke !== "none" && element.isPointInStroke(at)) {
      return paints(css.stroke, alpha * Number(css.strokeOpacity));
    }
    if (css.fill === "none" || !element.isPointInFill(at)) return [0, 0, 0, 0];
    return paints(css.fill, alpha * Number(css.fillOpacity));
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map(
      (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const paper = matchMedia("(prefers-color-scheme: dark)").matches
    && getComputedStyle(document.documentElement).colorScheme.includes("dark")
    ? [18, 18, 18] : [255, 255, 255];
  /** Where an element can be seen: the screen, less what cuts it off. */
  const window_of = (element) => {
    const seen = {left: 0, top: 0, right: innerWidth, bottom: innerHeight, cut: null};
    for (let e = element.parentElement; e; e = e.parentElement) {
      const css = getComputedStyle(e), box = e.getBoundingClientRect();
      if (css.overflowX === "visible" || e === document.body) continue;
      const cuts = css.overflowX === "hidden" || e instanceof SVGSVGElement;
      if (cuts) seen.cut ||= box;
      seen.left = Math.max(seen.left, box.left), seen.right = Math.min(seen.right, box.right);
      seen.top = Math.max(seen.top, box.top), seen.bottom = Math.min(seen.bottom, box.bottom);
    }
    return seen;
  };
  const found = [];
  for (const {element, text, place} of written(document.querySelector(selector))) {
    const css = getComputedStyle(element), inside = element instanceof SVGElement;
    for (const box of place.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const alpha = opacity(element);
      if (alpha < 0.05) continue;
      const frame = window_of(element), y = (box.top + box.bottom) / 2;
      const isSeen = box.right > frame.left + 1 && box.left < frame.right - 1
        && box.bottom > frame.top + 1 && box.top < frame.bottom - 1;
      const cut = frame.cut && (box.left < frame.cut.left - 1 || box.right > frame.cut.right + 1
        || box.top < frame.cut.top - 1 || box.bottom > frame.cut.bottom + 1);
      const entry = {text, size: sizeOf(element), cut: !!cut, seen: isSeen, contrast: null,
        box: [Math.max(box.left, frame.left), Math.max(box.top, frame.top),
          Math.min(box.right, frame.right), Math.min(box.bottom, frame.bottom)], hidden: "",
        kind: kindOf(element)};
      for (const share of [0.08, 0.35, 0.65, 0.92]) {
        const x = box.left + share * box.width;
        if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) continue;
        const stack = document.elementsFromPoint(x, y);
        const own = stack.findIndex((e) => e === element || element.contains(e) || (
          inside ? false : e.contains(element)));
        const above = own < 0 ? [] : stack.slice(0, own);
        for (const e of above) {
          if (!e.contains(element) && painted(e, x, y)[3] > 0.6) {
            entry.hidden ||= e.getAttribute("class") || e.tagName;
          }
        }
        const below = (own < 0 ? stack : stack.slice(own)).filter(
          (e) => e !== element || !inside).map((e) => painted(e, x, y));
        const back = below.reverse().reduce((under, top) => over(top, under), paper);
        const ink = over(paints(inside ? css.fill : css.color, alpha), back);
        entry.contrast = Math.min(entry.contrast ?? 99, contrast(ink, back));
      }
      found.push(entry);
    }
  }
  return found;
}"""
)


# the smallest text at every step, and whether some part that is lit is in sight: of an edge that is
# larger than the stage, its numbers
STEPS = (
    rf"""() => {{{WRITTEN}"""
    + r"""
  const page = document.querySelector(".player"), scrubber = page.querySelector(".scrubber");
  const isIn = (box, frame) => box.left >= frame.left - 1 && box.right <= frame.right + 1
    && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
  const fits = (box, frame) => box.width <= frame.width && box.height <= frame.height;
  return Array.from({length: Number(scrubber.max) + 1}, (_, step) => {
    scrubber.value = step;
    scrubber.dispatchEvent(new Event("input"));
    const shown = written(page).filter(({place}) => place.getClientRects().length)
      .map(({element, text}) => ({text, kind: kindOf(element), size: sizeOf(element)}));
    const frame = page.querySelector(".scroller").getBoundingClientRect();
    const lit = [...page.querySelectorAll(".stage .now")];
    for (const edge of page.querySelectorAll(".stage .edge.now")) {
      if (fits(edge.getBoundingClientRect(), frame)) continue;
      lit.push(...page.querySelectorAll(`[data-edge="${edge.id.slice(1)}"]`));
    }
    return {...shown.reduce((a, b) => (b.size < a.size ? b : a)),
      inSight: !lit.length || lit.some((part) => isIn(part.getBoundingClientRect(), frame))};
  });
}"""
)


class Text(NamedTuple):
    """A line of text as it is shown.

    Attributes
    ----------
    text, kind : str
        What it says, and the class of what it stands in.
    size : float
        Of the font, in CSS pixels on the screen.
    contrast : float or None
        The smallest against what is really behind it; None where it is out of sight.
    box : tuple
        Left, top, right, bottom on the screen, of what is not scrolled away or cut off.
    is_seen, is_cut : bool
        Whether it is in sight now; whether something cuts it off that cannot be scrolled.
    hidden : str
        What lies on top of it; empty if nothing does.
    """

    text: str
    kind: str
    size: float
    contrast: float | None
    box: tuple[float, float, float, float]
    is_seen: bool
    is_cut: bool
    hidden: str


def texts(page: Any, selector: str = "body") -> list[Text]:
    """Return every text within an element of a page or frame of Playwright."""
    return [
        Text(
            *(one["text"], one["kind"], one["size"], one["contrast"]),
            *(tuple(one["box"]), one["seen"], one["cut"], one["hidden"]),
        )
        for one in page.evaluate(LOOK, selector)
    ]


class Step(NamedTuple):
    """What is read, and seen, at a step of a lesson.

    Attributes
    ----------
    text, kind, size : str, str, float
        Of the smallest text, as in `Text`.
    is_in_sight : bool
        Whether a node or an edge that is lit is, if any is; of an edge that is larger than the
        stage, its numbers.
    """

    text: str
    kind: str
    size: float
    is_in_sight: bool


def steps(page: Any) -> list[Step]:
    """Go through all steps of a lesson, and return what is seen at each."""
    return [
        Step(one["text"], one["kind"], one["size"], one["inSight"]) for one in page.evaluate(STEPS)
    ]


def small(found: list[Text], least: float = 12.0) -> list[str]:
    """Return what is shown in a font below so many pixels."""
    return [
        f"{one.text!r} ({one.kind}): {one.size:.1f} px" for one in found if one.size < least - 0.05
    ]


def faint(found: list[Text], least: float = 4.5) -> list[str]:
    """Return what stands out too little from what is behind it."""
    return [
        f"{one.text!r} ({one.kind}): {one.contrast:.2f}"
        for one in found
        if one.contrast is not None and one.contrast < least
    ]


def concealed(found: list[Text]) -> list[str]:
    """Return what is cut off, or covered by something else."""
    return [
        f"{one.text!r} ({one.kind}): " + ("cut off" if one.is_cut else f"under {one.hidden}")
        for one in found
        if one.is_cut or one.hidden
    ]


def collisions(found: list[Text], least: float = 2.0) -> list[tuple[str, str]]:
    """Return the pairs of texts that run into each other by more than so many pixels."""
    pairs = []
    found = [one for one in found if one.is_seen]
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
            height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
            if width > least and height > 0.35 * min(one.size, other.size):
                pairs.append((one.text, other.text))
    return pairs


def overflow(page: Any) -> float:
    """Return by how many pixels a page is wider than the screen."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return float(max(wide, 0.0))
