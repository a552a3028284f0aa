// The playground: what is set, what is trained, what is shown, and how these follow one another.

const GRID = 64, MOVING = 40;  // points of a map along each side, at rest and in training
const TEXTS = 250, PASSES = 500;  // milliseconds between changes of numbers in text, and
  // of those in the panel of the sample, in training
const TRAINED = 200;  // epochs, of what the page opens with
const BUDGET = [2, 8];  // milliseconds of training between two pictures, at full speed: less
  // where pictures come late
const DRAGGED = 150;  // milliseconds after a sample was moved, when the losses follow
const EXAMINING = 1000;  // milliseconds between the doctor's visits in training
const LATE = 17.5;  // milliseconds after the picture before
const SPEEDS_OF_RUN = {update: "1 update", epoch: "1 epoch", full: "full speed"};

/** Make the page, and return its parts. What they share:
 *
 *  settings, dataset, split   what is set, and the data it makes
 *  model, run, history, index  the network in training, its moments, and the one that is shown
 *  second                     another run beside it, or null; see `secondRun`
 *  chosen                     the sample whose passes are shown
 *  unit, weight               what is chosen in the network, or -1
 *  own                        points that were drawn: [x1, x2, class]
 *  set(patch)                 change settings; what depends on them is made anew
 *  say(text)                  tell the visitor something, in one sentence
 *  dirty()                    paint again soon */
