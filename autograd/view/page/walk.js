// Through the picture by keyboard: it is one stop of Tab. From there arrow keys go along the graph,
// Enter chooses, and Esc leaves.

/** Let the learner walk through the picture that an element of the page holds. */
function walking(lesson, page, element) {
  let isByMouse = false;  // then the arrow keys are those of the player
  page.addEventListener("pointerdown", () => (isByMouse = true));
  page.addEventListener("keydown", ({key}) => (isByMouse &&= key !== "Tab"));
  element.addEventListener("focusin", ({target}) => {
    if (!target.matches("[role=button]")) return;
    element.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    target.setAttribute("tabindex", 0);
  });
  element.addEventListener("keydown", (press) => {
    const {key, target, ctrlKey, metaKey, altKey, shiftKey} = press;
    if (key === "Escape" && lesson.chosen < 0) lesson.next.focus();
    if (isByMouse || !key.startsWith("Arrow") || ctrlKey || metaKey || altKey || shiftKey) return;
    press.preventDefault();
    const part = (lesson.picture.ways ??= waysOf(lesson)).get(target)?.[key];
    if (!part) return;
    part.focus({preventScroll: true});
    lesson.keep([part]);
  });
}

/** Return where the arrow keys lead from every part of the picture that can be chosen: to the right
 *  and to the left to the nearest one along the graph; up and down through all of them, column by
 *  column. */
function waysOf(lesson) {
  const {nodes, level, picture, end} = lesson, owners = ownersAt(lesson, level), parts = new Map();
  const depths = nodes.map(() => 0);  // how many steps to the right the root is
  const partOf = (g, depth) => {
    if (!g?.matches("[role=button]")) return undefined;
    const {y, height} = g.getBoundingClientRect(), middle = y + height / 2;
    if (!parts.has(g)) parts.set(g, {g, depth, y: middle, row: middle, before: [], after: []});
    const part = parts.get(g);
    part.depth = Math.max(part.depth, depth);
    return part;
  };
  const link = (a, b) => a && b && (a.after.push(b), b.before.push(a));
  let arc = 0;
  for (let i = end; i >= 0; i--) {
    const target = partOf(picture.nodes[owners[i]], depths[i]);
    for (const p of nodes[i].o ?? []) {
      if (Array.isArray(p)) continue;
      const isInside = owners[p] === owners[i];
      depths[p] = Math.max(depths[p], depths[i] + !isInside);
      const source = isInside ? undefined : partOf(picture.nodes[owners[p]], depths[p]);
      const edge = partOf(picture.edges[picture.flows[arc++]], depths[i] + 0.5);
      link(source, edge ?? target);
      if (!edge) continue;
      link(edge, target);
      edge.row = target.y;  // what flows into a node stands together
    }
  }
  const all = [...parts.values()].sort((a, b) => b.depth - a.depth || a.row - b.row || a.y - b.y);
  const nearest = (y, [first, ...others]) => others.reduce(
    (a, b) => (Math.abs(b.y - y) < Math.abs(a.y - y) ? b : a), first)?.g;
  return new Map(all.map(({g, y, before, after}, k) => [g, {ArrowUp: all[k - 1]?.g,
    ArrowDown: all[k + 1]?.g, ArrowLeft: nearest(y, before), ArrowRight: nearest(y, after)}]));
}
