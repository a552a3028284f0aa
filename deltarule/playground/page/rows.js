// The passes as formulas, a line for each unit, and as matrices.

const MOST_TERMS = 3;  // of a sum that are written
const ROW_OF_FORMULAS = 44, MOST_CHIPS = 4, CELL = [66, 24], BETWEEN = 14;

/** Return a formula with names; a sum of products is shortened. */
function formulaOf(nodes, {f, o}) {
  const {y, name} = RULES[f].text, half = o.length >> 1;
  const text = (k) => (isNumber(k) ? show(Number(k[0]), 4) : nodes[k].t);
  if (name === "dot") {
    const terms = o.slice(0, half).map((w, k) => `${text(w)}·${text(o[half + k])}`);
    const shown = terms.length > MOST_TERMS ? [terms[0], "…", terms.at(-1)] : terms;
    return [...shown, ...o.slice(2 * half).map(text)].join(" + ");
  }
  if (y && y.length < 40) return fill(y, [" ", ...o.map(text)]);
  return `${name}(${o.slice(0, 3).map(text).join(", ")}${o.length > 3 ? ", …" : ""})`;
}

function formulaLevel(nodes) {
  const picture = beginPicture(), lines = linesOfFormulas(nodes);
  const widths = [];  // of the columns of formulas
  const cells = lines.map(({heads, tail}) => {
    const formulas = heads.map((i) => formulaCell(nodes, i));
    formulas.forEach(({w}, k) => (widths[k] = Math.max(widths[k] ?? 0, w)));
    return {formulas, tail: chips(nodes, tail)};
  });
  cells.forEach(({formulas, tail}, row) => {
    const y = row * ROW_OF_FORMULAS, given = !formulas.length;
    let x = 0;
    formulas.forEach((cell, k) => {
      picture.node({...cell, w: widths[k], x: x + widths[k] / 2, y, ...placedIn(cell, widths[k])});
      x += widths[k] + BETWEEN;
    });
    if (!given) x = widths.slice(0, 2).reduce((a, b) => a + b + BETWEEN, 0);
    for (const chip of tail) {
      picture.node({...chip, x: x + chip.w / 2, y});
      x += chip.w + 6;
    }
  });
  return picture.done();
}

/** Return the lines: given numbers; each unit with its parameters; what is computed otherwise. */
function linesOfFormulas(nodes) {
  const isHead = (i) => Boolean(nodes[i].o), all = [...nodes.keys()];
  const isNet = nodes.some(({place}) => place?.is === "a");
  if (!isNet) {
    const leaves = all.filter((i) => !isHead(i));
    return [{heads: [], tail: leaves}, ...all.filter(isHead).map((i) => ({heads: [i], tail: []}))]
      .filter(({heads, tail}) => heads.length + tail.length);
  }
  const lines = [{heads: [], tail: []}];
  for (const {is, of} of partsOf(nodes).parts) {
    if (is === "x" || is === "t" || is === "leaf") lines[0].tail.push(...of);
    else if (is === "unit") {
      const heads = of.filter(isHead);
      for (let k = 0; k < heads.length - 2; k++) lines.push({heads: [heads[k]], tail: []});
      lines.push({heads: heads.slice(-2), tail: of.filter((i) => !isHead(i))});
    } else for (const i of of) isHead(i) ? lines.push({heads: [i], tail: []}) : lines[0].tail.push(i);
  }
  return lines;
}

function formulaCell(nodes, i) {
  const node = nodes[i], text = `${node.t} = ${formulaOf(nodes, node)} =`;
  const long = widthOfText(text, FONTS.value), kind = i === nodes.length - 1 ? "output" : "operation";
  return {kind, of: [i], title: node.t, text, i, h: 36, w: long + 96,
    slope: slopeLine(node, i)};
}

/** Return the texts and lines of a formula in a cell of that width. */
function placedIn({text, i, slope, w: own}, w) {
  const left = -w / 2 + 10, right = w / 2 - 10;
  return {texts: [["formula", text, left, -2, "start"]],
    lines: [["value", ["", "v", i], right, -2, "end"], ["grad", slope, right, 13, "end"]]};
}

/** Return cells of given numbers: a name, the number and its gradient; the rest of many in one. */
function chips(nodes, all) {
  const isMany = all.length > MOST_CHIPS + 1;
  const shown = isMany ? [...all.slice(0, MOST_CHIPS - 1), all.at(-1)] : all;
  const made = shown.map((i) => {
    const {t, place} = nodes[i], w = Math.max(126, widthOfText(t, FONTS.name) + 82);
    const kind = {x: "input", w: "parameter", b: "parameter"}[place?.is] ?? "leaf";
    return {kind, of: [i], title: t, w, h: 36, texts: [["name", t, -w / 2 + 12, -2, "start"]],
      lines: [["value", ["", "v", i], w / 2 - 12, -2, "end"], ["grad", ["grad ", "g", i], w / 2 - 12, 13, "end"]]};
  });
  if (isMany) {
    const rest = all.slice(MOST_CHIPS - 1, -1);
    made.splice(-1, 0, {kind: "parameter", of: rest, title: `${rest.length} more`, w: 84, h: 36,
      texts: [["formula", `… ${rest.length} more`, 0, 4]]});
  }
  return made;
}