function openPlayground(root, given) {
  const app = {settings: firstSettings(), own: [], chosen: 0, unit: -1, weight: -1, speed: "epoch",
    shows: "output", second: null, playing: false, frames: 0, branch: [], given: adopted(given)};
  Object.assign(app.settings, app.given?.settings);
  const said = make("p", {class: "status", role: "status"});
  app.say = (text) => (said.textContent = text);
  app.network = networkPanel({chooseUnit: (k) => app.choose(k, -1),
    chooseWeight: (k) => app.choose(-1, k), resize});
  app.plane = planePanel({pick: (i) => app.pick(i), move: (i, input) => moveSample(i, input),
    add: addPoint, remove: removePoint});
  app.losses = lossPanel({visit, resized: () => app.dirty()});
  app.sample = samplePanel(edited);
  app.inspector = inspectorPanel(app);
  app.doctor = doctorPanel(app);
  app.network.element.append(app.doctor.element);
  const parts = {head: headOf(app), bar: runBar(app), data: dataPanel(app), line: linePanel(app)};
  app.lessonPanel = lessonPanel(app);
  const planes = make("section", {class: "planes", "aria-label": "Boundary"}, app.plane.element);
  app.planes = planes;
  const main = make("main", {}, parts.data.element, app.network.element, planes, app.losses.element,
    app.inspector.element);
  const below = make("section", {class: "below", "aria-label": "The chosen sample"},
    app.sample.element);
  const foot = footOf(app, said);
  root.replaceChildren(parts.head.element, parts.bar.element, app.lessonPanel.element,
    parts.line.element, main, below, foot.element, tabsOf(app));

  let waiting = 0, renewing = 0, editing = 0, moving = 0;  // frames and timers that are to come
  let before = 0, written = 0, passed = 0, examined = 0;  // when these were last done
  let budget = BUDGET[1], range, colours, isStill, maps, deltas, last;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => {
    colours = undefined;
    app.dirty();
  });

  app.dirty = () => {
    waiting ||= requestAnimationFrame(frame);
  };
  app.set = (patch) => {
    const keys = Object.keys(patch), has = (of) => keys.some((key) => SETTINGS[key].of === of);
    let dataset;
    try {
      if (has("data")) dataset = dataOf(app, {...app.settings, ...patch});
    } catch (error) {  // of a curve, which says why; nothing else has been touched
      app.say(error.message);
      return app.changed();
    }
    Object.assign(app.settings, patch);
    if (dataset) take(dataset);
    else if (has("net")) remakeNet();
    else if (has("names")) rename();
    else {
      app.run.use(app.settings.optimiser);
      app.second?.run.use(app.second.settings.optimiser);
    }
    return app.changed();
  };
  app.changed = () => {
    for (const part of Object.values(parts)) part.render?.();
    if (app.lesson) app.lesson.changed();
    else app.lessonPanel.render();
    keepLink(app);
    app.dirty();
  };

  /** Go on with other data: everything is made for them. */
  function take(dataset) {
    const {share, seed} = app.settings;
    Object.assign(app, {dataset, isTouched: false, split: splitOf(dataset, share, seed)});
    range = rangeOfData(dataset);
    remakeNet();
  }
  function remakeNet() {
    const {settings, dataset, given} = app, net = netOf(settings, dataset);
    const first = firstSettings();
    const isFirst = settings.init === first.init && settings.seed === first.seed;
    rename();
    if (app.model.params > MOST_WEIGHTS) {
      app.say(`${app.model.params} weights are many: training will be slow.`);
    }
    const isGiven = given?.p.length === app.model.params && (isFirst || given.graphs);
    app.start = isGiven ? Float64Array.from(given.p) : initial(net, settings);
    app.run = beginRun(app.model, dataset, app.split.train, app.start, settings);
    if (isGiven) for (const k of given.frozen) app.run.frozen[k] = 1;
    app.history = beginHistory();
    Object.assign(app, {index: 0, branch: [], unit: -1, weight: -1, second: null});
    if (app.comparing) app.second = secondRun(app);
    if (!dataset.inputs[app.chosen]) app.chosen = 0;
    app.plane.ghost(null);
    record();
  }
  /** Make the graphs of the network, whose numbers have the names of a notation. */
  function rename() {
    const {settings, dataset, given, run} = app;
    app.model = given?.graphs ? givenModel(given)
      : modelOf(netOf(settings, dataset), NOTATIONS[settings.notation]);
    if (run) run.model = app.model;
    app.network.build(app.model, dataset.names, !given?.graphs);
    app.network.element.hidden = !app.model.forward.sizes.length;
    planes.hidden = app.model.forward.inputs > 2;
    app.shownGraph = maps = deltas = last = undefined;
  }
  /** Begin again with the same settings. */
  app.reset = () => {
    app.pause();
    app.say("");
    remakeNet();
    app.changed();
  };
  /** Keep this moment of the run, and of the second one. */
  function record(isEdit) {
    const {split} = app;
    for (const {run, history} of [app, app.second ?? []].flat()) {
      history.add({...run.keep(), train: run.score(split.train), test: run.score(split.test)}, isEdit);
    }
    app.index = app.history.moments.length - 1;
  }

  app.play = () => {
    leavePast();
    app.playing = true;
    app.plane.ghost(null);
    app.changed();
  };
  app.pause = () => {
    if (!app.playing) return;
    app.playing = false;
    const {train} = app.history.moments.at(-1);
    app.say(`Paused at epoch ${Math.floor(app.run.epochs)}: loss ${show(train.loss, 3)}.`);
    app.changed();
  };
  /** Go on from a moment of the past: what came after it becomes a pale curve. */
  function leavePast() {
    const {moments} = app.history;
    if (app.index === moments.length - 1) return;
    app.branch = moments.slice();
    app.history.cut(app.index);
    app.second?.history.cut(app.index);
  }
  /** Make one update, and say what it has changed. */
  app.step = () => {
    app.pause();
    leavePast();
    const {run, split} = app, before = run.p.slice(), loss = run.score(split.train).loss;
    app.plane.ghost(app.unit < 0 ? boundaryOf(before) : null);
    run.step(app.settings);
    app.second?.run.step(app.second.settings);
    record();
    const by = run.p.map((x, k) => Math.abs(x - before[k]));
    const k = by.reduce((best, x, i) => (x > by[best] ? i : best), 0);
    const name = nameOfWeight(app, k);
    app.say(`Update ${run.updates}: loss ${show(loss, 4)} → ${show(run.score(split.train).loss, 4)}; ` +
      `the largest change is ${name}: ${show(before[k], 4)} → ${show(run.p[k], 4)}.`);
    app.changed();
  };
  function visit(index) {
    app.pause();
    app.index = index;
    for (const {run, history, settings} of [app, app.second ?? []].flat()) {
      run.back(history.moments[index]);
      run.use(settings.optimiser);
    }
    app.plane.ghost(null);
    app.changed();
  }
  function train(until) {
    const {run, second, settings, speed} = app, epoch = Math.floor(run.epochs) + 1;
    do {
      run.step(settings);
      second?.run.step(second.settings);
      if (speed === "update" || (speed === "epoch" && run.epochs >= epoch)) break;
    } while (performance.now() < until);
    record();
    app.lesson?.changed();
    if (run.p.every(Number.isFinite)) return;
    app.playing = false;
    app.say(`Training has stopped after ${run.updates} updates: a weight is no finite number any `
      + "more. Choose a smaller rate η, and Reset.");
    app.changed();
  }

  app.pick = (i) => {
    app.chosen = i;
    app.dirty();
    app.changed();
  };
  app.choose = (unit, weight) => {
    Object.assign(app, {unit: app.unit === unit ? -1 : unit, weight});
    app.changed();
  };
  function moveSample(i, input) {
    putInput(i, input);
    app.chosen = i;
    app.lesson?.changed();
    app.dirty();
    clearTimeout(moving);
    moving = setTimeout(app.edited, DRAGGED);
  }
  function putInput(i, input) {
    app.dataset.inputs[i] = input;
    if (app.settings.data === "own") app.own[i].splice(0, 2, ...input);
    else app.isTouched = true;
  }
  function addPoint(input, label) {
    if (app.settings.data !== "own") return;
    app.own.push([...input.map((x) => Math.round(100 * x) / 100), label]);
    app.set({data: "own"});
    app.pick(app.own.length - 1);
  }
  function removePoint(i) {
    if (app.settings.data !== "own") return;
    app.own.splice(i, 1);
    app.set({data: "own"});
  }
  /** A number was edited in the panel of the sample. */
  function edited(kind, k, number) {
    const {run, dataset, chosen} = app, input = [...dataset.inputs[chosen]];
    input[k] = number;
    if (kind === "p") run.p[k] = number;
    else if (kind === "x") putInput(chosen, input);
    else return putTarget(k, number);
    editing ||= setTimeout(app.edited);  // once for all numbers of an update
    return undefined;
  }
  function putTarget(k, number) {
    const {dataset: {targets, classes}, chosen} = app, several = app.model.net.outputs > 1;
    const label = several ? k : number;
    if (classes && (several ? number !== 1 : !classes[label])) {
      app.shownGraph = null;  // the panel goes back to what is
      app.say(several ? `Of classes one target is 1: set that of the right one to 1, not ${show(number, 3)}.`
        : `A target is a class here, 0 or 1, and not ${show(number, 3)}.`);
      return app.dirty();
    }
    if (classes) return app.relabel(label);
    if (Array.isArray(targets[chosen])) targets[chosen][k] = number;
    else targets[chosen] = number;
    return app.relabel(targets[chosen]);
  }
  /** Numbers of the network or the data were edited: this is a moment of its own. */
  app.edited = () => {
    editing = 0;
    leavePast();
    record(true);
    app.changed();
  };
  /** Give the chosen sample another target; the runs go on with it. */
  app.relabel = (target) => {
    const {chosen, settings, own} = app;
    app.dataset.targets[chosen] = target;
    if (settings.data === "own") own[chosen][2] = target;
    else app.isTouched = true;
    app.run.relabel();
    app.second?.run.relabel();
    app.edited();
  };
  /** Change the size of a layer, or of one more. */
  function resize(k, units) {
    const sizes = [...app.settings.sizes], {most, to} = SETTINGS.sizes;
    if (units > to) return app.say(`A layer has at most ${to} units here.`);
    if (k >= most) return app.say(`A network has at most ${most} hidden layers here.`);
    if (units < 1) sizes.splice(k, 1);
    else sizes[k] = units;
    app.set({sizes});
  }

  /** Return the outputs on a grid, of numbers p. */
  function boundaryOf(p) {
    const all = unitMaps(app.model, p, app.model.forward.units.length, app.range(), GRID);
    return all.slice(-app.model.forward.outputs.length * sizeOfGrid(GRID));
  }
  const sizeOfGrid = (n) => n ** Math.min(2, app.model.forward.inputs);
  app.range = () => range;

  function frame(now) {
    waiting = 0;
    if (app.playing) {
      budget = Math.max(BUDGET[0], Math.min(BUDGET[1], budget + (now - before > LATE ? -0.5 : 0.25)));
      train(performance.now() + budget);
    }
    before = now;
    if (app.playing) app.dirty();
    paint(now);
    app.frames++;
  }
  function paint(now) {
    const isRest = !app.playing || now - written > TEXTS, {model, run, dataset, split, chosen} = app;
    colours ??= coloursOf(root);
    const n = app.playing ? MOVING : GRID, {units, outputs, inputs} = model.forward;
    const i = chosen, x = dataset.inputs[i], t = run.targetOf(i), program = model.program(dataset.targets[i]);
    const g = new Float64Array(run.p.length), delta = new Float64Array(units.length);
    program.gradient(run.p, x, t, g);
    program.deltas(run.p, x, t, delta);
    if (inputs <= 2) app.plane.show({dataset, split, chosen, range, wrong: (k) => !run.isRight(k),
      predicted: (k) => run.classOf(dataset.inputs[k])});
    const isWhole = !app.playing || units.length <= MANY_UNITS || app.frames % 3 === 0;
    if (inputs <= 2) paintMaps({n, program, t, isWhole});
    if (units.length && isWhole) app.network.draw({p: run.p, g, deltas: delta, chosen: app.unit, weight: app.weight,
      colours, frozen: run.frozen});
    const {moments} = app.history;
    app.losses.draw({moments, index: app.index, other: app.second?.history.moments ?? app.branch, colours});
    app.second?.paint(n);
    if (!isRest) return;
    written = now;
    app.losses.write({moments, index: app.index});
    parts.bar.numbers();
    foot.render();
    app.sample.element.setAttribute("aria-label", `sample ${i + 1}`);
    if (app.shownGraph !== model.graph(dataset.targets[i]) || isStill !== String(run.frozen)) {
      renewing ||= setTimeout(() => app.showSample());  // after what is painted now: it takes longer
    } else if (!app.playing || now - passed > PASSES) {
      app.sample.numbers(run.p, x, t, app.settings.rate);
      passed = now;
    }
    app.inspector.render({g, delta});
    if (!app.playing || now - examined > EXAMINING) {
      app.doctor.render();
      examined = now;
    }
  }

  /** Begin a second network beside the first, both from the start; or take it away. */
  app.compare = () => {
    if (app.comparing && app.given?.graphs) {
      app.comparing = null;
      app.say("This model was given by Python, and has no other to stand beside it here.");
    }
    app.second = null;
    planes.replaceChildren(app.plane.element);
    app.set({init: app.settings.init});
  };
  /** Show the graph of the chosen sample in its panel, at a step; first after the backward pass. */
  app.showSample = (step) => {
    clearTimeout(renewing);
    renewing = 0;
    const {model, run, dataset, chosen: i, settings} = app, graph = model.graph(dataset.targets[i]);
    app.sample.show({graph, p: run.p, x: dataset.inputs[i], t: run.targetOf(i), rate: settings.rate,
      frozen: run.frozen, name: `sample ${i + 1}`, step});
    app.shownGraph = graph;
    isStill = String(run.frozen);
  };
  /** Paint what all units make of the plane, and above all the output, or the chosen unit. */
  function paintMaps({n, program, t, isWhole}) {
    const {model, run, dataset} = app, {units, outputs, inputs, sizes} = model.forward;
    const size = n ** inputs, isDelta = app.shows === "delta" && units.length, count = units.length;
    const part = (list, from, to) => list.subarray(from * size, to * size);
    if (count && (isWhole || app.unit >= 0)) {
      maps = unitMaps(model, run.p, count, range, n, maps);
      if (isDelta) deltas = deltaMaps(program, run.p, t, count, range, n, deltas);
      const shown = isDelta ? deltas : maps;
      if (sizes.length) {
        app.network.canvases().forEach((canvas, k) =>
          paintMap(canvas, shown, k * size, n, {rows: size / n}));
      }
      if (app.unit >= 0) return app.plane.boundary(part(shown, app.unit, app.unit + 1), n, "unit");
      return app.plane.boundary(part(maps, count - outputs.length, count), n, kindOf(model, dataset),
        model.net.threshold);
    }
    last = unitMaps({units: model.outputs}, run.p, outputs.length, range, n, last);
    return app.plane.boundary(last, n, kindOf(model, dataset), model.net.threshold);
  }
  document.addEventListener("keydown", ({key, target, ctrlKey, metaKey, altKey}) => {
    if (ctrlKey || metaKey || altKey || app.mode === "line") return;
    if (target.closest("input, select, textarea, dialog, .player, .plane")) return;
    const action = {r: () => (app.playing ? app.pause() : app.play()), s: app.step}[key];
    action?.();
  });
  addEventListener("hashchange", () => readLink(app));
  app.begin = () => {
    take(dataOf(app, app.settings));
    readLink(app);
    if (app.lesson) return;
    if (!app.run.updates && !app.given) {
      while (app.run.epochs < TRAINED) {
        app.run.step(app.settings);
        if (Number.isInteger(app.run.epochs)) record();
      }
    }
    app.chosen = app.split.train.find((i) => !app.run.isRight(i)) ?? app.chosen;
    if (app.mode !== "line" && !said.textContent) app.say(firstWords(app));
    app.changed();
  };
  return app;
}

