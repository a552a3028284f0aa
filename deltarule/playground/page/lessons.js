// Lessons: a sentence, a question to be answered first, and tasks that the page checks.
//
// A lesson is {title, sentence, ask, parts}. `ask` is {question, answers, right: which}. A part is
//  - set, p       settings to begin with, and numbers of the network, which a Reset brings back too
//  - epochs       how long the network has been trained before
//  - start(app, memo)   what else is made ready; `memo` is one object for all parts
//  - task(app, memo)    what to do, as text
//  - field      the name of a number that the learner types; it is memo.typed
//  - check(app, memo)   [text] when it is solved, else what there is to say, or null

const momentOf = ({history, index}) => history.moments[index];
const rightOf = ({accuracy}, {train}) =>
  `${Math.round(accuracy * train.length)} of ${train.length}`;
const isAllRight = (app) => momentOf(app).train.accuracy === 1;
const epochsOf = ({run}) => counted(Math.floor(run.epochs), "epoch");
const isUntouched = (app, {begun}) => !app.run.updates || momentOf(app) === begun;
const OTHER_NET = "The network is another one now: begin again.";
const otherPoints = (name) => `These are other points than those of ${name}: begin again.`;
const untilEpoch = (app, count) => `These were ${epochsOf(app)}: run until there are ${count}.`;

/** Return the typical δ of each layer: the root mean square over units and samples. */
function typicalDeltas(app) {
  const seen = examine(app);
  return sizesOfDelta(seen).map(([, size]) => size * seen.samples.length);
}

/** Return how many updates were made with the rate as it is, and the loss before: {count, loss}. */
function sinceRate(app, memo) {
  const {run, settings: {rate}} = app, {since} = memo, {updates} = run;
  if (since?.run !== run || since.rate !== rate || since.updates >= updates) {
    memo.since = {run, rate, updates, loss: momentOf(app).train.loss};
  }
  return {count: updates - memo.since.updates, loss: memo.since.loss};
}
const further = ({settings: {rate}}) => (rate < RATES_OFFERED.at(-1) ? "choose a larger rate"
  : "run on") + ", or Reset.";
const HIDDEN_UNITS = "There are hidden units now: take the layers away.";

