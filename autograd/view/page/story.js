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
  const numbers = (i) => operands(i, (o) => put(lesson.seen.values[o]));
  function formula(i, texts) {
    const rule = data.rules[nodes[i].f];
    if (rule.y) return fill(rule.y, [name(i), ...texts]);
    return `${rule.name}(${texts.slice(0, 3).join(", ")}${texts.length > 3 ? ", …" : ""})`;
  }
  /** Write a number, or how it differs from what it was before. */
  const compare = (x, y) => (lesson.shows === "difference" ? change(y, x, data.digits) : put(x));
  return {put, signed, name, slope, names, numbers, formula, compare};
}

/** Return what is asked of an event, with the numbers it takes that the picture does not show. */
function question(lesson, {node: i, parent}) {
  const {nodes, seen, picture, words: {put, name, slope, names, formula}} = lesson;
  const shown = new Set(picture.facts.flat().map((slot) => (slot?.[1] === "v" ? slot[2] : -1)));
  const unseen = nodes[i].o.filter((o) => nodes[o]?.o && !shown.has(o));
  const where = unseen.map((o) => [name(o), ...(nodes[o].o.length < 3 ? [formula(o, names(o))] : []),
    put(seen.values[o])].join(" = "));
  const which = where.length ? `, where ${where.slice(0, 3).join(", ")}` : "";
  return `${name(i)} = ${formula(i, names(i))}${which}: what does ${slope(parent)} become?`;
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
  return `∂${name(node)}/∂${name(parent)}`;
}

/** Return the local derivative of an event as a formula; nothing if that is too long. */
function symbolsOf({nodes, data, words: {name, names}}, {node: i, place}) {
  const rule = data.rules[nodes[i].f].d[place];
  return rule ? fill(rule, [name(i), ...names(i)]) : "";
}

/** Return local derivative · upstream as text: δ · z for a weight, and 1 flows into the root. */
function productOf(lesson, event) {
  const {names, slope} = lesson.words, {node: i, parent} = event;
  const partial = partialOf(lesson, event), symbols = symbolsOf(lesson, event);
  const isWeight = lesson.data.levels.neuron?.weights.includes(parent);
  if (isWeight && names(i).includes(symbols)) return `${slope(i)} · ${symbols}`;
  if (i !== lesson.end) return `${partial} · ${slope(i)}`;
  return `${symbols.includes(" ") ? `(${symbols})` : symbols || partial} · 1`;
}

/** Return the words of an event: a heading, a row of cards, and more that only is read out. */
function describe(lesson, event) {
  const {put, signed, name, slope, names, numbers, formula} = lesson.words;
  const {kind, node: i, parent, local, upstream, passes, after} = event;
  const term = event.term + 0;  // no −0
  if (kind === "start") {
    return {heading: "The leaves are given",
      row: [card("Step forward: each number follows from those before it.", "")]};
  }
  if (kind === "seed") {
    return {heading: `${slope(i)} = 1`, row: [card("seed: where the backward pass begins", "1")]};
  }
  if (kind === "value") {
    const parts = [formula(i, numbers(i)), put(lesson.seen.values[i])];
    return {heading: `${name(i)} = ${formula(i, names(i))}`, more: `= ${parts.join(" = ")}`,
      row: [card("in numbers", parts[0]), "=", card(name(i), parts[1], "result")]};
  }
  if (kind === "update") return describeUpdate(lesson, event);
  const partial = partialOf(lesson, event), symbols = symbolsOf(lesson, event);
  const equation = symbols && symbols !== put(local) ? `${partial} = ${symbols}` : partial;
  if (!passes) {
    const isOne = lesson.nodes[i].o.filter((o) => !Array.isArray(o)).length === 1;
    const why = isOne ? `${formula(i, names(i))} has slope 0 here` : `${name(parent)} is not selected`;
    return {heading: `${slope(parent)} += nothing: ${why}`,
      more: `${put(local)} passes nothing on; total ${put(after)}`,
      row: sumCards(lesson, event, `local ${equation}`, put(local),
        isOne ? "nothing: slope 0" : "nothing: not selected",
        `0 = ${put(after)}`, ["|", "→"])};
  }
  return {heading: `${slope(parent)} += ${productOf(lesson, event)}`,
    more: `${put(local)} times ${put(upstream)} is ${put(term)}; total ${put(after)}`,
    row: sumCards(lesson, event, `local ${equation}`, put(local), put(term),
      `${signed(term)} = ${put(after)}`)};
}

