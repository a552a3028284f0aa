// A graph as a program: one straight line of sums and products for both passes of one sample.
//
// It knows no derivative: local gradients are those of RULES, printed by Python. Its code consists of
// these and of numbers; no text of a learner is in it.

const LONGEST = 40_000;  // characters of a function that browsers still make fast
const STATEMENTS = 300;  // in each part of a longer one

/** Return the text of a row with names in place of its operands. */
function filled([shared, texts], own, y, operands) {
  const put = (text) => text.replace(/\b(x\d+|y|_\d+)\b/g, (name) => (name === "y" ? y
    : name[0] === "_" ? `${own}${name}` : operands[name.slice(1) - 1]));
  return {shared: shared.map(([name, text]) => `const ${own}${name} = ${put(text)};`),
    texts: texts.map(put)};
}

/** Return functions of a graph, for lists of its parameters p, inputs x and targets t:
 *
 *  gradient(p, x, t, g)  adds ∂E/∂p to the list g, and returns the error E
 *  loss(p, x, t)         returns E
 *  units(p, x, out)      writes the output of each unit into a list
 *  outputs(p, x, out)    writes the outputs of the network
 *  deltas(p, x, t, out)  writes δ = ∂E/∂a of each unit */
function programOf(graph) {
  const {nodes, units, outputs} = graph, root = nodes.length - 1;
  const all = {p: true, x: true, t: true};
  const write = (places) => places.map((i, k) => `out[${k}] = n${i};`);
  return {
    gradient: lineOf(["p", "x", "t", "g"], [...forwards(nodes, [root]),
      ...backwards(nodes, root, {p: true})], `n${root}`),
    loss: lineOf(["p", "x", "t"], forwards(nodes, [root]), `n${root}`),
    units: lineOf(["p", "x", "out"], [...forwards(nodes, units.map(({z}) => z)),
      ...write(units.map(({z}) => z))]),
    outputs: lineOf(["p", "x", "out"], [...forwards(nodes, outputs), ...write(outputs)]),
    deltas: lineOf(["p", "x", "t", "out"], [...forwards(nodes, [root]),
      ...backwards(nodes, root, all, units.map(({a}) => a))]),
  };
}

/** Return which nodes some are computed from, themselves included. */
function below(nodes, roots) {
  const used = new Set(roots);
  for (let i = Math.max(-1, ...roots); i >= 0; i--) {
    if (used.has(i)) for (const o of nodes[i].o ?? []) if (!Array.isArray(o)) used.add(o);
  }
  return used;
}

const operandText = (o) => (Array.isArray(o) ? `(${o[0]})` : `n${o}`);

/** Return statements that compute the values of some nodes. */
function forwards(nodes, roots) {
  const used = below(nodes, roots);
  return nodes.flatMap((node, i) => {
    if (!used.has(i)) return [];
    if (!node.o) return [`const n${i} = ${node.from}[${node.at}];`];
    const {shared, texts} = filled(RULES[node.f].v, `n${i}`, "", node.o.map(operandText));
    return [...shared, `const n${i} = ${texts[0]};`];
  });
}

/** Return statements of the chain rule, from the root down to what depends on the leaves `wanted`;
 *  either those add up in `g`, or the slopes of the nodes `kept` are written into `out`. */
function backwards(nodes, root, wanted, kept) {
  const used = below(nodes, [root]), terms = nodes.map(() => []), lines = [], keeps = new Set(kept);
  const needed = [], isNeeded = (o) => !Array.isArray(o) && needed[o];
  nodes.forEach((node, i) => (needed[i] = used.has(i) &&
    (node.o ? node.o.some(isNeeded) : wanted[node.from])));
  terms[root].push("1");
  for (let i = root; i >= 0; i--) {
    if (!needed[i]) continue;
    const node = nodes[i], sum = terms[i].join(" + ") || "0";
    if (!node.o) {
      if (!kept && node.from === "p") lines.push(`g[${node.at}] += ${sum};`);
      continue;
    }
    lines.push(`const d${i} = ${sum};`);
    if (keeps.has(i)) lines.push(`out[${kept.indexOf(i)}] = d${i};`);
    const rule = RULES[node.f];
    const {shared, texts} = filled(rule.d, `d${i}`, `n${i}`, node.o.map(operandText));
    lines.push(...shared);
    node.o.forEach((o, k) => {
      if (!isNeeded(o)) return;
      const isName = /^[\w.]+$/.test(texts[k]), local = isName ? texts[k] : `(${texts[k]})`;
      terms[o].push(local === "1.0" ? `d${i}` : rule.selects
        ? `(${local} !== 0 ? ${local} * d${i} : 0)` : `${local} * d${i}`);
    });
  }
  return lines;
}

/** Return a function of these statements; one that is too long for one function is made of several,
 *  which share its numbers in a list. */
function lineOf(names, lines, result = "undefined") {
  const head = `"use strict"; ${PRELUDE}`, text = lines.join("\n");
  if (text.length <= LONGEST) return new Function(`${head}return (${names}) => {${text}
    return ${result};}`)();
  const index = new Map();
  const put = (line) => line.replace(/\b[nd]\d+(_\d+)?\b/g, (name) => {
    if (!index.has(name)) index.set(name, index.size);
    return `v[${index.get(name)}]`;
  }).replace(/^const /, "");
  const parts = [];
  for (let k = 0; k < lines.length; k += STATEMENTS) {
    parts.push(`(${names}, v) => {${lines.slice(k, k + STATEMENTS).map(put).join("\n")}}`);
  }
  const last = put(`${result}`);
  return new Function(`${head}const v = new Float64Array(${index.size}), parts = [${parts.join(",\n")}];
    return (${names}) => {for (const part of parts) part(${names}, v); return ${last};}`)();
}

/** Return the rules as the player has them: functions of the operands. */
function rulesOf() {
  const written = (names, [shared, texts]) => new Function(...names, `"use strict"; ${PRELUDE}
    ${shared.map(([name, text]) => `const ${name} = ${text};`).join("\n")} return [${texts}];`);
  return RULES.map(({n, v, d, selects, factors}) => {
    const names = Array.from({length: n}, (_, i) => `x${i + 1}`);
    return {value: written(names, v), local: written(["y", ...names], d), selects, factors};
  });
}
