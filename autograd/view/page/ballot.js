// Ballots: the right answer among what slips make of it. SLIPS is printed from slips.py.

const product = (xs) => xs.reduce((a, b) => a * b, 1), total = (xs) => xs.reduce((a, b) => a + b, 0);
const FORWARD = {  // slips of an operation: its y, all operands, its rule, and those not constant
  sign: {title: "lost the sign", value: (y) => -y},
  operation: {title: "another operation", value: (y, xs, rule, numbers) => (numbers.length < 2 ? NaN
    : y === total(xs) ? product(xs) : total(xs))},
  last: {title: "forgot an operand", value: (y, xs, rule, numbers) => (numbers.length < 2 ? NaN
    : rule.value(...xs.slice(0, -1), rule.factors ? 1 : 0)[0])},
  first: {title: "forgot an operand", value: (y, xs, rule, numbers) => (numbers.length < 2 ? NaN
    : rule.value(rule.factors ? 1 : 0, ...xs.slice(1))[0])},
  unchanged: {title: "forgot the operation", value: (y, xs, rule, numbers) =>
    (numbers.length > 1 ? NaN : numbers[0])},
  factor: {title: "a factor 2 too much", value: (y) => 2 * y},
};

/** Return the right answer to an event and what up to three slips make of it, shuffled. */
function ballot(event, {values, grads}, nodes, rules, digits, seed) {
  const random = dice(seed), isValue = event.kind === "value";
  const right = isValue ? values[event.node] : event.after, choices = [{number: right, title: ""}];
  const put = (x) => show(x, digits);
  const offer = (number, title) => {
    const isNew = Number.isFinite(number) && !choices.some((c) => put(c.number) === put(number));
    if (isNew && choices.length < 4) choices.push({number, title});
  };
  if (isValue) {
    const node = nodes[event.node], xs = operands(node, values);
    const numbers = xs.filter((_, place) => !Array.isArray(node.o[place]));
    for (const {title, value} of shuffled(Object.values(FORWARD), random)) {
      offer(value(right, xs, rules[node.f], numbers), title);
    }
  } else {
    for (const {title, number} of shuffled(Object.values(SLIPS), random)) {
      offer(number(event), title);
    }
  }
  return shuffled(choices, random);
}
