// What a visitor can set: the words, the range and the default of each setting, and how it is kept
// in a link. `of` says what has to be made anew: the data, the network, or nothing.

const RATES_OFFERED = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const SETTINGS = {
  data: {of: "data", word: "Data", first: "moons", choices: {xor: "xor", moons: "moons",
    circles: "circles", spirals: "spirals", blobs: "three blobs", iris: "iris", curve: "curve y = f(x)",
    own: "draw your own", and: "AND (4 points)", xor4: "XOR (4 points)"}},
  f: {of: "data", word: "y =", first: "sin(3*x)", text: 200},
  noise: {of: "data", word: "Noise", first: 0.2, from: 0, to: 1, by: 0.05},
  count: {of: "data", word: "Points", first: 200, from: 4, to: 1000, whole: true, by: 4},
  share: {of: "data", word: "Test share", first: 0.2, from: 0, to: 0.8, by: 0.1},
  seed: {of: "data", word: "Seed", first: 4, from: 0, to: 4294967295, whole: true},
  sizes: {of: "net", word: "Hidden units", first: [4, 3], most: 6, from: 1, to: 16},
  activation: {of: "net", word: "Hidden activation", first: "tanh", usual: 10, choices:
    Object.fromEntries(Object.keys(ACTIVATIONS).map((name) => [name, name]))},  // those of nn first
  error: {of: "net", word: "Error", first: "cross_entropy", choices: {
    cross_entropy: "cross-entropy", squared: "½ (y − t)²", squared_sigmoid: "½ (σ(a) − t)²"}},
  init: {of: "net", word: "Begin with", first: "glorot", choices: {glorot: "Glorot weights",
    zero: "all 0", equal: "all 0.5", large: "large weights"}},
  optimiser: {of: "run", word: "Optimiser", first: "SGD", choices: Object.fromEntries(
    Object.keys(OPTIMISERS).map((name) => [name, name]))},
  rate: {of: "run", word: "Rate η", first: 0.3, from: 1e-6, to: 1000, offered: RATES_OFFERED},
  batch: {of: "run", word: "Batch", first: 10, from: 1, to: 2000, whole: true,
    offered: [1, 5, 10, 30, 100, 2000], names: {2000: "all"}},
  penalty: {of: "run", word: "Penalty λ", first: 0, from: 0, to: 10,
    offered: [0, 0.0001, 0.001, 0.01, 0.1]},
  notation: {of: "names", word: "Names", first: "prml", choices: {prml: "PRML: a, z, δ",
    nielsen: "Nielsen: z, a, C", wikipedia: "Wikipedia: net, o"}},
};

/** Return the settings that a page begins with. */
function firstSettings() {
  return Object.fromEntries(Object.entries(SETTINGS).map(([key, {first}]) => [key, first]));
}

/** Return the value of a setting as it is written in a link, or undefined if it cannot be one. */
function readSetting(key, text) {
  const {choices, most, from, to, whole, text: longest} = SETTINGS[key];
  if (choices) return Object.hasOwn(choices, text) ? text : undefined;
  if (longest) return text.length <= longest ? text : undefined;
  const isIn = (x) => x >= from && x <= to;
  if (most) {
    const sizes = text === "" ? [] : text.split(",").map(read);
    const isGood = sizes.length <= most && sizes.every((x) => Number.isInteger(x) && x >= from && x <= to);
    return isGood ? sizes : undefined;
  }
  const x = read(text);
  return isIn(x) && (!whole || Number.isInteger(x)) ? x : undefined;
}

/** Return the words of what a setting may be, for a message. */
function rangeOf(key) {
  const {choices, from, to, whole, most, text} = SETTINGS[key];
  if (choices) return `one of ${Object.keys(choices).join(", ")}`;
  if (text) return `a formula of at most ${text} characters`;
  if (most) return `at most ${most} whole numbers from ${from} to ${to}`;
  return `a ${whole ? "whole " : ""}number from ${from} to ${to}`;
}

/** Return what the settings say of the network for a data set. */
function netOf({sizes, activation, error}, {inputs, classes}) {
  const several = classes?.length > 2, isEntropy = error === "cross_entropy" && Boolean(classes);
  return {inputs: inputs[0]?.length ?? 2, hidden: sizes, activation,
    outputs: several ? classes.length : 1,
    output: isEntropy ? (several ? "softmax" : "sigmoid")
      : error === "squared_sigmoid" && classes ? "sigmoid" : "identity",
    error: isEntropy ? (several ? "cross_entropy" : "binary_cross_entropy") : "half_squared_error"};
}
