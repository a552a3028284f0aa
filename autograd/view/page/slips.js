// Typical slips, planted in a pass and found in it. SLIPS, what each of them makes of an event, is
// printed from slips.py.

const additions = ({events}) => events.filter((event) => event.kind === "add");

/** Return the events of a right pass at which a slip makes a number that looks different. */
function places(name, right, nodes, digits) {
  const {number, where} = SLIPS[name];
  const fits = {any: () => true, leaf: ({parent}) => !nodes[parent].o,
    alone: ({node}) => nodes[node].o.filter((o) => !Array.isArray(o)).length === 1};
  return additions(right).filter((e) => Number.isFinite(e.after) && Number.isFinite(number(e)) &&
    show(number(e), digits) !== show(e.after, digits) && fits[where](e));
}

/** Return what makes `run` slip at an event: see there. */
function planted(name, {node, place}, right) {
  if (name === "twice") return {name, passes: 2};
  if (name !== "order") return {name, node, place, ...SLIPS[name]};
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
