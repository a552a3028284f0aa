// The pictures of a lesson, one for each level of detail, and what can be clicked in them.

/** Return the pictures by level: what Python says of each, its SVG, and the parts of that. Their
 *  style sheet is in the one to begin with, and stays in `root`.
 *
 *  svg                   the element
 *  nodes, edges, labels  groups of it, by the key of a node or the index of an edge
 *  lines                 by node: its lines of text with numbers
 *  along                 the edge (or -1) of each +=, by its node and the place of the operand
 *  members, titles, facts, weights   see `level` in levels.py
 */
function pictures(lesson, root) {
  const found = {}, {nodes, end} = lesson;
  for (const [at, {svg: text, edges: flows, ...about}] of Object.entries(lesson.data.levels)) {
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    parsed.querySelector(".legend")?.remove();
    root.append(...parsed.querySelectorAll("style"));
    const svg = document.importNode(parsed.documentElement, true);
    const picture = (found[at] = {...about, svg, nodes: {}, lines: {}, edges: {}, labels: {},
      along: {}});
    const left = [...flows];
    for (let i = end; i >= 0; i--) {
      nodes[i].o?.forEach((o, place) => {
        if (!Array.isArray(o)) picture.along[[i, place]] = left.shift();
      });
    }
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

/** Let the learner choose nodes and weights; `tell(text)` shows what is said of them. */
function listen(lesson, picture, tell) {
  /** Make a part of the picture a button that stands for some numbers. */
  function button(g, group, choose) {
    g.setAttribute("role", "button");
    g.setAttribute("tabindex", 0);
    g.addEventListener("keydown", (press) => {
      if (press.key !== "Enter" && press.key !== " ") return;
      press.preventDefault();
      choose();
    });
    for (const on of ["pointerenter", "focus"]) {
      g.addEventListener(on, () => tell(lookup(lesson, group)));
    }
    for (const on of ["pointerleave", "blur"]) g.addEventListener(on, () => tell(""));
  }
  for (const [e, g] of Object.entries(picture.edges)) {
    const weight = picture.weights?.[e] ?? -1, label = picture.labels[e];
    const choose = () => {
      if (lesson.mode.edge) lesson.mode.edge(Number(e));
      else if (weight >= 0) lesson.choose([weight]);
    };
    for (const part of [g, label].filter(Boolean)) {
      if (weight >= 0) part.classList.add("weight");
      part.addEventListener("click", choose);
    }
    const hit = g.querySelector("path").cloneNode();  // a line is too thin to be pointed at
    hit.setAttribute("class", "hit");
    hit.removeAttribute("style");
    if (weight >= 0) g.append(hit), button(g, [weight], choose);
  }
  for (const [k, g] of Object.entries(picture.nodes)) {
    const group = picture.members[k] ?? [];
    if (!group.length) continue;
    g.addEventListener("click", () => lesson.choose(group));
    button(g, group, () => lesson.choose(group));
  }
}