/** Return the words of one step of gradient descent. */
function describeUpdate(lesson, {node: i, rate, before, grad, after}) {
  const {put, signed, name, slope} = lesson.words;
  return {heading: `${name(i)} ← ${name(i)} − η · ${slope(i)}`,
    more: `${name(i)} ← ${put(before)} − ${put(rate)} · ${signed(grad)} = ${put(after)}`,
    row: [`${name(i)} ←`, card(name(i), put(before)), "−", card("learning rate η", put(rate)), "·",
      card(slope(i), put(grad)), "=", card(`new ${name(i)}`, put(after), "result")]};
}

/** Return the words of such steps of all parameters of a layer, as far as its node shows them. */
function describeSteps(lesson, {node, rate}, {slot, k}) {
  const {words: {put, name, slope}, picture, seen, end} = lesson, parameters = slot.slice(2);
  const norm = Math.hypot(...parameters.map((i) => seen.grads[i])), root = name(end);
  return {heading: `${picture.titles[k]}: w ← w − η · ∂${root}/∂w for its ${parameters.length} parameters`,
    more: `‖Δw‖ = ${put(rate)} · ${put(norm)} = ${put(rate * norm)}`,
    row: [card("learning rate η", put(rate)), "·", card(`‖∂${root}/∂w‖`, put(norm)), "=",
      card("‖Δw‖: how far they go", put(rate * norm), "result")]};
}

/** Return buttons to go on with the updated numbers, or back to the last ones. */
function goingOn(lesson) {
  if (lesson.step !== lesson.last || lesson.shows !== "after") return [];
  return [make("button", {type: "button", class: "again", click: () => {
    lesson.again();
    lesson.next.focus();
  }}, "Forward again"), ...undoing(lesson)];
}

/** Return a button that takes the last update back, if there is one. */
function undoing(lesson) {
  if (!lesson.updated.length) return [];
  return [make("button", {type: "button", class: "again", click: () => {
    lesson.back();
    lesson.next.focus();
  }}, "Undo the last update")];
}

const SUMMED = 6;  // numbers in the words of a step

/** Return the words of a step through a unit or a layer, or along many edges: what has changed. */
function summary(lesson, events) {
  const {words: {put, name, slope}, data, size, seen} = lesson, last = events.at(-1);
  const isBack = last.kind === "add", state = stateAt(lesson, seen);
  const level = LEVELS[size] ?? lesson.level;
  const k = ownersAt(lesson, level)[last.node];
  const title = data.levels[level].titles[k] || name(last.node);
  const numbers = [...new Set(events.map((e) => (isBack ? e.parent : e.node)))];
  const what = {add: `${events.length} contributions`, value: `${events.length} numbers`,
    update: `${events.length} parameters`}[last.kind];
  const way = {add: "Back through", value: "Forward through", update: "Update of"}[last.kind];
  const from = (i) => (last.kind === "update" ? `${put(seen.values[i])} → ` : "");
  const written = numbers.map((i) => (isBack ? [slope(i), put(state.total[i])]
    : [name(i), `${from(i)}${put(state.values[i])}`]));
  return {heading: `${way} ${title}: ${what}`, more: written.map((x) => x.join(" = ")).join(", "),
    row: [...written.slice(0, SUMMED).map(([text, number]) => card(text, number, "result")),
      ...(numbers.length > SUMMED ? [`… ${numbers.length - SUMMED} more`] : [])]};
}

/** Return the cards of what an event gives before and after, and how that differs. */
function comparison(lesson, {kind, node, parent}) {
  const {words: {put, name, slope}, data, old, now, step} = lesson;
  const isSlope = kind === "add" || kind === "seed", label = isSlope ? slope(parent) : name(node);
  const number = (run) => (kind === "value" ? run.values[node] : run.events[step].after);
  return [card(`${label} before`, put(number(old))), "→",
    card(`${label} after`, put(number(now)), "result"),
    card("difference", change(number(old), number(now), data.digits))];
}

