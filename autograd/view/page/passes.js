// Both passes through a graph, one event at a time.
//
// It knows no derivative. `rules` holds the operations' own rows, printed as JavaScript:
// rules[f].value(x1, x2, ...) gives [y], rules[f].local(y, x1, x2, ...) a slope for each operand;
// where rules[f].selects, a slope of 0 passes nothing on, however large what flows down is.
// A node is {t: name, v: number} if it is a leaf, else {t, f: which rule, o: operands}; an operand
// is the index of a node, or [a constant].

/** Return the numbers that a node is computed from. */
function operands(node, values) {
  return node.o.map((o) => (Array.isArray(o) ? Number(o[0]) : values[o]));
}

/** Compute every number, and list every event in the order in which Python does the sums.
 *
 * A slip (see slips.js) changes what happens on one edge, the order in which nodes pass on, or how
 * many passes there are without the leaves being zeroed in between. */
function run(nodes, rules, slip = {}) {
  const values = [], grads = nodes.map(() => 0), events = [{kind: "start"}];
  nodes.forEach((node, i) => {
    [values[i]] = node.o ? rules[node.f].value(...operands(node, values)) : [Number(node.v)];
    if (node.o) events.push({kind: "value", node: i});
  });
  const root = nodes.length - 1, arcs = [];  // where the edges of a node begin, in a right pass
  for (let i = root, count = 0; i >= 0; i--) {
    arcs[i] = count;
    count += (nodes[i].o || []).filter((o) => !Array.isArray(o)).length;
  }
  const backwards = nodes.map((_, i) => root - i).filter((i) => nodes[i].o);
  for (let pass = 0; pass < (slip.passes || 1); pass++) {
    const users = [], early = [];  // who has contributed last, and what was there before
    nodes.forEach((node, i) => (grads[i] = pass && !node.o ? grads[i] : 0));
    events.push({kind: "seed", node: root, parent: root, before: grads[root], after: 1});
    grads[root] = 1;
    for (const i of slip.order ? slip.order(backwards) : backwards) {
      const rule = rules[nodes[i].f], xs = operands(nodes[i], values);
      const locals = rule.local(values[i], ...xs);
      let arc = arcs[i];
      nodes[i].o.forEach((parent, place) => {
        if (Array.isArray(parent)) return;
        const local = locals[place], upstream = grads[i], passes = !rule.selects || local !== 0;
        const term = passes ? local * upstream : 0, before = grads[parent];
        if (users[parent] !== i) early[parent] = users[parent] === undefined ? NaN : before;
        users[parent] = i;
        const event = {kind: "add", arc: arc++, node: i, parent, place, local, upstream, passes,
          term, before, own: rule.factors ? xs[place] : NaN, early: early[i] ?? NaN};
        if (slip.node === i && slip.place === place) {
          const wrong = {after: slip.number(event), local: slip.local?.(event) ?? local};
          Object.assign(event, wrong, {term: slip.term?.(event) ?? wrong.local * upstream});
        } else event.after = before + term;
        grads[parent] = event.after;
        events.push(event);
      });
    }
  }
  for (const event of events) if (event.kind === "add") event.final = grads[event.parent];
  return {values, grads, events};
}

/** Return the events of a third pass: each parameter takes a step against its gradient. */
function updates({values, grads}, {rate, nodes}) {
  return nodes.map((node) => {
    const before = values[node], grad = grads[node], after = before - rate * grad;
    return {kind: "update", node, rate, before, grad, after};
  });
}

/** Return which numbers and running totals are known after the event at `step`, and the updated
 * numbers. */
function known(nodes, events, step) {
  const value = nodes.map((node) => !node.o), total = nodes.map(() => null);
  const waits = nodes.map(() => 0), updated = {};
  events.forEach((event, i) => {
    if (i > step && event.kind === "add") waits[event.parent]++;
    else if (i <= step && event.kind === "value") value[event.node] = true;
    else if (i <= step && event.kind === "update") updated[event.node] = event.after;
    else if (i <= step && event.kind !== "start") total[event.parent] = event.after;
  });
  return {value, total, waits, updated};
}

/** Return the first number (or -1) and the first += (or none) that are not finite, up to a step. */
function culprits({values, events}, step) {
  const past = events.slice(0, step + 1), isOff = (x) => !Number.isFinite(x);
  const known = new Set(past.map((event) => (event.kind === "value" ? event.node : -1)));
  const isComputed = new Set(events.map((event) => (event.kind === "value" ? event.node : -1)));
  return {value: values.findIndex((x, i) => isOff(x) && (known.has(i) || !isComputed.has(i))),
    add: past.find((event) => event.kind === "add" && isOff(event.after))};
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
