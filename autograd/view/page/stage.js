// The place of the picture: it scrolls, by its bars, by dragging and by touch; zoom; and what
// happens stays in sight.

const MOST = 30;  // pixels, of the smallest text of a picture that could be shown larger
const NEAR = 24;  // pixels kept between what is in sight and the border

function stage() {
  let picture, kept = [], scale = 1, isOwn = false, dragged = false;  // isOwn: the learner zoomed
  const scroller = make("div", {class: "scroller", tabindex: -1, role: "application",
    "aria-label": "Picture: arrow keys go along the graph, Enter chooses, Esc leaves"});
  const element = make("div", {class: "stage"}, scroller);
  const buttons = [button("out", "Zoom out", () => zoom(0.8)),
    button("in", "Zoom in", () => zoom(1.25)), button("fit", "Fit", fit)];
  const box = () => picture.svg.viewBox.baseVal;
  // at which its smallest text is as small as it may be, and as large as it is read from afar
  const scaleOf = (part) => parseFloat(getComputedStyle(part).fontSize) / picture.small;
  const least = () => scaleOf(element), good = () => scaleOf(scroller);

  /** Show the picture at a scale; what is at a point of the screen, else in the middle, stays. */
  function look(to, x, y) {
    const frame = scroller.getBoundingClientRect();
    x = x === undefined ? scroller.clientWidth / 2 : x - frame.left;
    y = y === undefined ? scroller.clientHeight / 2 : y - frame.top;
    const by = to / scale, left = scroller.scrollLeft + x, top = scroller.scrollTop + y;
    scale = to;
    picture.svg.style.width = `${box().width * scale}px`;
    picture.svg.style.height = `${box().height * scale}px`;
    scroller.scrollTo(left * by - x, top * by - y);
    cue();
  }
  function zoom(factor, x, y) {
    isOwn = true;
    look(Math.max(0.1, Math.min(8, scale * factor)), x, y);
  }
  /** Return the scale at which all of the picture is in sight. */
  function whole() {
    return Math.min((element.clientWidth - 2) / box().width,
      (element.clientHeight - 2) / box().height);
  }
  function fit() {
    isOwn = true;
    look(Math.min(whole(), Math.max(MOST / picture.small, good())));
  }
  /** Show the whole picture if that is readable, else a part of it. */
  function home() {
    isOwn = false;
    if (!element.clientWidth) return;  // not on the screen yet
    picture.small ??= Math.min(...[...picture.svg.querySelectorAll("text")].map(
      (text) => parseFloat(getComputedStyle(text).fontSize)));
    const frame = scroller.getBoundingClientRect();  // what is at its beginning stays there
    look(whole() >= least() ? Math.min(whole(), Math.max(MOST / picture.small, good())) : good(),
      scroller.scrollLeft ? undefined : frame.left, scroller.scrollTop ? undefined : frame.top);
    keep(kept);
  }
  /** Return the height at which the picture would be well seen. */
  function height() {
    const {width, height: high} = box();
    const scale = Math.max(least(), Math.min((element.clientWidth - 2) / width, 1.3 * least()));
    return Math.max(240, Math.min(high * scale + 20, Math.max(400, 0.5 * screen.height)));
  }
  function pan(dx, dy) {
    scroller.scrollBy(-dx, -dy);
  }
  /** Scroll so that the first of these parts of the picture that fits is in sight, then more of
   *  them; if there are none, its beginning. */
  function keep(groups) {
    kept = groups.filter(Boolean);
    const frame = scroller.getBoundingClientRect();
    if (!frame.width) return;
    const boxes = (kept.length ? kept : [start()]).map((group) => group.getBoundingClientRect());
    const fits = ({left, right, top, bottom}, near = NEAR) =>
      right - left <= frame.width - 2 * near && bottom - top <= frame.height - 2 * near;
    let sight = boxes.find((box) => fits(box, 0)) ?? boxes[0];
    for (const box of boxes) {
      const wider = {left: Math.min(sight.left, box.left), right: Math.max(sight.right, box.right),
        top: Math.min(sight.top, box.top), bottom: Math.max(sight.bottom, box.bottom)};
      if (fits(wider)) sight = wider;
    }
    const miss = (low, high, from, to) => {
      const near = Math.max(0, Math.min(NEAR, (to - from - high + low) / 2));
      return Math.min(low - from - near, 0) || Math.max(high - to + near, 0);
    };
    scroller.scrollBy(
      miss(sight.left, sight.right, frame.left, frame.left + scroller.clientWidth),
      miss(sight.top, sight.bottom, frame.top, frame.top + scroller.clientHeight));
  }
  /** Return the uppermost node of the first column. */
  function start() {
    const nodes = Object.values(picture.nodes).map((node) => ({node, box: node.getBBox()}));
    const left = Math.min(...nodes.map(({box}) => box.x));
    const first = nodes.filter(({box}) => box.x < left + box.width);  // those of the first column
    return first.reduce((a, b) => (b.box.y < a.box.y ? b : a)).node;
  }
  /** Shade the sides where there is more to see. */
  function cue() {
    const {scrollLeft: x, scrollTop: y, clientWidth: w, clientHeight: h} = scroller;
    mark(element, {"more-left": x > 1, "more-right": x + w < scroller.scrollWidth - 1,
      "more-up": y > 1, "more-down": y + h < scroller.scrollHeight - 1});
  }
  /** Show another picture. */
  function turn(to) {
    picture = to;
    scroller.replaceChildren(picture.svg);
    scroller.scrollTo(0, 0);
    kept = [];
    home();
    scroller.scrollTo(0, 0);
  }
  scroller.addEventListener("scroll", cue);
  scroller.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1, event.clientX, event.clientY);
  }, {passive: false});

  // a mouse drags; a finger scrolls by itself, and two of them zoom
  scroller.addEventListener("pointerdown", (from) => {
    dragged = false;
    if (from.pointerType !== "mouse" || from.button) return;
    const move = (to) => {
      dragged ||= Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) > 4;
      if (dragged) pan(to.movementX, to.movementY);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), {once: true});
  });
  scroller.addEventListener("click", (event) => dragged && event.stopPropagation(), true);
  let apart = 0;
  const pinch = (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches, now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    if (event.type === "touchmove") {
      zoom(now / apart, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    }
    apart = now;
  };
  for (const kind of ["touchstart", "touchmove"]) {
    scroller.addEventListener(kind, pinch, {passive: false});
  }
  new ResizeObserver(() => picture && (isOwn ? (cue(), keep(kept)) : home())).observe(element);
  const keys = {"+": () => zoom(1.25), "-": () => zoom(0.8), 0: fit};
  const shifted = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
  for (const [key, by] of Object.entries(shifted)) keys[`Shift+${key}`] = () => pan(...by);
  return {element, buttons, height, keep, turn, keys};
}
