// What a learner types: read as a number, held against the right one, and against every slip.

/** Return whether a typed number is x, as far as it was written out. */
function matches(text, x, scale = 0) {
  const typed = read(text);
  if (typed === undefined) return false;
  if (Object.is(typed, x) || typed === x) return true;
  if (!Number.isFinite(typed) || !Number.isFinite(x)) return false;
  const digits = text.replace(/e.*/i, "").replace(/[^\d]/g, "").replace(/^0+/, "").length;
  const rounded = digits > 1 && digits <= 17 &&
    [x, even(x, digits)].some((near) => Number(near.toPrecision(digits)) === typed);
  return rounded || Math.abs(typed - x) <= Math.max(0.005 * Math.abs(x), 1e-9 * scale);
}

/** Judge a prediction of the running total after an event; say which slip gives that number. */
function judge(typed, event, events, stale) {
  if (read(typed) === undefined) return {right: false, text: "That is not a number."};
  const {before, term, after} = event, is = (x) => !Number.isNaN(x) && matches(typed, x);
  if (matches(typed, after, Math.abs(before) + Math.abs(term))) return {right: true};
  const earlier = events.slice(0, events.indexOf(event))
    .filter((other) => other.kind === "add" && other.parent === event.parent);
  const slips = Object.values(SLIPS), found =
    (stale !== undefined && (is(stale) || is(stale + after)) && {says: "A stale gradient: that " +
      "number contains the gradient of the pass before. Each pass starts from 0."}) ||
    slips.find(({number}) => is(number(event))) ||
    (earlier.some((other) => is(after - other.term)) && {says:
      "Forgot a path: the contribution of an earlier edge is missing from your sum."}) ||
    (is(-after) && SLIPS.sign) ||
    slips.find(({number}) => is(number(event) - before));  // and not added to what was there
  return {right: false, text: found ? found.says : "Not yet: add local derivative × upstream."};
}

/** Make the form in which a number is asked for. `judged(typed)` returns what `judge` does, and
 *  `done(isRight)` is called when the number was right, or is to be revealed. */
function asking(label, judged, done) {
  const answer = make("input", {size: 9, autocomplete: "off", "aria-label": label});
  const verdict = make("p", {class: "verdict", role: "status"});
  const end = (isRight) => {
    answer.value = "";
    done(isRight);
  };
  const form = make("form", {class: "quiz", submit: check}, answer, make("button", {}, "Check"),
    make("button", {type: "button", class: "reveal", click: () => end(false)}, "Reveal"));
  function check(event) {
    event.preventDefault();
    const {right, text} = judged(answer.value);
    if (right) return end(true);
    say(`✗ ${text}`, "wrong");
    answer.select();
  }
  function say(text, kind = "") {
    verdict.textContent = text;
    verdict.className = `verdict ${kind}`;
  }
  return {answer, form, verdict, say};
}
