// What is on the page as a script: for this package, and for PyTorch.

const WIDTH = 88;  // characters of a line
// Functions of `torch` with the same names, and what computes the others.
const SAME_IN_TORCH = new Set(`abs acos acosh asin asinh atan atan2 atanh cos cosh erf erfc exp expm1
  hypot log log10 log1p log2 maximum minimum reciprocal relu sigmoid sign sin sinh sqrt square tan
  tanh`.split(/\s+/));
const IN_TORCH = {
  identity: ["a", "a"], cbrt: ["a", "torch.sign(a) * torch.abs(a) ** (1 / 3)"],
  softplus: ["a", "torch.logaddexp(a, torch.zeros_like(a))"],
  log_sigmoid: ["a", "torch.nn.functional.logsigmoid(a)"], silu: ["a", "torch.nn.functional.silu(a)"],
  gelu: ["a", "torch.nn.functional.gelu(a)"],
  gelu_tanh: ["a", 'torch.nn.functional.gelu(a, approximate="tanh")'],
  elu: ["a, alpha=1.0", "torch.nn.functional.elu(a, alpha)"],
  leaky_relu: ["a, slope=0.01", "torch.nn.functional.leaky_relu(a, slope)"],
  clamp: ["a, low=-torch.inf, high=torch.inf", "torch.clamp(a, low, high)"],
  gudermannian: ["a", "2 * torch.atan(torch.tanh(a / 2))"], sech: ["a", "1 / torch.cosh(a)"],
  tanh_prime: ["a", "1 / torch.cosh(a) ** 2"],
  sigmoid_prime: ["a", "torch.sigmoid(a) * torch.sigmoid(-a)"], gaussian: ["a", "torch.exp(-(a**2))"],
  normal_pdf: ["a", "torch.exp(-(a**2) / 2) / (2 * torch.pi) ** 0.5"],
  normal_cdf: ["a", "torch.erfc(-a / 2**0.5) / 2"], cathetus: ["a", "torch.sqrt(1 - a**2)"],
  share: ["a, b", "a / (a + b)"], cosine: ["a, b", "a / torch.hypot(a, b)"],
};
const HIDDEN = new Set(`cathetus cosine gaussian gelu_tanh normal_cdf normal_pdf probability
  power_slope exponential_slope share sigmoid_prime tanh_prime`.split(/\s+/));  // not in `autograd`

