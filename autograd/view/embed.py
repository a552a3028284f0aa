"""A picture in the page of a notebook: readable where it stands, and in full on a click."""

from __future__ import annotations

from base64 import b64encode
from html import escape

# Without scripts the picture stays, to be scrolled sideways. An <img>, because viewers that do not
# trust a notebook show no SVG of it. On paper it may shrink: nothing can be scrolled there.
SCRIPT = """(() => {
const place = document.currentScript.previousElementSibling, picture = place.querySelector("img");
const open = () => {
  const all = document.createElement("dialog"), copy = new Image();
  const {naturalWidth: width, naturalHeight: height, alt, src} = picture;
  Object.assign(copy, {alt, src});
  copy.style = `max-width:none;min-width:${width}px;width:min(100%, ${100 * width / height}vh)`;
  all.setAttribute("aria-label", `${alt}; Esc closes`);
  all.style = "display:grid;place-items:safe center;box-sizing:border-box;width:100vw;" +
    "height:100vh;max-width:none;max-height:none;margin:0;padding:0;border:0;outline:0;" +
    "overflow:auto;background:Canvas;color-scheme:light dark;cursor:zoom-out";
  all.tabIndex = -1;
  all.append(copy);
  all.addEventListener("click", () => all.close());
  all.addEventListener("keydown", (event) => event.stopPropagation());
  all.addEventListener("close", () => (all.remove(), picture.focus()));
  document.body.append(all);
  all.showModal();
  all.focus();
};
picture.style.cursor = "zoom-in";
picture.title = "Click for full size";
picture.tabIndex = 0;
picture.setAttribute("role", "button");
picture.setAttribute("aria-haspopup", "dialog");
picture.addEventListener("click", open);
picture.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  event.stopPropagation();
  open();
});
})()"""


def embedded(svg: str, about: str, least: int) -> str:
    """Return HTML that shows a picture in a notebook's cell, and in full on a click.

    Parameters
    ----------
    svg : str
    about : str
        The picture in words, for those who do not see it.
    least : int
        Pixels that the picture is never narrower than on a screen.

    Examples
    --------
    >>> 'alt="a &lt; b" style="max-width:100%;min-width:300px"' in embedded("<svg/>", "a < b", 300)
    True
    """
    image = b64encode(svg.encode()).decode()
    return (
        '<div class="deltarule-picture" style="overflow-x:auto">'
        "<style>@media print{.deltarule-picture img{min-width:0!important}}</style>"
        f'<img alt="{escape(about)}" style="max-width:100%;min-width:{least}px" '
        f'src="data:image/svg+xml;base64,{image}"></div><script>{SCRIPT}</script>'
    )
