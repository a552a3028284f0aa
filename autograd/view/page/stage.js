// The place of the picture: zoom, pan, and keeping what happens in sight.

function stage(lesson) {
  let svg, view, dragged = false;
  const hint = make("p", {class: "hint"});
  const element = make("div", {class: "stage"});
  const buttons = make("div", {class: "zoom", role: "group", "aria-label": "Zoom"},
    button("in", "Zoom in", () => zoom(0.8)), button("out", "Zoom out", () => zoom(1.25)),
    button("fit", "Fit", fit));

  function look(...box) {
    view = box;
    svg.setAttribute("viewBox", box.join(" "));
  }
  function fit() {
    const [x, y, w, h] = svg.dataset.box.split(" ").map(Number);
    const wide = Math.max(w, element.clientWidth / 1.8);
    const high = Math.max(h, element.clientHeight / 1.8);
    look(x - (wide - w) / 2, y - (high - h) / 2, wide, high);
  }
  /** Show the whole picture if it stays readable, else a part of it around the event. */
  function home() {
    fit();
    const [x, y, w, h] = view;
    const wide = element.clientWidth / 0.8, high = element.clientHeight / 0.8;
    if (wide && Math.max(w / wide, h / high) > 1.5) look(x, y + (h - high) / 2, wide, high);
    lesson.render();
  }
  function zoom(factor) {
    const [x, y, w, h] = view, rest = (1 - factor) / 2;
    look(x + w * rest, y + h * rest, w * factor, h * factor);
  }
  function pan(dx, dy) {
    const [x, y, w, h] = view;
    const scale = Math.max(w / element.clientWidth, h / element.clientHeight);
    look(x - dx * scale, y - dy * scale, w, h);
  }
  /** Pan so that the nodes of the event are in sight, with its edges if there is room. */
  function follow({nodes, edges}) {
    if (!nodes.length || !element.clientWidth) return;
    const frame = element.getBoundingClientRect(), around = (parts) => {
      const boxes = parts.map((part) => part.getBoundingClientRect());
      const reach = (pick, side) => pick(...boxes.map((box) => box[side]));
      return [reach(Math.min, "left"), reach(Math.max, "right"), reach(Math.min, "top"),
        reach(Math.max, "bottom")];
    };
    let [left, right, top, bottom] = around([...nodes, ...edges]);
    if (right - left > frame.width - 8 || bottom - top > frame.height - 8) {
      [left, right, top, bottom] = around(nodes);
    }
    const miss = (low, high, from, to) => Math.max(from + 4 - low, 0) || Math.min(to - 4 - high, 0);
    const dx = miss(left, right, frame.left, frame.right);
    const dy = miss(top, bottom, frame.top, frame.bottom);
    if (dx || dy) pan(dx, dy);
  }
  /** Show another picture. */
  function turn(picture) {
    svg = picture.svg;
    svg.dataset.box ??= svg.getAttribute("viewBox");
    element.replaceChildren(svg, hint);
    home();
  }
  element.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.9 : 1.1);
  }, {passive: false});
  element.addEventListener("pointerdown", (from) => {
    dragged = false;
    const move = (to) => {
      dragged ||= Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) > 4;
      if (dragged) pan(to.movementX, to.movementY);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), {once: true});
  });
  element.addEventListener("click", (event) => dragged && event.stopPropagation(), true);
  new ResizeObserver(() => svg && home()).observe(element);
  const keys = {"+": () => zoom(0.8), "-": () => zoom(1.25), 0: fit};
  const shifted = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
  for (const [key, by] of Object.entries(shifted)) keys[`Shift+${key}`] = () => pan(...by);
  return {element, buttons, follow, turn, tell: (text) => (hint.textContent = text), keys};
}
