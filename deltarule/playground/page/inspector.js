// What is chosen in the network: the numbers of a unit, to be edited, frozen and checked.

const NUDGE = 1e-4;  // of a weight in the check of its gradient

/** Make the panel of the chosen unit. */
function inspectorPanel(app) {
  const title = make("h2"), words = make("p", {class: "doctor"}), list = make("div", {class: "weights"});
  const checked = make("p", {class: "checked", role: "status"});
  const kill = pressButton("Kill", () => {
    for (const {at} of outgoing()) {
      app.run.p[at] = 0;
      app.run.frozen[at] = 1;
    }
    app.edited();
  }, "Set what it passes on to 0, and keep it there");
  const freeze = pressButton("Freeze", () => {
    const isOn = isFrozen();
    for (const {at} of incoming()) app.run.frozen[at] = Number(!isOn);
    app.changed();
  });
  const element = make("aside", {class: "inspector", "aria-label": "Chosen unit"},
    make("div", {class: "row"}, title, signButton("×", "Close", leave)), words, list, checked, make("div", {class: "row"}, freeze, kill));
  let shown, rows = [];
  document.addEventListener("keydown", ({key, target}) => {
    if (key === "Escape" && !element.hidden && !target.closest("dialog, .player, .share")) leave();
  });
  function leave() {
    const k = app.model.forward.units.indexOf(unitOf()), {activeElement: at} = document;
    app.choose(-1, -1);
    if (at === document.body || element.contains(at)) app.network.focus(k);
  }

  const weights = (test) => app.model.forward.nodes.filter(({from, place}) => from === "p" && place
    && test(place));
  const unitOf = () => {
    const {units, nodes} = app.model.forward;
    if (app.unit >= 0) return units[app.unit];
    if (app.weight < 0) return undefined;
    const {place} = nodes.find(({from, at}) => from === "p" && at === app.weight) ?? {};
    return units.find(({layer, unit}) => layer === place?.layer && unit === place?.unit);
  };
  const incoming = () => {
    const {layer, unit} = unitOf();
    return weights((place) => place.layer === layer && place.unit === unit);
  };
  const isFrozen = () => incoming().every(({at}) => app.run.frozen[at]);
  const outgoing = () => {
    const {layer, unit} = unitOf();
    return weights((place) => place.layer === layer + 1 && place.source === unit);
  };
  function row(k, name) {
    const field = make("input", {size: 9, autocomplete: "off", "aria-label": `Value of ${name}`,
      change: () => {
        const x = read(field.value);
        if (x === undefined || !Number.isFinite(x)) {
          app.say(`${name}: “${clip(field.value)}” is no number; write it like 1000, −0.5 or 1/3.`);
          field.value = show(app.run.p[k], 4);
          return;
        }
        app.run.p[k] = x;
        app.edited();
      }});
    const grad = make("span", {class: "back"});
    const frozen = make("input", {type: "checkbox", "aria-label": `Freeze ${name}`, change: () => {
      app.run.frozen[k] = Number(frozen.checked);
      app.changed();
    }});
    const check = signButton("check", `check ${name}`, () => checkGradient(k, name));
    return {k, field, grad, frozen, element: make("tr", {}, make("th", {scope: "row"}, name),
      make("td", {}, field), make("td", {}, grad), make("td", {}, frozen), make("td", {}, check))};
  }
  /** Compare a gradient of the chosen sample with the slope that a nudge of the weight shows. */
  function checkGradient(k, name) {
    const {run, dataset, chosen: i} = app, p = run.p.slice(), g = new Float64Array(p.length);
    const program = app.model.program(dataset.targets[i]), x = dataset.inputs[i], t = run.targetOf(i);
    program.gradient(p, x, t, g);
    const at = (by) => {
      const moved = p.slice();
      moved[k] += by;
      return program.loss(moved, x, t);
    };
    const [up, down] = [at(NUDGE), at(-NUDGE)], slope = (up - down) / (2 * NUDGE);
    checked.textContent = `${name} ± ${NUDGE}: E = ${show(up, 9)} and ${show(down, 9)}, so the slope is `
      + `${show(slope, 7)}. Backpropagation says ∂E/∂${name} = ${show(g[k], 7)}. They differ by `
      + `${show(Math.abs(slope - g[k]), 2)}.`;
  }
  /** Show the numbers of the moment; `g` are the gradients of the chosen sample, `delta` the δ. */
  function render({g, delta}) {
    const unit = unitOf(), {nodes, units} = app.model.forward;
    const wasHidden = element.hidden;
    element.hidden = !unit;
    if (!unit) return;
    const name = `unit ${unit.unit} of layer ${unit.layer}`;
    if (wasHidden && document.activeElement.matches(".unit")) {
      app.say(`Here is ${name}, with its weights; Escape closes it.`);
    }
    if (shown !== unit) {
      rows = incoming().map(({at, t}) => row(at, t));
      list.replaceChildren(make("table", {}, make("tr", {}, ...["", "value", "∂E/∂w", "freeze", ""].map(
        (text) => make("th", {scope: "col"}, text))), ...rows.map((part) => part.element)));
      checked.textContent = "";
      shown = unit;
      element.setAttribute("aria-label", `Chosen ${name}`);
    }
    title.textContent = `${nodes[unit.z].t || nodes[unit.a].t}: δ = ${show(delta[units.indexOf(unit)], 3)}`;
    words.textContent = wordsOfUnit(app, units.indexOf(unit));
    for (const {k, field, grad, frozen, element: line} of rows) {
      if (document.activeElement !== field) field.value = show(app.run.p[k], 4);
      grad.textContent = show(g[k], 3);
      frozen.checked = Boolean(app.run.frozen[k]);
      line.classList.toggle("chosen", k === app.weight);
    }
    freeze.textContent = isFrozen() ? "Unfreeze" : "Freeze all";
    kill.hidden = !outgoing().length;
  }
  return {element, render};
}
