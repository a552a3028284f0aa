// A line of text is a graph: both passes through what a visitor types.

const LINES = ["tanh(a*b + a^2); a = 2; b = -3", "d = a*b + c; L = d*f; a = 2; b = -3; c = 10; f = -2",
  "b = 2*a; c = b + a; d = c*b + a; a = 1", "(y - t)^2 / 2; y = w*x + b; w = 0.5; x = 2; b = 0; t = 3",
  "-log(sigmoid(w*x)); w = 1; x = -2"];

/** Make the bar of the line, and show its graph in the panel of the sample. */
function linePanel(app) {
  const field = make("input", {autocomplete: "off", spellcheck: "false", "aria-label": "A line of text",
    input: () => take(field.value)});
  const wrong = make("p", {class: "wrong", role: "alert"});
  const examples = make("select", {"aria-label": "Examples", change: () => {
    if (examples.value) take(field.value = examples.value);
    examples.value = "";
  }}, option("", "Examples …"), ...LINES.map((text) => option(text, text)));
  const element = make("section", {class: "line", "aria-label": "A line of text"}, make("label", {},
    make("span", {}, "Type a formula: names, numbers, + − * / ^, and functions of the table"), field),
  examples, wrong);
  let panel;
  function take(text) {
    const result = graphOfText(text);
    wrong.textContent = result.wrong ?? "";
    field.setAttribute("aria-invalid", Boolean(result.wrong));
    if (result.wrong) return;
    Object.assign(app, {line: text, typed: result});
    panel.show({graph: result.graph, p: result.numbers, x: [], t: [], rate: 0.1, name: text,
      level: "scalar"});
    keepLink(app);
  }
  function render() {
    if (app.mode !== "line") return;
    if (!panel) {
      panel = samplePanel((kind, k, number) => (app.typed.numbers[k] = number));
      element.append(panel.element);
      field.value = app.line ??= LINES[0];
      take(field.value);
    } else if (field.value !== app.line) take(field.value = app.line);
  }
  return {element, render};
}
