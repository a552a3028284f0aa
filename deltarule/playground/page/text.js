// A line of text as a graph: numbers, names, + - * / ^, brackets and rows of the table by name.
//
// The text is taken apart here and never runs. The graph is the one that Python makes of the same
// line: what has no name in it is a number, computed at once; a power whose exponent or base is a
// number is a row of its own.

const LONGEST_LINE = 1000, DEEPEST = 100;  // characters, and brackets within one another
const ROW_OF = {"+": "add", "-": "sub", "*": "mul", "/": "div"};
const SYNONYMS = {max: "maximum", min: "minimum", ln: "log", σ: "sigmoid", logistic: "sigmoid",
  arcsin: "asin", arccos: "acos", arctan: "atan", arctan2: "atan2", arsinh: "asinh",
  arcosh: "acosh", artanh: "atanh", logsigmoid: "log_sigmoid"};
const CONSTANTS = {e: Math.E, pi: Math.PI, π: Math.PI};  // where they are given no other value
const VALUES = [2, -3, 10, -2, 0.5, 1.5, -1, 4];  // of names that are given none, in turn
const WORDS_OF_PYTHON = new Set(`False None True and as assert async await break class continue def
  del elif else except finally for from global if import in is lambda nonlocal not or pass raise
  return try while with yield Value torch print`.split(/\s+/));

/** Return the graph of a line such as "L = tanh(w*x + b); x = 2; given x", for `player` and
 *  `programOf`:
 *
 *  graph           with a leaf for each name that stands for a number: a parameter, or if it is
 *                  `given` an input, which no update moves; `at` is its place in `numbers` for both
 *  numbers, names  of these; `free` are the names that have no value in the line
 *  formulas        [{name, tree}] in an order in which they can be computed; the last may be nameless
 *
 *  or {wrong: what to mend}. */
function graphOfText(text) {
  try {
    return graphOfFormulas(...parsed(text));
  } catch (error) {
    if (typeof error?.wrong === "string") return {wrong: error.wrong};
    throw error;
  }
}

function refuse(wrong) {
  throw {wrong};
}

/** Return the words and signs of a line, each with its place. */
function tokensOf(text) {
  if (text.length > LONGEST_LINE) {
    refuse(`The line has ${text.length} characters: at most ${LONGEST_LINE} can be shown.`);
  }
  const parts = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{Nd}_]*)|(\*\*|[-+*/^()=,;.−·×])|(.))/uy;
  const tokens = [], signs = {"**": "^", "−": "-", "·": "*", "×": "*", "\n": ";"};
  for (const [at, line] of linesOf(text)) {
    parts.lastIndex = 0;
    for (let found; line.slice(parts.lastIndex).trim() && (found = parts.exec(line));) {
      const [all, number, name, sign, other] = found, written = number ?? name ?? sign ?? other;
      const place = at + found.index + all.length - written.length + 1;
      if (other) refuse(meantBy(other, place));
      tokens.push({is: number ? "number" : name ? "name" : signs[sign] ?? sign, place, written,
        name: name?.normalize("NFKC")});
    }
    tokens.push({is: ";", place: at + line.length + 1, written: "the end of the line"});
  }
  return tokens;
}

/** Return the lines of a text, each with the place where it begins. */
function linesOf(text) {
  let at = 0;
  return text.split("\n").map((line) => [(at += line.length + 1) - line.length - 1, line]);
}

function meantBy(sign, place) {
  const shown = `“${sign}” at character ${place}`, power = "²³⁴⁵⁶⁷⁸⁹".indexOf(sign) + 2;
  if ("–—‒‐".includes(sign)) return `${shown} is a dash: type a minus, -.`;
  if (power > 1) return `${shown} is no power here: write ^${power}.`;
  if ("[]{}".includes(sign)) return `${shown} is no bracket here: use ( and ).`;
  if (sign === "÷") return `${shown} is not known: write /.`;
  return `${shown} is not known: use numbers, names, + - * / ^ and ( ).`;
}

/** Return the formulas of a text, [{name, tree, place}], and the names that are given. A tree is
 *  {is: "number", x}, {is: "name", name, place}, {is: a sign, of: [left, right]}, {is: "neg", of}
 *  or {is: "call", name, of}. */
