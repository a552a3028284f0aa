// The levels of detail of a graph, each a picture for the player.

const LEVEL_NAMES = {neuron: "Network", formula: "Formula", scalar: "Scalar graph", matrix: "Matrix"};
const MOST_FULL = 4;  // units of a layer that show all their numbers
const MOST_WRITTEN = 6;  // weights between two layers that are written on edges

/** Return the pictures of a graph by level. Without a network, these are its numbers and formulas. */
function levelsOf(graph) {
  const levels = {};
  if (graph.nodes.some(({place}) => place?.is === "a")) {
    levels.neuron = networkLevel(graph.nodes, partsOf(graph.nodes));
  }
  levels.formula = formulaLevel(graph.nodes);
  levels.scalar = scalarLevel(graph.nodes);
  if (levels.neuron) levels.matrix = matrixLevel(graph.nodes);
  return levels;
}

const isNumber = (o) => Array.isArray(o);
const slopeLine = (node, i) => [node.d || node.place?.is === "a" ? "δ " : "grad ", "g", i];
const letterOf = ({t}) => `${/^[^₀-₉⁽]*/.exec(t)[0]} `;

/** Return what is part of each unit, input, target and of the error:
 *  {of: indices, is, layer, unit}, in an order in which each comes after what it is given. */
function partsOf(nodes) {
  const parts = new Map(), owner = [], last = new Map(), end = nodes.length - 1;
  nodes.forEach(({place}, i) => place?.is === "a" && last.set(`${place.layer},${place.unit}`, i));
  const put = (key, i, about) => {
    if (!parts.has(key)) parts.set(key, {...about, of: []});
    parts.get(key).of.push(i);
    owner[i] = key;
  };
  const within = (i) => {  // the sum of which a product or a partial sum is
    const units = nodes[i].o.map((o) => (isNumber(o) ? undefined : inside[o]));
    const key = units.find((unit) => unit !== undefined);
    return i < last.get(key) ? key : undefined;
  };
  const inside = nodes.map(() => undefined);  // of weights, biases, and what is made of them
  nodes.forEach((node, i) => {
    const {place, o} = node, at = place && `${place.layer},${place.unit}`;
    if (i === end && !last.has(at)) return put("error", i, {is: "error"});
    if (place?.is === "w" || place?.is === "b") {
      inside[i] = at;
      return put(at, i, {...place, is: "unit"});
    }
    if (place?.is === "z" && o.filter((k) => !isNumber(k)).length > 1) {
      return put("softmax", i, {is: "softmax", layer: place.layer + 0.5, unit: 1});
    }
    if (place?.is === "a" || place?.is === "z") return put(at, i, {...place, is: "unit"});
    if (!o) return put(`leaf ${i}`, i, {is: place?.is ?? "leaf", layer: place?.layer ?? 0, unit: place?.unit ?? i});
    inside[i] = within(i);
    return put(inside[i] ?? "error", i, inside[i] ? {is: "unit"} : {is: "error"});
  });
  const found = [...parts.values()].sort((a, b) => a.of.at(-1) - b.of.at(-1));
  return {parts: found, keyOf: owner.map((key) => found.indexOf(parts.get(key)))};
}

/** Return the layers as parts of the graph, for steps through them. */
function layersOf(nodes) {
  const {parts} = partsOf(nodes), layers = new Map();
  for (const {is, layer, of} of parts) {
    const title = is === "unit" || is === "softmax" ? `layer ${Math.floor(layer)}`
      : is === "error" ? nodes.at(-1).t : is === "x" ? "inputs" : "targets";
    layers.set(title, [...layers.get(title) ?? [], ...of]);
  }
  return {members: [...layers.values()], titles: [...layers.keys()]};
}

/** Return the weight that a node multiplies its operand at a place with, and undefined if none. */
function weightOf(nodes, {o}, at) {
  const half = o.length >> 1, partner = o.length === 2 ? 1 - at : at < half ? -1 : at - half;
  const i = at === o.length - 1 && o.length !== 2 ? undefined : o[partner];
  return !isNumber(i) && nodes[i]?.place?.is === "w" ? i : undefined;
}

