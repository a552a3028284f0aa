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

/** Return what makes `run` slip at an event: see there. `at` tells it from others of its name. */
function planted(name, {node, place}, right) {
  if (name === "twice") return {name, at: "", passes: 2};
  if (name !== "order") {
    return {name, at: `${node}.${place}`, node, place, ...SLIPS[name]};
  }
  const late = additions(right).filter((event) => event.parent === node).at(-1).node;
  return {name, at: `${node}`, order: (backwards) => backwards.filter((i) => i !== node)
    .flatMap((i) => (i === late ? [node, i] : [i]))};
}

const TRIES = 1000;  // places that are tried, times numbers

/** Choose a slip, "random" or by name, other than `last`, and a place for it: one where it does harm
 * to training, if that is found in time; undefined if there is no room. */
function choice(lesson, right, random, last = {}) {
  const {data, nodes} = lesson, {slip: wanted, digits} = data;
  const names = wanted === "random" ? shuffled(Object.keys(SLIPS), random) : [wanted];
  for (const name of names) {
    const found = shuffled(places(name, right, nodes, digits), random)
      .map((event) => planted(name, event, right)).filter(({at}) => name !== last.name || at !== last.at);
    const tried = data.fixed ? [] : found.slice(0, Math.max(1, Math.min(8, TRIES / nodes.length)));
    const trainings = tried.length ? descents(lesson) : [];
    const harmful = tried.find((slip) => slipped(lesson, trainings, slip).harms);
    if (found.length) return harmful ?? found[0];
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
