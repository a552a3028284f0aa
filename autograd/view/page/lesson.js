// What the parts of the page share: the graph, its run, and where the learner is.

/** Begin a lesson. Its parts read these fields, and change what is shown by its functions only:
 *
 *  data, nodes, rules    what Python has sent
 *  now, old              the run of all passes, and the one before an edit (or null); see `run`
 *  seen, shows           the run that is shown: that "before", that "after", or their "difference"
 *  isEdited              whether leaves have other numbers than Python has sent
 *  given                 the numbers of the leaves that Python has sent
 *  seed, last, end       the first step of the backward pass, the last step, the root
 *  step, asking          the step that is shown; whether the next one is being asked for
 *  arrived               the last event that was shown, whose numbers do not travel again
 *  size                  what one step is, one of SIZES
 *  level, picture        the level of detail, and its picture; see `pictures`
 *  chosen, among, route  the chosen number (or -1), the others at its place, a path of it (or null)
 *  looks                 whether it was chosen at this step: then its paths light up, and no event
 *  words                 numbers and formulas as text
 *  start(mode), go(to)   begin, in a mode; go to a step
 *  edit(numbers)         give leaves other numbers; for the learner set(i, number) and reset()
 *  compute()             run again, with the numbers of the leaves
 *  isQuiet               whether what changes is not read out
 *  again(), back()       go forward with the updated numbers; undo the last such update
 *  updated               the numbers before each of these updates
 *  jump()                go to the next change of the chosen number
 *  turn(level)           show another picture
 *  choose(group, typing)  choose a number of these, or none if it is chosen; and type another
 *  pick(i, among)        choose a number, or none (-1)
 *  refresh()             show what has changed of the chosen number
 *  changed()             called when something else is shown
 *  render(), follow()    show the state; bring what happens into sight
 *  keep(groups)          bring parts of the picture into sight, the first one above all
 *  next                  the button of the next step
 *  height()              return how high the page would like to be
 *  mode                  what the learner has to do, for example `quiz`; all of it is optional:
 *    element             its place in the page, below the words of an event
 *    limit               the last step that may be seen yet
 *    isComplete, until   whether nothing is hidden any more, if not by the limit; when that is
 *    run(nodes, rules)   the passes to show, instead of `run`
 *    describe(event)     the words of an event, if other than usual
 *    keys                what keys do, by their names
 *    edge(e)             called when edge e of the picture is clicked
 *    went(), render()    called after each step, and whenever something has changed
 *    planted(), plant(text)   the slip that is to be found, as text; plant it
 *    restart()           called at the beginning and after an edit; may return the step to go to
 */
function begin(data, rules, edited) {
  const nodes = data.nodes, given = nodes.map((node) => node.v);
  const lesson = {data, nodes, rules, mode: {}, level: data.detail, step: 0, asking: false,
    old: null, chosen: -1, among: [], route: null, looks: false, end: nodes.length - 1,
    render: () => {}, follow: () => {}, changed: () => {},  // until there is a page
    size: "change", shows: "after", updated: [], given,
    get seen() { return (lesson.shows === "before" && lesson.old) || lesson.now; },
    get isEdited() { return nodes.some((node, i) => node.v !== given[i]); },
    get isComplete() {
      return lesson.mode.isComplete ?? (lesson.mode.limit ?? lesson.last) === lesson.last;
    }};

  function passes(of) {
    const done = (lesson.mode.run ?? run)(of, rules);
    if (data.update) done.events.push(...updates(done, data.update));
    return done;
  }
  /** Return the pass that the lesson is to be compared with; null if there is none. */
  function earlier() {
    const {before} = data;
    return before ? passes(nodes.map((node, i) => (i in before ? {...node, v: before[i]} : node)))
      : null;
  }
  lesson.compute = () => {
    lesson.now = passes(nodes);
    lesson.last = lesson.now.events.length - 1;
    lesson.seed = lesson.now.events.findIndex((event) => event.kind === "seed");
  };
  /** Go to a step, or as far as the learner may; ask for the next one if that is where they are. */
  lesson.go = (to) => {
    const wanted = Math.max(0, Math.min(lesson.last, to)), limit = lesson.mode.limit ?? lesson.last;
    lesson.asking = wanted > limit && lesson.step === limit;
    lesson.step = Math.min(wanted, limit);
    lesson.looks = false;
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
    lesson.updated = [];
    nodes.forEach((node, i) => {
      if (node.v === given[i]) return;
      node.v = given[i];
      edited(i, Number(node.v));
    });
    rerun(earlier());
  };
  /** Run again with the updated numbers; what became of the root is seen first. */
  lesson.again = () => {
    lesson.updated.push(Object.fromEntries(data.update.nodes.map((i) => [i, nodes[i].v])));
    move(known(nodes, lesson.now.events, lesson.last).updated, lesson.seed - 1);
  };
  /** Take the last update back, to where it was made. */
  lesson.back = () => move(lesson.updated.pop(), Infinity);
  function move(numbers, step) {
    lesson.edit(numbers);
    for (const [i, x] of Object.entries(numbers)) edited(Number(i), Number(x));
    lesson.go(step);
  }
  /** Go to the next step that changes the chosen number; after the last one, to the first. */
  lesson.jump = () => {
    const all = changesOf(lesson.now.events, lesson.chosen);
    const to = all.find((i) => i > lesson.step) ?? all[0];
    if (to !== undefined) lesson.go(to);
  };
  function rerun(before) {
    lesson.compute();
    Object.assign(lesson, {old: before, shows: "after"});
    lesson.go(lesson.mode.restart?.() ?? lesson.step);
    lesson.refresh();
  }
  /** Say which mode it is, before the first step. */
  lesson.start = (mode) => {
    lesson.mode = mode;
    lesson.compute();
    lesson.step = mode.restart?.() ?? 0;
    lesson.old = earlier();
    if (lesson.old) lesson.step = mode.limit ?? lesson.last;
  };
  lesson.words = words(lesson);
  lesson.compute();
  return lesson;
}