/** Return what the page shows when it opens, in one sentence. */
function firstWords({dataset: {classes, targets, inputs}, run, chosen: i}) {
  const y = run.classOf(inputs[i]), taken = classes && y !== targets[i]
    ? `, a “${classes[targets[i]]}” taken for a “${classes[y]}”,` : "";
  return `See how the error E of sample ${i + 1}${taken} goes back to every weight. Run trains.`;
}

const MOST_WEIGHTS = 1500;
const MANY_UNITS = 20;  // whose maps change in every third picture only, in training

/** Return what the outputs of a model are in the plane. */
function kindOf({forward: {outputs}}, {classes}) {
  return !classes ? "number" : outputs.length > 1 ? "shares" : "share";
}

/** Return a model that Python has given, as what the page has itself where that is the same. */
function adopted(given) {
  if (!given?.net) return given;
  const {hidden, activation, output, error} = given.net;
  const name = {binary_cross_entropy: "cross_entropy", cross_entropy: "cross_entropy",
    half_squared_error: {identity: "squared", sigmoid: "squared_sigmoid"}[output]}[error];
  const settings = {sizes: hidden, activation, error: name}, made = netOf({...firstSettings(),
    ...settings}, given.dataset);
  const isSame = Object.keys(made).every((key) => String(made[key]) === String(given.net[key]));
  return isSame && activation in ACTIVATIONS ? {...given, graphs: null, settings} : given;
}

