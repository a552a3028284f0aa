// The panel of the chosen sample: the player, with the numbers of the moment.

const NUMBERS_APART = 250;  // milliseconds between two changes of its numbers

/** Make the panel; `edited(kind, k, number)` is told which parameter ("p"), input ("x") or target
 *  ("t") the learner has edited.
 *
 *  element
 *  show({graph, p, x, t, rate, name, level, step, frozen})   show a graph; a step that is none is the end of
 *      the backward pass
 *  numbers(p, x, t, rate)   show other numbers, four times a second at most; step and level stay
 *  pass(which)        go to the end of the "forward", "backward" or "update" pass
 *  lesson             of the player */
function samplePanel(edited) {
  const element = make("div", {class: "sample"});
  const style = make("style", {}, PICTURE_CSS);
  let graph, waiting = 0, last = 0, next;
  const panel = {element, lesson: null, show: display, numbers, pass};
  const rules = rulesOf(), texts = RULES.map(({text}) => text);

  const numbersOf = ({p, x, t}) => Object.fromEntries(graph.nodes.flatMap(({from, at}, i) =>
    (from ? [[i, {p, x, t}[from][at]]] : [])));

  function display({graph: to, p, x, t, rate, name, level, step, frozen = []}) {
    const lesson = panel.lesson, kept = level ?? lesson?.level;
    graph = to;
    next = undefined;
    const leaves = numbersOf({p, x, t}), levels = levelsOf(graph);
    const nodes = graph.nodes.map((node, i) => (node.from ? {...node, v: leaves[i]} : {...node}));
    const moved = nodes.flatMap(({from, at}, i) => (from === "p" && !frozen[at] ? [i] : []));
    // steps can go through layers, which have no picture: `levels` inherits them
    const all = Object.assign(Object.create(levels.neuron ? {layer: layersOf(nodes)} : {}), levels);
    const data = {nodes, rules: texts, levels: all, digits: 4, mode: "", fixed: false,
      detail: Object.hasOwn(levels, kept ?? "") ? kept : Object.keys(levels)[0],
      ...(moved.length && {update: {rate, nodes: moved}})};
    const root = make("div");  // a new one, whose keys are those of this lesson only
    element.replaceChildren(style, root);
    panel.lesson = player(root, data, rules, (i, number) => {
      const {from, at} = nodes[i];
      edited(from, at, number);
    });
    element.setAttribute("aria-label", name ?? "");
    for (const option of element.querySelectorAll("[aria-label='Level of detail'] option")) {
      option.textContent = LEVEL_NAMES[option.value];
    }
    explained();
    if (step === undefined) pass("backward");
    else panel.lesson.go(step);
  }
  /** The legend is there when it is asked for. */
  function explained() {
    const toggle = make("button", {type: "button", class: "explain", "aria-pressed": "false",
      title: "What the marks mean", click: () => {
        const isOn = element.classList.toggle("explained");
        toggle.setAttribute("aria-pressed", isOn);
      }}, "Legend");
    element.classList.remove("explained");
    element.querySelector(".tools").append(toggle);
  }
  function numbers(p, x, t, rate) {
    next = {p: [...p], x: [...x], t: [...t], rate};
    if (!waiting) waiting = setTimeout(renew, Math.max(0, last + NUMBERS_APART - performance.now()));
  }
  function renew() {
    waiting = 0;
    last = performance.now();
    if (!next || !panel.lesson) return;
    const {lesson} = panel, wanted = Object.entries(numbersOf(next)), {update, nodes} = lesson.data;
    const rate = next.rate ?? update?.rate, isNew = update && rate !== update.rate;
    next = undefined;
    if (!isNew && wanted.every(([i, x]) => Object.is(Number(nodes[i].v), x))) return;
    if (isNew) update.rate = rate;
    for (const [i, x] of wanted) nodes[i].v = lesson.given[i] = x;
    lesson.compute();
    const arrived = lesson.now.events[lesson.step];  // no number travels again
    Object.assign(lesson, {old: null, shows: "after", updated: [], arrived, isQuiet: true});
    lesson.render();
    lesson.refresh();
    lesson.isQuiet = false;
    last = performance.now() + 3 * (performance.now() - last);  // large pictures leave time to train
  }
  function pass(which) {
    const {lesson} = panel, {events} = lesson.now;
    const first = events.findIndex(({kind}) => kind === "update");
    lesson.go({forward: lesson.seed - 1, backward: first < 0 ? lesson.last : first - 1,
      update: lesson.last}[which]);
  }
  return panel;
}
