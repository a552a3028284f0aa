// The picture of the network: a map of the plane in every unit, its δ below, and the weights between.

const BIGGEST = 4.2, SMALLEST = 18;  // of a unit's map: letters, and pixels
const NAMES_APART = 1000;  // milliseconds between changes of what screen readers say of units

/** Make the panel; it calls `chooseUnit(k)` and `chooseWeight(k)` of the app, and `resize(layer,
 *  units)` (or a layer with 0 units to take it away, one more than there are to add it). */
function networkPanel({chooseUnit, chooseWeight, resize}) {
  const edges = make("canvas", {"aria-hidden": "true"});
  const field = make("div", {class: "net"}, edges);
  const element = make("section", {class: "network", "aria-label": "Network"}, field);
  let model, units = [], inputs = [], places = [], fade, naming = 0, width = 0, height = 0, last;

  /** Build it anew for a model; `isOwn` says whether its layers can be changed. */
  function build(to, names, isOwn) {
    model = to;
    places = [];
    const {sizes, nodes} = model.forward;
    inputs = names.map((name, i) => make("span", {class: "given", title: name}, `x${
      names.length > 1 ? digitsOf(i + 1, LOWERED) : ""}`));
    units = model.forward.units.map(({a, z}, k) => make("button", {type: "button", class: "unit",
      click: () => chooseUnit(k)}, make("canvas"), make("span", {class: "delta"}, make("i")),
    make("span", {class: "name"}, nodes[z].t || nodes[a].t)));
    const heads = isOwn ? [...sizes.slice(1, -1).map(head), make("div", {class: "layer more"},
      pressButton("+ layer", () => resize(sizes.length - 2, 2), "One layer more"))] : [];
    keepingFocus(() => field.querySelectorAll(".layer button"), () =>
      field.replaceChildren(edges, ...inputs, ...units, ...heads));
    nameUnits([]);
    last = null;
    arrange();
  }
  function head(size, k) {
    const to = (by, sign, word) => signButton(sign, word, () => resize(k, size + by));
    const minus = size > 1 ? `One unit less in layer ${k + 1}` : `Take layer ${k + 1} away`;
    return make("div", {class: "layer", "data-layer": k + 1, role: "group",
      "aria-label": `Layer ${k + 1}: ${counted(size, "unit")}`}, to(-1, "−", minus), make("span", {}, size),
    to(1, "+", `One unit more in layer ${k + 1}`));
  }
  /** Say of each unit where it is, and its δ. */
  function nameUnits(deltas) {
    naming = 0;
    model.forward.units.forEach(({layer, unit}, k) => units[k].setAttribute("aria-label",
      `unit ${unit} of layer ${layer}${k in deltas ? `, δ ${show(deltas[k], 2)}` : ""}`));
  }
  /** Put everything in its place, for the room there is. */
  function arrange() {
    ({width, height} = field.getBoundingClientRect());
    if (!model?.forward.sizes.length || width < 10) return;
    const {sizes} = model.forward, dense = Math.max(...sizes), letter = fontOf(field), top = 2.6 * letter;
    const columns = sizes.length, side = Math.max(SMALLEST, Math.min(BIGGEST * letter,
      (height - top - 4) / dense - (dense > 8 ? 5 : 1.5 * letter), (width - 80) / columns - 34));
    field.style.setProperty("--side", `${side}px`);
    field.classList.toggle("dense", dense > 6 || (height - top) / dense < side + letter);
    const x = (layer) => (columns === 1 ? width / 2 : 34 + (layer * (width - 84)) / (columns - 1));
    const y = (unit, size) => top + ((unit + 0.5) * (height - top)) / size;
    places = sizes.map((size, layer) => Array.from({length: size}, (_, j) => [x(layer), y(j, size)]));
    inputs.forEach((part, i) => put(part, places[0][i]));
    model.forward.units.forEach(({layer, unit}, k) => put(units[k], places[layer][unit - 1]));
    for (const part of field.querySelectorAll("[data-layer]")) put(part, [x(part.dataset.layer), letter]);
    const more = field.querySelector(".more");
    if (more) put(more, [Math.min(x(sizes.length - 1), width - 2.6 * letter), letter]);
    const sharp = devicePixelRatio || 1;
    edges.width = width * sharp;
    edges.height = height * sharp;
    if (last) draw(last);
  }
  function put(part, [x, y]) {
    part.style.left = `${x}px`;
    part.style.top = `${y}px`;
  }
  /** Yield each weight: its number, and where its edge begins and ends. */
  function* lines() {
    let at = 0;
    const {sizes} = model.forward;
    for (let layer = 1; layer < sizes.length; layer++) {
      for (let j = 0; j < sizes[layer]; j++, at++) {  // the bias has no edge
        for (let i = 0; i < sizes[layer - 1]; i++, at++) {
          yield [at, places[layer - 1][i], places[layer][j]];
        }
      }
    }
  }
  /** Show the numbers of the moment: weights p, their gradients g and δ of the chosen sample. */
  function draw(now) {
    last = now;
    if (!places.length) return;  // it is hidden
    const {p, g, deltas, chosen, weight, colours, frozen} = now;
    const pen = edges.getContext("2d"), sharp = devicePixelRatio || 1;
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    const largest = Math.max(1e-12, ...p.map(Math.abs)), steepest = Math.max(1e-12, ...g.map(Math.abs));
    const r = parseFloat(field.style.getPropertyValue("--side")) / 2;
    const path = ([x0, y0], [x1, y1]) => {
      const a = x0 + r * 0.9, b = x1 - r, middle = (a + b) / 2;
      pen.beginPath();
      pen.moveTo(a, y0);
      pen.bezierCurveTo(middle, y0, middle, y1, b, y1);
      pen.stroke();
    };
    const all = [...lines()], scale = all.length > 80 ? 0.6 : 1;
    pen.strokeStyle = colours.back;
    for (const [k, from, to] of all) {
      const share = Math.abs(g[k]) / steepest;
      if (!(share > 0.05)) continue;
      pen.globalAlpha = 0.1 + 0.25 * share;
      pen.lineWidth = scale * (2 + 14 * share);
      path(from, to);
    }
    for (const [k, from, to] of all) {
      const share = Math.abs(p[k]) / largest;
      pen.globalAlpha = Number.isFinite(p[k]) ? 0.35 + 0.65 * share : 1;
      pen.strokeStyle = k === weight ? colours.ink : p[k] < 0 ? colours.negative : colours.positive;
      pen.setLineDash(frozen[k] || !Number.isFinite(p[k]) ? [3, 3] : []);
      pen.lineWidth = scale * (0.6 + 5 * share) + (k === weight ? 2 : 0);
      path(from, to);
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    const most = Math.max(1e-12, ...deltas.map(Math.abs));
    units.forEach((part, k) => {
      const delta = deltas[k], bar = part.querySelector("i"), share = Math.abs(delta) / most;
      bar.style.width = `${50 * (Number.isFinite(share) ? share : 1)}%`;
      mark(bar, {negative: delta < 0, nonfinite: !Number.isFinite(delta)});
      mark(part, {chosen: k === chosen});
      part.setAttribute("aria-pressed", k === chosen);
    });
    naming ||= setTimeout(() => nameUnits(last?.deltas ?? []), NAMES_APART);
  }
  /** Return the weight whose edge is nearest to a point, or -1. */
  function nearest(x, y) {
    let best = [8, -1];
    for (const [k, [x0, y0], [x1, y1]] of lines()) {
      for (let s = 0.1; s < 0.95; s += 0.05) {
        const c = 3 * s * s - 2 * s * s * s, far = Math.hypot(x0 + s * (x1 - x0) - x, y0 + c * (y1 - y0) - y);
        if (far < best[0]) best = [far, k];
      }
    }
    return best[1];
  }
  field.addEventListener("click", (event) => {
    if (event.target !== edges) return;
    const {left, top} = field.getBoundingClientRect();
    chooseWeight(nearest(event.clientX - left, event.clientY - top));
  });
  new ResizeObserver(() => {
    cancelAnimationFrame(fade);
    fade = requestAnimationFrame(arrange);
  }).observe(field);
  return {element, build, draw, canvases: () => units.map((part) => part.querySelector("canvas")),
    focus: (k) => units[k].focus()};
}

/** Change an element that has buttons, and focus that which has the place of the one in focus, as
 *  counted from the end. */
function keepingFocus(buttons, change) {
  const at = [...buttons()].reverse().indexOf(document.activeElement);
  change();
  const now = [...buttons()];
  if (at >= 0) (now.at(-1 - at) ?? now[0])?.focus();
}