const LESSONS = [
  {title: "One unit is one line",
  sentence: "A unit without hidden units before it divides the plane by one straight line.",
  ask: {question: "Which of AND and XOR can one unit learn?",
    answers: ["AND alone", "XOR alone", "both"],
    right: 0},
  parts: [{set: {data: "and", sizes: [], batch: 2000},
    task: () => "Run until all 4 points of AND are on their side of the line.",
    check(app) {
      if (app.settings.sizes.length) return HIDDEN_UNITS;
      if (app.dataset.name !== "and") return otherPoints("AND");
      if (isAllRight(app)) return [`AND has 4 of 4 points right after ${epochsOf(app)}.`];
      const now = rightOf(momentOf(app).train, app.split);
      return app.run.updates ? `${now} points are right: run on.` : null;
    }},
  {set: {data: "xor4", sizes: [], batch: 2000}, task: () => "Now XOR: run for 200 epochs.",
    check(app) {
      const {run, split, history} = app;
      if (app.settings.sizes.length) return HIDDEN_UNITS;
      if (app.dataset.name !== "xor4") return otherPoints("XOR");
      if (!run.updates) return null;
      if (run.epochs < 200) return untilEpoch(app, 200);
      const accuracy = Math.max(...history.moments.map(({train}) => train.accuracy));
      return [`XOR never had more than ${rightOf({accuracy}, split)} points right in `
        + `${epochsOf(app)}, and its loss ends at ${show(momentOf(app).train.loss, 3)}: `
        + "no line divides it."];
    }}]},
  {title: "Folding the plane",
  sentence: "Each hidden unit draws a line of its own, and the output joins them.",
  ask: {question: "How many hidden units does XOR need at least?",
    answers: ["1", "2", "4"], right: 1},
  parts: [{set: {data: "xor4", sizes: [], batch: 2000, rate: 0.3},
    task: () => "Add a layer with the fewest units that will do, and run until all 4 points are "
      + "right.",
    check(app) {
      const {settings: {sizes}, run} = app, units = sizes.reduce((sum, size) => sum + size, 0);
      if (app.dataset.name !== "xor4") return otherPoints("XOR");
      if (!units) {
        return run.updates ? "There is no hidden unit yet: press “+ layer”." : null;
      }
      const now = rightOf(momentOf(app).train, app.split);
      if (units > 2) {
        return `These are ${units} hidden units, and ${now} points are right: fewer will do.`;
      }
      if (isAllRight(app)) {
        return [`4 of 4 points are right with ${counted(units, "hidden unit")} after `
          + `${epochsOf(app)}; the loss is ${show(momentOf(app).train.loss, 3)}.`];
      }
      if (units === 1 && run.epochs >= 100) return `One unit has ${now} points right after `
        + `${epochsOf(app)}: one line is not enough.`;
      if (run.epochs >= 500) {
        return `It is stuck at ${now}: press New seed, and run again.`;
      }
      return run.updates
        ? `${now} points are right after ${epochsOf(app)}: run on.` : null;
    }}]},
  {title: "What one sample moves",
  sentence: "The error of a sample flows back through the network, and an update goes against it.",
  ask: {question: "One update, with one sample: which numbers move?",
    answers: ["those of the output", "those on one path", "all of them"], right: 2},
  parts: [{set: {data: "xor", sizes: [3]}, task: () => "Set Batch to 1, and press Step once.",
    check({history: {moments}, index, run, split, settings: {activation}}) {
      if (!index) return null;
      const [before, last] = [moments[index - 1], moments[index]], all = run.p.length;
      const updates = last.updates - before.updates;
      const samples = Math.round((last.epochs - before.epochs) * split.train.length);
      if (updates > 1) {
        return `These were ${updates} updates at once: press Step, which makes one.`;
      }
      if (!updates) return "A number was edited, but no update was made: press Step.";
      if (samples > 1) return `This update was of ${samples} samples: set Batch to 1.`;
      const by = Array.from(run.p, (x, k) => Math.abs(x - before.p[k]));
      const moved = by.filter((x) => x > 0);
      if (moved.length < all) {
        const frozen = run.frozen.reduce((sum, x) => sum + x, 0);
        return `Only ${moved.length} of ${all} numbers have moved: ${frozen
          ? `frozen are ${frozen}; press Reset` : activation === "relu"
            ? "a ReLU that is off passes 0 on; set Hidden activation to tanh"
            : "the error is too small for the others; press Reset"}.`;
      }
      return [`all ${all} weights and biases have moved, by `
        + `${show(Math.min(...moved), 2)} to ${show(Math.max(...moved), 2)}.`];
    }}]},
  {title: "What δ is",
  sentence: "δ says how the error changes with a unit’s sum a; it is what the unit learns from.",
  ask: {question: "What is δ of the output unit with cross-entropy?",
    answers: ["y", "y − t", "(y − t) · w"], right: 1},
  parts: [{set: {data: "xor4", sizes: [2]}, p: [0.8, -0.3, 0.2, -0.6, 0.9, -0.1, 1.2, -0.7, 0.3],
    start: (app) => showSample(app, 1),
    task(app) {
      const given = deltaOfHidden(app);
      if (!given) return "";
      const {a, z} = NOTATIONS[app.settings.notation];
      return `The network is given (${given.point}) as 2·x − 1. y is ${z} of the last unit, `
        + `${show(given.y, 4)}; this sample is “${given.label}”, so t = ${given.t}. The first `
        + `hidden unit has ${given.weight} = ${show(given.w, 4)}, ${z} = ${show(given.z, 4)}, and `
        + `h′(${a}) = ${app.settings.activation === "tanh" ? `1 − ${z}² = ` : ""}`
        + `${show(given.slope, 4)}. What is its δ?`;
    },
    field: "δ₁⁽¹⁾",
    check(app, memo) {
      const given = deltaOfHidden(app), x = memo.typed;
      if (!given) return OTHER_NET;
      if (x === undefined) return null;
      const {y, t, w, slope, delta} = given;
      const isNear = (to) => Math.abs(x - to) <= 0.005 * Math.abs(to) + 1e-6;
      if (isNear(delta)) {
        return [`δ = (y − t) · w · h′ = ${show(y - t, 4)} · ${show(w, 4)} · `
          + `${show(slope, 4)} = ${show(delta, 4)}, as backpropagation says.`];
      }
      const slips = [[-delta, "it has the wrong sign: δ begins with y − t"],
        [(y - t) * w, "h′ is missing"], [(y - t) * slope, "the weight is missing"],
        [y - t, "that is δ of the output: multiply by the weight, and by h′"]];
      return `${show(x, 4)} is not it: ${slips.find(([to]) => isNear(to))?.[1]
        ?? "take y − t, times the weight, times h′"}.`;
    }}]},
  {title: "Over the boundary",
  sentence: "The boundary is where y is ½; the loss tells how far on the wrong side a sample is.",
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
      if (dataset !== old) return "These are other data: begin again.";
      const other = run.p.some((x, k) => x !== p[k]) ? "Weights have"
        : dataset.targets[i] !== targets[i] && "Its class has";
      if (other) return `${other} changed, but the sample is to be moved: begin again.`;
      const now = dataset.inputs[i];
      if (now.every((x, k) => x === inputs[i][k])) return null;
      const [before] = run.predict(inputs[i]), [y] = run.predict(now), t = run.targetOf(i);
      const is = `y is ${show(before, 3)} → ${show(y, 3)}`;
      if ((before >= 0.5) === (y >= 0.5)) {
        return `${is}: it is on the same side as before.`;
      }
      const program = run.model.program(targets[i]);
      const lossAt = (x) => show(program.loss(run.p, x, t), 3);
      return [`${is}, its loss ${lossAt(inputs[i])} → ${lossAt(now)}, and no weight has changed.`];
    }}]},
  {title: "Equal weights",
  sentence: "Units of a layer are of use if they differ: does training see to that?",
  ask: {question: "All weights begin at 0.5. After 50 epochs the 4 hidden units are …",
    answers: ["all different", "partly different", "still the same"], right: 2},
  parts: [{set: {data: "circles", noise: 0.1, sizes: [4], init: "equal"},
    task: () => "Run for 50 epochs.",
    check(app, memo) {
      if (app.settings.init !== "equal") return "The weights do not begin equal: choose “all 0.5”.";
      if (!app.run.updates) return null;
      if (app.run.epochs < 50) return untilEpoch(app, 50);
      const {hidden} = examine(app), [same] = alikeUnits(hidden, app.run.p);
      const {train} = momentOf(app);
      if (same?.length !== hidden.length) {
        return "The units differ, as weights were edited: Reset.";
      }
      memo.accuracy = train.accuracy;
      return [`after ${epochsOf(app)} all ${same.length} units have the same weights, and `
        + `${rightOf(train, app.split)} points are right.`];
    }},
  {task: () => "Now begin with Glorot weights, and run for 50 epochs.",
    check(app, memo) {
      const {run, split} = app, {train} = momentOf(app);
      if (app.settings.init !== "glorot") {
        return isUntouched(app, memo) ? null : `${app.settings.init === "large"
          ? "Large weights differ, too, but saturate units" : "They begin equal again"}: `
          + "set “Begin with” to Glorot weights.";
      }
      if (!run.updates) return null;
      if (run.epochs < 50) return untilEpoch(app, 50);
      const is = `${rightOf(train, split)} points are right after ${epochsOf(app)}`;
      if (train.accuracy <= memo.accuracy + 0.1) {
        return `Only ${is}: press New seed, and run again.`;
      }
      return [`${is}, for the units differ; as long as they were equal, `
        + `${Math.round(memo.accuracy * 100)} % were.`];
    }}]},
  {title: "Sure and wrong",
  sentence: "The error decides what δ becomes, and so how much a wrong unit learns.",
  ask: {question: "A unit is sure and wrong. With which error does it learn faster?",
    answers: ["squares", "cross-entropy", "both alike"], right: 1},
  parts: [{set: {data: "and", sizes: [], error: "squared_sigmoid", batch: 2000, rate: 0.3},
    p: [-8, -8, 8], start: (app) => Object.assign(app, {chosen: 3}),
    task: ({run, settings: {notation}}) => "The network is given 2·x − 1. At (1, 1) t = 1, but y, "
      + `${NOTATIONS[notation].z} of the unit, is ${show(run.predict([1, 1])[0], 2)}. Run for 100 `
      + "epochs.",
    check(app, memo) {
      if (app.settings.error !== "squared_sigmoid") {
        return "First with squares: set Error to ½ (σ(a) − t)².";
      }
      const one = deltaOfOutput(app);
      if (!one) return OTHER_NET;
      if (!app.run.updates) return null;
      if (app.run.epochs < 100) return untilEpoch(app, 100);
      if (isAllRight(app)) {
        return "All points are right already: begin again, with the rate as it was.";
      }
      memo.right = rightOf(momentOf(app).train, app.split);
      return [`with squares ${memo.right} points are right after ${epochsOf(app)}: y − t is `
        + `${show(one.difference, 3)} at (1, 1), but δ, which has the factor σ′(a), only `
        + `${show(one.delta, 2)}.`];
    }},
  {p: [-8, -8, 8], start: (app) => Object.assign(app, {chosen: 3}),
    task: () => "Set Error to cross-entropy: the weights begin as before. Run until all 4 points "
      + "are right.",
    check(app, memo) {
      const one = deltaOfOutput(app), now = rightOf(momentOf(app).train, app.split);
      if (!one) return OTHER_NET;
      if (app.settings.error !== "cross_entropy") {
        return isUntouched(app, memo) ? null
          : "This is another error: set Error to cross-entropy.";
      }
      if (isAllRight(app)) {
        return [`with cross-entropy δ is y − t, and 4 of 4 points are right after `
          + `${epochsOf(app)}; with squares it was ${memo.right} after 100.`];
      }
      return app.run.updates
        ? `${now} points are right after ${epochsOf(app)}: run on.` : null;
    }}]},
  {title: "How training fails",
  sentence: "A rate can be too large, ReLUs can die, and δ can fade from layer to layer.",
  ask: {question: "Five sigmoid layers: how large is δ in the first, next to that of the output?",
    answers: ["about the same", "about a tenth", "less than a thousandth"], right: 2},
  parts: [{set: {data: "and", sizes: [], error: "squared", rate: 0.1, batch: 2000},
    task: () => "Find a rate η at which the loss grows, and run.",
    check(app, memo) {
      const {count, loss} = sinceRate(app, memo), last = momentOf(app).train.loss;
      if (app.settings.sizes.length || app.settings.error !== "squared") return OTHER_NET;
      if (!count) return null;
      const is = `With η = ${show(app.settings.rate, 3)} the loss went ${show(loss, 3)} → `
        + `${show(last, 3)} in ${counted(count, "update")}`;
      return last <= 10 * loss ? `${is}: ${further(app)}`
        : [`${is}. Each step is so long that it lands higher up on the other side.`];
    }},
  {set: {data: "moons", noise: 0.1, sizes: [6], activation: "relu"},
    task: () => "Raise the rate until a ReLU dies: it is off for every training sample.",
    check(app, memo) {
      const {count} = sinceRate(app, memo);
      if (app.settings.activation !== "relu") return "These are no ReLUs: set Hidden activation to relu.";
      if (!count) return null;
      const dead = findingsOf(app).find(({kind, isNote}) => kind === "dead" && !isNote);
      if (dead) {
        return [`${dead.title}, ${dead.evidence.replace(/\.$/, "")}. No gradient reaches `
          + `their weights.`];
      }
      if (!app.run.p.every(Number.isFinite)) {
        return "The weights are no finite numbers any more: Reset, with a smaller rate.";
      }
      return `Every unit is on for some sample after ${counted(count, "update")} with η = `
        + `${show(app.settings.rate, 3)}: ${further(app)}`;
    }},
  {set: {data: "moons", noise: 0.1, sizes: [6, 6, 6, 6, 6], activation: "sigmoid", seed: 4},
    start: (app, memo) => (memo.faded = typicalDeltas(app)),
    task: (app, {faded}) => "Typical δ (root mean square over units and samples) is "
      + `${show(faded[0], 2)} in layer 1 and ${show(faded.at(-1), 2)} in the last: keep five `
      + "layers, and choose an activation with which the first has at least a tenth.",
    check(app, {faded}) {
      if (app.playing) return null;
      const {sizes, activation} = app.settings;
      if (sizes.length !== 5) {
        return `There are ${counted(sizes.length, "hidden layer")} now: keep five.`;
      }
      const norms = typicalDeltas(app), ratio = norms[0] / norms.at(-1);
      const is = `with ${activation}, typical δ is ${show(norms[0], 2)} in layer 1 and `
        + `${show(norms.at(-1), 2)} in the last, a ratio of ${show(ratio, 2)}`;
      if (ratio >= 0.1) {
        return [`${is}; with sigmoid it was ${show(faded[0] / faded.at(-1), 2)}.`];
      }
      if (norms[0] === faded[0]) return null;
      return `W${is.slice(1)}: try another activation.`;
    }}]},
];

