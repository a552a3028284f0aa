// Where the page is: its address, which reproduces a state; or a frame that can grow.

/** Keep the state in the address of a saved page: #step=27&level=neuron&chosen=3. */
function address(lesson) {
  function visit() {
    const state = new URLSearchParams(location.hash.slice(1)), level = state.get("level");
    if (Object.hasOwn(lesson.data.levels, level) && level !== lesson.level) lesson.turn(level);
    if (state.has("step")) lesson.go(Math.round(state.get("step")) || 0);
    const i = state.has("chosen") ? Number(state.get("chosen")) : -1;
    if (!lesson.nodes[i] || i === lesson.chosen) return;
    lesson.pick(i, lesson.picture.members.find((group) => group.includes(i)));
  }
  let timer = 0;
  function keep() {
    const {step, level, chosen} = lesson, state = new URLSearchParams({step, level});
    if (chosen >= 0) state.set("chosen", chosen);
    history.replaceState(null, "", `#${state}`);
  }
  visit();
  lesson.changed = () => {  // browsers refuse too many in a second
    clearTimeout(timer);
    timer = setTimeout(keep, 200);
  };
  addEventListener("hashchange", visit);
}

/** Tell the page around this one how high it would like to be, where its width changes that. */
function framed(lesson) {
  let width = 0;
  new ResizeObserver(([{contentRect}]) => {
    if (contentRect.width === width) return;
    width = contentRect.width;
    parent.postMessage(lesson.height(), "*");
  }).observe(document.body);
}

/** Give a page the theme of what is around it, instead of the system's. */
function paint(root, theme) {
  if (!theme) return;
  for (const style of root.querySelectorAll("style")) {
    style.textContent = style.textContent.replaceAll("light dark", theme)
      .replaceAll("(prefers-color-scheme: dark)", theme === "dark" ? "all" : "not all");
  }
}