function networkLevel(nodes, {parts, keyOf}) {
  const picture = beginPicture(), deepest = Math.max(...parts.map(({layer}) => layer ?? 0));
  const columnOf = ({is, layer}) => (is === "error" ? Infinity : is === "t" ? Math.floor(deepest) : layer);
  const columns = [...new Set(parts.map(columnOf))].sort((a, b) => a - b)
    .map((column) => parts.filter((part) => columnOf(part) === column));
  const tallest = Math.max(...columns.map((column) => column.length)), dense = tallest > MOST_FULL;
  const looks = parts.map((part) => lookOf(nodes, part, dense));
  const links = linksOf(nodes, keyOf), places = [];
  let x = 0;
  columns.forEach((column, c) => {
    const wide = Math.max(...column.map((part) => looks[parts.indexOf(part)].w));
    const into = links.edges.filter(({target}) => column.includes(parts[target])).length;
    if (c) x += dense ? 62 : into <= 1 ? 62 : into <= 3 ? 96 : into <= MOST_WRITTEN ? 200 : 56;
    const gap = dense ? 4 : [0, 48, 48, 18, 5][tallest];
    const heights = column.map((part) => looks[parts.indexOf(part)].h + gap);
    let y = -heights.reduce((a, b) => a + b, 0) / 2;
    column.forEach((part, k) => {
      const key = parts.indexOf(part);
      places[key] = [x + wide / 2, y + heights[k] / 2];
      y += heights[k];
    });
    x += wide;
  });
  parts.forEach((part, key) => {
    const [x, y] = places[key];
    picture.node({...looks[key], of: part.of, x, y});
  });
  const ends = links.edges.map(({source, target}) => [
    [places[source][0] + looks[source].w / 2, places[source][1]],
    [places[target][0] - looks[target].w / 2, places[target][1]]]);
  ends.forEach((points) => picture.edge(points));
  const solid = places.map(([x, y], k) => [x - looks[k].w / 2, y - looks[k].h / 2,
    x + looks[k].w / 2 + 2, y + looks[k].h / 2]);
  for (const column of columns) {
    const into = links.edges.flatMap(({target}, e) => (column.includes(parts[target]) ? [e] : []));
    if (dense || into.length > MOST_WRITTEN) continue;
    const isWeighted = into.some((e) => links.weights[e] >= 0);
    const spots = placedLabels(into.map((e) => ends[e]), solid,
      ...(isWeighted ? [76, 32] : [56, 16]));
    spots?.forEach(([x, y], k) => picture.label(into[k], x, y, isWeighted ? 2 : 1));
  }
  const error = parts.findIndex(({is}) => is === "error");
  return picture.done({edges: links.flows, weights: links.weights,
    slopes: links.edges.flatMap(({target}, e) => (target === error ? [e] : []))});
}

/** Return the edges between parts, the edge of each +=, and the weight (or -1) on each edge. */
function linksOf(nodes, keyOf) {
  const edges = [], flows = [], weights = [], index = new Map();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const {o} = nodes[i], edgeOf = [];
    o?.forEach((from, at) => {
      const weight = isNumber(from) ? undefined : weightOf(nodes, nodes[i], at);
      if (isNumber(from) || keyOf[from] === keyOf[i]) return;
      const key = `${keyOf[from]},${keyOf[i]},${weight}`;
      if (!index.has(key)) {
        index.set(key, edges.push({source: keyOf[from], target: keyOf[i]}) - 1);
        weights.push(weight ?? -1);
      }
      edgeOf[at] = index.get(key);
      if (weight !== undefined) edgeOf[o.indexOf(weight)] = edgeOf[at];  // ∂E/∂w = δ · z arrives there
    });
    o?.forEach((from, at) => isNumber(from) || flows.push(edgeOf[at] ?? -1));
  }
  return {edges, flows, weights};
}

/** Return how a part of a network looks: its kind, size and texts. */
function lookOf(nodes, {is, of}, dense) {
  const find = (quantity) => of.find((i) => nodes[i].place?.is === quantity);
  const root = of.at(-1), {t} = nodes[root];
  if (is === "unit") {
    const a = find("a"), z = find("z") ?? a, b = find("b"), name = nodes[z].t;
    const rule = z === a ? "" : ` ${RULES[nodes[z].f].text.name}`;
    const kind = root === nodes.length - 1 ? "output" : "unit";
    if (dense) {
      return {kind, title: name, w: 198, h: 25, texts: [["name", name, -92, 5, "start"]],
        lines: [["value", ["", "v", z], -11, 5], ["grad", ["δ ", "g", a], 54, 5]]};
    }
    return {kind, title: name, w: 172, h: 54, texts: [["name", name + rule, 0, -12]], lines: [
      ["value", [letterOf(nodes[a]), "v", a], z === a ? 0 : -43, 5],
      ...(z === a ? [] : [["value", [letterOf(nodes[z]), "v", z], 43, 5]]),
      ...(b === undefined ? [] : [["value", ["b ", "v", b], -43, 21]]),
      ["grad", ["δ ", "g", a], b === undefined ? 0 : 43, 21]]};
  }
  const kind = {x: "input", t: "leaf", leaf: "leaf", error: "output", softmax: "operation"}[is];
  const name = is === "softmax" ? `${t} softmax` : t;
  const low = dense && is !== "error" && is !== "softmax";
  if (low || is === "t") {
    return {kind, title: t, w: 112, h: 26, texts: [["name", t, -48, 5, "start"]],
      lines: [["value", ["", "v", root], 16, 5]]};
  }
  return {kind, title: t, w: Math.max(is === "error" ? 88 : 100, widthOfText(name, FONTS.name) + 16), h: 54,
    texts: [["name", name, 0, -12]],
    lines: [["value", ["", "v", root], 0, 5], ["grad", ["grad ", "g", root], 0, 21]]};
}