function parsed(text) {
  const tokens = tokensOf(text), formulas = [], given = new Set();
  let k = 0, depth = 0;
  const now = () => tokens[k], has = (is, ahead = 0) => tokens[k + ahead]?.is === is;
  const next = () => tokens[k++], take = (is) => has(is) && next();

  function sum() {
    let left = product();
    while (has("+") || has("-")) left = {is: next().is, of: [left, product()]};
    return left;
  }
  function product() {
    let left = signed();
    while (has("*") || has("/")) left = {is: next().is, of: [left, signed()]};
    return left;
  }
  function signed() {
    if (++depth > DEEPEST) refuse(`The formula is nested more than ${DEEPEST} deep at character ${
      now().place}: give a part of it a name.`);
    const minus = take("-"), plus = minus ? null : take("+");
    const tree = minus ? {is: "neg", of: [signed()]} : plus ? signed() : raised();
    depth--;
    return tree;
  }
  function raised() {
    const base = called();
    return take("^") ? {is: "^", of: [base, signed()]} : base;
  }
  function called() {  // (a + b).tanh() is tanh(a + b)
    let tree = single();
    while (take(".")) {
      const name = take("name") || refuse(`After the point at character ${now().place - 1} the name of `
        + "a function is missing: write tanh(a) or a.tanh().");
      if (!has("(")) refuse(`There are no brackets after “${name.written}” at character ${name.place}: write ${
        name.written}(…).`);
      tree = call(name, [tree]);
    }
    return tree;
  }
  function single() {
    const token = next();
    if (token.is === "number") return number(token);
    if (token.is === "name") return has("(") ? call(token, []) : named(token);
    if (token.is !== "(") return missing(token);
    const tree = sum();
    if (!take(")")) refuse(unclosed(token));
    return tree;
  }
  function number({written, place}) {
    const x = Number(written);
    return Number.isFinite(x) ? {is: "number", x}
      : refuse(`The number at character ${place} is too large: write one below 1e308.`);
  }
  function named(token) {
    checkName(token);
    return {is: "name", name: token.name, place: token.place};
  }
  function call(token, of) {
    const open = next();
    while (!has(")")) {
      of.push(sum());
      if (!take(",")) break;
      if (has(")")) missing(now());
    }
    if (!take(")")) refuse(unclosed(open));
    return callOf(token, of, tokens);
  }
  /** Say that an operand was expected where something else is. */
  function missing({written, place, is}) {
    const before = tokens[k - 2]?.is === ";" ? null : tokens[k - 2];
    const shown = is === ";" && written === ";" ? "the ;" : is === ";" ? written : `“${written}”`;
    refuse(`A number or a name is missing before ${shown} at character ${place}${
      before ? `, after “${before.written}”: write one there, or take “${before.written}” away.`
        : ": write one there."}`);
  }
  /** Say why a bracket was not closed, or what cannot follow. */
  function unclosed({place}) {
    return has(";") || has("=") ? `There is no ) for the ( at character ${place}: write it where the bracket ends.`
      : following();
  }
  function following() {
    const {is, written, place} = now(), before = tokens[k - 1].written;
    if (is === ",") return `The comma at character ${place} is not between operands of a function: write 0.5 with a point.`;
    if (is === ")") return `There is no ( for the ) at character ${place}: take it away, or open a bracket.`;
    if (is === "=") return `The = at character ${place} does not follow a single name: write name = formula.`;
    return `Between “${before}” and “${written}” at character ${place} a sign is missing: write ${
      `${before}*${written}`}, or another of + - * / ^.`;
  }

  while (k < tokens.length) {
    if (take(";")) continue;
    if (now().name === "given" && has("name", 1)) {
      do {
        next();
        if (!has("name")) missing(next());
        checkName(now());
        given.add(next().name);
      } while (has(","));
      if (!has(";")) refuse(following());
      continue;
    }
    const target = has("name") && has("=", 1) ? next() : null;
    if (target) {
      checkName(target);
      next();
    }
    const place = now().place, tree = sum();
    if (!has(";")) refuse(following());
    formulas.push({name: target?.name ?? null, tree, place: target?.place ?? place});
  }
  const known = new Set([...given, ...formulas.map(({name}) => name)]);
  const valued = (tree) => (tree.of ? {...tree, of: tree.of.map(valued)}
    : !known.has(tree.name) && Object.hasOwn(CONSTANTS, tree.name) ? {is: "number", x: CONSTANTS[tree.name]}
      : tree);
  return [formulas.map((one) => ({...one, tree: folded(valued(one.tree))})), given];
}

