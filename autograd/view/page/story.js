// An event in words and numbers.

/** Return how numbers and formulas of a lesson are written. */
function words(lesson) {
  const {data, nodes, end} = lesson;
  const put = (x) => show(x, data.digits);
  const signed = (x) => (put(x).startsWith("−") ? `(${put(x)})` : put(x));
  const name = (i) => nodes[i].t, slope = (i) => nodes[i].d || `∂${name(end)}/∂${name(i)}`;
  const operands = (i, text) => nodes[i].o.map(
    (o) => (Array.isArray(o) ? put(Number(o[0])) : text(o)));
  const names = (i) => operands(i, name);
  const numbers = (i) => operands(i, (o) => put(lesson.now.values[o]));
  function formula(i, texts) {
    const rule = data.rules[nodes[i].f];
    if (rule.y) return fill(rule.y, [name(i), ...texts]);
    return `${rule.name}(${texts.slice(0, 3).join(", ")}${texts.length > 3 ? ", …" : ""})`;
  }
  return {put, signed, name, slope, names, numbers, formula};
}

function card(label, number, kind = "") {
  return make("div", {class: `card ${kind}`}, make("span", {class: "label"}, label),
    make("span", {class: "number"}, number));
}

/** Return the cards of one +=: local derivative, upstream, contribution, and the new total. */
function sumCards(lesson, event, label, local, term, sum, signs = ["×", "="]) {
  const {put, slope} = lesson.words;
  return [card(label, local), signs[0], card(`upstream ${slope(event.node)}`, put(event.upstream), "upstream"),
    signs[1], card("contribution", term, "term"), "→",
    card(`total ${slope(event.parent)}`, `${put(event.before)} + ${sum}`, "result")];
}

/** Return ∂result/∂operand as text. */
function partialOf(lesson, {node, parent}) {
  const {name} = lesson.words;
  return `∂${name(node)}/∂${name(parent)}${node === lesson.end ? "|direct" : ""}`;
}

/** Return the words of an event: a heading, a row of cards, and more that only is read out. */
function describe(lesson, event) {
  const {put, signed, name, slope, names, numbers, formula} = lesson.words;
  const {kind, node: i, parent, place, local, upstream, passes, term, after} = event;
  if (kind === "start") {
    return {heading: "The leaves are given",
      row: [card("Step forward: each number follows from those before it.", "")]};
  }
  if (kind === "seed") {
    return {heading: `${slope(i)} = 1`, row: [card("seed: where the backward pass begins", "1")]};
  }
  if (kind === "value") {
    const parts = [formula(i, numbers(i)), put(lesson.now.values[i])];
    return {heading: `${name(i)} = ${formula(i, names(i))}`, more: `= ${parts.join(" = ")}`,
      row: [card("in numbers", parts[0]), "=", card(name(i), parts[1], "result")]};
  }
  const partial = partialOf(lesson, event), rule = lesson.data.rules[lesson.nodes[i].f].d[place];
  const symbols = rule ? fill(rule, [name(i), ...names(i)]) : "";
  const equation = symbols && symbols !== put(local) ? `${partial} = ${symbols}` : partial;
  if (!passes) {
    return {heading: `${slope(parent)} += nothing: ${name(parent)} is not selected`,
      more: `${put(local)} passes nothing on; total ${put(after)}`,
      row: sumCards(lesson, event, `local ${equation}`, put(local), "nothing: not selected",
        `0 = ${put(after)}`, ["|", "→"])};
  }
  return {heading: `${slope(parent)} += ${partial} · ${slope(i)}`,
    more: `${put(local)} times ${put(upstream)} is ${put(term)}; total ${put(after)}`,
    row: sumCards(lesson, event, `local ${equation}`, put(local), put(term),
      `${signed(term)} = ${put(after)}`)};
}

/** Say what node k of the picture stands for: formulas with this run's numbers. */
function lookup(lesson, k) {
  const {nodes, now, old} = lesson, {put, name, slope, names, numbers, formula} = lesson.words;
  const state = known(nodes, now.events, lesson.step);
  const group = lesson.picture.members[k] ?? [], computed = group.filter((i) => nodes[i].o);
  return (computed.length ? computed.slice(-2) : group.slice(0, 2)).map((i) => {
    const parts = [name(i)], total = state.total[i];
    if (nodes[i].o) parts.push(formula(i, names(i)));
    if (nodes[i].o && state.value[i]) parts.push(formula(i, numbers(i)));
    if (state.value[i]) parts.push(put(now.values[i]));
    const was = old && isFinite(old.values[i]) && old.values[i] !== now.values[i]
      ? ` (was ${put(old.values[i])})` : "";
    const more = state.waits[i] ? ` so far, ${state.waits[i]} to come` : "";
    parts[parts.length - 1] += was;
    if (total !== null) parts[parts.length - 1] += `,  ${slope(i)} = ${put(total)}${more}`;
    return parts.join(" = ");
  }).join(";  ");
}

/** Make the part of the page that tells the event: a heading and cards. */
function story(lesson) {
  const head = make("h2"), cards = make("div", {class: "cards"});
  const said = make("p", {class: "said", role: "status"});
  const element = make("div", {class: "event"}, head, cards, ...lesson.mode.element ?? [], said);
  if (lesson.mode.element) element.classList.add("long");
  function render(event, isPlaying) {
    const {heading, more = "", row} = lesson.mode.describe?.(event) ?? describe(lesson, event);
    head.textContent = heading;
    mark(head, {backward: lesson.step >= lesson.seed});
    cards.replaceChildren(...row);
    said.setAttribute("aria-live", isPlaying ? "off" : "polite");
    said.textContent = `${heading} ${more}`;
    return heading;
  }
  return {element, render};
}
