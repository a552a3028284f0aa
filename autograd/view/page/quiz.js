// Predict, then reveal: each gradient is asked for before it is shown.

function quiz(lesson) {
  const {put} = lesson.words;
  let tries = 0, score = 0, asked = 0;
  const {answer, form, verdict, say} = asking("Your prediction", judged, reveal);
  const mode = {element: [form, verdict], limit: lesson.seed, until: "all gradients are predicted",
    describe, restart, went, render};

  function describe(event) {
    if (!lesson.asking) return;
    const {upstream, before} = event;
    return {heading: question(lesson, event),
      more: `Upstream ${put(upstream)}, total so far ${put(before)}.`,
      row: sumCards(lesson, event, `local ${partialOf(lesson, event)}`, "?", "?", "? =")};
  }
  function restart() {
    mode.limit = lesson.seed;
    asked = score = tries = 0;
  }
  function went() {
    say("");
    if (lesson.asking) answer.focus();
  }
  function render() {
    form.hidden = !lesson.asking;
  }
  function judged(typed) {
    const {now, old} = lesson, asks = now.events[mode.limit + 1];
    const stale = old ? old.grads[asks.parent] : undefined;
    tries += 1;
    return judge(typed, asks, now.events, stale);
  }
  function reveal(isRight) {
    score += isRight && tries === 1;
    asked += 1;
    tries = 0;
    mode.limit += 1;
    if (lesson.now.events[mode.limit + 1]?.kind !== "add") mode.limit = lesson.last;
    lesson.go(mode.limit);
    say(`${isRight ? "Right." : "Revealed."} ${score} of ${asked} right at the first try` +
      `${lesson.isComplete ? "; that was all." : "."}`, isRight ? "right" : "");
    lesson.next.focus();
  }
  return mode;
}