/** Return what computes the errors of a model that Python has given. */
function givenModel({graphs, forward, net, threshold}) {
  const whole = (graph) => ({units: [], sizes: net ? [net.inputs, ...net.hidden, net.outputs] : [],
    ...graph});
  return modelWith(new Map(graphs.map(([label, graph]) => [label, whole(graph)])), whole(forward),
    {outputs: forward.outputs.length, threshold});
}

/** Return the function of one number x that the settings have as a line of text, for a curve. */
function functionOf({data, f: text}) {
  if (data !== "curve") return null;
  const {graph, names, numbers, wrong} = graphOfText(text);
  const other = wrong ?? (names.some((name) => name !== "x") ? `y = f(x) has x as its only name, not ${
    names.filter((name) => name !== "x").join(", ")}.` : undefined);
  if (other) throw new Error(other);
  const {loss} = programOf({...graph, units: [], outputs: []});
  return (x) => loss(numbers.map(() => x), numbers.map(() => x), []);
}

/** Return the colours of the theme, as canvases take them. */
function coloursOf(element) {
  const style = getComputedStyle(element);
  return Object.fromEntries(["ink", "paper", "faint", "back", "good", "positive", "negative"].map(
    (name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Return what a weight is called. */
function nameOfWeight(app, k) {
  const graph = app.model.graph(app.dataset.targets[app.chosen]);
  return graph.nodes.find((node) => node.from === "p" && node.at === k)?.t ?? `parameter ${k}`;
}

/** Return the part of the plane that is shown. */
function rangeOfData({inputs}) {
  return inputs[0].map((_, k) => {
    const all = inputs.map((x) => x[k]), low = Math.min(-1, ...all), high = Math.max(1, ...all);
    return [low - 0.1 * (high - low), high + 0.1 * (high - low)];
  }).slice(0, 2);
}

/** Return the data that settings make, or that are given.
 *
 *  @throws an Error with one sentence, for a curve that is none. */
function dataOf({given, own, table}, settings) {
  if (given) return given.dataset;
  if (settings.data === "own") return ownData(own);
  return settings.data === "csv" ? table
    : makeData(settings.data, {...settings, f: functionOf(settings)});
}

/** Return the data of drawn points; without any, there are two to begin with. */
function ownData(points) {
  if (!points.length) points.push([-0.5, -0.5, 0], [0.5, 0.5, 1]);
  const all = points, count = Math.max(2, ...all.map(([, , k]) => k + 1));
  return {name: "own", names: ["x₁", "x₂"], inputs: all.map(([x, y]) => [x, y]),
    targets: all.map(([, , k]) => k), classes: Array.from({length: count}, (_, k) => `class ${k + 1}`),
    axes: ["x₁", "x₂"].map((name) => ({name, centre: 0, scale: 1}))};
}
