// What a slip does to training: two curves of the loss.

const STEPS = 300, WORK = 2e5;  // of training, at most: steps, and steps times numbers
const RATES = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
const TRIED = 3;  // rates
const HARM = 0.9;  // of what the right pass wins: a slip that wins less does harm

/** Return the losses of training, w ← w − η · gradient, until one is not finite. */
function descend({nodes, rules, data: {trained}}, eta, steps, slip) {
  const copy = nodes.map((node) => ({...node})), losses = [];
  for (let step = 0; step <= steps; step++) {
    const {values, grads} = run(copy, rules, slip), loss = values.at(-1);
    if (!Number.isFinite(loss)) break;
    losses.push(loss);
    for (const i of trained) copy[i].v = values[i] - eta * grads[i];
  }
  return losses;
}

/** Return right trainings, with the largest rates at which the loss falls all the way and far. */
function descents(lesson) {
  const steps = Math.max(30, Math.min(STEPS, Math.floor(WORK / lesson.nodes.length)));
  const all = RATES.map((eta) => ({eta, steps, right: descend(lesson, eta, steps)}));
  const won = ({right}) => right[0] - right.at(-1);
  const falling = all.filter(({right}) => right.length > steps &&
    right.every((x, k) => !k || x <= right[k - 1] + 1e-12 * Math.abs(x)));
  const far = 0.5 * Math.max(...falling.map(won));
  const found = falling.filter((training) => won(training) > 0 && won(training) >= far);
  return found.length ? found.slice(0, TRIED) : all.slice(-1);
}

/** Return one of the trainings with what becomes of it by a slip: the first to which that does
 * harm, else the first one. */
function slipped(lesson, trainings, slip) {
  let first;
  for (const training of trainings) {
    const {eta, steps, right} = training, wrong = descend(lesson, eta, steps, slip);
    const harms = !(right[0] - wrong[steps] >= HARM * (right[0] - right.at(-1)));
    first ??= {...training, wrong, harms};
    if (harms) return {...training, wrong, harms};
  }
  return first;
}

/** Draw the losses of right and wrong training; what goes far beyond the right ones is cut off. */
function curves({right, wrong, steps}) {
  const [wide, high, pad, left] = [340, 120, 6, 46], end = Math.min(...right);
  const span = right[0] - end || Math.abs(end) || 1;
  const top = Math.min(Math.max(...wrong, ...right), right[0] + 3 * span);
  const low = Math.max(Math.min(...wrong, end), end - span);
  const x = (step) => left + (step / steps) * (wide - left - pad);
  const y = (loss) => pad + (top - Math.max(low, Math.min(top, loss))) / (top - low || 1) *
    (high - 3 * pad);
  const line = (losses) => losses.map((loss, k) =>
    `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
  return make("svg", {viewBox: `0 0 ${wide} ${high + 22}`, class: "curves", role: "img",
    "aria-label": "The loss in training, with the right pass and with the slip"},
  make("path", {class: "axes", d: `M${left} 0V${high - 1}H${wide}`}),
  make("text", {x: left - pad, y: 18, "text-anchor": "end"}, "loss"),
  make("text", {x: wide, y: high + 18, "text-anchor": "end"}, "step"),
  make("path", {class: "wrong", d: line(wrong)}), make("path", {class: "right", d: line(right)}));
}

/** Return the curves of training, right and with a slip, and what they show in words. */
function training(lesson, slip) {
  const {put} = lesson.words, losses = slipped(lesson, descents(lesson), slip);
  const {eta, steps, right, wrong, harms} = losses;
  const end = (losses) => (losses.length > steps ? put(losses.at(-1))
    : `no finite number after ${losses.length - 1} steps`);
  const entry = (kind, text) => make("li", {class: kind}, text);
  return [curves(losses), make("div", {},
    make("p", {}, `Training, w ← w − η · gradient with η = ${eta}, ${steps} steps:`),
    make("ul", {}, entry("right", `right: ${put(right[0])} → ${end(right)}`),
      entry("wrong", `with the slip: ${put(wrong[0])} → ${end(wrong)}`)),
    make("p", {}, harms ? "" : "Here training goes about as well with the slip, or better: the loss "
      + "does not show that a gradient is wrong."))];
}