/** Say why a name is none. */
function checkName({name, written, place}) {
  const shown = `“${written.slice(0, 30)}” at character ${place}`;
  if (!/^\p{L}([\p{L}\p{Nd}_]*[\p{L}\p{Nd}])?$/u.test(name)) {
    refuse(`${shown} is no name: let it begin with a letter, and end with a letter or digit.`);
  }
  if (name.length > 20) refuse(`${shown} is longer than 20 characters: choose a shorter name.`);
  if (rowNamed(name)) refuse(`${shown} is a function: write ${name}(…), or choose another name.`);
  if (WORDS_OF_PYTHON.has(name)) refuse(`${shown} is a word of Python: choose another name.`);
}

/** Return which numbers of operands a function takes, without those that have a default. */
function arities(name) {
  const isOne = name !== "dot" && name !== "exponential";  // of vectors; 2**x
  return [1, 2, 3].filter((count) => isOne && Object.hasOwn(ROWS, `${name}/${count}`));
}

/** Return the name of a row that a function stands for, or "". */
function rowNamed(written) {
  const name = Object.hasOwn(SYNONYMS, written) ? SYNONYMS[written] : written;
  return arities(name).length || name === "pow" ? name : "";
}

/** Return the tree of a call, if there is such a function with so many operands. */
function callOf({name: written, place}, of, tokens) {
  const name = rowNamed(written), shown = `“${written.slice(0, 30)}” at character ${place}`;
  if (!name) {
    const isName = tokens.some(({name, place: other}, k) => name === written && other !== place
      && tokens[k + 1]?.is !== "(");
    const near = nearest(written);
    refuse(isName ? `${shown} is a name, not a function: write ${written}*(…) for a product.`
      : `There is no function ${shown}: ${near ? `write ${near}.` : "choose one such as tanh, exp, log, max."}`);
  }
  if (name === "pow" || name === "power") {
    if (of.length !== 2) refuse(`${shown} has ${of.length} operands: write pow(a, b), or a^b.`);
    return {is: "^", of};
  }
  const defaults = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name].map(Number) : [];
  const [most] = arities(name).slice(-1), least = most - defaults.length;
  if (of.length < least || of.length > most) {
    const wanted = least === most ? least : `${least} to ${most}`;
    refuse(`${shown} has ${of.length} operand${of.length === 1 ? "" : "s"} and takes ${wanted}: write ${written}(${
      ["a", "b", "c"].slice(0, least).join(", ")}).`);
  }
  const given = of.length - least;
  if (of.slice(least).some((tree) => folded(tree).is !== "number")) {
    refuse(`Operand ${least + 1} of ${shown} is no number: write one, such as ${written}(a, 0.1).`);
  }
  return {is: "call", name, of: [...of, ...defaults.slice(given).map((x) => ({is: "number", x}))],
    written: of.length};
}

/** Return the function whose name is most like a word, if one is. */
function nearest(word) {
  const names = [...new Set(Object.keys(ROWS).map((key) => key.split("/")[0]))];
  const distances = names.concat(Object.keys(SYNONYMS)).filter(rowNamed).map((name) =>
    [distance(word.slice(0, 20).toLowerCase(), name), name]);
  const [best, name] = distances.reduce((a, b) => (b[0] < a[0] ? b : a), [Infinity, ""]);
  return best <= Math.max(1, Math.floor(word.length / 3)) ? name : "";
}

/** Return how many letters have to be changed, added or left out (Levenshtein 1966). */
function distance(a, b) {
  let row = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] !== b[j - 1]));
    }
  }
  return row[b.length];
}

/** Return a tree with the parts that have no names computed, as Python computes them. */
function folded(tree) {
  if (!tree.of) return tree;
  const of = tree.of.map(folded);
  if (of.some(({is}) => is !== "number")) return {...tree, of};
  const [a, b] = of.map(({x}) => x);
  const x = tree.is === "call" ? rulesOf()[rowOf(tree, of)].value(...of.map(({x}) => x))[0]
    : {neg: () => -a, "+": () => a + b, "-": () => a - b, "*": () => a * b, "/": () => a / b,
      "^": () => a ** b}[tree.is]();
  if (!Number.isFinite(x)) {
    refuse(`${pythonOfTree(tree, 0)} is no finite number: mend this part of the line.`);
  }
  return {is: "number", x};
}

/** Return the rule of a tree. */
function rowOf({is, name}, [, second]) {
  if (is === "^") return ROWS[second.is === "number" ? "power/2" : "pow/2"];
  if (is === "neg") return ROWS["neg/1"];
  const key = is === "call" ? name : ROW_OF[is];
  return ROWS[`${key}/${is === "call" ? arities(key).at(-1) : 2}`];
}

