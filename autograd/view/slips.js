// Typical slips: planted in a pass, found in it, and what they do to training. SLIPS, the number
// that each of them makes of an event, is printed from slips.py.

/** A reproducible source of numbers in [0, 1). */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return the list in another order. */
function shuffled(list, random) {
  return list.map((x) => [random(), x]).sort(([a], [b]) => a - b).map(([, x]) => x);
}

const additions = ({events}) => events.filter((event) => event.kind === "add");

/** Return the events of a right pass at which a slip makes a number that looks different. */
function places(name, right, nodes, digits) {
  const {total, where} = SLIPS[name];
  const fits = {any: () => true, leaf: ({parent}) => !nodes[parent].o,
    alone: ({node}) => nodes[node].o.filter((o) => !Array.isArray(o)).length === 1};
  return additions(right).filter((e) => Number.isFinite(e.after) && Number.isFinite(total(e)) &&
    show(total(e), digits) !== show(e.after, digits) && fits[where](e));
}

/** Return what makes `run` slip at an event: see there. */
function planted(name, {node, place}, right) {
  if (name === "twice") return {name, passes: 2};
  if (name !== "order") return {name, node, place, total: SLIPS[name].total};
  const late = additions(right).filter((event) => event.parent === node).at(-1).node;
  return {name, order: (backwards) => backwards.filter((i) => i !== node)
    .flatMap((i) => (i === late ? [node, i] : [i]))};
}

/** Choose a slip, "random" or by name, and a place for it; undefined if there is no room. */
function choice(wanted, right, nodes, digits, random) {
  const names = wanted === "random" ? shuffled(Object.keys(SLIPS), random) : [wanted];
  for (const name of names) {
    const [event] = shuffled(places(name, right, nodes, digits), random);
    if (event) return planted(name, event, right);
  }
}

/** Return for each event of a pass the total it should have led to, given what had arrived. */
function dues(events, right) {
  const terms = additions(right).map((event) => event.term);
  let sums;
  return events.map(({kind, parent, arc}) => {
    if (kind === "seed") sums = {[parent]: 1};
    else if (kind === "add") sums[parent] = (sums[parent] || 0) + terms[arc];
    return kind === "add" ? sums[parent] : undefined;
  });
}

/** Return the index of the first += of a pass with another total than is due. */
function firstWrong(events, due, digits) {
  return events.findIndex((event, k) => event.kind === "add" &&
    show(event.after, digits) !== show(due[k], digits));
}

/** Return the losses of right and of slipped training, w ← w − η · gradient of the leaves.
 *
 * η is the largest of 0.1, 0.03, … at which the right pass lowers the loss all the way. */
function train(nodes, rules, slip, leaves, steps) {
  const descend = (eta, slip) => {
    const copy = nodes.map((node) => ({...node})), losses = [];
    for (let step = 0; step <= steps; step++) {
      const {values, grads} = run(copy, rules, slip), loss = values.at(-1);
      if (!Number.isFinite(loss)) break;
      losses.push(loss);
      for (const i of leaves) copy[i].v = values[i] - eta * grads[i];
    }
    return losses;
  };
  for (const eta of [0.1, 0.03, 0.01, 0.003, 0.001]) {
    const right = descend(eta, {});
    const isFalling = right.every((x, k) => !k || x <= right[k - 1] + 1e-12 * Math.abs(x));
    if ((isFalling && right.length > steps) || eta === 0.001) {
      return {eta, right, wrong: descend(eta, slip)};
    }
  }
}

// -- ballots -----------------------------------------------------------------------------------

const product = (xs) => xs.reduce((a, b) => a * b, 1), total = (xs) => xs.reduce((a, b) => a + b, 0);
const FORWARD = {  // slips of an operation: y, its operands, and its rule give another value
  sign: {title: "lost the sign", value: (y) => -y},
  operation: {title: "another operation",
    value: (y, xs) => (xs.length < 2 ? NaN : y === total(xs) ? product(xs) : total(xs))},
  operand: {title: "forgot an operand", value: (y, xs, rule) => (xs.length < 2 ? NaN
    : rule.value(...xs.slice(0, -1), rule.factors ? 1 : 0)[0])},
  other: {title: "forgot an operand", value: (y, xs, rule) => (xs.length < 2 ? NaN
    : rule.value(rule.factors ? 1 : 0, ...xs.slice(1))[0])},
  unchanged: {title: "forgot the operation", value: (y, xs) => xs[0]},
  half: {title: "forgot a factor 2", value: (y) => 2 * y},
};

/** Return the right answer to an event and what up to three slips make of it, shuffled. */
function ballot(event, {values, grads}, nodes, rules, digits, seed) {
  const random = dice(seed), isValue = event.kind === "value";
  const right = isValue ? values[event.node] : event.after, choices = [{number: right, title: ""}];
  const put = (x) => show(x, digits);
  const offer = (number, title) => {
    const isNew = Number.isFinite(number) && !choices.some((c) => put(c.number) === put(number));
    if (isNew && choices.length < 4) choices.push({number, title});
  };
  if (isValue) {
    const node = nodes[event.node], xs = operands(node, values);
    for (const {title, value} of shuffled(Object.values(FORWARD), random)) {
      offer(value(right, xs, rules[node.f]), title);
    }
  } else {
    for (const {title, total} of shuffled(Object.values(SLIPS), random)) offer(total(event), title);
  }
  return shuffled(choices, random);
}
