// The pictures of a lesson, one for each level of detail, and what can be clicked in them.

/** Return the pictures by level: what Python says of each, its SVG, and the parts of that. Their
 *  style sheet is in the one to begin with, and stays in `root`.
 *
 *  svg                   the element
 *  nodes, edges, labels  groups of it, by the key of a node or the index of an edge
 *  lines                 by node: its lines of text with numbers
 *  small                 pixels of its smallest text at its own size, once it has been shown
 *  ways                  where arrow keys lead from each part, once one has been pressed
 *  members, titles, facts, weights, flows, constants, slopes   see `level` in levels.py, where
 *                        flows are `edges`
 */
function pictures(lesson, root) {
  const found = {};
  for (const [at, {svg: text, edges: flows, ...about}] of Object.entries(lesson.data.levels)) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    root.append(...parsed.querySelectorAll("style"));
    const svg = document.importNode(parsed.documentElement, true);
    const legend = svg.querySelector(".legend"), box = svg.viewBox.baseVal;
    box.height -= legend?.dataset.height ?? 0;  // the page has one of its own
    svg.setAttribute("height", box.height);
    legend?.remove();
    const picture = (found[at] = {...about, flows, svg, nodes: {}, lines: {}, edges: {},
      labels: {}});
    for (const g of svg.querySelectorAll(".edge")) picture.edges[g.id.slice(1)] = g;
    for (const g of svg.querySelectorAll("[data-edge]")) picture.labels[g.dataset.edge] = g;
    for (const g of svg.querySelectorAll(".node")) {
      const k = g.id.slice(1);
      picture.nodes[k] = g;
      picture.lines[k] = [...g.querySelectorAll(".value,.grad")];
    }
  }
  return found;
}

/** Return the part of a picture where a number is: an edge that carries it, or a node. */
function placeOf({nodes, edges, members, weights}, i) {
  return edges[weights?.indexOf(i)] ?? nodes[members.findIndex((group) => group.includes(i))];
}

/** Let the learner choose nodes and weights; `tell(text)` shows what is said of them. */
function listen(lesson, picture, tell) {
  for (const [e, g] of Object.entries(picture.edges)) {
    const weight = picture.weights?.[e] ?? -1, label = picture.labels[e];
    const isAsked = lesson.mode.edge && picture.flows.includes(Number(e));
    if (!isAsked && weight < 0) continue;
    const action = (on) => (isAsked ? lesson.mode.edge(Number(e))
      : lesson.choose([weight], on.type === "keydown"));
    const path = g.querySelector("path").cloneNode();
    path.setAttribute("class", "reach");  // wide enough for a finger
    path.removeAttribute("style");
    g.prepend(path);
    for (const part of [g, label].filter(Boolean)) part.classList.toggle("weight", weight >= 0);
    pressable(g, action);
    label?.addEventListener("click", action);
    if (weight >= 0) explain(lesson, g, [weight], tell);
  }
  for (const [k, g] of Object.entries(picture.nodes)) {
    const group = picture.members[k] ?? [];
    if (!group.length) continue;
    pressable(g, (on) => lesson.choose(group, on.type === "keydown"));
    explain(lesson, g, group, tell);
  }
  picture.svg.querySelector(".node[role=button]")?.setAttribute("tabindex", 0);
}

/** Let a part of the picture say what its numbers are. */
function explain(lesson, g, group, tell) {
  for (const on of ["pointerenter", "focus"]) {
    g.addEventListener(on, () => tell(lookup(lesson, group)));
  }
  for (const on of ["pointerleave", "blur"]) g.addEventListener(on, () => tell(""));
}

/** Let a part of the picture be clicked, and pressed by keyboard where `walking` leads to it; the
 *  space bar plays. */
function pressable(g, action) {
  g.setAttribute("role", "button");
  g.setAttribute("tabindex", -1);
  g.addEventListener("click", action);
  g.addEventListener("keydown", (press) => {
    if (press.key !== "Enter") return;
    press.preventDefault();
    action(press);
  });
}
