// Where a step ends: at each event, at the next change of the picture, or after a unit or a layer.

const SIZES = {change: "each change", sum: "each +=", unit: "each unit", layer: "each layer"};
const LEVELS = {unit: "neuron", layer: "layer"};  // whose nodes a step goes through

/** Return the key of the node that each number is part of, at a level of detail. */
function ownersAt({data, nodes}, level) {
  const owners = nodes.map(() => -1);
  data.levels[level].members.forEach((group, k) => group.forEach((i) => (owners[i] = k)));
  return owners;
}

/** Return the sizes that a step can have, of those that lead to the same halts the first one. */
function sizesOf(lesson) {
  const all = Object.keys(SIZES).filter((key) => !LEVELS[key] || LEVELS[key] in lesson.data.levels);
  const ways = all.map((key) => String(halts(lesson, key)));
  return all.filter((key, k) => ways.indexOf(ways[k]) === k);
}

/** Return the steps at which the learner halts; the size of a step is one of SIZES. */
function halts(lesson, size) {
  const {events} = lesson.now, last = events.length - 1;
  const isHalt = LEVELS[size] ? throughNodes(lesson, ownersAt(lesson, LEVELS[size]))
    : size === "change" ? changing(lesson) : () => true;
  return [...events.keys()].filter((i) =>
    i === 0 || i === last || isHalt(events[i], events[i + 1]));
}

function throughNodes(lesson, owners) {
  return (event, next) => next.kind !== event.kind || owners[next.node] !== owners[event.node];
}

/** Return whether an event changes a number in the picture, or goes along a labelled edge. */
function changing({nodes, picture: {members, facts, flows, weights, labels}}) {
  const slots = facts.flat().filter(Boolean).map(([, kind, ...of]) => ({kind, of}));
  const sums = nodes.map(() => []);  // by number: what is shown of its gradient, with others
  for (const {kind, of} of slots) if ("gn".includes(kind)) for (const i of of) sums[i].push(of);
  const values = new Set([
    ...slots.filter(({kind}) => kind === "v").flatMap(({of}) => of),
    ...slots.filter(({kind}) => kind === "s").map(({of}) => of.at(-1)),
    ...members.map((group) => Math.max(...group.filter((i) => nodes[i].o))),  // all are known then
    ...Object.keys(labels).map((e) => weights?.[e]),
  ]);
  const reached = new Set();
  return ({kind, node, parent, arc}) => {
    if (kind === "value" || kind === "update") return values.has(node);
    reached.add(parent);
    return kind === "seed" || flows[arc] in labels ||
      sums[parent].some((of) => of.every((i) => reached.has(i)));
  };
}

/** Return the events since the last halt, up to the step that is shown; if a step is a change of
 * the picture, those in the same node of it only. */
function moment(lesson) {
  const {step, seen, size, level} = lesson, owners = ownersAt(lesson, level);
  const from = halts(lesson, size).findLast((i) => i < step) ?? step - 1, last = seen.events[step];
  return seen.events.slice(from + 1, step + 1).filter((event) => LEVELS[size] ||
    (event.kind === last.kind && owners[event.node] === owners[last.node]));
}

/** Return the steps that change a number: its value, or its gradient. */
function changesOf(events, i) {
  return [...events.keys()].filter((at) => {
    const {kind, node, parent} = events[at];
    return kind !== "start" && (kind === "value" || kind === "update" ? node : parent) === i;
  });
}
