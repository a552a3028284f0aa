// Lessons: a sentence, a question to be answered first, and tasks that the page checks.
//
// A lesson is {title, sentence, ask, parts}. `ask` is {question, answers, right: which}. A part is
//  - set, p       settings to begin with, and numbers of the network, which a Reset brings back too
//  - epochs       how long the network has been trained before
//  - start(app, memo)   what else is made ready; `memo` is one object for all parts
//  - task(app, memo)    what to do, as text
//  - field(app)         the name of a number that the learner types; it is memo.typed
//  - check(app, memo)   null as long as there is nothing to say, else [whether it is solved, text]

const momentOf = ({history, index}) => history.moments[index];
const rightOf = ({accuracy}, {train}) =>
  `${Math.round(accuracy * train.length)} of ${train.length}`;
const isAllRight = (app) => momentOf(app).train.accuracy === 1;
const epochsOf = ({run}) => counted(Math.floor(run.epochs), "epoch");
const deltaNorms = (app) => sizesOfDelta(examine(app)).map(([, size]) => size);

const LESSONS = [
  {title: "One unit is one line",
  sentence: "A unit without hidden units before it divides the plane by "
    + "one straight line.",
  ask: {question: "Which of AND and XOR can one unit learn?",
    answers: ["AND alone", "XOR alone", "both"],
    right: 0},
  parts: [{set: {data: "and", sizes: [], batch: 2000},
    task: () => "Run until all 4 points of AND are on their side of the line.",
    check(app) {
      if (app.settings.sizes.length) {
        return [false, "There are hidden units now: take the layers away."];
      }
      if (app.dataset.name !== "and") {
        return [false, "These are other points than those of AND: begin again."];
      }
      if (isAllRight(app)) return [true, `AND has 4 of 4 points right after ${epochsOf(app)}.`];
      const now = rightOf(momentOf(app).train, app.split);
      return app.run.updates ? [false, `${now} points are right: run on.`] : null;
    }},
  {set: {data: "xor4", sizes: [], batch: 2000}, task: () => "Now XOR: run for 200 epochs.",
    check(app) {
      const {run, split, history} = app;
      if (app.settings.sizes.length) {
        return [false, "With hidden units there are several lines: take the layers away, it is "
          + "about one."];
      }
      if (app.dataset.name !== "xor4") {
        return [false, "These are other points than those of XOR: begin again."];
      }
      if (!run.updates) return null;
      if (run.epochs < 200) return [false, `These were ${epochsOf(app)}: run until there are 200.`];
      const best = history.moments.reduce((a, b) => (b.train.accuracy > a.train.accuracy ? b : a));
      return [true, `XOR never had more than ${rightOf(best.train, split)} points right in `
        + `${epochsOf(app)}, and its loss ends at ${show(momentOf(app).train.loss, 3)}: `
        + "no line divides it."];
    }}]},
  {title: "Folding the plane",
  sentence: "Each hidden unit draws a line of its own, and the output "
    + "joins them.",
  ask: {question: "How many hidden units does XOR need at least?",
    answers: ["1", "2", "4"], right: 1},
  parts: [{set: {data: "xor4", sizes: [], batch: 2000, rate: 0.3},
    task: () => "Add a layer with the fewest units that will do, and run until all 4 points are "
      + "right.",
    check(app) {
      const {settings: {sizes}, run} = app, units = sizes.reduce((sum, size) => sum + size, 0);
      if (app.dataset.name !== "xor4") {
        return [false, "These are other points than those of XOR: begin again."];
      }
      if (!units) {
        return run.updates ? [false, "There is no hidden unit yet: press “+ layer”."] : null;
      }
      const now = rightOf(momentOf(app).train, app.split);
      if (units > 2) {
        return [false, `These are ${units} hidden units, and ${now} points are right: fewer will `
          + `do.`];
      }
      if (isAllRight(app)) {
        return [true, `4 of 4 points are right with ${counted(units, "hidden unit")} after `
          + `${epochsOf(app)}; the loss is ${show(momentOf(app).train.loss, 3)}.`];
      }
      if (units === 1 && run.epochs >= 100) return [false, `One unit has ${now} points right after `
        + `${epochsOf(app)}: one line is not enough.`];
      if (run.epochs >= 500) {
        return [false, `It is stuck at ${now}: press New seed, and run again.`];
      }
      return run.updates
        ? [false, `${now} points are right after ${epochsOf(app)}: run on.`] : null;
    }}]},
  {title: "What one sample moves",
  sentence: "The error of a sample flows back through the network, and an "
    + "update goes against it.",
  ask: {question: "One update, with one sample: which numbers move?",
    answers: ["those of the output", "those on one path", "all of them"], right: 2},
  parts: [{set: {data: "xor", sizes: [3]}, task: () => "Set Batch to 1, and press Step once.",
    check({history: {moments}, index, run, split}) {
      if (!index) return null;
      const [before, last] = [moments[index - 1], moments[index]], all = run.p.length;
      const updates = last.updates - before.updates;
      const samples = Math.round((last.epochs - before.epochs) * split.train.length);
      if (updates > 1) {
        return [false, `These were ${updates} updates at once: press Step, which makes one.`];
      }
      if (!updates) return [false, "A number was edited, but no update was made: press Step."];
      if (samples > 1) return [false, `This update was of ${samples} samples: set Batch to 1.`];
      const by = Array.from(run.p, (x, k) => Math.abs(x - before.p[k]));
      const moved = by.filter((x) => x > 0);
      if (moved.length < all) {
        const frozen = run.frozen.reduce((sum, x) => sum + x, 0);
        return [false, `Only ${moved.length} of ${all} numbers have moved: ${frozen
          ? `frozen are ${frozen}` : "the error is too small for the others"}; press Reset.`];
      }
      return [true, `all ${all} weights and biases have moved, by `
        + `${show(Math.min(...moved), 2)} to ${show(Math.max(...moved), 2)}.`];
    }}]},
  {title: "What δ is",
  sentence: "δ says how the error changes with a unit’s sum a; it is what the unit "
    + "learns from.",
  ask: {question: "What is δ of the output unit with cross-entropy?",
    answers: ["y", "y − t",
    "(y − t) · w"], right: 1},
  parts: [{set: {data: "xor4", sizes: [2]}, p: [0.8, -0.3, 0.2, -0.6, 0.9, -0.1, 1.2, -0.7, 0.3],
    start: (app) => showSample(app, 1),
    task(app) {
      const given = deltaOfHidden(app);
      return given ? `Sample ${app.chosen + 1} has t = ${given.t}, and y is ${show(given.y, 4)}. `
        + `Of the first hidden unit, ${given.weight} = ${show(given.w, 4)} and h′(a) = `
        + `${show(given.slope, 4)}. What is its δ?` : "";
    },
    field: () => "δ₁⁽¹⁾",
    check(app, memo) {
      const given = deltaOfHidden(app), x = memo.typed;
      if (!given) return [false, "The network is another one now: begin again."];
      if (x === undefined) return null;
      const {y, t, w, slope, delta} = given;
      const isNear = (to) => Math.abs(x - to) <= 0.005 * Math.abs(to) + 1e-6;
      if (isNear(delta)) {
        return [true, `δ = (y − t) · w · h′(a) = ${show(y - t, 4)} · ${show(w, 4)} · `
          + `${show(slope, 4)} = ${show(delta, 4)}, as backpropagation says.`];
      }
      const slips = [[-delta, "it has the wrong sign: δ begins with y − t"],
        [(y - t) * w, "h′(a) is missing"], [(y - t) * slope, "the weight is missing"],
        [y - t, "that is δ of the output: multiply by the weight, and by h′(a)"]];
      return [false, `${show(x, 4)} is not it: ${slips.find(([to]) => isNear(to))?.[1]
        ?? "take y − t, times the weight, times h′(a)"}.`];
    }}]},
  {title: "Over the boundary",
  sentence: "The boundary is where y is ½; the loss tells how far on the wrong "
    + "side a sample is.",
  ask: {question: "A sample is dragged over the boundary. Its loss …",
    answers: ["jumps there", "grows all the way, through ln 2", "stays as it was"], right: 1},
  parts: [{set: {data: "moons", noise: 0.1, sizes: [4]}, epochs: 60,
    start(app, memo) {
      const {run, dataset, split} = app;
      app.chosen = split.train.find((i) => run.isRight(i) && dataset.targets[i] === 0);
      Object.assign(memo, {dataset, p: run.p.slice(), inputs: dataset.inputs.map((x) => [...x]),
        targets: [...dataset.targets]});
    },
    task: () => "Drag the chosen sample (or press Shift and arrow keys in the plane) until the "
      + "network takes it for the other class.",
    check({dataset, run, chosen: i}, {dataset: old, p, inputs, targets}) {
      if (dataset !== old) return [false, "These are other data: begin again."];
      if (run.p.some((x, k) => x !== p[k])) {
        return [false, "Weights have changed, but the sample is to be moved in the plane: begin "
          + "again."];
      }
      if (dataset.targets[i] !== targets[i]) {
        return [false, "Its class was changed, but it is to be moved in the plane: begin again."];
      }
      const now = dataset.inputs[i];
      if (now.every((x, k) => x === inputs[i][k])) return null;
      const [before] = run.predict(inputs[i]), [y] = run.predict(now), t = run.targetOf(i);
      const is = `y is ${show(before, 3)} → ${show(y, 3)}`;
      if ((before >= 0.5) === (y >= 0.5)) {
        return [false, `${is}: it is on the same side as before.`];
      }
      const program = run.model.program(targets[i]);
      const lossAt = (x) => show(program.loss(run.p, x, t), 3);
      return [true, `${is}, its loss ${lossAt(inputs[i])} → ${lossAt(now)}, and no weight has `
        + `changed.`];
    }}]},
  {title: "Equal weights",
  sentence: "Units of a layer are of use if they differ: does training see to "
    + "that?",
  ask: {question: "All weights begin at 0.5. After 50 epochs the 4 hidden units are …",
    answers: ["all different", "partly different", "still the same"], right: 2},
  parts: [{set: {data: "circles", noise: 0.1, sizes: [4], init: "equal"},
    task: () => "Run for 50 epochs.",
    check(app, memo) {
      if (app.settings.init !== "equal") {
        return [false, "The weights do not begin equal: choose “all 0.5”."];
      }
      if (!app.run.updates) return null;
      if (app.run.epochs < 50) {
        return [false, `These were ${epochsOf(app)}: run until there are 50.`];
      }
      const {hidden} = examine(app), [same] = alikeUnits(hidden, app.run.p);
      const {train} = momentOf(app);
      if (same?.length !== hidden.length) {
        return [false, "The units differ, as weights were edited: press Reset."];
      }
      memo.accuracy = train.accuracy;
      return [true, `after ${epochsOf(app)} all ${same.length} units have the same weights, and `
        + `${rightOf(train, app.split)} points are right.`];
    }},
  {task: () => "Now begin with Glorot weights, and run for 50 epochs.",
    check(app, memo) {
      const {run, split} = app, {train} = momentOf(app);
      if (["equal", "zero"].includes(app.settings.init)) {
        return run.updates && run.epochs < 1
          ? [false, "They begin equal again: set “Begin with” to Glorot weights."] : null;
      }
      if (!run.updates) return null;
      if (run.epochs < 50) return [false, `These were ${epochsOf(app)}: run until there are 50.`];
      if (alikeUnits(examine(app).hidden, run.p).length) {
        return [false, "Units have the same weights: press Reset."];
      }
      const is = `${rightOf(train, split)} points are right after ${epochsOf(app)}`;
      if (train.accuracy <= memo.accuracy + 0.1) {
        return [false, `Only ${is}: press New seed, and run again.`];
      }
      return [true, `${is}, for the units differ; as long as they were equal, `
        + `${Math.round(memo.accuracy * 100)} % were.`];
    }}]},
  {title: "Sure and wrong",
  sentence: "The error decides what δ becomes, and so how much a wrong unit "
    + "learns.",
  ask: {question: "A unit is sure and wrong. With which error does it learn faster?",
    answers: ["squares",
    "cross-entropy", "both alike"], right: 1},
  parts: [{set: {data: "and", sizes: [], error: "squared_sigmoid", batch: 2000, rate: 0.3},
    p: [-8, -8, 8], start: (app) => Object.assign(app, {chosen: 3}),
    task: (app) => `The unit says ${show(app.run.predict([1, 1])[0], 2)} where 1 is right. Run for `
      + "100 epochs.",
    check(app, memo) {
      if (app.settings.error !== "squared_sigmoid") {
        return [false, "First with squares: set Error to ½ (σ(a) − t)²."];
      }
      const one = deltaOfOutput(app);
      if (!one) return [false, "The network is another one now: begin again."];
      if (!app.run.updates) return null;
      if (app.run.epochs < 100) {
        return [false, `These were ${epochsOf(app)}: run until there are 100.`];
      }
      if (isAllRight(app)) {
        return [false, "All points are right already: begin again, with the rate as it was."];
      }
      memo.right = rightOf(momentOf(app).train, app.split);
      return [true, `with squares ${memo.right} points are right after ${epochsOf(app)}: y − t is `
        + `${show(one.difference, 3)} at (1, 1), but δ, which has the factor σ′(a), only `
        + `${show(one.delta, 2)}.`];
    }},
  {p: [-8, -8, 8], start: (app) => Object.assign(app, {chosen: 3}),
    task: () => "Set Error to cross-entropy: the weights begin as before. Run until all 4 points "
      + "are right.",
    check(app, memo) {
      const one = deltaOfOutput(app), now = rightOf(momentOf(app).train, app.split);
      if (!one) return [false, "The network is another one now: begin again."];
      if (app.settings.error !== "cross_entropy") {
        return app.run.updates < 1 || memo.right === now ? null
          : [false, "This is another error: set it to cross-entropy."];
      }
      if (isAllRight(app)) {
        return [true, `with cross-entropy δ is y − t, and 4 of 4 points are right after `
          + `${epochsOf(app)}; with squares it was ${memo.right} after 100.`];
      }
      return app.run.updates
        ? [false, `${now} points are right after ${epochsOf(app)}: run on.`] : null;
    }}]},
  {title: "How training fails",
  sentence: "A rate can be too large, ReLUs can die, and δ can fade from layer "
    + "to layer.",
  ask: {question: "Five sigmoid layers: how large is δ in the first, next to that of the output?",
    answers: ["about the same", "about a tenth", "less than a thousandth"], right: 2},
  parts: [{set: {data: "and", sizes: [], error: "squared", rate: 0.1, batch: 2000},
    task: () => "Find a rate η at which the loss grows, and run.",
    check(app) {
      const {history: {moments}, run, settings: {rate}} = app, first = moments[0].train.loss, last =
        momentOf(app).train.loss;
      if (app.settings.sizes.length || app.settings.error !== "squared") {
        return [false, "The network is another one now: begin again."];
      }
      if (!run.updates) return null;
      const is = `With η = ${show(rate, 3)} the loss went ${show(first, 3)} → ${show(last, 3)} in `
        + `${counted(run.updates, "update")}`;
      return last <= 10 * first ? [false, `${is}: choose a larger rate, and Reset.`]
        : [true, `${is}. Each step is so long that it lands higher up on the other side.`];
    }},
  {set: {data: "moons", noise: 0.1, sizes: [6], activation: "relu"},
    task: () => "Raise the rate until a ReLU dies: it is off for every training sample.",
    check(app) {
      if (app.settings.activation !== "relu") {
        return [false, "These are no ReLUs: set Activation to relu."];
      }
      if (!app.run.updates) return null;
      const dead = findingsOf(app).find(({kind, isNote}) => kind === "dead" && !isNote);
      if (dead) {
        return [true, `${dead.title}, ${dead.evidence.replace(/\.$/, "")}. No gradient reaches `
          + `their weights.`];
      }
      if (!app.run.p.every(Number.isFinite)) {
        return [false, "The weights are no finite numbers any more: Reset, with a smaller rate."];
      }
      return [false, `Every unit is on for some sample after ${epochsOf(app)} with `
        + `η = ${show(app.settings.rate, 3)}: take a larger rate.`];
    }},
  {set: {data: "moons", noise: 0.1, sizes: [4, 4, 4, 4, 4], activation: "sigmoid"},
    start: (app, memo) => (memo.faded = deltaNorms(app)),
    task: (app, {faded}) => `δ is ${show(faded[0], 2)} in layer 1 and ${show(faded.at(-1), 2)} in `
      + "the last: keep five layers, and choose an activation with which the first has at "
      + "least a tenth.",
    check(app, {faded}) {
      if (app.playing) return null;
      const {sizes, activation} = app.settings;
      if (sizes.length !== 5) {
        return [false, `There are ${counted(sizes.length, "hidden layer")} now: keep five.`];
      }
      const norms = deltaNorms(app), ratio = norms[0] / norms.at(-1);
      const is = `with ${activation}, δ is ${show(norms[0], 2)} in layer 1 and `
        + `${show(norms.at(-1), 2)} in the last, a ratio of ${show(ratio, 2)}`;
      if (ratio >= 0.1) {
        return [true, `${is}; with sigmoid it was ${show(faded[0] / faded.at(-1), 2)}.`];
      }
      if (norms[0] === faded[0]) return null;
      return [false, `W${is.slice(1)}: try another activation.`];
    }}]},
];

