// The doctor's words on the network, as `diagnose` says them in Python.
//
// Its thresholds and sentences are Python's (DOCTOR), and its slopes are those of RULES.

const EXAMINED = 200;  // training samples, at most

/** Return what the doctor looks at: every unit of the network, for training samples.
 *
 *  units   [{k, layer, unit, name, h, own, a, slopes, deltas}]: number, place and name; the
 *          function between its sum and its output (or null); its weights and bias; and for each
 *          sample its sum a, |h′(a)|, and its part of δ of the mean error
 *  hidden  those that are not in the last layer
 *  isSame(unit, s)  whether δ = y − t at an output in sample s, so that h′(a) does not matter */
function examine({model, run, dataset, split}) {
  const {nodes, units, outputs} = model.forward, last = units.at(-1)?.layer, {p} = run;
  const {functions, sums, own} = unitFunctionsOf(model);
  const every = Math.ceil(split.train.length / EXAMINED);
  const samples = split.train.filter((_, s) => s % every === 0);
  const found = units.map(({a, z, layer, unit}, k) => ({k, layer, unit, at: a,
    name: nodes[z].t || nodes[a].t, h: functions[k], own: own[k],
    a: [], slopes: [], deltas: [], differences: []}));
  const [a, z, delta] = [0, 1, 2].map(() => new Float64Array(units.length));
  for (const i of samples) {
    const x = dataset.inputs[i], t = run.targetOf(i);
    sums(p, x, a);
    model.units(p, x, z);
    model.program(dataset.targets[i]).deltas(p, x, t, delta);
    found.forEach((unit, k) => {
      unit.a.push(a[k]);
      unit.slopes.push(unit.h ? Math.abs(unit.h.slope(z[k], a[k])) : 1);
      unit.deltas.push(delta[k] / samples.length);
      unit.differences.push(z[k] - t[outputs.indexOf(units[k].z)]);
    });
  }
  const isSame = (unit, s) => {
    const is = unit.deltas[s] * samples.length, y = unit.differences[s];
    return y !== 0 && Math.abs(is - y) <= 1e-6 * Math.abs(y) + 1e-15;
  };
  return {units: found, hidden: found.filter(({layer}) => layer < last), samples, isSame,
    inputs: (unit, s) => largestOf((nodes[unit.at].o ?? []).filter((o) => nodes[o]?.from === "x")
      .map((o) => dataset.inputs[samples[s]][nodes[o].at])),
    biases: (unit) => largestOf(unit.own.filter(({place}) => place.is === "b")
      .map(({at}) => p[at]))};
}

/** Return lists of what has the same key, by their keys. */
function groupedBy(list, key) {
  const groups = new Map();
  for (const one of list) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}
const largestOf = (numbers) => Math.max(0, ...numbers.map(Math.abs));
const meanOf = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const normOf = (numbers) => Math.sqrt(meanOf(numbers.map((x) => x * x)));

/** Return what the doctor needs of a model, made once:
 *
 *  functions  those of its units, {name, slope(z, a), slopeAt(a)}; null for a unit that has none,
 *             or that depends on several sums
 *  sums       a program that writes the sums a
 *  own        the weights and the bias of each unit */
const unitFunctionsOf = (() => {
  const known = new WeakMap();
  let rules;
  return (model) => {
    if (known.has(model)) return known.get(model);
    rules ??= rulesOf();
    const {forward} = model, {nodes, units, softmax} = forward, last = units.at(-1)?.layer;
    const functions = units.map(({a, z, layer}) => {
      const {o = [], f} = nodes[z], place = o.indexOf(a);
      const isOne = z !== a && o.every((x) => x === a || Array.isArray(x));
      if (!isOne || (softmax && layer === last)) return null;
      const given = (x) => o.map((y) => (Array.isArray(y) ? Number(y[0]) : x));
      const slope = (y, x) => rules[f].local(y, ...given(x))[place];
      return {name: RULES[f].text.name, slope,
        slopeAt: (x) => Math.abs(slope(rules[f].value(...given(x))[0], x))};
    });
    const sums = programOf({...forward, units: units.map((unit) => ({...unit, z: unit.a}))}).units;
    const own = units.map((of) => nodes.filter(({from, place}) => from === "p" &&
      place?.layer === of.layer && place.unit === of.unit));
    known.set(model, {functions, sums, own});
    return known.get(model);
  };
})();

