// Two runs: which of them is shown, and how a number goes from the one into the other.

/** Make the switch between the run before, the one after, and their difference. */
function comparing(lesson, refresh) {
  const buttons = ["before", "after", "difference"].map((which) => make("button",
    {type: "button", click: () => {
      lesson.shows = which;
      lesson.render();
      refresh();
    }}, which));
  const element = make("div", {class: "twice", role: "group", "aria-label": "Which numbers"},
    ...buttons);
  function render() {
    element.hidden = !lesson.old;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", button.textContent === lesson.shows);
    }
  }
  return {element, render};
}

const TRAVEL = 600;  // milliseconds

/** Let the gradients of an update move into their parameters, once for each step. */
function arrive(lesson, events) {
  const isNew = events.at(-1) !== lesson.arrived;
  lesson.arrived = events.at(-1);
  if (isNew) lesson.picture.svg.querySelectorAll(".travel").forEach((text) => text.remove());
  if (!isNew || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const {picture} = lesson;
  for (const event of events) {
    const {kind, node: i} = event, step = stepAt(picture, event);
    if (kind !== "update") continue;
    if (step) travel(picture.lines[step.k][step.line - 1], picture.lines[step.k][step.line]);
    const k = picture.members.findIndex((group) => group.length === 1 && group[0] === i);
    const edge = picture.weights?.indexOf(i) ?? -1;
    const lines = [picture.lines[k], picture.labels[edge]?.querySelectorAll("tspan")]
      .find((found) => found?.length === 2);
    if (lines) travel(lines[1], lines[0]);
  }
}

function travel(from, to) {
  if (!from.getNumberOfChars() || !to.getNumberOfChars()) return;  // nor where none is seen
  const middle = (text) => {
    const from = text.getStartPositionOfChar(0);
    const to = text.getEndPositionOfChar(text.getNumberOfChars() - 1);
    return [(from.x + to.x) / 2, from.y];
  };
  const [[x, y], [u, v]] = [from, to].map(middle);
  const moving = make("text", {class: "grad travel", x, y}, from.textContent);
  moving.style.fontSize = getComputedStyle(from).fontSize;
  from.closest("g").append(moving);
  moving.animate([{transform: "none"}, {transform: `translate(${u - x}px, ${v - y}px)`}],
    {duration: TRAVEL, easing: "ease-in-out"}).onfinish = () => moving.remove();
}
