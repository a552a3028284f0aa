// A line of text is a graph: both passes through what a visitor types.

const LINES = ["tanh(a*b + a^2); a = 2; b = -3", "d = a*b + c; L = d*f; a = 2; b = -3; c = 10; f = -2",
  "b = 2*a; c = b + a; d = c*b + a; a = 1",
  "(y - t)^2 / 2; y = w*x + b; w = 0.5; x = 2; b = 0; t = 3; given x, t",
  "-log(sigmoid(w*x)); w = 1; x = -2"];

/** Make the bar of the line, and show its graph in the panel of the sample. */
function linePanel(app) {
  const field = make("input", {autocomplete: "off", spellcheck: "false", "aria-label": "A line of text",
    input: () => take(field.value)});
  const wrong = make("p", {class: "wrong", role: "status"});
  const examples = make("select", {"aria-label": "Examples", change: () => {
    if (examples.value) take(field.value = examples.value);
    examples.value = "";
  }}, option("", "Examples …"), ...LINES.map((text) => option(text, text)));
  const element = make("section", {class: "line", "aria-label": "A line of text"}, make("label", {},
    make("span", {}, "Type a formula: names, numbers, + − * / ^, functions of the table; “given x”: no update moves x"), field),
  examples, wrong);
  let panel;
  function take(text) {
    const result = graphOfText(text);
    wrong.textContent = result.wrong ?? remarksOn(result);
    field.setAttribute("aria-invalid", Boolean(result.wrong));
    if (result.wrong) return;
    Object.assign(app, {line: text, typed: result});
    panel.show({graph: result.graph, p: result.numbers, x: result.numbers, t: [], rate: 0.1, name: text,
      level: "scalar"});
    keepLink(app);
  }
  function render() {
    if (app.mode !== "line") return;
    if (!panel) {
      panel = samplePanel((kind, k, number) => {
        app.typed.numbers[k] = number;
        app.typed.free = [];
        wrong.textContent = remarksOn(app.typed);
      });
      element.append(panel.element);
      field.value = app.line ??= LINES[0];
      take(field.value);
    } else if (field.value !== app.line) take(field.value = app.line);
  }
  return {element, render};
}

/** Return what there is to say of the numbers of a line: which were chosen for it, and the first
 *  operation that gives no finite number. */
function remarksOn({graph: {nodes}, names, numbers, free}) {
  const rules = rulesOf(), values = [], said = free.map((name) =>
    `${name} has no value: ${show(numbers[names.indexOf(name)], 4)} is taken.`);
  for (const {f, o, at} of nodes) {
    const operands = o?.map((x) => (Array.isArray(x) ? Number(x[0]) : values[x]));
    const y = o ? rules[f].value(...operands)[0] : numbers[at];
    values.push(y);
    if (Number.isFinite(y)) continue;
    if (o) said.push(`${show(y, 4)}: ${RULES[f].text.name} ${Number.isNaN(y) ? "is not defined"
      : "has no finite value"} at ${operands.map((x) => show(x, 4)).join(", ")}.`);
    break;
  }
  return said.join(" ");
}