/** Choose a sample, and show it before its forward pass, which would tell what is asked. */
function showSample(app, i) {
  const {run, model, dataset, settings: {rate}} = app, target = dataset.targets[i];
  const graph = app.shownGraph = model.graph(target);
  app.chosen = i;
  app.sample.show({graph, p: run.p, x: dataset.inputs[i], t: run.targetOf(i), rate, step: 0});
}

/** Return what δ of the first hidden unit is made of, of the chosen sample; null in another net. */
function deltaOfHidden({model, run, dataset, chosen: i}) {
  const {units, sizes, nodes} = model.forward;
  if (sizes.join() !== "2,2,1" || model.isClass === false) return null;
  const x = dataset.inputs[i], t = run.targetOf(i), [y] = run.predict(x);
  const a = [], z = [], deltas = [], out = nodes[units[2].a].o[0];
  const {functions, sums} = unitFunctionsOf(model);
  if (!functions[0]) return null;
  sums(run.p, x, a);
  model.units(run.p, x, z);
  model.program(dataset.targets[i]).deltas(run.p, x, t, deltas);
  return {y, t: t[0], w: run.p[nodes[out].at], weight: nodes[out].t,
    slope: functions[0].slope(z[0], a[0]), delta: deltas[0]};
}

/** Return δ and y − t of a network of one unit, at the chosen sample; null in another net. */
function deltaOfOutput({model, run, dataset, chosen: i}) {
  if (model.forward.units.length !== 1 || dataset.name !== "and") return null;
  const x = dataset.inputs[i], t = run.targetOf(i), deltas = [];
  model.program(dataset.targets[i]).deltas(run.p, x, t, deltas);
  return {delta: deltas[0], difference: run.predict(x)[0] - t[0]};
}
