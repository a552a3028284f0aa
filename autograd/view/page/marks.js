// What lights up in the picture, and the numbers in it.

const KINDS = ["input", "parameter", "leaf", "constant", "operation", "unit", "layer", "output"];

/** Put text into a node, narrowed if it has become too long for its box. */
function write(element, text, box) {
  if (element.textContent === text) return;
  element.removeAttribute("textLength");
  element.textContent = text;
  const room = box.getBBox().width - 6;
  if (!text || room < 0 || element.getComputedTextLength() <= room) return;
  element.setAttribute("lengthAdjust", "spacingAndGlyphs");
  element.setAttribute("textLength", room);
}

/** Put text on an edge; the box behind it gets as wide. */
function writeLabel(label, text) {
  const element = label.querySelector("text"), box = label.querySelector("rect");
  mark(label, {away: !text});
  if (element.textContent === text) return;
  element.querySelector("tspan").textContent = text;
  const width = element.getComputedTextLength() + 6;
  if (width === 6) return;  // not on the screen yet
  box.setAttribute("x", element.getAttribute("x") - width / 2);
  box.setAttribute("width", width);
}

/** Return the number that a line of text shows; null if it is not known yet. */
function fact([, kind, ...of], state, {values, grads}, isNow) {
  if (kind === "v") return state.value[of[0]] ? values[of[0]] : null;
  if (of.some((i) => state.total[i] === null)) return null;
  const slopes = of.map((i) => (isNow ? state.total : grads)[i]);
  return kind === "n" ? Math.hypot(...slopes) : slopes.reduce((a, b) => a + b);
}

/** Show an event in the picture; return the groups that are lit: nodes, and edges. */
function light(lesson, event) {
  const {picture, nodes, now, old, step, seed} = lesson, {put} = lesson.words;
  const state = known(nodes, now.events, step), isBack = event.kind === "add";
  const marked = lesson.chosen < 0 ? null
    : lesson.route || paths(nodes, now.events, lesson.chosen, 0);
  const isChanged = (i) => old && !Object.is(old.values[i], now.values[i]);
  for (const [k, g] of Object.entries(picture.nodes)) {
    const group = picture.members[k] ?? [];
    mark(g, {
      now: event.kind !== "start" && group.includes(event.node) || group.includes(event.parent),
      back: isBack || event.kind === "seed",
      unknown: group.some((i) => !state.value[i]),
      path: marked && group.some((i) => marked.on.has(i)),
      dim: marked && !group.some((i) => marked.on.has(i)),
      changed: group.some(isChanged),
    });
    picture.lines[k].forEach((text, line) => {
      const slot = picture.facts[k]?.[line];
      if (!slot) return;
      const x = fact(slot, state, now, true);
      write(text, x === null ? "" : slot[0] + put(x), g.querySelector(".shape"));
      mark(text, {changed: old && x !== fact(slot, state, old, false)});
    });
    if (group.length) g.setAttribute("aria-label", lookup(lesson, k));
  }
  const local = {}, active = new Set(), onPath = new Set(), {flows, weights} = picture;
  now.events.slice(seed + 1).forEach((e, i) => {
    if (seed + 1 + i <= step) local[flows[i]] = put(e.local);
    if (e === event || (event.kind === "value" && e.node === event.node)) active.add(flows[i]);
    if (marked && marked.edges.has(e)) onPath.add(flows[i]);
  });
  for (const [e, g] of Object.entries(picture.edges)) {
    const i = Number(e), label = picture.labels[e];
    mark(g, {now: active.has(i), back: isBack, path: onPath.has(i),
      dim: marked && !onPath.has(i)});
    if (!label) continue;
    writeLabel(label, weights?.[e] >= 0 ? put(now.values[weights[e]]) : local[e] ?? "");
  }
  const lit = (groups) => Object.values(groups).filter((g) => g.classList.contains("now"));
  return {nodes: lit(picture.nodes), edges: lit(picture.edges)};
}

/** Return what the marks in a picture mean. */
function legendOf(picture) {
  const entry = (text, kind) => make("span", {}, make("svg", {viewBox: "0 0 26 18",
    class: "deltarule auto swatch"}, make("g", {class: `node ${kind}`},
    make("rect", {class: "shape", x: 3, y: 3, width: 20, height: 12, rx: 3}))), text);
  return [
    ...KINDS.filter((k) => picture.svg.querySelector(`.node.${k}`)).map((k) => entry(k, k)),
    entry("forward", "operation now"), entry("backward", "operation now back"),
    entry("on the path", "operation path"), entry("changed by an edit", "operation changed"),
    make("span", {}, `on edges: ${picture.weights ? "weight" : "local derivative"}`),
    make("span", {}, "keys: ← → space Home End; Tab, Enter: choose; + − 0: zoom"),
  ];
}
