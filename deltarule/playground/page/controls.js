// The bars and panels in which settings are made; each has a word.

/** Return a control for a setting, in a label with its word. */
function controlOf(app, key) {
  const {word, choices, offered, names, usual, from, to, by, whole, text} = SETTINGS[key];
  const take = (given) => {
    const value = readSetting(key, String(given));
    if (value === undefined) {
      app.say(`${word}: “${clip(given)}” cannot be; it takes ${rangeOf(key)}.`);
      return render();
    }
    app.set({[key]: value});
  };
  const isList = choices || offered, isSlider = !isList && !text && by;
  const all = (choices ? Object.entries(choices) : offered?.map((x) => [x, names?.[x] ?? x]) ?? [])
    .map(([value, name]) => option(value, name));
  const field = isList
    ? make("select", {change: () => take(field.value)}, ...(usual ? [
      make("optgroup", {label: "usual"}, ...all.slice(0, usual)),
      make("optgroup", {label: "all of the table"}, ...all.slice(usual))] : all))
    : make("input", {type: isSlider ? "range" : "text", "aria-label": word, change: () => take(field.value),
      ...(isSlider && {min: from, max: to, step: by, input: () => (shown.textContent = field.value)}),
      ...(!isSlider && {autocomplete: "off", spellcheck: "false", inputmode: whole ? "numeric" : "text"})});
  const shown = make("span", {});
  const element = make("label", {class: `setting ${key}`}, make("span", {}, word,
    ...(isSlider ? [" ", shown] : [])), field);
  function render() {
    const value = String(app.settings[key]);
    if (isList && ![...field.options].some((x) => x.value === value)) field.append(option(value, value));
    field.value = value;
    if (isSlider) shown.textContent = value;
  }
  return {element, render, field};
}

const option = (value, name) => make("option", {value}, name);
const clip = (text) => (String(text).length > 40 ? `${String(text).slice(0, 40)}…` : String(text));
const pressButton = (word, click, title = "") => make("button", {type: "button", click,
  ...(title && {title})}, word);

/** Return a button that shows a sign, or says more than it shows. */
const signButton = (sign, word, click) => make("button", {type: "button", "aria-label": word,
  title: word, click}, sign);

/** Make the bar of the run. */
function runBar(app) {
  const run = pressButton("Run", () => (app.playing ? app.pause() : app.play()), "Run or pause (r)");
  run.classList.add("main");
  const epoch = make("output", {class: "epoch", "aria-live": "off"});
  const speed = make("select", {change: () => (app.speed = speed.value)},
    ...Object.entries(SPEEDS_OF_RUN).map(([key, name]) => option(key, name)));
  const keys = "rate activation error optimiser batch penalty init".split(" ");
  const controls = keys.map((key) => controlOf(app, key));
  const element = make("div", {class: "runbar", role: "group", "aria-label": "Run"}, make("div", {class: "buttons"}, run,
    Object.assign(signButton("Step", "Step: one update", () => app.step()), {title: "One update (s)"}),
    pressButton("Reset", () => app.reset(), "Begin again with the same seed"),
    pressButton("New seed", () => {
      app.pause();
      app.set({seed: (app.settings.seed * 48271 + 11) % 2147483647});
    }, "Other data and other first weights")),
    make("label", {class: "setting"}, make("span", {}, "Epoch"), epoch),
    make("label", {class: "setting"}, make("span", {}, "Per picture"), speed),
    ...controls.map((control) => control.element));
  function render() {
    run.textContent = app.playing ? "Pause" : "Run";
    speed.value = app.speed;
    for (const control of controls) control.render();
    for (const key of ["activation", "error", "init"]) {
      controls[keys.indexOf(key)].field.disabled = Boolean(app.given?.graphs)
        || (key === "activation" && !app.settings.sizes.length);
    }
  }
  const numbers = () => (epoch.textContent = Math.floor(app.run.epochs).toLocaleString("en"));
  return {element, render, numbers};
}

