// What a slip does to training: two curves of the loss.

/** Return the losses of right and of slipped training, w ← w − η · gradient of the leaves.
 *
 * η is the largest of 0.1, 0.03, … at which the right pass lowers the loss all the way. */
function train(nodes, rules, slip, leaves, steps) {
  const descend = (eta, slip) => {
    const copy = nodes.map((node) => ({...node})), losses = [];
    for (let step = 0; step <= steps; step++) {
      const {values, grads} = run(copy, rules, slip), loss = values.at(-1);
      if (!Number.isFinite(loss)) break;
      losses.push(loss);
      for (const i of leaves) copy[i].v = values[i] - eta * grads[i];
    }
    return losses;
  };
  for (const eta of [0.1, 0.03, 0.01, 0.003, 0.001]) {
    const right = descend(eta, {});
    const isFalling = right.every((x, k) => !k || x <= right[k - 1] + 1e-12 * Math.abs(x));
    if ((isFalling && right.length > steps && right.at(-1) < right[0]) || eta === 0.001) {
      return {eta, right, wrong: descend(eta, slip)};
    }
  }
}

/** Draw the losses of right and wrong training; what goes far beyond the right ones is cut off. */
function curves({right, wrong}, steps) {
  const [wide, high, pad] = [300, 120, 6], end = Math.min(...right);
  const span = right[0] - end || Math.abs(end) || 1;
  const top = Math.min(Math.max(...wrong, ...right), right[0] + 3 * span);
  const low = Math.max(Math.min(...wrong, end), end - span);
  const x = (step) => pad + (step / steps) * (wide - 2 * pad);
  const y = (loss) => pad + (top - Math.max(low, Math.min(top, loss))) / (top - low || 1) *
    (high - 3 * pad);
  const line = (losses) => losses.map((loss, k) =>
    `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
  return make("svg", {viewBox: `0 0 ${wide} ${high}`, class: "curves", role: "img",
    "aria-label": "The loss in training, with the right pass and with the slip"},
  make("path", {class: "axes", d: `M${pad} 0V${high - 1}H${wide}`}),
  make("path", {class: "wrong", d: line(wrong)}), make("path", {class: "right", d: line(right)}));
}

/** Return the curves of training, right and with a slip, and what they show in words. */
function training({nodes, rules, data, words: {put}}, slip, steps) {
  const losses = train(nodes, rules, slip, data.trained, steps), {eta, right, wrong} = losses;
  const end = (losses) => (losses.length > steps ? put(losses.at(-1))
    : `no finite number after ${losses.length - 1} steps`);
  const entry = (kind, text) => make("li", {class: kind}, text);
  return [curves(losses, steps), make("div", {},
    make("p", {}, `Training, w ← w − η · gradient with η = ${eta}, ${steps} steps:`),
    make("ul", {}, entry("right", `right: ${put(right[0])} → ${end(right)}`),
      entry("wrong", `with the slip: ${put(wrong[0])} → ${end(wrong)}`)))];
}
