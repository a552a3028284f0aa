// Find the slip: one += of a finished backward pass is wrong. Find it, repair it, and see what it
// would do to training.

function hunt(lesson) {
  const {data, nodes, rules} = lesson, {put, signed, slope} = lesson.words;
  let slip, right, due, at, phase = "find";  // then "repair", then "repaired"
  const {answer, form, verdict, say} = asking("The right total", judged, repair);
  const blamed = make("button", {type: "button", class: "blame",
    click: () => blame([lesson.now.events[lesson.step]])}, "This += is wrong");
  const shown = make("button", {type: "button", class: "show", click: () => found("Revealed:")},
    "Reveal");
  const another = make("button", {type: "button", class: "another", click: again}, "Another slip");
  const figure = make("div", {class: "figure"});
  const mode = {element: [make("div", {class: "hunt"}, make("div", {}, verdict, form,
    make("div", {class: "quiz"}, blamed, shown, another)), figure)], isComplete: false,
  until: "the slip is repaired", run: passes, describe: told, edge, restart, render,
  planted: () => `${slip.name}.${slip.at}`, plant};

  function passes() {
    right = run(nodes, rules);
    if (phase === "repaired") return right;
    slip ??= choice(lesson, right, Math.random);
    const wrong = run(nodes, rules, slip);
    due = dues(wrong.events, right);
    at = firstWrong(wrong.events, due, data.digits);
    return wrong;
  }
  /** Begin anew: at first, and with other numbers; what was repaired stays so. */
  function restart() {
    if (phase === "repaired") return undefined;
    phase = "find";
    say(at < 0 ? "With these numbers the slip does not show. Undo the edit."
      : "One += of this backward pass is wrong. Click on the first wrong edge.");
    return lesson.last;
  }
  function again() {
    renew(choice(lesson, right, Math.random, slip) ?? slip);
  }
  /** Plant a slip that `planted` has told of, if these numbers show it. */
  function plant(text) {
    const [name, ...at] = text.split(".");
    const found = !Object.hasOwn(SLIPS, name) ? undefined : places(name, right, nodes, data.digits)
      .map((event) => planted(name, event, right)).find((other) => other.at === at.join("."));
    if (found && text !== mode.planted()) renew(found);
  }
  function renew(other) {
    slip = other;
    mode.isComplete = false;
    figure.replaceChildren();
    phase = "find";
    lesson.start(mode);
    lesson.go(lesson.last);
  }
  function told(event) {
    if (phase === "repaired" || event.kind !== "add") return;
    const {local, upstream, term, before, after} = event, total = slope(event.parent);
    return {heading: `${total} += ${productOf(lesson, event)}`,
      more: `${put(local)} times ${put(upstream)} is ${put(term)}; from ${put(before)} to ` +
        put(after),
      row: [card(`local ${partialOf(lesson, event)}`, put(local)), "×",
        card(`upstream ${slope(event.node)}`, put(upstream), "upstream"), "=",
        card("contribution", put(term), "term"), "→",
        card(`total ${total}`, `${put(before)} → ${put(after)}`, "result")]};
  }

  // -- find

  function edge(e) {
    const {flows} = lesson.picture;
    blame(lesson.now.events.filter(({kind, arc}) => kind === "add" && flows[arc] === e));
  }
  function blame(events) {
    if (phase !== "find" || !events.length || at < 0) return;
    const {events: all} = lesson.now, wrong = all[at], event = events.at(-1), k = all.indexOf(event);
    if (events.includes(wrong)) return found("Yes,", "right");
    const {local, upstream, term, before, after} = event;
    const sum = `${slope(event.parent)} += ${put(local)} × ${signed(upstream)}` +
      (before ? `, ${put(before)} + ${signed(term)} = ${put(after)}` : ` = ${put(term)}`);
    say(put(after) === put(due[k]) ? `✗ Nothing wrong here: ${sum}. Look ${k < at ? "later, " +
      "farther from" : "earlier, nearer to"} ${lesson.words.name(lesson.end)}.`
      : `✗ Only what it was given is wrong: ${sum}. Look earlier, nearer to ` +
        `${lesson.words.name(lesson.end)}.`, "wrong");
  }

  function found(word, kind = "") {
    phase = "repair";
    lesson.go(at);
    say(`${word} this += is wrong. What should ${slope(lesson.now.events[at].parent)} become here?`,
      kind);
    answer.focus();
  }

  // -- repair

  function judged(typed) {
    const {events} = lesson.now, {term} = additions(right)[events[at].arc];
    const asked = {...additions(right)[events[at].arc], before: due[at] - term, after: due[at]};
    return judge(typed, asked, [...events.slice(0, at), asked]);
  }
  function repair(isRight) {
    const {arc} = lesson.now.events[at], {title} = SLIPS[slip.name];
    phase = "repaired";
    mode.isComplete = true;
    lesson.start(mode);
    const k = right.events.findIndex((event) => event.arc === arc), then = right.events[k].after;
    lesson.go(k);
    const later = put(then) === put(due[at]) ? "" : ` (${put(then)} in the right order)`;
    say(`${isRight ? "Right" : "Revealed"}: ${put(due[at])}${later}. The slip: ${title}.`,
      isRight ? "right" : "");
    if (!data.fixed) figure.replaceChildren(...training(lesson, slip));
    another.focus();
  }
  function render() {
    form.hidden = phase !== "repair";
    blamed.hidden = shown.hidden = phase !== "find";
    shown.disabled = at < 0;
    blamed.disabled = lesson.now.events[lesson.step].kind !== "add";
    for (const event of additions(lesson.now)) {
      lesson.picture.edges[lesson.picture.flows[event.arc]]?.setAttribute("aria-label",
        `${slope(event.parent)} += ${productOf(lesson, event)}: ` +
        `${put(event.local)} times ${put(event.upstream)}`);
    }
  }
  return mode;
}
