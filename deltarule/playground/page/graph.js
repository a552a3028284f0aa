// Graphs of networks, and how their numbers are named.
//
// A graph is {nodes, params, inputs, targets, outputs, units}: nodes in topological order, the error
// last; the counts of the numbers it is given; the nodes of the model's outputs, and of each unit's
// sum and output. A node is
//  - a leaf {t: name, from: "p" | "x" | "t", at: which parameter, input or target, place}, or
//  - computed {t: name, f: which rule, o: operands, place, d: name of its slope}, where an operand
//    is the index of a node or [a constant].
// place is {is: "w" | "b" | "x" | "t" | "a" | "z", layer, unit, source}; units count from 1, inputs
// are layer 0, and w has the unit of the layer below as source.

const LOWERED = "₀₁₂₃₄₅₆₇₈₉", RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const digitsOf = (number, digits) => [...String(number)].map((k) => digits[k]).join("");

/** Return the name of what is at a place, as a course of that notation writes it. */
function named(letter, {is, layer, unit, source}, notation = NOTATIONS.prml) {
  const indices = source ? [unit, source] : [unit];
  if (notation.sourceFirst) indices.reverse();
  const joined = indices.map((i) => digitsOf(i, LOWERED));
  const comma = Math.max(...indices) > 9 ? "," : "";
  const above = is === "x" || is === "t" ? "" : `⁽${digitsOf(layer, RAISED)}⁾`;
  return `${letter}${joined.join(comma)}${above}`;
}

/** Begin a graph: `leaf` and `apply` add nodes and return their indices. */
function building(notation) {
  const nodes = [], counts = {p: 0, x: 0, t: 0};
  const add = (node) => nodes.push(node) - 1;
  const leaf = (from, place) => add({from, at: counts[from]++, place,
    t: named(place.is === "t" ? notation.t : place.is, place, notation)});
  const apply = (f, o, place) => add({f, o, ...(place && {place,
    t: named(notation[place.is] ?? place.is, place, notation),
    ...(place.is === "a" && {d: named("δ", place, notation)})})});
  return {nodes, counts, leaf, apply};
}

/** Return the sizes of all layers of a network. */
const sizesOfNet = ({inputs, hidden, outputs}) => [inputs, ...hidden, outputs];

/** Return the graph of the error of one sample.
 *
 *  net      {inputs, hidden: units of the layers, outputs, activation, output, error}; activation
 *           and output are names of rows, output may be "softmax"
 *  label    the class of the sample, or null if the target is a number
 *  notation one of NOTATIONS
 *
 *  Operands are in the order in which `nn` has them, so that it is the graph that Python makes. */
function graphOf(net, label, notation = NOTATIONS.prml) {
  const {nodes, counts, leaf, apply} = building(notation), sizes = sizesOfNet(net);
  let below = Array.from({length: net.inputs}, (_, i) => leaf("x", {is: "x", layer: 0, unit: i + 1}));
  const units = [];
  sizes.slice(1).forEach((size, k) => {
    const layer = k + 1, isLast = layer === sizes.length - 1;
    const name = isLast ? net.output : net.activation, sums = [];
    for (let unit = 1; unit <= size; unit++) {
      const weights = below.map((_, i) => leaf("p", {is: "w", layer, unit, source: i + 1}));
      const bias = leaf("p", {is: "b", layer, unit});
      const row = ROWS[`dot/${2 * below.length + 1}`];
      sums.push(apply(row, [...weights, ...below, bias], {is: "a", layer, unit}));
    }
    below = name === "identity" || name === "softmax" ? sums
      : sums.map((a, j) => activated(apply, name, a, {is: "z", layer, unit: j + 1}));
    units.push(...sums.map((a, j) => ({a, z: below[j], layer, unit: j + 1})));
  });
  const graph = {nodes, units, outputs: below, inputs: net.inputs, sizes, softmax:
    net.output === "softmax"};
  if (net.error) addError(graph, net, label, {leaf, apply, notation});
  return Object.assign(graph, {params: counts.p, targets: counts.t});
}

function activated(apply, name, a, place) {
  const constants = ACTIVATIONS[name].map((x) => [x]);
  return apply(ROWS[`${name}/${1 + constants.length}`], [a, ...constants], place);
}

/** Put the error above a network, as Python has printed it. */
function addError(graph, {error, outputs}, label, {leaf, apply, notation}) {
  const {nodes, units} = graph, layer = units.at(-1).layer;
  const isClass = error !== "half_squared_error";
  const fragment = LOSSES[error][isClass ? `${outputs}/${label}` : outputs];
  const targets = isClass ? [] : graph.outputs.map((_, k) => leaf("t", {is: "t", layer, unit: k + 1}));
  const given = {y: graph.outputs, t: targets}, added = [];
  const operand = (o) => (Array.isArray(o) ? o : typeof o === "number" ? added[o]
    : given[o[0]][o.slice(1)]);
  fragment.forEach(({f, o}, k) => {
    const place = k === 0 && graph.softmax ? {is: "z", layer, unit: label + 1} : undefined;
    added.push(apply(f, o.map(operand), place));
  });
  nodes.at(-1).t = notation.E;
  let count = 0;
  for (const node of nodes) node.t ??= `v${digitsOf(++count, LOWERED)}`;
}

/** Return the shares of the classes as a graph: the softmax of each output. */
function sharesOf(graph) {
  const {outputs} = graph, nodes = [...graph.nodes];
  const row = (k) => LOSSES.cross_entropy[`${outputs.length}/${k}`][0];
  const shares = outputs.map((_, k) => nodes.push({f: row(k).f, t: "",
    o: row(k).o.map((o) => (Array.isArray(o) ? o : outputs[o.slice(1)]))}) - 1);
  const units = graph.units.map((unit) => ({...unit, z: shares[outputs.indexOf(unit.a)] ?? unit.z}));
  return {...graph, nodes, units, outputs: shares};
}