/** Make the panel of the data. */
function dataPanel(app) {
  const kinds = Object.entries(SETTINGS.data.choices).filter(([key]) => !["and", "xor4"].includes(key));
  const buttons = kinds.map(([key, name]) => make("button", {type: "button", "data-key": key,
    click: () => {
      app.pause();
      app.say(key === "own" && !app.own.length ? "Choose a class and click into the plane." : "");
      app.set({data: key});
    }}, name));
  const keys = ["noise", "count", "share"], controls = keys.map((key) => controlOf(app, key));
  const formula = controlOf(app, "f");
  const classes = make("div", {class: "brushes", role: "group", "aria-label": "Class to draw"});
  const open = make("dialog", {class: "paste"});
  const text = make("textarea", {rows: 8, "aria-label": "CSV", placeholder: "x1,x2,class\n0.1,0.7,yes\n…"});
  const wrong = make("p", {role: "alert"});
  const use = () => {
    const {dataset, wrong: why} = datasetOfCsv(text.value);
    wrong.textContent = why ?? "";
    if (!dataset) return;
    app.table = dataset;
    open.close();
    app.set({data: "csv"});
    app.say([`${dataset.inputs.length} rows are in.`, ...dataset.notes ?? []].join(" "));
  };
  const file = make("input", {type: "file", accept: ".csv,.tsv,.txt", "aria-label": "CSV file",
    change: async () => {
      const [given] = file.files;
      if (given) text.value = await given.text();
    }});
  open.append(make("h2", {}, "Your own table"), make("p", {}, "Paste a CSV, or open a file: two columns "
    + "of numbers, and last what is to be learned."), text, file, wrong, make("div", {class: "row"},
    pressButton("Use it", use), pressButton("Cancel", () => open.close())));
  const paste = pressButton("paste a CSV", () => open.showModal());
  paste.dataset.key = "csv";
  let brush = 0;
  const element = make("section", {class: "data", "aria-label": "Data"}, make("div", {class: "kinds",
    role: "group", "aria-label": "Data set"}, ...buttons, paste), formula.element, classes,
  ...controls.map((control) => control.element), open);
  function render() {
    const {data} = app.settings, isGiven = Boolean(app.given);
    for (const part of [...buttons, paste]) {
      part.setAttribute("aria-pressed", !isGiven && part.dataset.key === data);
      part.hidden = isGiven;
    }
    for (const control of [...controls, formula]) control.render();
    formula.element.hidden = isGiven || data !== "curve";
    const isOwn = !isGiven && data === "own";
    controls[0].element.hidden = controls[1].element.hidden = isGiven
      || ["own", "csv", "iris", "and", "xor4"].includes(data);
    classes.hidden = !isOwn;
    app.plane.mode(isOwn ? "draw" : "look");
    const count = Math.min(6, Math.max(2, app.dataset?.classes?.length ?? 2) + Number(isOwn &&
      app.own.length > 0));
    keepingFocus(() => classes.children, () => classes.replaceChildren(...Array.from({length: isOwn ? count : 0}, (_, k) =>
      make("button", {type: "button", "aria-pressed": k === brush, click: () => {
        app.plane.drawClass(brush = k);
        render();
      }}, `class ${k + 1}`)), ...(isOwn ? [pressButton("Clear", () => {
      app.own.length = 0;
      app.set({data: "own"});
    })] : [])));
  }
  return {element, render};
}

/** Make the head: what to look at, lessons, comparing, and ways to take it all along. */
function headOf(app) {
  const tab = (key, name) => make("button", {type: "button", "data-mode": key, click: () => {
    app.pause();
    app.mode = key;
    app.say("");
    app.changed();
  }}, name);
  const tabs = [tab("net", "Network"), tab("line", "A line of text")];
  const lesson = make("select", {"aria-label": "Lesson", change: () => openLesson(app, Number(lesson.value))},
    option(0, "Lessons …"), ...LESSONS.map(({title}, k) => option(k + 1, `${k + 1} ${title}`)));
  const compare = make("select", {"aria-label": "Compare with", change: () => {
    app.comparing = compare.value === "none" ? null : compare.value;
    app.pause();
    app.compare();
  }}, ...Object.entries(DIFFERENCES).map(([key, {word}]) => option(key, word)));
  const notation = controlOf(app, "notation");
  const shows = make("select", {"aria-label": "Maps show", change: () => {
    app.shows = shows.value;
    app.changed();
  }}, option("output", "maps of the output"), option("delta", "maps of δ"));
  const share = make("details", {class: "share"}, make("summary", {}, "Take along"),
    make("div", {}, ...takeAlong(app)));
  document.addEventListener("click", ({target}) => !share.contains(target) && (share.open = false));
  share.addEventListener("keydown", ({key}) => {
    if (key !== "Escape" || !share.open) return;
    share.open = false;
    share.firstChild.focus();
  });
  const element = make("header", {}, make("h1", {}, "δ playground"),
    make("div", {class: "modes", role: "group", "aria-label": "What to look at"}, ...tabs),
    lesson, shows, compare, notation.element, share);
  function render() {
    for (const part of tabs) part.setAttribute("aria-pressed", part.dataset.mode === (app.mode ?? "net"));
    document.body.dataset.mode = app.mode ?? "net";
    notation.render();
    lesson.value = app.lesson?.number ?? 0;
    compare.value = app.comparing ?? "none";
    shows.value = app.shows;
  }
  return {element, render};
}

/** Make the buttons of a narrow screen, which has one part of the page at a time. */
function tabsOf(app) {
  const words = {network: "Network", data: "Data", losses: "Loss", below: "Sample", more: "Settings"};
  const buttons = Object.entries(words).map(([key, name]) => make("button", {type: "button",
    click: () => turn(key), "data-key": key}, name));
  function turn(key) {
    document.body.dataset.tab = key;
    for (const part of buttons) part.setAttribute("aria-pressed", part.dataset.key === key);
    app.dirty?.();
  }
  turn("network");
  return make("nav", {class: "tabs", "aria-label": "Parts of the page"}, ...buttons);
}

/** Make the last line: the chosen sample, whose class can be changed, and what is told. */
function footOf(app, said) {
  const name = make("span", {}), error = make("output", {"aria-live": "off"});
  const label = make("select", {"aria-label": "Class of the sample", change: () => {
    app.relabel(Number(label.value));
  }});
  const walk = (by) => () => app.pick((app.chosen + by + app.dataset.inputs.length)
    % app.dataset.inputs.length);
  const element = make("footer", {}, make("div", {class: "row", role: "group", "aria-label":
    "Chosen sample"}, signButton("‹", "Sample before", walk(-1)), name, signButton("›", "Sample after",
    walk(1)), label, error), said);
  let shown;
  function render() {
    const {dataset: {classes, inputs, targets}, chosen, run} = app;
    name.textContent = `sample ${chosen + 1} of ${inputs.length}`;
    if (shown !== classes) label.replaceChildren(...(classes ?? []).map((text, k) => option(k, text)));
    shown = classes;
    label.hidden = !classes;
    label.value = targets[chosen];
    error.textContent = `${NOTATIONS[app.settings.notation].E} = ${show(run.loss(chosen), 4)}`;
  }
  return {element, render};
}
