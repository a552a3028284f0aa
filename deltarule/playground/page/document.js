// Models as the JSON files that `nn.export` writes and reads, with every bit of every number.

const FORMAT = "deltarule model", VERSION = 2;
const LONGEST_FILE = 1_000_000;  // characters
const NOT_FINITE = {nan: NaN, inf: Infinity, "-inf": -Infinity};  // as Python's files have them

/** Return the names of the parameters of a network, in the order of the page. */
function parameterNames(sizes) {
  return sizes.slice(1).flatMap((size, layer) => Array.from({length: size}, (_, unit) => {
    const name = `layers.${layer}.neurons.${unit}`;
    return [...Array(sizes[layer]).keys()].map((i) => `${name}.w.${i}`).concat(`${name}.b`);
  }).flat());
}

/** Return a network as a file that `nn.export.load` reads.
 *
 *  inputs, hidden, outputs   how many units; `hidden` is a list
 *  activation, output        names of functions
 *  p, frozen                 the numbers, and a mark for each
 *  metadata                  what else is to be kept */
function modelDocument({inputs, hidden, outputs, activation, output, p, frozen = [], metadata = {}}) {
  const sizes = sizesOfNet({inputs, hidden, outputs});
  const written = (x) => (Number.isNaN(x) ? '"nan"' : x === Infinity ? '"inf"' : x === -Infinity ? '"-inf"'
    : Object.is(x, -0) ? "-0.0" : Number.isInteger(x) && Math.abs(x) < 1e21 ? `${x}.0` : String(x));
  const names = parameterNames(sizes);
  const begin = {format: FORMAT, version: VERSION, class: "nn.layers.MLP", metadata, sizes, activation,
    output, elementary: false, frozen: names.filter((_, k) => frozen[k])};
  const parameters = names.map((name, k) => `"${name}": ${written(p[k])}`).join(", ");
  return `${JSON.stringify(begin).slice(0, -1)},"parameters":{${parameters}}}`;
}

/** Return the network of such a file, {sizes, activation, output, p, frozen: which do not move,
 *  metadata}, or {wrong: why not}. */
function readModel(text) {
  const refusal = (what) => ({wrong: `This is no model that the page can show: ${what}.`});
  if (text.length > LONGEST_FILE) {
    return refusal(`it has ${text.length} characters, and at most ${LONGEST_FILE} are read`);
  }
  let content;
  try {
    content = JSON.parse(text);
  } catch {  // also if it is nested too deep for a browser
    return refusal("it is not valid JSON; choose a file that nn.save has written");
  }
  const own = (key) => (content instanceof Object && Object.hasOwn(content, key) ? content[key] : undefined);
  const isRecord = (x) => x instanceof Object && !Array.isArray(x);
  if (!isRecord(content) || own("format") !== FORMAT) {
    return refusal(`it has no entry "format": "${FORMAT}"; choose a file that nn.save has written`);
  }
  if (own("version") !== VERSION) {
    return refusal(`it is of another version than ${VERSION}; load it with nn, and save it again`);
  }
  const sizes = own("sizes"), given = own("parameters"), marks = own("frozen");
  if (sizes === undefined) return refusal("it is no MLP; save one, such as MLP(2, [4, 1])");
  if (!Array.isArray(sizes) || sizes.length < 2
      || !sizes.every((n) => Number.isInteger(n) && n > 0 && n <= LONGEST_FILE)) {
    return refusal("its sizes are not two or more positive integers");
  }
  const count = sizes.slice(1).reduce((sum, n, k) => sum + n * (sizes[k] + 1), 0);
  if (!isRecord(given) || Object.keys(given).length !== count) {
    return refusal(`its sizes need ${count} parameters, and it has ${isRecord(given) ? Object.keys(given).length : "none"}`);
  }
  const names = parameterNames(sizes), missing = names.find((name) => !Object.hasOwn(given, name));
  if (missing) return refusal(`the parameter ${missing} is missing`);
  const p = names.map((name) => given[name]), bad = p.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const isNumber = Object.hasOwn(NOT_FINITE, String(p[bad]));
    return refusal(`the parameter ${names[bad]} is ${isNumber ? `${p[bad]}; train it again` : "no number"}`);
  }
  const known = new Set(names);
  if (!Array.isArray(marks) || !marks.every((name) => known.has(name))) {
    return refusal("its entry frozen is no list of its parameters");
  }
  const hidden = functionsOf(own("activation")), [output] = functionsOf(own("output"));
  if (!hidden.length || hidden.includes(undefined)) {
    return refusal("its activation is none of this page; choose one such as tanh");
  }
  if (new Set(hidden).size > 1) return refusal("its layers have different activations, and the page has one");
  if (output === undefined) return refusal("its output is none of this page; choose one such as sigmoid");
  if (output === "softmax" && sizes.at(-1) < 2) return refusal("its softmax has one output and needs two");
  if (own("elementary") !== false) return refusal("its units are made of + and × nodes; build it without elementary=True");
  const frozen = new Set(marks), metadata = own("metadata");
  return {sizes, activation: hidden[0], output, p: Float64Array.from(p),
    frozen: [...names.keys()].filter((k) => frozen.has(names[k])),
    metadata: isRecord(metadata) ? metadata : {}};
}

/** Return the names of functions by which the page knows them, undefined for those that it lacks. */
function functionsOf(given) {
  const synonyms = {linear: "identity", logistic: "sigmoid"};
  return [given].flat().map((name) => {
    const known = Object.hasOwn(synonyms, name) ? synonyms[name] : name;
    const is = typeof known === "string" && (known === "softmax" || Object.hasOwn(ACTIVATIONS, known));
    return is ? known : undefined;
  });
}
