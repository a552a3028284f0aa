// What lights up in the picture, and the numbers in it.

const KINDS = ["input", "parameter", "leaf", "constant", "operation", "unit", "layer", "output"];

const OUTLINES = {  // by kind, where it differs
  input: ["M4 4H22L29 11 22 18H4z"], leaf: ["M4 4H28V18H4z"], constant: ["M4 4H28V18H4z"],
  parameter: ["M9 4H23L28 8V14L23 18H9L4 14V8z"], unit: ["M16 2a9 9 0 0 0 0 18 9 9 0 0 0 0-18"],
  path: ["M2 11H30"], layer: ["M10 4H28V18H10z", "M4 4H23V18H4z"], operation: ["M10 4H22a7 7 0 0 1 0 14H10a7 7 0 0 1 0-14z"],
  output: ["M7 4H25q3 0 3 3V15q0 3-3 3H7q-3 0-3-3V7q0-3 3-3z", "M9 7H23q2 0 2 2V13q0 2-2 2H9q-2 0-2-2V9q0-2 2-2z"],
};

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

/** Put texts on an edge, each with a mark; the box behind each line gets as wide. */
function writeLabel(label, texts) {
  mark(label, {away: !texts[0]});
  label.querySelectorAll("tspan").forEach((tspan, k) => (tspan.textContent = texts[k] ?? ""));
  for (const line of label.querySelectorAll("text")) {
    const box = line.previousElementSibling, width = line.getComputedTextLength();
    if (width < 1 && line.textContent) continue;  // not on the screen yet
    box.setAttribute("x", line.getAttribute("x") - width / 2 - 3);
    box.setAttribute("width", width && width + 6);  // a line that is empty hides nothing
  }
}

/** Return what is known of a run at a step: as `known`, with the values, null if not known yet. */
function stateAt({data, nodes, step}, run) {
  const state = known(nodes, run.events, step);
  const values = run.values.map((x, i) => (state.value[i] ? state.updated[i] ?? x : null));
  return {...state, values, stale: outdated(nodes, state.updated), rate: data.update?.rate};
}

/** Return which numbers are still those of the weights before an update. */
function outdated(nodes, updated) {
  const stale = new Set(), isNew = (o) => o in updated || stale.has(o);
  nodes.forEach((node, i) => node.o?.some(isNew) && stale.add(i));
  return stale;
}

/** Return the number that a line of text shows; null if it is not known yet. */
function fact([, kind, ...of], {values, total, updated, rate}) {
  if (kind === "v") return values[of[0]];
  const slopes = of.map((i) => (kind === "s" && !(i in updated) ? null : total[i]));
  if (slopes.includes(null)) return null;
  if (kind === "g") return slopes.reduce((a, b) => a + b);
  return (kind === "s" ? rate : 1) * Math.hypot(...slopes);
}

/** Return where a picture shows how far the parameters of a layer go, if an event moves the last of
 *  them: the node, its line, and these parameters. */
function stepAt({facts}, {kind, node}) {
  if (kind !== "update") return undefined;
  return facts.flatMap((slots, k) => slots.map((slot, line) => ({slot, k, line})))
    .find(({slot}) => slot?.[1] === "s" && slot.at(-1) === node);
}

/** Hang a flag on the upper edge of a node where a pass ceased to be finite. */
function hang(g, words, kind) {
  const {x, y, width} = g.querySelector(".shape").getBBox(), text = make("text", {y: y - 2}, words);
  const box = make("rect", {y: y - 16, height: 19, rx: 3});
  g.append(make("g", {class: kind}, box, text));
  const long = text.getComputedTextLength() + 8;
  const left = kind === "flag" ? x - 8 : x + width + 8 - long;
  text.setAttribute("x", left + long / 2);
  box.setAttribute("x", left);
  box.setAttribute("width", long);
}

/** Return what has flowed back along an edge until a step. */
function arrived({events}, {flows}, edge, step) {
  return events.reduce((sum, e, i) => sum + (i <= step && flows[e.arc] === edge ? e.term : 0), 0);
}

/** Show the events of a step in the picture; return the groups that are lit: nodes, edges, and what
 * is written on these. */