/** Choose a sample, and show it before its forward pass, which would tell what is asked. */
function showSample(app, i) {
  app.chosen = i;
  app.showSample(0);
}

/** Return what δ of the first hidden unit is made of, of the chosen sample; null in another net. */
function deltaOfHidden({model, run, dataset, chosen: i}) {
  const {units, sizes, nodes} = model.forward;
  if (sizes.join() !== "2,2,1" || dataset.name !== "xor4" || !model.isClass) return null;
  const x = dataset.inputs[i], t = run.targetOf(i), [y] = run.predict(x);
  const a = [], z = [], deltas = [], out = nodes[units[2].a].o[0];
  const {functions, sums} = unitFunctionsOf(model);
  if (!functions[0]) return null;
  sums(run.p, x, a);
  model.units(run.p, x, z);
  model.program(dataset.targets[i]).deltas(run.p, x, t, deltas);
  return {y, t: t[0], w: run.p[nodes[out].at], weight: nodes[out].t, z: z[0],
    point: x.map((from) => show((from + 1) / 2, 3)).join(", "), delta: deltas[0],
    label: dataset.classes[dataset.targets[i]], slope: functions[0].slope(z[0], a[0])};
}

/** Return δ and y − t of a network of one unit, at (1, 1) of AND; null in another net. */
function deltaOfOutput({model, run, dataset}) {
  if (model.forward.units.length !== 1 || dataset.name !== "and") return null;
  const x = dataset.inputs[3], t = run.targetOf(3), deltas = [];
  model.program(dataset.targets[3]).deltas(run.p, x, t, deltas);
  return {delta: deltas[0], difference: run.predict(x)[0] - t[0]};
}
