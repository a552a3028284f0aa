// Both passes through a graph, one event at a time, and what can be said about them.
//
// It knows no derivative. `rules` holds the operations' own rows, printed as JavaScript:
// rules[f].value(x1, x2, ...) gives [y], rules[f].local(y, x1, x2, ...) a slope for each operand;
// where rules[f].selects, a slope of 0 passes nothing on, however large what flows down is.
// A node is {t: name, v: number} if it is a leaf, else {t, f: which rule, o: operands}; an operand
// is the index of a node, or [a constant].

// -- both passes -----------------------------------------------------------------------------

/** Compute every number, and list every event in the order in which Python does the sums. */
function run(nodes, rules) {
  const values = [], grads = nodes.map(() => 0), events = [{kind: "start"}];
  const operands = (node) => node.o.map((o) => (Array.isArray(o) ? Number(o[0]) : values[o]));
  nodes.forEach((node, i) => {
    [values[i]] = node.o ? rules[node.f].value(...operands(node)) : [Number(node.v)];
    if (node.o) events.push({kind: "value", node: i});
  });
  const root = nodes.length - 1;
  grads[root] = 1;
  events.push({kind: "seed", node: root, parent: root, before: 0, after: 1});
  for (let i = root; i >= 0; i--) {
    if (!nodes[i].o) continue;
    const rule = rules[nodes[i].f], locals = rule.local(values[i], ...operands(nodes[i]));
    nodes[i].o.forEach((parent, place) => {
      if (Array.isArray(parent)) return;
      const local = locals[place], upstream = grads[i], passes = !rule.selects || local !== 0;
      const term = passes ? local * upstream : 0;
      const before = grads[parent], after = (grads[parent] = before + term);
      events.push(
        {kind: "add", node: i, parent, place, local, upstream, passes, term, before, after});
    });
  }
  return {values, grads, events};
}

/** Return which numbers and running totals are known after the event at `step`. */
function known(nodes, events, step) {
  const value = nodes.map((node) => !node.o), total = nodes.map(() => null);
  const waits = nodes.map(() => 0);
  events.forEach((event, i) => {
    if (i > step && event.kind === "add") waits[event.parent]++;
    else if (i <= step && event.kind === "value") value[event.node] = true;
    else if (i <= step && event.kind !== "start") total[event.parent] = event.after;
  });
  return {value, total, waits};
}

/** Return the paths from a node to the root, at most `cap` of them, and how many there are. */
function paths(nodes, events, from, cap) {
  const up = nodes.map(() => []), count = nodes.map(() => 0), found = [];
  for (const event of events) if (event.kind === "add") up[event.parent].unshift(event);
  count[nodes.length - 1] = 1;
  for (let i = nodes.length - 2; i >= 0; i--) for (const e of up[i]) count[i] += count[e.node];
  const walk = (node, steps) => {
    if (found.length >= cap) return;
    if (node === nodes.length - 1) {
      const along = (product, event) => event.local * product;
      found.push({steps, product: steps.every((e) => e.passes) ? steps.reduce(along, 1) : 0});
    }
    for (const event of up[node]) walk(event.node, [...steps, event]);
  };
  walk(from, []);
  const on = new Set([from]), edges = new Set();
  for (let i = from; i < nodes.length; i++) {
    if (on.has(i)) for (const event of up[i]) on.add(event.node), edges.add(event);
  }
  return {count: count[from], found, on, edges};
}

// -- numbers and texts -----------------------------------------------------------------------

/** Format a number as Python's format(x, ".4g") does, with a true minus sign. */
function show(x, digits) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "−inf";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e").map(Number);
  const size = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const isLong = exponent < -4 || exponent >= digits;
  const text = isLong ? `${mantissa}e${size}` : String(Number(x.toPrecision(digits)));
  return (Object.is(x, -0) ? "-0" : text).replaceAll("-", "−");
}

/** Put texts in the places of a template, which has U+A000 for the result, U+A001 for the first
 * operand, ...; 0x20 further on if a minus is to be in brackets, 0x40 if the text is raised. */
function fill(template, texts) {
  return template.replace(/[\uA000-\uA05F]/g, (place) => {
    const k = place.charCodeAt(0) - 0xa000, row = k >> 5, text = texts[k & 0x1f];
    const safe = row && text.startsWith("−") ? `(${text})` : text;
    return row < 2 ? safe : /^\d$/.test(text) ? "⁰¹²³⁴⁵⁶⁷⁸⁹"[text] : `^${safe}`;
  });
}

/** Read a number as a learner types it; undefined if it is none. */
function read(text) {
  const plain = text.trim().toLowerCase().replace("−", "-").replace(",", ".");
  const special = {inf: Infinity, "+inf": Infinity, "-inf": -Infinity, "∞": Infinity};
  if (plain in special) return special[plain];
  if (plain === "nan") return NaN;
  const ratio = plain.split("/").map((part) => (part.trim() ? Number(part) : NaN));
  const number = ratio.length === 2 ? ratio[0] / ratio[1] : ratio[0];
  return ratio.length > 2 || Number.isNaN(number) ? undefined : number;
}

/** Return whether a typed number is x, as far as it was written out. */
function matches(text, x, scale = 0) {
  const typed = read(text);
  if (typed === undefined) return false;
  if (Object.is(typed, x) || typed === x) return true;
  if (!Number.isFinite(typed) || !Number.isFinite(x)) return false;
  const digits = text.replace(/e.*/i, "").replace(/[^\d]/g, "").replace(/^0+/, "").length;
  const rounded = digits > 1 && digits <= 17 && Number(x.toPrecision(digits)) === typed;
  return rounded || Math.abs(typed - x) <= Math.max(0.005 * Math.abs(x), 1e-9 * scale);
}

/** Judge a prediction of the running total after an event; say which mistake it looks like. */
function judge(typed, event, events, digits, stale) {
  const {before, local, upstream, term, after} = event, put = (x) => show(x, digits);
  if (read(typed) === undefined) return {right: false, text: "That is not a number."};
  const scale = Math.abs(before) + Math.abs(term);
  if (matches(typed, after, scale)) return {right: true, text: "Right."};
  const is = (x) => matches(typed, x);
  const earlier = events.slice(0, events.indexOf(event))
    .filter((other) => other.kind === "add" && other.parent === event.parent);
  const mistakes = [
    [earlier.length && is(term), `Forgot a path: ${put(term)} is the last contribution alone. ` +
      `It is added to what the other paths have brought, ${put(before)}.`],
    [earlier.some((other) => is(after - other.term)),
      "Forgot a path: the contribution of an earlier edge is missing from your sum."],
    [earlier.length && is(before), "That is the previous total: this edge adds to it."],
    [is(-after) || is(before - term), "The sign: the size is right, but a minus is lost or extra."],
    [is(before + upstream) || is(upstream), "Passed on unchanged: multiply upstream by the " +
      "local derivative (that of an activation is its slope)."],
    [is(before + local) || is(local), "That is the local derivative: multiply it by the upstream " +
      "gradient."],
    [stale !== undefined && (is(stale) || is(stale + after)), "A stale gradient: that number " +
      "contains the gradient from before the edit. Each pass starts from 0."],
  ];
  const found = mistakes.find(([fits]) => fits);
  return {right: false, text: found ? found[1] : "Not yet: add local derivative × upstream."};
}