/** Return what is found, [{kind, isNote, units, title, evidence, advice}], causes first. */
function findingsOf(app) {
  const {numbers: most, parts} = DOCTOR, {run: {p}, model} = app, {nodes} = model.forward;
  const leaves = nodes.filter(({from}) => from === "p");
  const bad = leaves.filter(({at}) => !Number.isFinite(p[at]));
  if (bad.length) {
    const [{t, at}] = bad;
    const origin = `${t} = ${show(p[at], 6)}`;
    return [finding("diverged", {count: counted(bad.length, "node"), origin})];
  }
  const seen = examine(app), {units, hidden, samples} = seen, found = [];
  const weights = leaves.filter(({place}) => place?.is === "w");
  const layers = groupedBy(weights, ({place}) => place.layer);
  const zero = [...layers].filter(([, all]) => all.every(({at}) => p[at] === 0));
  if (zero.length && hidden.length) {
    const isNote = zero.every(([layer]) => hidden.every((unit) => unit.layer !== layer));
    found.push({isNote, ...finding("noWeight", {whose: zero.length === layers.size ? parts.all
      : parts.layer, zero: zero.flatMap(([, all]) => all).length, of: weights.length,
    layers: counted(zero.length, "layer")})});
  }
  const alike = alikeUnits(hidden, p);
  if (alike.length) {
    found.push({units: alike.flat(), ...finding("symmetric", {which: alike.map((same) =>
      fillIn(parts.alike, {units: listed(same.map(({unit}) => unit)), layer: same[0].layer}))
      .join("; ")})});
  }
  const fading = fadingOf(seen);
  if (fading?.what === parts.explodes) found.push(fading);
  const all = units.filter(({h}) => h), isOneSided = ({h}) =>
    h.slopeAt(-most.far) < most.flat && h.slopeAt(most.far) >= most.flat;
  const rectifiers = all.filter(isOneSided), left = ({h}) => h.slopeAt(-most.far);
  const off = rectifiers.filter((unit) =>
    Math.max(...unit.slopes) <= Math.max(most.saturated, most.leftSlope * left(unit)));
  const on = new Set(all.filter((unit) => !off.includes(unit)).map(({layer}) => layer));
  const dead = off.filter((unit) => !on.has(unit.layer) || left(unit) < most.saturated);
  if (dead.length) {
    const isSure = samples.length >= most.enough || dead.some(({layer}) => !on.has(layer));
    const names = [...new Set(dead.map(({h}) => h.name))];
    found.push({units: dead, isNote: !isSure, ...finding("dead", {names: listed(names),
      times: "sample", so_far: isSure ? "" : parts.soFar, dead: dead.length, of: rectifiers.length,
      which: listed(dead.map(({name}) => name)), count: counted(samples.length, "sample"),
      highest: Math.max(...dead.flatMap(({a}) => a)), chance: isSure ? "" : parts.chance,
      leaky: names.includes("leaky_relu") ? "" : parts.leaky})});
  }
  const others = all.filter((unit) => !rectifiers.includes(unit));
  const saturated = others.map((unit) => ({...unit, silent: unit.slopes.flatMap((slope, s) =>
    (slope < most.saturated ? [s] : []))})).filter((unit) => unit.silent.length >=
    most.mostly * samples.length && !seen.isSame(unit, unit.silent[0]));
  if (saturated.length) {
    const of = (key) => saturated.flatMap((unit) => unit.silent.map((s) => Math.abs(unit[key][s])));
    const [why, advice] = whyFarOut(seen, saturated);
    found.push({units: saturated, ...finding("saturated", {why, advice, saturated: saturated.length,
      of: others.length, which: listed(saturated.map(({name}) => name)),
      slope: Math.max(...of("slopes")), least: Math.min(...of("a"))})});
  }
  if (fading?.what === parts.vanishes) found.push(fading);
  return found.sort((a, b) => Boolean(a.isNote) - Boolean(b.isNote));
}

/** Return the root mean square of δ in each layer: [[layer, size]]. */
function sizesOfDelta({units}) {
  return [...groupedBy(units, ({layer}) => layer)].map(([layer, all]) =>
    [layer, normOf(all.flatMap(({deltas}) => deltas))]);
}

/** Return groups of hidden units of one layer that have the same weights and bias. */
function alikeUnits(hidden, p) {
  const key = ({layer, own}) => `${layer} ${own.map(({at}) => p[at])}`;
  const withWeights = hidden.filter(({own}) => own.some(({place}) => place.is === "w"));
  return [...groupedBy(withWeights, key).values()].filter((same) => same.length > 1);
}

