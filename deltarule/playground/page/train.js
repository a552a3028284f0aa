// Training: a model is the programs of its graphs, a run is its numbers on their way.

/** Return what computes the errors of a network of the page. */
function modelOf(net, notation) {
  const isClass = net.error !== "half_squared_error";
  const labels = isClass ? (net.outputs === 1 ? [0, 1] : [...Array(net.outputs).keys()]) : [null];
  const graphs = new Map(labels.map((label) => [label, graphOf(net, label, notation)]));
  const plain = graphOf({...net, error: ""}, null, notation);
  return modelWith(graphs, plain.softmax ? sharesOf(plain) : plain, net);
}

/** Return a model of graphs by class (or null), and of one of its outputs alone. */
function modelWith(graphs, forward, net) {
  const programs = new Map([...graphs].map(([label, graph]) => [label, programOf(graph)]));
  const {units, outputs} = programOf(forward), isClass = !graphs.has(null);
  const key = (target) => (isClass ? target : null);
  return {net, graphs, forward, units, outputs, isClass, params: forward.params,
    program: (target) => programs.get(key(target)), graph: (target) => graphs.get(key(target))};
}

/** Return the targets of all samples as lists of numbers: of classes, 1 of K where there are more
 *  than two. */
function targetLists({targets, classes}, outputs) {
  return targets.map((t) => (classes && outputs > 1
    ? Array.from({length: outputs}, (_, k) => Number(k === t)) : [t].flat()));
}

/** Return the numbers that a network begins with. */
function initial({inputs, hidden, outputs}, {init, seed}) {
  const random = generator(seed), numbers = [];
  const sizes = [inputs, ...hidden, outputs];
  for (let k = 1; k < sizes.length; k++) {
    const limit = Math.sqrt(6 / (sizes[k - 1] + sizes[k]));  // Glorot and Bengio 2010, eq. (16)
    const weight = {glorot: () => limit * (2 * random.uniform() - 1), zero: () => 0, equal: () => 0.5,
      large: () => 6 * (2 * random.uniform() - 1)}[init];
    for (let j = 0; j < sizes[k]; j++) {
      for (let i = 0; i < sizes[k - 1]; i++) numbers.push(weight());
      numbers.push(init === "equal" ? 0.5 : 0);
    }
  }
  return Float64Array.from(numbers);
}

/** Return an optimiser's step as a function of (w, g, states, t, lr, decay, frozen, scale). */
function optimiserOf(name) {
  const {states, lines: [shared, [moved, ...kept]]} = OPTIMISERS[name];
  const names = states.map((_, k) => `s${k}`);
  const step = new Function("W", "G", "S", "t", "lr", "decay", "frozen", "scale", `"use strict";
    ${PRELUDE}
    const [${names.map((s) => s.toUpperCase())}] = S;
    for (let i = 0; i < W.length; i++) {
      if (frozen[i]) continue;
      const w = W[i], g = G[i] * scale${names.map((s) => `, ${s} = ${s.toUpperCase()}[i]`).join("")};
      ${shared.map(([key, text]) => `const ${key} = ${text};`).join("\n")}
      W[i] = ${moved};
      ${kept.map((text, k) => `S${k}[i] = ${text};`).join("\n")}
    }`);
  return {step, begin: (count) => states.map((x) => new Float64Array(count).fill(x))};
}

/** Begin a run of a model on the samples `train` of a data set; `start` are its first numbers.
 *
 *  p, states, updates   the numbers, what the optimiser remembers, and how often it has moved them
 *  epochs               how often all samples have been seen, with the part of the last one
 *  frozen               which numbers do not move
 *  model                of these graphs; one with other names may take its place
 *  step(settings)       one update of one batch
 *  relabel()            targets have been changed
 *  score(samples)       {loss, accuracy} of samples: means; accuracy of classes only */
function beginRun(model, dataset, train, start, {optimiser, seed}) {
  const {inputs, targets, classes} = dataset;
  let lists = targetLists(dataset, model.net.outputs);
  const p = Float64Array.from(start), g = new Float64Array(p.length);
  const random = generator(seed + 1), order = [...train];
  let rule, at = order.length;
  const out = new Float64Array(model.forward.outputs.length);
  const run = {p, g, updates: 0, epochs: 0, frozen: new Uint8Array(p.length), model, dataset, train};
  run.use = (name) => {
    if (name === run.optimiser) return;
    rule = optimiserOf(name);
    Object.assign(run, {optimiser: name, states: rule.begin(p.length), time: 0});
  };
  run.use(optimiser);
  run.step = ({rate, batch, penalty}) => {
    if (at >= order.length) {
      random.shuffle(order);
      at = 0;
    }
    const end = Math.min(order.length, at + batch), size = end - at;
    g.fill(0);
    for (; at < end; at++) {
      const i = order[at];
      run.model.program(targets[i]).gradient(p, inputs[i], lists[i], g);
    }
    run.time++;
    rule.step(p, g, run.states, run.time, rate, penalty, run.frozen, 1 / size);
    run.updates++;
    run.epochs += size / order.length;
    if (at >= order.length) run.epochs = Math.round(run.epochs);
  };
  run.relabel = () => (lists = targetLists(dataset, model.net.outputs));
  run.loss = (i) => model.program(targets[i]).loss(p, inputs[i], lists[i]);
  run.predict = (x) => {
    model.outputs(p, x, out);
    return out;
  };
  run.classOf = (x) => classOf(run.predict(x), model.net.threshold);
  run.isRight = (i) => !classes || run.classOf(inputs[i]) === targets[i];
  run.score = (samples) => {
    if (!samples.length) return {loss: NaN, accuracy: NaN};
    let loss = 0, right = 0;
    for (const i of samples) {
      loss += run.loss(i);
      right += run.isRight(i);
    }
    return {loss: loss / samples.length, accuracy: classes ? right / samples.length : NaN};
  };
  run.targetOf = (i) => lists[i];
  /** Return a copy of what a run is at, and go back to one. */
  run.keep = () => ({p: p.slice(), states: run.states.map((s) => s.slice()), time: run.time,
    updates: run.updates, epochs: run.epochs, optimiser: run.optimiser});
  run.back = (kept) => {
    run.use(kept.optimiser);
    p.set(kept.p);
    kept.states.forEach((s, k) => run.states[k].set(s));
    Object.assign(run, {time: kept.time, updates: kept.updates, epochs: kept.epochs});
    at = order.length;
  };
  return run;
}

/** Return the class that outputs stand for; of two, the second from a threshold on. */
function classOf(y, threshold = 0.5) {
  if (y.length === 1) return Number(y[0] >= threshold);
  let best = 0;
  for (let k = 1; k < y.length; k++) if (y[k] > y[best]) best = k;
  return best;
}