/** Return the graph of formulas, which may be in any order. */
function graphOfFormulas(formulas, given) {
  const values = new Map(), byName = new Map(), results = [];
  for (const formula of formulas) {
    const {name, tree, place} = formula;
    if (name !== null && (values.has(name) || byName.has(name))) {
      refuse(`${name} is given twice, again at character ${place}: leave one of both out.`);
    }
    if (tree.is === "number" && name !== null) values.set(name, tree.x);
    else if (tree.is === "number") results.push(formula);
    else {
      if (name !== null) byName.set(name, formula);
      results.push(formula);
    }
  }
  if (!results.length || results.every(({tree}) => tree.is === "number")) {
    refuse("There is nothing to differentiate: write a formula with a name in it, such as tanh(2*a).");
  }
  for (const {name, tree} of byName.values()) {
    if (given.has(name)) refuse(`${name} is computed: only what stands for a number can be given.`);
    if (tree.is === "name") refuse(`${name} is nothing but ${tree.name}: leave it out, and write ${tree.name}.`);
  }
  const ordered = inOrder(results, byName), used = new Set();
  const visit = (tree) => (tree.is === "name" ? used.add(tree.name) : tree.of?.forEach(visit));
  formulas.forEach(({tree}) => visit(tree));
  const roots = results.filter(({name}) => name === null || !used.has(name));
  if (roots.length > 1) {
    const [first, second] = roots.map(({name, tree}) => name ?? pythonOfTree(tree, 0));
    refuse(`There are two results, ${first} and ${second}: write a last formula that uses both.`);
  }
  const idle = [...values.keys(), ...given].find((name) => !used.has(name));
  if (idle !== undefined) refuse(`${idle} is not used: use it in the formula, or leave it out.`);
  const [root] = roots;
  if (root.tree.is === "name") refuse(`${root.tree.name} alone has no operation: write one, such as ${root.tree.name}^2.`);
  return {...drawn(root, byName, values, given), formulas: ordered};
}

/** Return formulas, each after those that it uses. */
function inOrder(formulas, byName) {
  const ordered = [], state = new Map();
  const visit = (formula, path) => {
    if (state.get(formula) === "done") return;
    if (state.get(formula) === "begun") {
      const circle = [...path.slice(path.indexOf(formula.name)), formula.name].join(" → ");
      refuse(`${formula.name} is computed from itself, ${circle}: give one of them a number.`);
    }
    state.set(formula, "begun");
    const look = (tree) => {
      if (byName.has(tree.name) && tree.is === "name") visit(byName.get(tree.name), [...path, formula.name]);
      tree.of?.forEach(look);
    };
    look(formula.tree);
    state.set(formula, "done");
    ordered.push(formula);
  };
  formulas.forEach((formula) => visit(formula, []));
  return ordered;
}

/** Return the nodes of a formula, leaves first, as `topological_order` has them. */
function drawn(root, byName, values, given) {
  const leaves = [], computed = [], known = new Map();
  const operand = (tree) => {
    if (tree.is === "number") return [tree.x];
    if (tree.is !== "name") return node(tree);
    if (!known.has(tree.name)) known.set(tree.name, byName.has(tree.name)
      ? Object.assign(node(byName.get(tree.name).tree), {t: tree.name}) : leaf(tree.name));
    return known.get(tree.name);
  };
  const leaf = (t) => leaves[leaves.push({t, from: given.has(t) ? "x" : "p", at: leaves.length}) - 1];
  const node = (tree) => {
    const isSwapped = tree.is === "^" && tree.of[0].is === "number";  // 2**x
    const f = isSwapped ? ROWS["exponential/2"] : rowOf(tree, tree.of);
    const made = {t: "", f, o: (isSwapped ? [...tree.of].reverse() : tree.of).map(operand)};
    computed.push(made);
    return made;
  };
  node(root.tree).t = root.name ?? "";
  const nodes = [...leaves, ...computed], names = leaves.map(({t}) => t);
  let count = 0, fresh = 0;
  for (const made of nodes) {
    made.t ||= `v${digitsOf(++count, LOWERED)}`;
    if (made.o) made.o = made.o.map((o) => (Array.isArray(o) ? o : nodes.indexOf(o)));
  }
  const isTaken = new Set(values.values()), free = VALUES.filter((x) => !isTaken.has(x));
  const numbers = names.map((name) => values.get(name) ?? free[fresh++] ?? fresh / 4);
  return {numbers, names, free: names.filter((name) => !values.has(name)), graph: {nodes,
    params: names.length, inputs: names.length, targets: 0, outputs: [nodes.length - 1], units: []}};
}