/** Return a number as Python writes it: a float, with all digits. */
function floatOfPython(x) {
  if (!Number.isFinite(x)) return `float("${Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf"}")`;
  const text = Object.is(x, -0) ? "-0" : String(x);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Return the tree of a formula as Python; `call` writes its functions, `least` is what binds as
 *  strongly as it has to: 1 for a sum, 2 for a product, 3 for a sign, 4 for a power, 5 for a name. */
function pythonOfTree(tree, least, call = (name, of) => `${name}(${of.join(", ")})`) {
  const {is, of} = tree, put = (k, level) => pythonOfTree(of[k], level, call);
  const whole = Number.isInteger(tree.x) && Math.abs(tree.x) < 1e15 && !Object.is(tree.x, -0);
  const isSimple = (k) => of[k].is === "name" || (of[k].is === "number" && Number.isFinite(of[k].x));
  const [level, text] = {
    number: () => [tree.x < 0 || Object.is(tree.x, -0) ? 3 : 5,
      whole ? String(tree.x) : floatOfPython(tree.x)],
    name: () => [5, tree.name],
    call: () => [5, call(tree.name, of.slice(0, tree.written).map((x) => pythonOfTree(x, 0, call)),
      of)],
    neg: () => [3, `-${put(0, 3)}`],
    "^": () => [4, `${put(0, 5)}${isSimple(0) && isSimple(1) && !(of[0].x < 0) ? "**" : " ** "}${put(1, 3)}`],
    "+": () => [1, `${put(0, 1)} + ${put(1, 2)}`], "-": () => [1, `${put(0, 1)} - ${put(1, 2)}`],
    "*": () => [2, `${put(0, 2)} * ${put(1, 3)}`], "/": () => [2, `${put(0, 2)} / ${put(1, 3)}`],
  }[is]();
  return level < least ? `(${text})` : text;
}

/** Return the functions in formulas. */
function callsIn(formulas) {
  const found = new Set();
  const visit = ({is, name, of}) => {
    if (is === "call") found.add(name);
    of?.forEach(visit);
  };
  formulas.forEach(({tree}) => visit(tree));
  return [...found].sort();
}

/** Return the lines of a script that computes a line of text and its gradients. */
function scriptOfText({numbers, names, formulas}, {leaf, call, kept, data}) {
  const taken = new Set([...names, ...formulas.map(({name}) => name)]);
  const root = formulas.at(-1).name ?? ["y", "L", "E", "result", "root"].find((x) => !taken.has(x));
  const inner = formulas.slice(0, -1).map(({name}) => name);
  return [
    ...names.map((name, k) => leaf(name, floatOfPython(numbers[k]))), "",
    ...formulas.flatMap(({name, tree}) => [`${name ?? root} = ${pythonOfTree(tree, 0, call)}`,
      ...(name && name !== root ? kept(name) : [])]),
    `${root}.backward()`, "",
    `print("${root} =", ${data(root)})`,
    ...[...names, ...inner].map((name) => `print("d${root}/d${name} =", ${data(`${name}.grad`)})`), "",
  ];
}

/** Return a script with `Value` that computes a line of text, see `graphOfText`, and its gradients. */
function pythonOfText(result) {
  const calls = callsIn(result.formulas), hidden = calls.filter((name) => HIDDEN.has(name));
  const known = ["Value", ...calls.filter((name) => !HIDDEN.has(name)), ...(hidden.length ? ["operation"] : [])];
  const lines = scriptOfText(result, {leaf: (name, x) => `${name} = Value(${x}, label="${name}")`,
    kept: () => [], data: (of) => (of.endsWith(".grad") ? of : `${of}.data`)});
  return [`from autograd import ${known.sort(byName).join(", ")}`, "",
    ...hidden.map((name) => `${name} = operation("${name}")`), ...(hidden.length ? [""] : []), ...lines]
    .join("\n");
}

/** Order names as formatters of imports do: classes first. */
function byName(a, b) {
  return /^[A-Z]/.test(b) - /^[A-Z]/.test(a) || (a < b ? -1 : 1);
}

/** Return the same for PyTorch, or {wrong} if it has not all of the functions. */
function torchOfText(result) {
  const defined = definedInTorch(callsIn(result.formulas));
  if (defined.wrong) return defined;
  const call = (name, written, of) => {
    if (!SAME_IN_TORCH.has(name)) return `${name}(${written.join(", ")})`;
    const tensors = written.map((text, k) => (of[k].is === "number" ? `torch.tensor(${floatOfPython(of[k].x)})` : text));
    return `torch.${name}(${tensors.join(", ")})`;
  };
  const lines = scriptOfText(result, {leaf: (name, x) => `${name} = torch.tensor(${x}, requires_grad=True)`,
    call, kept: (name) => [`${name}.retain_grad()`], data: (of) => `${of}.item()`});
  return ["import torch", "", "torch.set_default_dtype(torch.float64)", ...defined.lines, "", ...lines]
    .join("\n");
}

/** Return {lines} that define functions that PyTorch lacks, or {wrong} if one of them is not known. */
function definedInTorch(names) {
  const own = names.filter((name) => !SAME_IN_TORCH.has(name));
  const unknown = own.find((name) => !Object.hasOwn(IN_TORCH, name));
  if (unknown) return {wrong: `PyTorch has no function ${unknown}: copy it as Python, or choose another.`};
  return {lines: own.flatMap((name) => {
    const [operands, text] = IN_TORCH[name];
    return ["", "", `def ${name}(${operands}):`, `    return ${text}`];
  }).concat(own.length ? [""] : [])};
}

/** Return numbers or lists as lines of Python, as many in each as fit. */
function wrapped(name, items) {
  const lines = [], last = () => lines.at(-1);
  for (const item of items) {
    if (!lines.length || last().length + item.length + 2 > WIDTH) lines.push(`    ${item},`);
    else lines[lines.length - 1] += ` ${item},`;
  }
  return [`${name} = [`, ...lines, "]"];
}

/** Return what both scripts have: the data, as lines of Python, and the words of the settings. */
function partsOfScript({net, settings, dataset, train, p, frozen = [], loss, epochs}) {
  const sizes = [net.inputs, ...net.hidden, net.outputs], isEntropy = net.error === "cross_entropy";
  const oneOf = Boolean(dataset.classes) && net.outputs > 1 && !isEntropy;
  const target = (i) => (oneOf ? `[${Array.from({length: net.outputs}, (_, k) => Number(k === dataset.targets[i])).join(", ")}]`
    : dataset.classes ? String(dataset.targets[i]) : floatOfPython([dataset.targets[i]].flat()[0]));
  const number = floatOfPython;
  return {
    sizes, isEntropy, hidden: net.activation,
    title: `"""A network of the deltarule playground after ${Number(epochs.toFixed(1))} epochs: training loss ${
      Number(loss.toPrecision(4))}."""`,
    data: ["# fmt: off", ...wrapped("inputs", train.map((i) => `[${dataset.inputs[i].map(number).join(", ")}]`)),
      ...wrapped("targets", train.map(target)), ...wrapped("weights", Array.from(p, number)), "# fmt: on"],
    still: Array.from(frozen, (is, k) => (is ? k : -1)).filter((k) => k >= 0),
    batch: settings.batch < train.length ? settings.batch : null,
    optimiser: (home, parameters) => optimiserOfScript(settings, home, parameters),
  };
}

/** Return the lines that make an optimiser; PyTorch has the same names. */
function optimiserOfScript({optimiser, rate, penalty}, home, parameters) {
  const isMomentum = optimiser === "Momentum";
  const options = [parameters, `lr=${rate}`, ...(isMomentum ? ["momentum=0.9"] : []),
    `weight_decay=${penalty}`];
  return [`optimizer = ${home}.${isMomentum ? "SGD" : optimiser}(`,
    ...options.map((text) => `    ${text},`), ")"];
}

/** Return "Copy as Python": a script that builds a network of the page with its data and numbers,
 *  prints its training loss, and goes on with the training.
 *
 *  net       what `netOf` returns
 *  settings  of the page
 *  train     the samples of `dataset` that are trained on
 *  p         the weights, `frozen` which of them do not move
 *  loss      the training loss, after so many `epochs` */
function pythonOf(given) {
  const {net, settings} = given, {sizes, title, data, still, batch, optimiser} = partsOfScript(given);
  return [title, "", "import nn", "", ...data, "",
    "model = nn.MLP(", `    ${sizes[0]},`, `    [${sizes.slice(1).join(", ")}],`,
    `    activation="${net.activation}",`, `    output="${net.output}",`, ")",
    "parameters = model.parameters()",
    "for parameter, number in zip(parameters, weights):", "    parameter.data = number",
    ...(still.length ? [`for k in [${still.join(", ")}]:`, "    parameters[k].requires_grad_(False)"] : []),
    "", "", "def loss():", `    return nn.mean_loss(model, inputs, targets, "${net.error}")`, "", "",
    'print("loss:", loss())', "",
    ...optimiser("nn", "parameters"),
    "nn.fit(", "    model,", "    inputs,", "    targets,", `    "${net.error}",`,
    "    optimizer=optimizer,", "    epochs=100,", `    batch_size=${batch ?? "None"},`,
    `    seed=${settings.seed},`, "    compiled=True,", "    progress=False,", ")",
    'print("after 100 more epochs:", loss())', ""].join("\n");
}

/** Return the same script for PyTorch, or {wrong} if that lacks the activation. */
function torchOf(given) {
  const {net, settings} = given, parts = partsOfScript(given), {sizes, still, batch, optimiser} = parts;
  const functions = new Set([...(net.hidden.length ? [net.activation] : []), net.output]);
  for (const name of ["identity", "softmax"]) functions.delete(name);
  const defined = definedInTorch([...functions]);
  if (defined.wrong) return defined;
  const apply = (name, x) => (name === "identity" || name === "softmax" ? x
    : SAME_IN_TORCH.has(name) ? `torch.${name}(${x})` : `${name}(${x})`);
  const layers = sizes.slice(1).map((m, k) => `nn.Linear(${sizes[k]}, ${m})`);
  const loss = {half_squared_error: "((model(x) - t) ** 2).sum(dim=1).mean() / 2",
    binary_cross_entropy: "nn.functional.binary_cross_entropy(model(x), t)",
    cross_entropy: "nn.functional.cross_entropy(model(x), t)  # with the softmax in it"}[net.error];
  const shaped = parts.isEntropy ? "torch.tensor(targets)"
    : `torch.tensor(targets, dtype=torch.float64).reshape(-1, ${net.outputs})`;
  return [parts.title, "", "import torch", "from torch import nn", "", ...parts.data, "",
    "torch.set_default_dtype(torch.float64)", `torch.manual_seed(${settings.seed})`,
    "x_train = torch.tensor(inputs)", `t_train = ${shaped}`,
    "layers = nn.ModuleList(", "    [", ...layers.map((text) => `        ${text},`), "    ]", ")",
    ...defined.lines, ...(defined.lines.length ? [""] : ["", ""]), "def model(x):", "    for layer in layers[:-1]:", `        x = ${apply(net.activation, "layer(x)")}`,
    `    return ${apply(net.output, "layers[-1](x)")}`, "", "",
    "def loss(x, t):", `    return ${loss}`, "", "",
    "places = [", "    place", "    for layer in layers",
    "    for w, b in zip(layer.weight.data, layer.bias.data)  # of each unit",
    "    for place in (*w, b)", "]", "for place, number in zip(places, weights):",
    "    place.fill_(number)",
    'print("loss:", loss(x_train, t_train).item())', "",
    ...optimiser("torch.optim", "layers.parameters()"),
    "for _ in range(100):", `    for batch in torch.randperm(len(x_train)).split(${batch ?? "len(x_train)"}):`,
    "        optimizer.zero_grad()", "        loss(x_train[batch], t_train[batch]).backward()",
    "        optimizer.step()",
    ...(still.length ? [`        for k in [${still.join(", ")}]:`, "            places[k].fill_(weights[k])"] : []),
    'print("after 100 more epochs:", loss(x_train, t_train).item())', ""].join("\n");
}
