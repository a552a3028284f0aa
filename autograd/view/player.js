// The page of the player: pictures, steps, predictions, edits. What it computes is in passes.js.

const ICONS = {
  first: "M4 4v16M20 4L8 12l12 8z", back: "M17 4L5 12l12 8z", play: "M6 3l15 9-15 9z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z", next: "M7 4l12 8-12 8z", last: "M20 4v16M4 4l12 8-12 8z",
  in: "M12 5v14M5 12h14", out: "M5 12h14", fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};
const KINDS = ["input", "parameter", "leaf", "constant", "operation", "unit", "layer", "output"];
const LISTED = 12;  // paths

/** Make an element with attributes and listeners. Texts go in as text nodes, never as HTML. */
function make(tag, attributes = {}, ...children) {
  const isSvg = ["svg", "path", "g", "rect"].includes(tag);
  const space = `http://www.w3.org/${isSvg ? "2000/svg" : "1999/xhtml"}`;
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Bring the pictures to life in `root`. `edited(node, number)` is told of the learner's edits. */
function player(root, data, rules, edited = () => {}) {
  const nodes = data.nodes, end = nodes.length - 1, given = nodes.map((node) => node.v);
  const pictures = {};
  for (const [at, {svg}] of Object.entries(data.levels)) {
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
    parsed.querySelector(".legend")?.remove();
    pictures[at] = document.importNode(parsed.documentElement, true);
  }
  let now = run(nodes, rules), old = null;  // this run, and the one before an edit
  const last = now.events.length - 1, seed = now.events.findIndex((e) => e.kind === "seed");
  let step = 0, limit = data.quiz ? seed : last, timer = 0;
  let asking = false, tries = 0, score = 0, asked = 0;
  let level = data.detail, chosen = -1, among = [], route = null, view, dragged = false;

  // the parts of the page
  const icon = (shape) => make("svg", {viewBox: "0 0 24 24"}, make("path", {d: ICONS[shape]}));
  const button = (shape, label, click) => make("button",
    {type: "button", class: shape, "aria-label": label, title: label, click}, icon(shape));
  const play = button("play", "Play", () => (timer ? pause() : start()));
  const next = button("next", "Step", () => go(step + 1));
  const scrubber = make("input", {type: "range", max: last, class: "scrubber", "aria-label": "Step",
    input: () => go(Number(scrubber.value))});
  scrubber.style.setProperty("--split", `${(100 * (seed - 0.5)) / last}%`);
  const counter = make("output", {class: "counter"});
  const levels = make("select", {"aria-label": "Level of detail", change: () => turn(levels.value)},
    ...Object.keys(pictures).map((key) => make("option", {value: key}, key)));
  const bar = make("div", {class: "bar", role: "toolbar", "aria-label": "Steps"},
    button("first", "To the start", () => go(0)), button("back", "Step back", () => go(step - 1)),
    play, next, button("last", "To the end", () => go(last)), scrubber, counter,
    make("div", {class: "zoom", role: "group", "aria-label": "Zoom"},
      button("in", "Zoom in", () => zoom(0.8)), button("out", "Zoom out", () => zoom(1.25)),
      button("fit", "Fit", fit)), levels);
  levels.hidden = Object.keys(pictures).length < 2;
  const head = make("h2"), cards = make("div", {class: "cards"});
  const said = make("p", {class: "said", role: "status"});
  const answer = make("input", {size: 9, autocomplete: "off", "aria-label": "Your prediction"});
  const quiz = make("form", {class: "quiz", submit: check}, answer, make("button", {}, "Check"),
    make("button", {type: "button", class: "reveal", click: () => reveal(false)}, "Reveal"));
  const verdict = make("p", {class: "verdict", role: "status"});
  const hint = make("p", {class: "hint"});
  const stage = make("div", {class: "stage"});
  const side = make("aside", {class: "side", "aria-label": "Chosen number"});
  const legend = make("p", {class: "legend"});
  root.replaceChildren(make("div", {class: "player"}, bar,
    make("div", {class: `event ${data.quiz ? "long" : ""}`}, head, cards, quiz, verdict, said),
    make("div", {class: "main"}, stage, side), legend));

  // -- stepping

  function go(to) {
    const wanted = Math.max(0, Math.min(last, to));
    asking = wanted > limit && step === limit;
    step = Math.min(wanted, limit);
    verdict.textContent = "";
    if (asking || step === last) pause();
    render();
    if (asking) answer.focus();
  }
  function start() {
    if (step === last) go(0);
    timer = setInterval(() => go(step + 1), 1400);
    render();
  }
  function pause() {
    timer = clearInterval(timer);
    render();
  }

  // -- predict, then reveal

  function check(event) {
    event.preventDefault();
    const asks = now.events[limit + 1], stale = old ? old.grads[asks.parent] : undefined;
    const {right, text} = judge(answer.value, asks, now.events, data.digits, stale);
    tries += 1;
    if (right) return reveal(true);
    say(text, "wrong");
    answer.select();
  }
  function reveal(isRight) {
    score += isRight && tries === 1;
    asked += 1;
    tries = 0;
    answer.value = "";
    go((limit += 1));
    say(`${isRight ? "Right." : "Revealed."} ${score} of ${asked} right at the first try` +
      `${limit === last ? "; that was all." : "."}`, isRight ? "right" : "");
    next.focus();
  }
  function say(text, kind) {
    verdict.textContent = text;
    verdict.className = `verdict ${kind}`;
  }

  // -- an event in words and numbers

  const put = (x) => show(x, data.digits);
  const signed = (x) => (put(x).startsWith("−") ? `(${put(x)})` : put(x));
  const name = (i) => nodes[i].t, slope = (i) => nodes[i].d || `∂${name(end)}/∂${name(i)}`;
  const operands = (i, text) => nodes[i].o.map(
    (o) => (Array.isArray(o) ? put(Number(o[0])) : text(o)));
  const names = (i) => operands(i, name), numbers = (i) => operands(i, (o) => put(now.values[o]));
  function formula(i, texts) {
    const rule = data.rules[nodes[i].f];
    if (rule.y) return fill(rule.y, [name(i), ...texts]);
    return `${rule.name}(${texts.slice(0, 3).join(", ")}${texts.length > 3 ? ", …" : ""})`;
  }
  function card(label, number, kind = "") {
    return make("div", {class: `card ${kind}`}, make("span", {class: "label"}, label),
      make("span", {class: "number"}, number));
  }
  function describe({kind, node: i, parent, place, local, upstream, passes, term, before, after}) {
    if (kind === "start") {
      return {heading: "The leaves are given",
        row: [card("Step forward: each number follows from those before it.", "")]};
    }
    if (kind === "seed") {
      return {heading: `${slope(i)} = 1`, row: [card("seed: where the backward pass begins", "1")]};
    }
    if (kind === "value") {
      const parts = [formula(i, numbers(i)), put(now.values[i])];
      return {heading: `${name(i)} = ${formula(i, names(i))}`, more: `= ${parts.join(" = ")}`,
        row: [card("in numbers", parts[0]), "=", card(name(i), parts[1], "result")]};
    }
    const partial = `∂${name(i)}/∂${name(parent)}${i === end ? "|direct" : ""}`;
    const rule = data.rules[nodes[i].f].d[place], total = `total ${slope(parent)}`;
    const symbols = rule ? fill(rule, [name(i), ...names(i)]) : "";
    const row = (label, local, term, sum, signs = ["×", "="]) => [card(label, local), signs[0],
      card(`upstream ${slope(i)}`, put(upstream)), signs[1], card("contribution", term), "→",
      card(total, `${put(before)} + ${sum}`, "result")];
    if (asking) {
      return {heading: `${name(i)} = ${formula(i, names(i))}: what does ${slope(parent)} become?`,
        more: `Upstream ${put(upstream)}, total so far ${put(before)}.`,
        row: row(`local ${partial}`, "?", "?", "? =")};
    }
    const equation = symbols && symbols !== put(local) ? `${partial} = ${symbols}` : partial;
    if (!passes) {
      return {heading: `${slope(parent)} += nothing: ${name(parent)} is not selected`,
        more: `${put(local)} passes nothing on; total ${put(after)}`,
        row: row(`local ${equation}`, put(local), "nothing: not selected", `0 = ${put(after)}`,
          ["|", "→"])};
    }
    return {heading: `${slope(parent)} += ${partial} · ${slope(i)}`,
      more: `${put(local)} times ${put(upstream)} is ${put(term)}; total ${put(after)}`,
      row: row(`local ${equation}`, put(local), put(term), `${signed(term)} = ${put(after)}`)};
  }

  // -- the picture

  const parts = {};  // by level: nodes, their lines of text, edges
  const members = (k, at = level) => data.levels[at].members[k] ?? [];
  for (const [at, svg] of Object.entries(pictures)) {
    const found = (parts[at] = {node: {}, lines: {}, edge: {}, label: {}});
    svg.dataset.box = svg.getAttribute("viewBox");
    for (const g of svg.querySelectorAll(".edge")) found.edge[g.id.slice(1)] = g;
    for (const g of svg.querySelectorAll("[data-edge]")) found.label[g.dataset.edge] = g;
    (data.levels[at].weights || []).forEach((weight, e) => {
      for (const g of weight < 0 ? [] : [found.edge[e], found.label[e]]) {
        g?.classList.add("weight");
        g?.addEventListener("click", () => dragged || choose([weight]));
      }
    });
    for (const g of svg.querySelectorAll(".node")) {
      const k = g.id.slice(1);
      found.node[k] = g;
      found.lines[k] = [...g.querySelectorAll(".value,.grad")];
      if (!members(k, at).length) continue;
      g.setAttribute("role", "button");
      g.setAttribute("tabindex", 0);
      g.addEventListener("click", () => dragged || choose(members(k)));
      g.addEventListener("keydown", (press) => {
        if (press.key !== "Enter" && press.key !== " ") return;
        press.preventDefault();
        choose(members(k));
      });
      const tell = (text) => () => (hint.textContent = text());
      for (const on of ["pointerenter", "focus"]) g.addEventListener(on, tell(() => lookup(k)));
      for (const on of ["pointerleave", "blur"]) g.addEventListener(on, tell(() => ""));
    }
  }

  /** Put text into the picture, narrowed if it has become too long for its box. */
  function write(element, text, box) {
    if (element.textContent === text) return;
    element.removeAttribute("textLength");
    (element.querySelector("tspan") || element).textContent = text;
    const room = box.getBBox().width - 6;
    if (!text || element.getComputedTextLength() <= room) return;
    element.setAttribute("lengthAdjust", "spacingAndGlyphs");
    element.setAttribute("textLength", room);
  }

  /** Return the number that a line of text shows; null if it is not known yet. */
  function fact([, kind, ...of], state, {values, grads}) {
    if (kind === "v") return state.value[of[0]] ? values[of[0]] : null;
    if (of.some((i) => state.total[i] === null)) return null;
    const slopes = of.map((i) => (grads === now.grads ? state.total : grads)[i]);
    return kind === "n" ? Math.hypot(...slopes) : slopes.reduce((a, b) => a + b);
  }

  function render() {
    const event = now.events[step + asking], state = known(nodes, now.events, step);
    const {heading, more = "", row} = describe(event), isBack = event.kind === "add";
    head.textContent = heading;
    head.className = event.kind === "value" ? "forward" : step < seed ? "" : "backward";
    cards.replaceChildren(...row);
    quiz.hidden = !asking;
    said.setAttribute("aria-live", timer ? "off" : "polite");
    said.textContent = `${heading} ${more}`;
    scrubber.value = step;
    scrubber.setAttribute("aria-valuetext", `${step} of ${last}: ${heading}`);
    counter.textContent = `${step < seed ? "forward" : "backward"} ${step} / ${last}`;
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
    const {node, lines, edge, label} = parts[level];
    const marked = chosen < 0 ? null : route || paths(nodes, now.events, chosen, 0);
    const isChanged = (i) => old && !Object.is(old.values[i], now.values[i]);
    for (const [k, g] of Object.entries(node)) {
      const group = members(k), marks = {
        now: event.kind !== "start" && group.includes(event.node) || group.includes(event.parent),
        back: isBack || event.kind === "seed",
        unknown: group.some((i) => !state.value[i]),
        path: marked && group.some((i) => marked.on.has(i)),
        dim: marked && !group.some((i) => marked.on.has(i)),
        changed: group.some(isChanged),
      };
      for (const [mark, isOn] of Object.entries(marks)) g.classList.toggle(mark, Boolean(isOn));
      lines[k].forEach((text, line) => {
        const slot = data.levels[level].facts[k]?.[line];
        if (!slot) return;
        const x = fact(slot, state, now);
        write(text, x === null ? "" : slot[0] + put(x), g.querySelector(".shape"));
        text.classList.toggle("changed", old !== null && x !== fact(slot, state, old));
      });
      if (group.length) g.setAttribute("aria-label", lookup(k, state));
    }
    const local = {}, active = new Set(), onPath = new Set();
    const {edges, weights, slopes} = data.levels[level], sum = {};
    now.events.slice(seed + 1).forEach((e, i) => {
      sum[edges[i]] = (sum[edges[i]] ?? 0) + e.term;
      const isSlope = slopes.includes(edges[i]);  // along all paths from there to the seed, 1
      if (seed + 1 + i <= step) local[edges[i]] = put(isSlope ? sum[edges[i]] : e.local);
      if (e === event || (event.kind === "value" && e.node === event.node)) active.add(edges[i]);
      if (marked && marked.edges.has(e)) onPath.add(edges[i]);
    });
    for (const [e, g] of Object.entries(edge)) {
      const i = Number(e), marks = {now: active.has(i), back: isBack, path: onPath.has(i),
        dim: marked && !onPath.has(i)};
      for (const [mark, isOn] of Object.entries(marks)) g.classList.toggle(mark, Boolean(isOn));
      if (!label[e]) continue;
      const text = weights?.[e] >= 0 ? put(now.values[weights[e]]) : local[e] ?? "";
      label[e].classList.toggle("away", !text);
      write(label[e].querySelector("text"), text, label[e].querySelector("rect"));
    }
    const isNow = (g) => g.classList.contains("now"), targets = Object.values(node).filter(isNow);
    follow(targets, [...targets, ...Object.values(edge).filter(isNow)]);
  }

  /** Say what a node of the picture stands for: formulas with this run's numbers. */
  function lookup(k, state = known(nodes, now.events, step)) {
    const group = members(k), computed = group.filter((i) => nodes[i].o);
    return (computed.length ? computed.slice(-2) : group.slice(0, 2)).map((i) => {
      const steps = [name(i)], total = state.total[i];
      if (nodes[i].o) steps.push(formula(i, names(i)));
      if (nodes[i].o && state.value[i]) steps.push(formula(i, numbers(i)));
      if (state.value[i]) steps.push(put(now.values[i]));
      const was = old && isFinite(old.values[i]) && old.values[i] !== now.values[i]
        ? ` (was ${put(old.values[i])})` : "";
      const more = state.waits[i] ? ` so far, ${state.waits[i]} to come` : "";
      if (total !== null) steps[steps.length - 1] += `${was},  ${slope(i)} = ${put(total)}${more}`;
      else steps[steps.length - 1] += was;
      return steps.join(" = ");
    }).join(";  ");
  }

  // -- a chosen number: its editor, and its paths to the root

  function choose(group) {
    pick(group.includes(chosen) ? -1 : group.find((i) => !nodes[i].o) ?? group[0], group);
    side.querySelector("input")?.select();
  }
  function pick(i, group = [i]) {
    chosen = i;
    among = group;
    route = null;
    side.hidden = i < 0;
    side.replaceChildren(...(i < 0 ? [] : [
      make("div", {class: "title"}, group.length < 2 ? make("h2", {}, name(i)) : choice(i, group),
        make("button", {"aria-label": "Close", click: close}, "×")),
      ...(nodes[i].o ? [] : [editor(i, group)]), ...sums(i)]));
    render();
  }
  function close() {
    const nodes = Object.entries(parts[level].node), wasHere = side.matches(":focus-within");
    const node = nodes.find(([k]) => members(k).includes(chosen));
    pick(-1);
    if (wasHere) node?.[1].focus();  // not left to what surrounds the player
  }
  function choice(i, group) {
    const list = make("select", {"aria-label": "Which number",
      change: () => pick(Number(list.value), group)}, ...group.map((j) => make("option", {value: j},
      name(j))));
    list.value = i;
    return list;
  }
  function editor(i, group) {
    if (data.fixed) return make("p", {}, "Not editable: an operation here runs in Python only.");
    const field = make("input", {size: 8, autocomplete: "off", "aria-label": `Value of ${name(i)}`,
      value: put(now.values[i]).replaceAll("−", "-")});
    const then = () => {
      pick(i, group);
      side.querySelector("input").select();
    };
    const undo = make("button", {type: "button", click: () => (reset(), then())}, "Undo all");
    undo.hidden = !old;
    return make("form", {class: "editor", submit: (event) => {
      event.preventDefault();
      const number = read(field.value);
      field.setAttribute("aria-invalid", number === undefined);
      if (number !== undefined) edit({[i]: number}), edited(i, number), then();
    }}, field, make("button", {}, "Set"), undo);
  }
  function sums(i) {
    if (limit < last) return [make("p", {}, "Its paths show once all gradients are predicted.")];
    const total = make("p", {class: "sum"}, `${slope(i)} = ${put(now.grads[i])}`);
    if (i === end) return [total];
    const {count, found} = paths(nodes, now.events, i, LISTED);
    const factor = (e) => (e.passes ? signed(e.local) : "nothing");
    const list = found.map(({steps, product}) => {
      const through = [i, ...steps.map((e) => e.node)];
      const light = (isOn) => () => {
        route = isOn ? {on: new Set(through), edges: new Set(steps)} : null;
        render();
      };
      return make("li", {tabindex: 0, pointerenter: light(true), focus: light(true),
        pointerleave: light(false), blur: light(false)},
      make("span", {class: "label"}, through.map(name).join(" → ")),
      make("span", {}, `${steps.map(factor).join(" · ")} = ${put(product)}`));
    });
    let about = count > 1 ? `The sum over ${count} paths to ${name(end)}:`
      : `One path to ${name(end)}:`;
    if (count > LISTED) about = `${about.slice(0, -1)}, of which the first ${LISTED} are:`;
    return [total, make("p", {}, about), make("ol", {}, ...list)];
  }
  /** Give leaves, named by their indices, other numbers, and run again if that changes any. */
  function edit(numbers) {
    const isNew = ([i, x]) => !Object.is(Number(nodes[i].v), Number(x));
    const changes = Object.entries(numbers).filter(isNew);
    if (!changes.length) return;
    for (const [i, x] of changes) nodes[i].v = x;
    rerun(now);
    if (chosen >= 0 && !side.matches(":focus-within")) pick(chosen, among);
  }
  function reset() {
    nodes.forEach((node, i) => {
      if (node.v === given[i]) return;
      node.v = given[i];
      edited(i, Number(node.v));
    });
    rerun(null);
  }
  function rerun(before) {
    old = before;
    now = run(nodes, rules);
    if (data.quiz) [limit, asked, score, tries] = [seed, 0, 0, 0];
    go(Math.min(step, limit));
  }

  // -- zoom, pan, keys

  function look(...box) {
    view = box;
    pictures[level].setAttribute("viewBox", box.join(" "));
  }
  function fit() {
    const [x, y, w, h] = pictures[level].dataset.box.split(" ").map(Number);
    const wide = Math.max(w, stage.clientWidth / 1.8), high = Math.max(h, stage.clientHeight / 1.8);
    look(x - (wide - w) / 2, y - (high - h) / 2, wide, high);
  }
  /** Show the whole picture if it stays readable, else a part of it around the event. */
  function home() {
    fit();
    const [x, y, w, h] = view, wide = stage.clientWidth / 0.8, high = stage.clientHeight / 0.8;
    if (wide && Math.max(w / wide, h / high) > 1.5) look(x, y + (h - high) / 2, wide, high);
    render();
  }
  function zoom(factor) {
    const [x, y, w, h] = view, rest = (1 - factor) / 2;
    look(x + w * rest, y + h * rest, w * factor, h * factor);
  }
  function pan(dx, dy) {
    const [x, y, w, h] = view, scale = Math.max(w / stage.clientWidth, h / stage.clientHeight);
    look(x - dx * scale, y - dy * scale, w, h);
  }
  /** Pan so that the nodes of the event are in sight, with its edges if there is room. */
  function follow(targets, more) {
    if (!targets.length || !stage.clientWidth) return;
    const frame = stage.getBoundingClientRect(), around = (parts) => {
      const boxes = parts.map((part) => part.getBoundingClientRect());
      const reach = (pick, side) => pick(...boxes.map((box) => box[side]));
      return [reach(Math.min, "left"), reach(Math.max, "right"), reach(Math.min, "top"),
        reach(Math.max, "bottom")];
    };
    let [left, right, top, bottom] = around(more);
    if (right - left > frame.width - 8 || bottom - top > frame.height - 8) {
      [left, right, top, bottom] = around(targets);
    }
    const miss = (low, high, from, to) => Math.max(from + 4 - low, 0) || Math.min(to - 4 - high, 0);
    const dx = miss(left, right, frame.left, frame.right);
    const dy = miss(top, bottom, frame.top, frame.bottom);
    if (dx || dy) pan(dx, dy);
  }
  function turn(to) {
    levels.value = level = to;
    stage.replaceChildren(pictures[to], hint);
    const entry = (text, kind) => make("span", {}, make("svg", {viewBox: "0 0 26 18",
      class: "deltarule auto swatch"}, make("g", {class: `node ${kind}`},
      make("rect", {class: "shape", x: 3, y: 3, width: 20, height: 12, rx: 3}))), text);
    legend.replaceChildren(
      ...KINDS.filter((k) => pictures[to].querySelector(`.node.${k}`)).map((k) => entry(k, k)),
      entry("forward", "operation now"), entry("backward", "operation now back"),
      entry("on the path", "operation path"), entry("changed by an edit", "operation changed"),
      make("span", {}, `on edges: ${data.levels[to].weights ? "weight" : "local derivative"}`),
      make("span", {}, "keys: ← → space Home End; Tab, Enter: choose; + − 0: zoom"));
    pick(-1);
    home();
  }
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.9 : 1.1);
  }, {passive: false});
  stage.addEventListener("pointerdown", (from) => {
    dragged = false;
    const move = (to) => {
      dragged ||= Math.hypot(to.clientX - from.clientX, to.clientY - from.clientY) > 4;
      if (dragged) pan(to.movementX, to.movementY);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", () => removeEventListener("pointermove", move), {once: true});
  });
  const keys = {
    ArrowRight: () => go(step + 1), ArrowLeft: () => go(step - 1), Home: () => go(0),
    End: () => go(last), " ": () => play.click(), "+": () => zoom(0.8), "-": () => zoom(1.25),
    0: fit,
  };
  const shifted = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return close();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=range]), select")) return;
    if (event.key === " " && event.target.matches("button")) return;
    const by = event.shiftKey && shifted[event.key];
    const action = by ? () => pan(...by) : keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  new ResizeObserver(home).observe(stage);
  turn(level);
  return {go, edit};
}
