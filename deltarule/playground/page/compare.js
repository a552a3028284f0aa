// Two networks side by side, with one difference.

const DIFFERENCES = {
  none: {word: "one network"},
  seed: {word: "beside: another seed", of: ({seed}) => ({seed: seed + 1})},
  faster: {word: "beside: rate × 10", of: ({rate}) => ({rate: rate * 10})},
  slower: {word: "beside: rate ÷ 10", of: ({rate}) => ({rate: rate / 10})},
  zero: {word: "beside: all weights 0", of: () => ({init: "zero"})},
  relu: {word: "beside: relu units", of: () => ({activation: "relu"})},
  sigmoid: {word: "beside: sigmoid units", of: () => ({activation: "sigmoid"})},
  adam: {word: "beside: Adam", of: () => ({optimiser: "Adam"})},
};

/** Return a second run, from the beginning, with one setting changed; it takes part in training. */
function secondRun(app) {
  const {word, of} = DIFFERENCES[app.comparing], difference = of(app.settings);
  const settings = {...app.settings, ...difference}, net = netOf(settings, app.dataset);
  const model = modelOf(net, NOTATIONS[settings.notation]);
  const start = "init" in difference || "seed" in difference ? initial(net, settings) : app.start;
  const run = beginRun(model, app.dataset, app.split.train, start, settings);
  const plane = planePanel({pick: app.pick, move: () => {}, add: () => {}, remove: () => {}});
  const caption = make("p", {class: "caption"}), history = beginHistory();
  const element = make("div", {class: "second"}, caption, plane.element);
  app.planes.replaceChildren(app.plane.element, element);
  let maps;
  function paint(n) {
    const {dataset, split, chosen} = app, size = n ** dataset.inputs[0].length;
    const {units, outputs} = model.forward;
    maps = unitMaps(model, run.p, units.length, app.range(), n, maps);
    plane.show({dataset, split, chosen, range: app.range(), wrong: (k) => !run.isRight(k),
      predicted: (k) => run.classOf(dataset.inputs[k])});
    plane.boundary(maps.subarray((units.length - outputs.length) * size, units.length * size), n,
      kindOf(model, dataset), net.threshold);
    const last = history.moments.at(-1);
    if (last) caption.textContent = `${word.replace("beside: ", "")}: loss ${show(last.train.loss, 3)}`;
  }
  return {get settings() { return {...app.settings, ...of(app.settings)}; }, model, run, history, paint};
}