function light(lesson, events) {
  const {picture, nodes, seen, old, now} = lesson, last = events.at(-1);
  const isBack = last.kind === "add" || last.kind === "seed", isUpdate = last.kind === "update";
  const state = stateAt(lesson, seen), other = old && stateAt(lesson, seen === now ? old : now);
  const {value: began, add} = culprits(seen, lesson.step), failed = add?.parent ?? -1;
  const marked = lesson.chosen < 0 ? null
    : lesson.route || paths(nodes, seen.events, lesson.chosen, 0);
  const isOff = (x) => x !== null && !Number.isFinite(x);
  const lit = lesson.looks ? [] : events;
  const happens = new Set(lit.flatMap(({node, parent}) => [node, parent]));
  const shown = (x, y) => (x === null ? "" : lesson.words.compare(x, y));
  const differs = (x, y) => old && !Object.is(x, y);

  for (const flag of picture.svg.querySelectorAll(".flag")) flag.remove();
  for (const [k, g] of Object.entries(picture.nodes)) {
    const group = picture.members[k] ?? [], some = (test) => group.some(test);
    mark(g, {
      now: some((i) => happens.has(i)), back: isBack, update: isUpdate,
      unknown: some((i) => !state.value[i]),
      path: marked && some((i) => marked.on.has(i)),
      dim: marked && !some((i) => marked.on.has(i)),
      stale: some((i) => state.stale.has(i)),
      changed: some((i) => old && !Object.is(old.values[i], now.values[i])),
      nonfinite: some((i) => isOff(state.values[i]) || isOff(state.total[i])),
      culprit: some((i) => i === began || i === failed),
    });
    picture.lines[k].forEach((text, line) => {
      const slot = picture.facts[k]?.[line];
      if (!slot) return;
      const x = fact(slot, state), y = other && fact(slot, other);
      write(text, x === null ? "" : slot[0] + shown(x, y), g.querySelector(".shape"));
      mark(text, {changed: differs(x, y),
        stale: slot[1] === "v" ? state.stale.has(slot[2]) : isUpdate && slot[1] !== "s"});
    });
    if (group.length) g.setAttribute("aria-label", lookup(lesson, group, state));
    if (group.includes(began)) hang(g, "first →", "flag");
    if (group.includes(failed)) hang(g, "← first", "flag back");
  }
  const active = new Set(), onPath = new Set(), off = new Set(), brought = {}, {weights} = picture;
  const computed = new Set(lit.map((e) => (e.kind === "value" ? e.node : -1)));
  seen.events.forEach((e, i) => {
    if (e.kind !== "add") return;
    const at = picture.flows[e.arc];
    if (i <= lesson.step) brought[at] = i;
    if (i <= lesson.step && isOff(e.term)) off.add(at);
    if (lit.includes(e) || computed.has(e.node)) active.add(at);
    if (marked?.edges.has(e)) onPath.add(at);
  });
  for (const [e, node] of picture.constants) if (computed.has(node)) active.add(e);
  for (const [e, g] of Object.entries(picture.edges)) {
    const i = Number(e), label = picture.labels[e], weight = weights?.[e] ?? -1;
    if (weight >= 0) g.setAttribute("aria-label", lookup(lesson, [weight], state));
    const isUpdated = isUpdate && happens.has(weight);
    mark(g, {now: active.has(i) || isUpdated, back: isBack, update: isUpdate, path: onPath.has(i),
      dim: marked && !onPath.has(i), nonfinite: off.has(i)});
    if (!label) continue;
    const partial = (run) => run && (picture.slopes.includes(i)
      ? arrived(run, picture, i, lesson.step) : run.events[brought[e]].local);
    const pairs = weight >= 0 ? [[state.values[weight], other?.values[weight]],
      [state.total[weight], other?.total[weight]]]
      : [e in brought ? [partial(seen), partial(seen === now ? old : now)] : [null, null]];
    writeLabel(label, pairs.map(([x, y], k) => `${k && x !== null ? " ∂w " : ""}${shown(x, y)}`));
    label.querySelectorAll("tspan").forEach((text, k) =>
      mark(text, {changed: differs(...pairs[k]), stale: isUpdate && (weight < 0 || k)}));
  }
  const found = (groups) => Object.values(groups).filter((g) => g.classList.contains("now"));
  const labels = Object.entries(picture.labels).filter(([e, label]) =>
    picture.edges[e].matches(".now") && !label.matches(".away")).map(([, label]) => label);
  return {nodes: found(picture.nodes), edges: found(picture.edges), labels};
}

/** Return what the marks in a picture mean. What it has at some steps only comes last, and keeps
 * its place while it is not there: see `heed`. */
function legendOf(lesson) {
  const {data, picture: {svg, weights, labels, facts}} = lesson;
  const root = lesson.words.name(lesson.end);
  const entry = (text, kind, shape = kind, at = "") => {
    const shapes = OUTLINES[shape] ?? OUTLINES.operation;
    return make("span", {"data-at": at}, make("svg", {viewBox: "0 0 32 22",
      class: "deltarule auto swatch"}, make("g", {class: kind},
      ...shapes.map((d) => make("path", {class: kind.startsWith("edge") ? "" : "shape", d})))), text);
  };
  const carry = (isWeight) => Object.keys(labels).some((e) => weights?.[e] >= 0 === isWeight);
  const onEdges = [carry(true) && `weight w, then ∂w: ∂${root}/∂w`,
    carry(false) && `${carry(true) ? "elsewhere " : ""}local derivative`].filter(Boolean);
  const {value, add} = culprits(lesson.now, lesson.last), isOff = value >= 0 || add;
  const changed = make("span", {"data-at": ".changed"}, make("u", {}, "1.5"),
    "changed");
  const onPath = entry("on the path", "edge path", "path", ".path");
  return [
    ...KINDS.filter((k) => svg.querySelector(`.node.${k}`)).map((k) => entry(k, `node ${k}`,
      k === "unit" && !svg.querySelector(".unit circle") ? "operation" : k)),
    entry("forward", "node operation now", "operation"), entry("backward", "node operation now back", "operation"),
    ...(data.update ? [entry("update", "node operation now update", "operation")] : []),
    ...(isOff ? [entry("not finite", "node operation nonfinite", "operation")] : []),
    ...(facts.flat().some((slot) => slot?.[1] === "s") ? [make("span", {}, `‖∂w‖: norm of ∂${root}/∂w `
      + "for all w and b of a layer; ‖Δw‖ = η ‖∂w‖")] : []),
    ...(onEdges.length ? [make("span", {}, `on edges: ${onEdges.join("; ")}`)] : []),
    make("span", {class: "keys"}, "keys: ← → space Home End; + − 0: zoom; " +
      "Tab, arrows, Enter: choose, n: its next change"),
    ...(data.update ? [entry("of old weights", "node operation stale", "operation", ".stale")] : []),
    ...(data.before ? [changed, onPath] : [onPath, changed]),
  ];
}

/** Show the entries of a legend that a picture has now. */
function heed(legend, {svg}) {
  for (const entry of legend.querySelectorAll("[data-at]")) {
    const {at} = entry.dataset;
    entry.style.visibility = !at || svg.querySelector(at) ? "" : "hidden";
  }
}