/** Return what else is to be said of an event: where numbers cease to be finite, what has become
 * of the root, and what follows the old weights. */
function remark(lesson, event) {
  const {nodes, seen, old, now, end, words: {put, name, slope}} = lesson, {kind, node} = event;
  const first = culprits(seen, lesson.step), isLeaf = first.value >= 0 && !nodes[first.value].o;
  if (kind === "start" && isLeaf) {
    return `${name(first.value)} is ${put(seen.values[first.value])}: the first number that is ` +
      "not finite";
  }
  if (kind === "value" && !Number.isFinite(seen.values[node])) {
    return node === first.value ? "the first number that is not finite"
      : `not finite since ${name(first.value)}`;
  }
  if (kind === "add" && !Number.isFinite(event.after)) {
    return event === first.add ? "the first gradient that is not finite"
      : `not finite since ${slope(first.add.parent)}`;
  }
  if (kind === "update") return "pale and in italics: still of the old weights";
  const isNew = kind === "value" && node === end && old && old.values[end] !== now.values[end];
  return isNew ? `${name(end)}: ${put(old.values[end])} → ${put(now.values[end])}` : "";
}

/** Return the words of a step, of which these are the events. */
function tell(lesson, events) {
  const last = events.at(-1);
  const asked = lesson.mode.describe?.(last);
  if (asked) return asked;
  const words = account(lesson, events, last), note = remark(lesson, last);
  if (note) words.row.push(make("span", {class: "note"}, note));
  if (last.kind === "update") words.row.push(...goingOn(lesson));
  if (last.kind === "value" && last.node === lesson.end) words.row.push(...undoing(lesson));
  return {...words, more: [words.more, note].filter(Boolean).join("; ")};
}

function account(lesson, events, last) {
  const {flows} = lesson.picture, along = events.map(({arc}) => flows[arc] ?? -1);
  const isWide = new Set(along.filter((e) => e >= 0)).size > 1;  // no single += is what is seen
  const {size, level} = lesson, steps = stepAt(lesson.picture, last);
  if (steps && events.length > 1 && level === (LEVELS[size] ?? level)) {
    return describeSteps(lesson, last, steps);
  }
  if (events.length > 1 && (LEVELS[size] || isWide)) return summary(lesson, events);
  const words = describe(lesson, last);
  return lesson.shows === "difference" && last.kind !== "start"
    ? {...words, row: comparison(lesson, last)} : words;
}

/** Say what some numbers of the picture are: formulas with the numbers of the run that is shown. */
function lookup(lesson, group, state = stateAt(lesson, lesson.seen)) {
  const {nodes, seen, old, now} = lesson;
  const {put, name, slope, names, numbers, formula} = lesson.words;
  const other = old && (seen === now ? old : now), computed = group.filter((i) => nodes[i].o);
  return (computed.length ? computed.slice(-2) : group.slice(0, 2)).map((i) => {
    const parts = [name(i)], total = state.total[i], x = state.values[i];
    if (nodes[i].o) parts.push(formula(i, names(i)));
    if (nodes[i].o && x !== null) parts.push(formula(i, numbers(i)));
    if (x !== null) parts.push(put(x));
    const y = i in state.updated ? seen.values[i] : other?.values[i] ?? NaN;
    const word = seen === now ? "was" : "then";
    const more = state.waits[i] ? ` so far, ${state.waits[i]} to come` : "";
    if (Number.isFinite(y) && y !== (x ?? seen.values[i])) parts[parts.length - 1] += ` (${word} ${put(y)})`;
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
  function render(events, isPlaying) {
    const {heading, more = "", row} = tell(lesson, events), {kind} = events.at(-1);
    head.textContent = heading;
    mark(head, {backward: kind === "add" || kind === "seed", update: kind === "update"});
    cards.replaceChildren(...row);
    said.setAttribute("aria-live", isPlaying ? "off" : "polite");
    said.textContent = `${heading} ${more}`;
    return heading;
  }
  return {element, render};
}