function matrixLevel(nodes) {
  const picture = beginPicture(), units = [], find = {};
  nodes.forEach(({place}, i) => place && ((find[`${place.is} ${place.layer} ${place.unit} ${place.source ?? ""}`] = i)));
  const at = (is, layer, unit, source = "") => find[`${is} ${layer} ${unit} ${source}`];
  for (const {place} of nodes) if (place?.is === "a") (units[place.layer] ??= []).push(place.unit);
  const inputs = nodes.flatMap(({place}) => (place?.is === "x" ? [place.unit] : []));
  const [w, h] = CELL;
  let top = 0;
  const block = (x, title, rows, kind, letter, isBack) => {
    const width = Math.max(1, ...rows.map((row) => row.length)) * w;
    picture.words(isBack ? "grad" : "value", title, x + Math.max(width, widthOfText(title, 13)) / 2, top - 8, "middle");
    const shift = Math.max(0, (widthOfText(title, 13) - width) / 2);
    rows.forEach((row, j) => row.forEach((i, k) => {
      if (i === undefined) return;
      picture.node({kind: `${kind} cell`, of: [i], title: nodes[i].t, w: w - 2, h: h - 2,
        x: x + shift + (k + 0.5) * w, y: top + (j + 0.5) * h,
        lines: [[isBack ? "grad" : "value", ["", letter, i], 0, 5]]});
    }));
    return x + Math.max(width, widthOfText(title, 13)) + BETWEEN;
  };
  const column = (is, layer, list) => list.map((unit) => [at(is, layer, unit)]);
  units.forEach((list, layer) => {
    const below = layer > 1 ? units[layer - 1] : inputs, low = layer - 1;
    const given = below.map((unit) => [layer === 1 ? at("x", 0, unit)
      : at("z", low, unit) ?? at("a", low, unit)]);
    const weights = list.map((unit) => below.map((source) => at("w", layer, unit, source)));
    const isReal = (rows) => rows.some((row) => row.some((i) => i !== undefined));
    const sums = column("a", layer, list), zs = column("z", layer, list), bs = column("b", layer, list);
    const raised = `⁽${digitsOf(layer, RAISED)}⁾`, lower = layer === 1 ? "x" : `${letterOf(nodes[given[0][0]]).trim()}⁽${digitsOf(low, RAISED)}⁾`;
    const a = `${letterOf(nodes[sums[0][0]]).trim()}${raised}`;
    const z = zs.find(([i]) => i !== undefined)?.[0];
    const isOwn = z !== undefined && RULES[nodes[z].f].text.name !== "softmax";
    top += 24;
    let x = block(0, `W${raised}`, weights, "parameter", "v");
    x = block(x, `· ${lower}`, given, layer === 1 ? "input" : "operation", "v");
    if (isReal(bs)) x = block(x, `+ b${raised}`, bs, "parameter", "v");
    x = block(x, `= ${a}`, sums, "operation", "v");
    if (isOwn) x = block(x, `${letterOf(nodes[z]).trim()}${raised} = ${RULES[nodes[z].f].text.name}(${a})`, zs, "operation", "v");
    x += BETWEEN;
    x = block(x, `δ${raised}`, sums, "operation", "g", true);
    x = block(x, `∂${nodes.at(-1).t}/∂W${raised} = δ · ${lower}ᵀ`, weights, "parameter", "g", true);
    if (isReal(bs)) block(x, `∂${nodes.at(-1).t}/∂b${raised} = δ`, bs, "parameter", "g", true);
    top += Math.max(list.length, below.length) * h + 8;
  });
  const {parts} = partsOf(nodes);
  const others = parts.flatMap(({is, of}) => (["error", "t", "softmax", "leaf"].includes(is) ? of : []));
  const cells = others.filter((i) => nodes[i].o).map((i) => formulaCell(nodes, i));
  let x = 0;
  top += 24;
  for (const chip of chips(nodes, others.filter((i) => !nodes[i].o))) {
    picture.node({...chip, x: x + chip.w / 2, y: top});
    x += chip.w + BETWEEN;
  }
  for (const cell of cells) {
    picture.node({...cell, x: x + cell.w / 2, y: top, ...placedIn(cell, cell.w)});
    x += cell.w + BETWEEN;
  }
  return picture.done();
}
