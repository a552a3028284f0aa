// What the parts of the page share: the graph, its run, and where the learner is.

/** Begin a lesson. Its parts read these fields, and change them by its functions only:
 *
 *  data, nodes, rules    what Python has sent
 *  now, old              the run of both passes, and the one before an edit (or null); see `run`
 *  seed, last, end       the first step of the backward pass, the last step, the root
 *  step, asking          the step that is shown; whether the next one is being asked for
 *  level, picture        the level of detail, and its picture; see `pictures`
 *  chosen, among, route  the chosen number (or -1), the others at its place, a path of it (or null)
 *  words                 numbers and formulas as text
 *  turn(level)           show another picture
 *  choose(group)         choose a number of these, or none if it is chosen
 *  changed()             called when something else is shown
 *  render(), follow()    show the state; bring what happens into sight
 *  keep(groups)          bring parts of the picture into sight, the first one above all
 *  mode                  what the learner has to do, for example `quiz`; all of it is optional:
 *    element             its place in the page, below the words of an event
 *    limit               the last step that may be seen yet
 *    run(nodes, rules)   the passes to show, instead of `run`
 *    describe(event)     the words of the event being asked for
 *    edge(e)             called when edge e of the picture is clicked
 *    went(), render()    called after each step, and whenever something has changed
 *    restart()           called after an edit
 */
function begin(data, rules, edited) {
  const nodes = data.nodes, given = nodes.map((node) => node.v);
  const lesson = {data, nodes, rules, mode: {}, level: data.detail, step: 0, asking: false,
    old: null, chosen: -1, among: [], route: null, end: nodes.length - 1,
    changed: () => {},
    get isComplete() { return (lesson.mode.limit ?? lesson.last) === lesson.last; }};

  function compute() {
    lesson.now = (lesson.mode.run ?? run)(nodes, rules);
    lesson.last = lesson.now.events.length - 1;
    lesson.seed = lesson.now.events.findIndex((event) => event.kind === "seed");
  }
  /** Go to a step, or as far as the learner may; ask for the next one if that is where they are. */
  lesson.go = (to) => {
    const wanted = Math.max(0, Math.min(lesson.last, to)), limit = lesson.mode.limit ?? lesson.last;
    lesson.asking = wanted > limit && lesson.step === limit;
    lesson.step = Math.min(wanted, limit);
    lesson.render();
    lesson.follow();
    lesson.mode.went?.();
  };
  /** Give leaves, named by their indices, other numbers, and run again if that changes any. */
  lesson.edit = (numbers) => {
    const isNew = ([i, x]) => !Object.is(Number(nodes[i].v), Number(x));
    const changes = Object.entries(numbers).filter(isNew);
    for (const [i, x] of changes) nodes[i].v = x;
    if (changes.length) rerun(lesson.now);
  };
  /** Edit a leaf as the learner does, and tell the kernel. */
  lesson.set = (i, number) => {
    lesson.edit({[i]: number});
    edited(i, number);
  };
  lesson.reset = () => {
    nodes.forEach((node, i) => {
      if (node.v === given[i]) return;
      node.v = given[i];
      edited(i, Number(node.v));
    });
    rerun(null);
  };
  function rerun(before) {
    compute();
    lesson.old = before;
    lesson.mode.restart?.();
    lesson.go(lesson.step);
    lesson.refresh();
  }
  /** Say which mode it is, before the first step. */
  lesson.start = (mode) => {
    lesson.mode = mode;
    compute();
    mode.restart?.();
  };
  lesson.words = words(lesson);
  compute();
  return lesson;
}
