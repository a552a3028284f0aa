// The address of the page keeps what is set: #data=moons&noise=0.2&sizes=4,3, and drawn points.

/** Return the settings that differ from the first ones as the text of a link; a lesson has its own. */
function linkOf(app) {
  if (app.lesson) return `lesson=${app.lesson.number}`;
  const first = firstSettings(), state = new URLSearchParams();
  for (const [key, value] of Object.entries(app.settings)) {
    if (String(value) !== String(first[key]) && key in SETTINGS) state.set(key, value);
  }
  if (app.settings.data === "own" && app.own.length) {
    state.set("points", app.own.map((point) => point.join("_")).join("~"));
  }
  if (app.mode === "line") state.set("line", app.line);
  return state.toString();
}

/** Write the link into the address, not too often. */
function keepLink(app) {
  clearTimeout(app.linkTimer);
  app.linkTimer = setTimeout(() => {
    app.link = `#${linkOf(app)}`;
    try {
      history.replaceState(null, "", app.link);
    } catch {  // in a frame without an address
    }
  }, 300);
}

const MOST_OWN = 2000;  // points that were drawn

/** Take settings from the address; those it does not have are the first ones; what cannot be is left as it was, and said in one sentence. */
function readLink(app) {
  if (location.hash === app.link || location.hash.length < 2) return;
  const state = new URLSearchParams(location.hash.slice(1)), wrong = [];
  const patch = {...firstSettings(), ...app.given?.settings};
  for (const [key, text] of state) {
    if (!Object.hasOwn(SETTINGS, key)) continue;
    const value = readSetting(key, text);
    if (value === undefined) wrong.push(`${key}=${clip(text)} (it takes ${rangeOf(key)})`);
    else patch[key] = value;
  }
  if (state.has("points")) {
    const points = state.get("points").split("~").map((part) => part.split("_").map(Number));
    const isPoint = ([x, y, k, ...rest]) => !rest.length && Math.abs(x) <= 10 && Math.abs(y) <= 10 &&
      Number.isInteger(k) && k >= 0 && k < 6;
    if (points.length > MOST_OWN) wrong.push(`its ${points.length} points (at most ${MOST_OWN})`);
    else if (points.every(isPoint)) app.own = points;
    else wrong.push("its points, of which some are damaged");
  }
  const number = Number(state.get("lesson"));
  if (state.has("line")) app.line = state.get("line").slice(0, 2000);
  app.mode = state.has("line") ? "line" : "net";
  app.pause();
  if (app.lesson) openLesson(app, 0);
  app.set(patch);
  if (LESSONS[number - 1]) openLesson(app, number);
  else if (state.has("lesson")) wrong.push(`lesson=${clip(state.get("lesson"))} (there are ${LESSONS.length})`);
  if (wrong.length) app.say(`The link has what cannot be, and that was left out: ${wrong.join("; ")}.`);
}
