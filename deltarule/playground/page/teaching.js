// How a lesson is given: it is opened, its question is answered, and its tasks are checked.

/** Open a lesson by its number; 0 closes it, and leaves the page as it is. */
function openLesson(app, number) {
  const lesson = LESSONS[number - 1];
  app.pause();
  if (lesson && app.given) {
    app.say("Lessons make networks of their own: open the playground without a model for them.");
    return app.changed();
  }
  app.lesson = null;
  if (lesson) {
    Object.assign(app, {mode: "net", shows: "output"});
    if (app.comparing) {
      app.comparing = null;
      app.compare();
    }
    app.lesson = beginLesson(app, number);
    app.lesson.begin();
  }
  app.changed();
}

/** Begin a lesson.
 *
 *  number, part, isDone   which lesson and part; whether the part is solved
 *  answer, verdict        the answer that was given (or -1), and what was said of the last attempt
 *  text                   what to do
 *  answerWith(k), begin(), next(), type(text)   what the learner can do
 *  changed()              called after everything that happens */
function beginLesson(app, number) {
  const {ask, parts} = LESSONS[number - 1], memo = {};
  let run = null, isBusy = false;
  const lesson = {number, part: 0, isDone: false, answer: -1, verdict: "", memo};
  const part = () => parts[lesson.part];
  function putNumbers() {
    const {p} = part();
    ({run} = app);
    if (p?.length !== run.p.length) return;
    run.p.set(p);
    app.edited();
  }
  /** Make the page as the part wants it. */
  lesson.begin = () => {
    const {set, epochs, start} = part();
    app.pause();
    isBusy = true;
    Object.assign(lesson, {isDone: false, verdict: ""});
    delete memo.typed;
    const {notation} = app.settings;
    if (set) app.set({...firstSettings(), notation, seed: 1, share: 0, ...set});
    putNumbers();
    if (epochs) {
      while (run.epochs < epochs) run.step(app.settings);
      app.edited();
    }
    start?.(app, memo);
    memo.begun = momentOf(app);
    isBusy = false;
    app.changed();
  };
  lesson.answerWith = (k) => {
    lesson.answer = k;
    lesson.begin();
  };
  lesson.next = () => {
    lesson.part++;
    lesson.begin();
  };
  lesson.type = (text) => {
    const x = read(text);
    memo.typed = Number.isFinite(x) ? x : undefined;
    lesson.changed();
    if (memo.typed === undefined) {
      lesson.verdict = `“${clip(text)}” is no number; write it like −0.25 or 1/3.`;
    }
    app.lessonPanel.render();
  };
  lesson.changed = () => {
    if (isBusy) return;
    if (app.run !== run) return putNumbers(), lesson.changed();
    if (lesson.answer >= 0 && !lesson.isDone) {
      const told = part().check(app, memo) ?? "";
      lesson.isDone = Array.isArray(told);
      if (lesson.isDone || !app.playing) lesson.verdict = lesson.isDone ? solved(told[0]) : told;
    }
    app.lessonPanel.render();
  };
  function solved(text) {
    const part = lesson.part + 1;
    if (part < parts.length) return `${part}/${parts.length} is done: ${text}`;
    const {answers, right} = ask, said = `You had said “${answers[lesson.answer]}”: `;
    return `Solved: ${text} ${said}${lesson.answer === right ? "that is right."
      : `it is “${answers[right]}”.`}`;
  }
  Object.defineProperty(lesson, "text", {get: () => part().task(app, memo)});
  return lesson;
}

/** Make the place of the lesson; `render()` shows the state of app.lesson. */
function lessonPanel(app) {
  const count = make("span"), title = make("b"), sentence = make("span");
  const task = make("span", {tabindex: -1});
  const to = (by) => () => openLesson(app, app.lesson.number + by);
  const previous = pressButton("‹", to(-1)), next = pressButton("›", to(1));
  const close = pressButton("×", () => openLesson(app, 0));
  previous.setAttribute("aria-label", "Previous lesson");
  next.setAttribute("aria-label", "Next lesson");
  close.setAttribute("aria-label", "Close the lesson");
  const tools = make("div", {class: "row"});
  const verdict = make("p", {class: "verdict", role: "status"});
  const element = make("section", {class: "lesson", role: "region", "aria-label": "Lesson"},
    make("div", {class: "row"}, previous, count, next, make("p", {}, title, " ", sentence), close),
    make("div", {class: "row"}, task, tools, verdict));
  const act = (word, click) => pressButton(word, () => {
    click();
    task.focus({preventScroll: true});
  });
  let shown;
  const put = (part, text) => part.textContent !== text && (part.textContent = text);
  function build({number, part, isDone, answer}) {
    const {ask, parts} = LESSONS[number - 1], {field} = parts[part];
    if (answer < 0) {
      return tools.replaceChildren(...ask.answers.map((word, k) =>
        act(word, () => app.lesson.answerWith(k))));
    }
    return tools.replaceChildren(...(field && !isDone ? [fieldOf(field)] : []),
      ...(isDone && part < parts.length - 1 ? [act("Go on", () => app.lesson.next())] : []),
      act("Begin again", () => app.lesson.begin()));
  }
  function fieldOf(name) {
    const input = make("input", {size: 8, autocomplete: "off"});
    return make("form", {class: "row", submit: (event) => {
      event.preventDefault();
      app.lesson.type(input.value);
      if (app.lesson.isDone) tools.lastChild.focus();
    }}, make("label", {}, `${name} = `, input), make("button", {}, "Check"));
  }
  function render() {
    const {lesson} = app;
    element.hidden = !lesson;
    if (!lesson) return (shown = undefined);
    const {number, part, isDone, answer} = lesson, {ask, parts} = LESSONS[number - 1];
    const key = [number, part, isDone, answer].join();
    if (shown !== key) build(lesson);
    shown = key;
    element.setAttribute("aria-label", `Lesson ${number} of ${LESSONS.length}`);
    put(count, `${number} of ${LESSONS.length}`);
    put(title, `${LESSONS[number - 1].title}.`);
    put(sentence, LESSONS[number - 1].sentence);
    put(task, answer < 0 ? `First say: ${ask.question}`
      : (parts.length > 1 ? `${part + 1}/${parts.length}: ` : "") + lesson.text);
    task.hidden = isDone;
    put(verdict, lesson.verdict);
    mark(verdict, {solved: isDone});
    previous.disabled = number === 1;
    next.disabled = number === LESSONS.length;
  }
  render();
  return {element, render};
}
