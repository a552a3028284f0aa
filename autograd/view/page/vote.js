// Predict and vote: every number is chosen from a ballot before it is shown. First of all, whether
// a parameter will grow or shrink; the answer to that comes last.

const LETTERS = "ABCD";

function vote(lesson) {
  const {data, nodes, rules} = lesson, {put, name, slope, names, formula} = lesson.words;
  const guessed = guess(), place = make("div", {class: "ballot", role: "group",
    "aria-label": "Answers"});
  const answer = make("button", {type: "button", class: "answer", click: enter});
  const verdict = make("p", {class: "verdict", role: "status"});
  const mode = {element: [make("div", {class: "vote"}, place, answer, verdict)], limit: 0,
    until: "all numbers are known", describe: told, restart, went, render,
    keys: {Enter: enter}};
  let choices = [], picked = -1, score = 0, asked = 0;
  let first = guessed === undefined ? "" : "asking";  // then "kept", in the end "told"
  let hope = -1;  // the guess
  [...LETTERS].forEach((letter, k) => {
    mode.keys[letter] = mode.keys[letter.toLowerCase()] = () => pick(k);
  });

  /** Return which number to guess about: the first that a step changes visibly. */
  function guess() {
    const {grads, values} = run(nodes, rules);
    return data.trained.find((i) => Number.isFinite(grads[i]) && grads[i] !== 0 &&
      Number.isFinite(values[i]));
  }
  function restart() {
    mode.limit = score = asked = 0;
    went();
  }
  const isGuess = () => first === "asking" && lesson.step === 0;
  const isLast = () => lesson.isComplete && lesson.step === lesson.last;

  // -- words

  function told(event) {
    if (isGuess()) {
      return {heading: `Will ${name(guessed)} grow or shrink?`,
        row: [card(`after a step against the gradient of ${name(lesson.end)}`, "")]};
    }
    if (!lesson.asking) return;
    const {node: i, parent, upstream, before} = event;
    if (event.kind === "value") {
      return {heading: `${name(i)} = ${formula(i, names(i))} = ?`, row: []};
    }
    return {heading: question(lesson, event),
      more: `Upstream ${put(upstream)}, total so far ${put(before)}.`,
      row: [card(`upstream ${slope(i)}`, put(upstream)),
        card(`total ${slope(parent)}`, `${put(before)} + ? = ?`, "result")]};
  }

  // -- the ballot

  /** Ask for the event that comes next; called whenever the learner has gone to a step. */
  function went() {
    picked = -1;
    if (isGuess()) choices = [{text: "grow"}, {text: "shrink"}];
    else if (lesson.asking) {
      const k = lesson.step + 1, event = lesson.now.events[k];
      choices = ballot(event, lesson.now, nodes, rules, data.digits, k)
        .map(({number, title}) => ({text: put(number), title, isRight: !title}));
    } else choices = [];
    verdict.textContent = "";
    draw(false);
  }
  function pick(k) {
    if (!choices[k] || !(isGuess() || lesson.asking)) return;
    picked = picked === k ? -1 : k;
    draw(false);
    answer.focus();
  }
  function draw(isOpen) {
    place.replaceChildren(...choices.map(({text, title, isRight}, k) => make("button", {
      type: "button", click: () => pick(k), "aria-pressed": picked === k,
      class: isOpen && isRight ? "right" : ""}, make("span", {class: "choice"},
      make("b", {}, LETTERS[k]), make("span", {class: "number"}, text)),
    make("span", {class: "why"}, !isOpen ? "" : isRight ? "✓" : `✗ ${title}`))));
    place.hidden = !choices.length;
    const isAsking = isGuess() || lesson.asking;
    answer.textContent = isGuess() ? (picked < 0 ? "Go on without a guess" : "Keep the guess") : isAsking ? "Show answer" : "Next";
    answer.hidden = isLast() && first !== "kept";
  }
  function enter() {
    if (isGuess()) {
      [hope, first] = [picked, "kept"];
      lesson.go(0);
    } else if (lesson.asking) reveal();
    else if (isLast()) conclude();
    else lesson.go(lesson.step + 1);
    answer.focus();
  }
  function reveal() {
    const shown = choices, mine = picked, step = lesson.step + 1;
    const isNextSeed = lesson.now.events[step + 1]?.kind === "seed";
    mode.limit = step + isNextSeed;
    lesson.go(step);
    [choices, picked] = [shown, mine];
    asked += mine >= 0;
    score += mine >= 0 && shown[mine].isRight;
    verdict.textContent = asked ? `${score} of ${asked} right.` : "";
    draw(true);
  }
  /** Answer what was asked first. */
  function conclude() {
    const slopeNow = lesson.now.grads[guessed], grows = slopeNow < 0;
    first = "told";
    choices = [{text: "grow", title: "", isRight: grows},
      {text: "shrink", title: "", isRight: !grows}];
    picked = hope;
    draw(true);
    verdict.textContent = `${slope(guessed)} = ${put(slopeNow)} is ${grows ? "negative" :
      "positive"}: a step against it makes ${name(guessed)} ${grows ? "grow" : "shrink"}.`;
  }
  function render() {
    place.closest(".player")?.classList.toggle("blank", isGuess());
  }
  return mode;
}
