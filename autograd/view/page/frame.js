// Where the page is: its address, which reproduces a state; or a frame that can grow.

/** Keep the state in the address of a saved page: #step=27&level=neuron&chosen=3&x0=1.5, where x0
 *  is an edited leaf, by its index. */
function address(lesson) {
  const {nodes, data} = lesson, leaves = [...nodes.keys()].filter((i) => !nodes[i].o);
  function visit() {
    const state = new URLSearchParams(location.hash.slice(1)), level = state.get("level");
    const size = state.get("size") ?? "change", shows = state.get("shows");
    if (Object.hasOwn(data.levels, level) && level !== lesson.level) lesson.turn(level);
    lesson.edit(Object.fromEntries(leaves.map((i) => [i, read(state.get(`x${i}`) ?? "")
      ?? lesson.given[i]])));
    if (state.has("slip")) lesson.mode.plant?.(state.get("slip"));
    if (sizesOf(lesson).includes(size)) lesson.size = size;
    if (lesson.old && ["before", "difference"].includes(shows)) lesson.shows = shows;
    lesson.go(state.has("step") ? Math.round(state.get("step")) || 0 : lesson.step);
    const i = state.has("chosen") ? Number(state.get("chosen")) : -1;
    if (!nodes[i] || i === lesson.chosen) return;
    lesson.pick(i, lesson.picture.members.find((group) => group.includes(i)));
  }
  let timer = 0;
  function keep() {
    const {step, level, size, shows, chosen, mode} = lesson;
    const state = new URLSearchParams({step, level});
    if (size !== "change") state.set("size", size);
    if (shows !== "after") state.set("shows", shows);
    if (chosen >= 0) state.set("chosen", chosen);
    for (const i of leaves) if (nodes[i].v !== lesson.given[i]) state.set(`x${i}`, nodes[i].v);
    if (mode.planted?.()) state.set("slip", mode.planted());
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
