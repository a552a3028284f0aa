// The page of the player: it puts its parts together. What it computes is in passes.js.

/** Bring the pictures to life in `root`, and return the lesson. `edited(node, number)` is told of
 *  the learner's edits. */
function player(root, data, rules, edited = () => {}) {
  const page = make("div", {class: "player", tabindex: -1});
  const lesson = begin(data, rules, edited), shown = pictures(lesson, page);
  lesson.start(data.mode ? mode(lesson) : {});
  const bar = steps(lesson), tale = story(lesson), place = stage(), side = chosen(lesson);
  const twice = comparing(lesson, lesson.refresh);
  lesson.next = bar.next;
  const levels = make("select", {"aria-label": "Level of detail",
    change: () => lesson.turn(levels.value)},
  ...Object.keys(shown).map((key) => make("option", {value: key}, key)));
  levels.hidden = Object.keys(shown).length < 2;
  const full = button("full", "Full screen", () => (document.fullscreenElement
    ? document.exitFullscreen() : page.requestFullscreen()));
  full.hidden = !document.fullscreenEnabled;
  const legend = make("p", {class: "legend"}), hint = make("p", {class: "hint"});
  page.append(make("div", {class: "bar", role: "group", "aria-label": "Steps"}, ...bar.elements),
    tale.element, place.element, side.element, make("div", {class: "foot"},
      make("div", {class: "about"}, legend, hint),
      make("div", {class: "tools", role: "group", "aria-label": "Picture"}, twice.element, levels,
        ...place.buttons, full, ...saving(lesson))));
  root.replaceChildren(page);
  for (const picture of Object.values(shown)) {
    listen(lesson, picture, (text) => (hint.textContent = text));
  }
  walking(lesson, page, place.element);

  let lit;
  lesson.render = () => {
    const events = lesson.asking ? [lesson.now.events[lesson.step + 1]] : moment(lesson);
    bar.render(tale.render(events, bar.isPlaying() || lesson.isQuiet));
    twice.render();
    lesson.mode.render?.();
    lit = light(lesson, events);
    const {kind, parent, node} = events.at(-1), given = kind === "value" ? lesson.nodes[node].o : [];
    lit.ends = [parent, node, ...given].map((i) => placeOf(lesson.picture, i)).filter(Boolean);
    arrive(lesson, events);
    heed(legend, lesson.picture);
    lesson.changed();
  };
  lesson.follow = () => {
    const [first, ...ends] = lit.ends;
    place.keep([first, ...lit.labels, ...ends, ...lit.nodes, ...lit.edges]);
  };
  lesson.keep = place.keep;
  lesson.turn = (level) => {
    levels.value = lesson.level = level;
    lesson.picture = shown[level];
    legend.replaceChildren(...legendOf(lesson));
    place.turn(lesson.picture);
    lesson.pick(-1);
    lesson.follow();
  };
  // what was chosen by mouse from a list is done with: keys are for the player again
  let byMouse = null;
  page.addEventListener("pointerdown", ({target}) => (byMouse = target.closest("select")));
  page.addEventListener("change", ({target}) => {
    if (target === byMouse) page.focus({preventScroll: true});
  });
  page.addEventListener("focusin", ({target}) => target !== byMouse && (byMouse = null));
  const keys = {...bar.keys, ...place.keys, ...lesson.mode.keys};
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return side.close();
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=range]), select")) return;
    if ([" ", "Enter"].includes(event.key) && event.target.matches("button")) return;
    const action = keys[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}`
      : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  lesson.turn(lesson.level);
  lesson.height = () => page.offsetHeight - place.element.offsetHeight + place.height();
  return lesson;
}
