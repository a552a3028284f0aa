// The scalar graph: every number a node, in ranks from the leaves to the root.

const MOST_SCALARS = 150;  // numbers that can be read one by one
const MOST_LOCALS = 40;  // edges with their local derivative
const SWEEPS = 6, RANK_GAP = 66, ROW_GAP = 12;
const CHOOSERS = ["softmax", "pick", "cross_entropy"];  // whose last constant is an index

function scalarLevel(nodes) {
  const picture = beginPicture(), root = nodes.length - 1;
  if (nodes.length > MOST_SCALARS) {
    picture.words("name", `This graph has ${nodes.length} numbers, too many to read one by one.`,
      0, -20, "middle");
    picture.words("value", "Choose another level, or a smaller network.", 0, 4, "middle");
    picture.node({kind: "output", of: [root], x: 0, y: 56, w: 130, h: 62, title: nodes[root].t,
      texts: [["name", nodes[root].t, 0, -14]],
      lines: [["value", ["", "v", root], 0, 5], ["grad", ["grad ", "g", root], 0, 23]]});
    return picture.done();
  }
  const boxes = nodes.map((node, i) => scalarBox(nodes, node, i)), links = [], flows = [];
  for (let i = root; i >= 0; i--) {
    nodes[i].o?.forEach((from) => isNumber(from) || flows.push(links.push([from, i]) - 1));
  }
  const constants = [];
  nodes.forEach((node, i) => node.o?.forEach((from, at) => {
    if (!isNumber(from)) return;
    const isIndex = CHOOSERS.includes(RULES[node.f].text.name) && at === node.o.length - 1;
    if (isIndex) return;
    const text = show(Number(from[0]), 4), w = Math.max(30, widthOfText(text, FONTS.value) + 14);
    constants.push([links.push([boxes.length, i]) - 1, i]);
    boxes.push({kind: "constant", of: [], w, h: 24, texts: [["value constant", text, 0, 5]], lines: []});
  }));
  const {places, paths} = layered(boxes, links);
  boxes.forEach((box, k) => picture.node({...box, x: places[k][0], y: places[k][1]}));
  paths.forEach((points) => picture.edge(points));
  const solid = places.map(([x, y], k) => [x - boxes[k].w / 2, y - boxes[k].h / 2,
    x + boxes[k].w / 2, y + boxes[k].h / 2]);
  if (flows.length <= MOST_LOCALS) {
    const ends = flows.map((e) => paths[e].slice(-2));
    for (const [k, points] of ends.entries()) {
      const [spot] = placedLabels([points], solid, 52, 16) ?? [];
      if (!spot) continue;
      solid.push([spot[0] - 26, spot[1] - 8, spot[0] + 26, spot[1] + 8]);
      picture.label(flows[k], ...spot, 1);
    }
  }
  return picture.done({edges: flows, constants});
}

function scalarBox(nodes, node, i) {
  const {place, o, t} = node, root = nodes.length - 1;
  const kind = i === root ? "output" : o ? "operation" : place?.is === "x" ? "input"
    : place?.is === "w" || place?.is === "b" ? "parameter" : "leaf";
  const symbols = {mul: "×", add: "+", sub: "−", div: "÷"}, {name} = o ? RULES[node.f].text : {};
  const title = o ? `${t} ${symbols[name] ?? name}` : t;
  return {kind, of: [i], title: t, w: Math.max(178, widthOfText(title, FONTS.name) + 20), h: 44,
    texts: [["name", title, 0, -5]],
    lines: [["value", ["", "v", i], -52, 14], ["grad", [slopeLine(node, i)[0], "g", i], 32, 14]]};
}