/** Say whether δ vanishes or explodes on its way back, and why; undefined if it does not. */
function fadingOf(seen) {
  const {numbers: most, parts} = DOCTOR, sizes = sizesOfDelta(seen), {hidden} = seen;
  const first = sizes[0]?.[1], last = sizes.at(-1)?.[1], ratio = first / last;
  const isFinite = sizes.every(([, size]) => Number.isFinite(size));
  if (sizes.length < 2 || !last || !isFinite) return undefined;
  if (ratio >= most.faded && ratio <= 1 / most.faded) return undefined;
  const names = hidden.map(({h}) => h?.name);
  const others = parts.others.filter((h) => !names.includes(h));
  const given = hidden.filter(({h}) => h), ends = given.filter(({h}) =>
    Math.max(h.slopeAt(-most.far), h.slopeAt(most.far)) < most.flat);
  const isOffCentre = ends.length && meanOf(ends.flatMap(({slopes}) => slopes)) <
    most.offCentre * meanOf(ends.map(({h}) => h.slopeAt(0)));
  const isOff = [...groupedBy(given, ({layer}) => layer).values()].some((all) =>
    meanOf(all.flatMap(({slopes}) => slopes)) < most.flat);
  const [why, advice] = ratio > 1 ? parts.why.large : !ratio ? parts.why.zero
    : isOffCentre ? whyFarOut(seen, given.map((unit) => ({...unit, silent: [...unit.a.keys()]})))
      : isOff ? parts.why.off : names.includes("sigmoid") && others.length ? parts.why.sigmoid
        : parts.why.small;
  const what = ratio < 1 ? parts.vanishes : parts.explodes;
  const steps = sizes.map(([layer, size]) => fillIn(parts.size, {layer, size})).join(", ");
  const init = names.includes("relu") ? parts.he : parts.xavier;
  return {what, ratio, ...finding("fading", {what, why, steps, ratio,
    advice: fillIn(advice, {init, others: others.join(" or ")})})};
}

/** Return what makes the sums of units large, in those samples where they are `silent`, and what to
 *  do about it. */
function whyFarOut({inputs, biases}, units) {
  const {numbers: most, parts} = DOCTOR;
  const of = (value) => units.flatMap((unit) => unit.silent.map((s) => value(unit, s)));
  const largest = largestOf(of(inputs)), bias = largestOf(units.map(biases));
  const least = Math.min(...of((unit, s) => Math.abs(unit.a[s])));
  if (largest > most.large) return parts.inputs.map((text) => fillIn(text, {largest}));
  if (bias > most.byBias * least) return parts.biases.map((text) => fillIn(text, {largest: bias}));
  return parts.weights;
}

function finding(kind, numbers) {
  const [title, evidence, advice] = DOCTOR.findings[kind].map((text) => fillIn(text, numbers));
  return {kind, title, evidence, advice};
}

/** Put numbers and names in the places of a template of Python's, "{name}" or "{name:.3g}". */
function fillIn(text, values) {
  return text.replace(/\{(\w+)(?::\.(\d)g)?\}/g, (_, name, digits) =>
    (digits ? show(values[name], Number(digits)) : values[name]));
}

const counted = (n, noun) => `${n} ${noun}${n === 1 ? "" : "s"}`;

function listed(names) {
  const {names: most} = DOCTOR.numbers, more = names.length - most;
  return names.slice(0, most).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const opening = ({title, evidence}) =>
  `${title.replace(/^[a-z]/, (x) => x.toUpperCase())} (${evidence.slice(0, -1)}).`;

/** Return what the doctor says of unit k, or "". */
function wordsOfUnit(app, k) {
  const found = findingsOf(app).find(({units}) => units?.some((unit) => unit.k === k));
  return found ? `${opening(found)} ${found.advice}` : "";
}

/** Return what the doctor says of the network: the first finding with what to do, and what else. */
function wordsOfNetwork(app) {
  const [first, ...more] = findingsOf(app);
  if (!first) return [];
  return [opening(first), first.advice,
    ...(more.length ? [`Also: ${more.map(({title}) => title).join("; ")}.`] : [])];
}

const LEGEND = "blue +, orange −: weights and outputs; violet halo: |∂E/∂w|; bar: δ — of the chosen "
  + "sample";

/** Make the line of the doctor's words, or of what the picture means; `render()` writes it anew. */
function doctorPanel(app) {
  const element = make("p", {class: "doctor"});
  return {element, render() {
    const text = wordsOfNetwork(app).join(" ") || LEGEND;
    if (element.textContent !== text) element.textContent = text;
  }};
}
