// A picture of a graph for the player: text of SVG, and what its parts stand for.
//
// Its classes are those of Python's pictures, so that the player lights, hides and steps them. What
// it says of the parts is what `level` in autograd/view/levels.py says.

const FONTS = {name: 15, value: 13, grad: 13, label: 12, faint: 12};  // as in PICTURE_CSS
const FAMILY = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
const AROUND = 6;  // pixels around a picture

const asText = (text) => String(text).toWellFormed().replace(/[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g, "�")
  .replace(/[&<>"]/g, (c) => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})[c]);

function svgText(tag, attributes, ...inside) {
  const written = Object.entries(attributes).filter(([, x]) => x !== undefined)
    .map(([key, x]) => ` ${key}="${asText(typeof x === "number" ? Math.round(x * 10) / 10 : x)}"`);
  return `<${tag}${written.join("")}>${inside.join("")}</${tag}>`;
}

let pen;  // that measures texts

/** Return how wide a text is, bold as names are. */
function widthOfText(text, size) {
  pen ??= make("canvas").getContext("2d");
  pen.font = `${size === FONTS.name ? "bold " : ""}${size}px ${FAMILY}`;
  return 1.03 * pen.measureText(text).width;
}

/** Begin a picture. Coordinates of a node are those of its middle, those of its texts are relative
 *  to that.
 *
 *  node({kind, of, x, y, w, h, title, texts, lines})   returns its key; `texts` are
 *      [kind, text, x, y, anchor] and `lines`, with numbers, [kind, [words, "v" | "g", node], x, y,
 *      anchor]
 *  edge(source, target, points, isShown)   returns its index; points are [x, y]
 *  label(edge, x, y, count)   room for the numbers of an edge, in one line or two
 *  words(kind, text, x, y)    a text of the picture
 *  done(more)                 the level */
function beginPicture() {
  const boxes = [], edges = [], labels = [], nodes = [], about = {members: [], titles: [], facts: []};
  const row = ([kind, text, x, y, anchor], dx, dy) => svgText("text", {class: kind, x: x + dx,
    y: y + dy, "text-anchor": anchor}, text);
  function node({kind, of, x, y, w, h, title = "", texts = [], lines = []}) {
    const key = nodes.length, written = texts.map(([kind, text, ...at]) => row([kind,
      kind === "name" ? svgText("tspan", {}, asText(text)) : asText(text), ...at], x, y));
    const numbers = lines.map(([kind, , ...at]) => row([kind, "", ...at], x, y));
    nodes.push(svgText("g", {id: `n${key}`, class: `node ${kind}`}, outline(kind, x, y, w, h),
      ...written, ...numbers));
    about.members.push(of);
    about.titles.push(title);
    about.facts.push(lines.map(([, slot]) => slot));
    boxes.push([x - w / 2, y - h / 2, x + w / 2, y + h / 2]);
    return key;
  }
  function edge(points) {
    const e = edges.length, [[x0, y0], ...rest] = points;
    let path = `M${x0} ${y0}`, [x, y] = [x0, y0];
    rest.forEach(([u, v], k) => {
      const end = k === rest.length - 1 ? u - 7 : u, middle = (x + end) / 2;
      path += v === y ? `L${end} ${v}` : `C${middle} ${y} ${middle} ${v} ${end} ${v}`;
      [x, y] = [u, v];
      boxes.push([u, v, u, v]);
    });
    edges.push(svgText("g", {id: `e${e}`, class: "edge"}, svgText("path", {d: path}),
      svgText("polygon", {class: "arrow", points: `${x},${y} ${x - 9},${y - 4} ${x - 9},${y + 4}`})));
    return e;
  }
  function label(e, x, y, count) {
    const rows = count > 1 ? [["local", y - 4], ["flow", y + 12]] : [["local", y + 4]];
    labels.push(svgText("g", {class: "label", "data-edge": e}, ...rows.map(([kind, at]) =>
      svgText("rect", {class: "background", x, y: at - 11, width: 0, height: 14, rx: 4})
      + svgText("text", {x, y: at}, svgText("tspan", {class: kind})))));
  }
  function words(kind, text, x, y, anchor = "start") {
    labels.push(row([kind, asText(text), x, y, anchor], 0, 0));
    const w = widthOfText(text, FONTS[kind]), left = anchor === "start" ? x : x - w / 2;
    boxes.push([left, y - 12, left + w, y + 4]);
  }
  function done(more = {}) {
    const low = (k) => Math.min(...boxes.map((box) => box[k])) - AROUND;
    const high = (k) => Math.max(...boxes.map((box) => box[k])) + AROUND;
    const [x, y] = [low(0), low(1)], [w, h] = [high(2) - x, high(3) - y];
    const side = {width: 6, height: 6};
    const svg = svgText("svg", {xmlns: "http://www.w3.org/2000/svg", class: "deltarule auto",
      role: "group", "aria-label": "Picture of the graph", viewBox: [x, y, w, h].map(Math.round).join(" "),
      width: Math.round(w), height: Math.round(h), "text-anchor": "middle",
      "font-family": FAMILY},
    svgText("pattern", {id: "hatch-auto", ...side, patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)"}, svgText("rect", {class: "background", ...side}),
    svgText("path", {class: "hatching", d: "M0 0V6"})), svgText("g", {}, ...edges),
    svgText("g", {}, ...labels), svgText("g", {}, ...nodes));
    return {svg, ...about, edges: [], weights: null, constants: [], slopes: [], ...more};
  }
  return {node, edge, label, words, done};
}

function outline(kind, x, y, w, h) {
  const [l, t, r, b] = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
  const rect = (by, rx, kind = "shape") => svgText("rect", {class: kind, x: l + by, y: t + by,
    width: w - 2 * by, height: h - 2 * by, rx});
  const polygon = (...corners) => svgText("polygon", {class: "shape", points: corners.join(" ")});
  const c = Math.min(8, h / 3);
  if (kind === "input") return polygon([l, t], [r - c, t], [r, y], [r - c, b], [l, b]);
  if (kind === "parameter") {
    return polygon([l + c, t], [r - c, t], [r, t + c], [r, b - c], [r - c, b], [l + c, b], [l, b - c],
      [l, t + c]);
  }
  if (kind === "output") return rect(0, 9) + rect(3, 6, "shape inner");
  if (kind === "cell") return rect(0, 0);
  return rect(0, ["unit", "operation"].includes(kind) ? Math.min(h / 2, 12) : 0);
}

const SPOTS = [0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72, 0.22, 0.78];  // along an edge

/** Return where labels of this size find room on edges: [x, y] for each, or null if some find none.
 *  Their places are sought from the middles of the edges, or else from one of their ends. */
function placedLabels(ends, solid, width, height) {
  for (const spots of [SPOTS, [...SPOTS].sort(), [...SPOTS].sort().reverse()]) {
    const places = labelsAt(spots, ends, solid, width, height);
    if (places) return places;
  }
  return null;
}

function labelsAt(along, ends, solid, width, height) {
  const taken = [...solid], places = [];
  const hits = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  for (const [[x0, y0], [x1, y1]] of ends) {
    const spots = along.map((t) => {
      const s = 1 - t, rise = 3 * s * t * t + t * t * t;  // of a curve with level ends
      return [s ** 3 * x0 + 3 * s * t * (x0 + x1) / 2 + t ** 3 * x1, y0 + (y1 - y0) * rise];
    });
    const boxOf = ([x, y]) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    const spot = spots.find((at) => !taken.some((box) => hits(boxOf(at), box)));
    if (!spot) return null;
    taken.push(boxOf(spot));
    places.push(spot);
  }
  return places;
}
