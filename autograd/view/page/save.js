// The moment that is shown, as a file that stands alone.

const LOOKS = {
  text: ["fill", "font-size", "font-weight", "text-decoration-line"],
  shape: ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "opacity"],
};

/** Return the picture as it is shown now, with its colours in it. */
function alone(svg) {
  const copy = svg.cloneNode(true), copies = [...copy.querySelectorAll("*")];
  svg.querySelectorAll("*").forEach((element, i) => {
    const css = getComputedStyle(element);
    copies[i].removeAttribute("tabindex");
    if (css.display === "none" || css.visibility === "hidden") copies[i].remove();
    const looks = element.matches("text, tspan") ? LOOKS.text
      : element instanceof SVGGeometryElement ? LOOKS.shape : [];
    for (const name of looks) copies[i].style.setProperty(name, css.getPropertyValue(name));
  });
  const {width, height} = svg.viewBox.baseVal;
  copy.removeAttribute("style");
  copy.removeAttribute("class");
  return {text: new XMLSerializer().serializeToString(copy), width, height};
}

/** Return buttons that save the moment. */
function saving(lesson) {
  function save(blob, ending) {
    const link = make("a", {download: `step-${lesson.step}-${lesson.level}.${ending}`,
      href: URL.createObjectURL(blob)});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
  function svg() {
    save(new Blob([alone(lesson.picture.svg).text], {type: "image/svg+xml"}), "svg");
  }
  async function png() {
    const {text, width, height} = alone(lesson.picture.svg), image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
    await image.decode();
    const sharp = Math.min(2, 8000 / Math.max(width, height));
    const canvas = make("canvas", {width: width * sharp, height: height * sharp});
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, "png"));
  }
  const to = (kind, click) => make("button", {type: "button", click,
    title: `Save this moment as ${kind}`, "aria-label": `Save this moment as ${kind}`}, kind);
  return [to("SVG", svg), to("PNG", png)];
}