/** Return where boxes stand, [x, y] of their middles, and the points of the path of each link. */
function layered(boxes, links) {
  const rank = boxes.map(() => 0), size = boxes.map(({h}) => h), before = boxes.map(() => []);
  const above = boxes.map(() => []), isJoint = (k) => k >= boxes.length;
  for (const [from, to] of links) before[to].push(from);
  const settled = new Set(), settle = (k) => {  // by its longest path, without recursion
    const stack = [k];
    while (stack.length) {
      const at = stack.at(-1), next = settled.has(at) ? undefined : before[at].find((o) => !settled.has(o));
      if (next !== undefined) {
        stack.push(next);
        continue;
      }
      settled.add(at);
      rank[at] = Math.max(-1, ...before[at].map((o) => rank[o])) + 1;
      stack.pop();
    }
  };
  boxes.forEach((_, k) => settle(k));
  for (const [from, to] of links) above[from].push(to);
  boxes.forEach((_, k) => {  // leaves stand by what they are given to
    if (!before[k].length && above[k].length) rank[k] = Math.min(...above[k].map((to) => rank[to])) - 1;
  });
  const neighbours = boxes.map(() => []), join = (a, b) => neighbours[a].push(b) && neighbours[b].push(a);
  const chains = links.map(([from, to]) => {
    const chain = [from];
    for (let r = rank[from] + 1; r < rank[to]; r++) {
      const joint = rank.push(r) - 1;
      size.push(6);
      neighbours.push([]);
      chain.push(joint);
    }
    chain.push(to);
    for (let k = 1; k < chain.length; k++) join(chain[k - 1], chain[k]);
    return chain;
  });
  const ranks = Array.from({length: Math.max(...rank) + 1}, () => []);
  rank.forEach((r, k) => ranks[r].push(k));
  const y = rank.map(() => 0), gap = (k) => size[k] + (isJoint(k) ? 4 : ROW_GAP);
  const stack = (column) => {
    let at = -column.reduce((sum, k) => sum + gap(k), 0) / 2;
    for (const k of column) {
      y[k] = at + gap(k) / 2;
      at += gap(k);
    }
  };
  ranks.forEach(stack);
  const aim = (k, near) => {
    const of = neighbours[k].filter(near);
    return of.length ? of.reduce((sum, o) => sum + y[o], 0) / of.length : y[k];
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const by = sweep % 2 ? 1 : -1;  // look at the rank before, or at the one after
    const columns = by < 0 ? ranks : [...ranks].reverse();
    for (const column of columns) {
      const wanted = new Map(column.map((k) => [k, aim(k, (o) => (rank[o] - rank[k]) * by > 0)]));
      column.sort((a, b) => wanted.get(a) - wanted.get(b));
      stack(column);
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 ? [...ranks].reverse() : ranks) {
      eased(column, column.map((k) => aim(k, () => true)), gap).forEach((to, k) => (y[column[k]] = to));
    }
  }
  const wide = ranks.map((column) => Math.max(0, ...column.map((k) => boxes[k]?.w ?? 0))), middle = [];
  wide.forEach((w, r) => (middle[r] = r ? middle[r - 1] + wide[r - 1] / 2 + RANK_GAP + w / 2 : 0));
  const places = boxes.map((_, k) => [middle[rank[k]], y[k]]);
  const used = new Map();  // both edges of a · a are seen
  const paths = chains.map((chain, e) => {
    const [from, to] = links[e], pair = `${from},${to}`, twice = used.get(pair) ?? 0;
    used.set(pair, twice + 1);
    const points = chain.slice(1, -1).map((k) => [middle[rank[k]], y[k]]);
    return [[places[from][0] + boxes[from].w / 2, y[from] + 10 * twice], ...points,
      [places[to][0] - boxes[to].w / 2, y[to] + 10 * twice]];
  });
  return {places, paths};
}

/** Return places as near to those that are wanted as can be, in this order and without overlap. */
function eased(column, wanted, gap) {
  const blocks = [];
  column.forEach((k, at) => {
    let block = {sum: wanted[at], count: 1, before: [0], high: gap(k), heights: [gap(k)]};
    block.top = block.sum - block.heights[0] / 2;
    while (blocks.length && blocks.at(-1).top + blocks.at(-1).high > block.top) {
      const upper = blocks.pop(), heights = [...upper.heights, ...block.heights];
      const high = upper.high + block.high;
      // the mean of the tops that its members want
      const sum = upper.top * upper.heights.length + (block.top - upper.high) * block.heights.length;
      block = {heights, high, top: sum / heights.length};
    }
    blocks.push(block);
  });
  return blocks.flatMap(({top, heights}) => heights.map((h) => {
    top += h;
    return top - h / 2;
  }));
}
