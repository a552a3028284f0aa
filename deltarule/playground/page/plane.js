// The plane of the data: what the network makes of it, and the samples on top.

// Of each class a path within a unit circle, and what it is called.
const CLASS_SHAPES = [
  ["M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z", "circle"], ["M0-1.2L1.1.8H-1.1Z", "triangle"],
  ["M-.9-.9H.9V.9H-.9Z", "square"], ["M0-1.25L1.25 0 0 1.25-1.25 0Z", "diamond"],
  ["M0 1.2L1.1-.8H-1.1Z", "triangle pointing down"],
  ["M-.4-1.1H.4V-.4H1.1V.4H.4V1.1H-.4V.4H-1.1V-.4H-.4Z", "plus"],
];
const PLANE_EDGES = {left: 38, right: 8, top: 22, bottom: 22};  // pixels, for ticks and names
const PLANE_STEP = 0.05;  // of a key
const ARROW_KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

/** Make the panel; it calls `pick(i)`, `move(i, input)`, `add(input, class)` and `remove(i)`.
 *
 *  show({dataset, split, chosen, range, wrong, predicted})  the samples; wrong(i) says whether one is
 *      misclassified, predicted(i), if given, as what; range is [low, high] of each input
 *  boundary(values, n, kind, level)  what a grid of n points a side has: the "share" of the second
 *      class, which is taken from `level` on, "shares" of all classes (a map each), a "number", or what a "unit" has
 *  ghost(values)  an earlier boundary, of the same kind, dashed; null takes it away
 *  mode(name)     "look", or "draw": a click or Enter adds a point of the class of `drawClass(k)` */
function planePanel({pick, move, add, remove}) {
  const back = make("canvas", {"aria-hidden": "true"});
  const front = make("canvas", {role: "application", tabindex: 0, "aria-label": ""});
  const field = make("div", {class: "field"}, back, front), legend = make("ul", {class: "classes"});
  const said = make("p", {class: "said", role: "status"});
  const element = make("section", {class: "plane", "aria-label": "Data and boundary"}, field, legend,
    said);
  const paths = CLASS_SHAPES.map(([path]) => new Path2D(path)), image = make("canvas");
  let now, shown, old, box = {x: 0, y: 0, w: 0, h: 0}, sprites = new Map(), legendKey, press;
  let isDrawing = false, drawn = 0, at = -1, cursor = [0, 0], version = -1, heights = [-1, 1];

  const isLine = () => now.range.length === 1;
  const rangesOf = () => (isLine() ? [now.range[0], heights] : now.range);
  const heightOf = (i) => {
    const {targets, classes} = now.dataset;
    return classes?.length > 2 ? 1 : [targets[i]].flat()[0];
  };
  const toPixel = ([x, y]) => {
    const [[left, right], [bottom, top]] = rangesOf();
    return [box.x + ((x - left) / (right - left)) * box.w,
      box.y + ((top - y) / (top - bottom)) * box.h];
  };
  const placeOf = (i) => {
    const input = now.dataset.inputs[i];
    return toPixel(isLine() ? [input[0], heightOf(i)] : input);
  };
  /** Return an input that lies within the plane, a little off its edge. */
  const within = (input) => input.map((x, k) => {
    const [low, high] = now.range[k], room = (high - low) / 12;
    return Math.min(high - room, Math.max(low + room, x));
  });
  const toInput = (px, py) => {
    const [[left, right], [bottom, top]] = rangesOf();
    const input = [left + ((px - box.x) / box.w) * (right - left),
      top - ((py - box.y) / box.h) * (top - bottom)];
    return within(isLine() ? input.slice(0, 1) : input);
  };
  const penOf = (canvas) => {
    const pen = canvas.getContext("2d"), sharp = devicePixelRatio || 1;
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    return pen;
  };

  /** Put everything in its place, for the room there is: a plane is square, a line fills it. */
  function arrange() {
    const {left, right, top, bottom} = PLANE_EDGES, whole = element.getBoundingClientRect();
    if (!now || whole.width < 80 || whole.height < 80) return;
    const ideal = whole.height - top - bottom + left + right;
    const isBeside = !isLine() && whole.width - ideal >= 72;
    mark(element, {beside: isBeside});
    field.style.flex = isBeside ? `0 0 ${ideal}px` : "1 1 0";
    const {width, height} = field.getBoundingClientRect(), sharp = devicePixelRatio || 1;
    for (const canvas of [back, front]) {
      const [w, h] = [Math.round(width * sharp), Math.round(height * sharp)];
      if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, {width: w, height: h});
    }
    box = {x: left, y: top, w: width - left - right, h: height - top - bottom};
    if (!isLine()) box.w = box.h = Math.max(1, Math.min(box.w, box.h));
    sprites = new Map();
    paintBack();
    paintFront();
  }
  new ResizeObserver(arrange).observe(element);

  // -- what the network makes of the plane

  function shadeOf({values, n, kind, level}) {
    const size = n * n;
    if (kind === "share") {
      const [no, yes] = [shading.shades("class0", 0.5), shading.shades("class1", 0.5)];
      return (k) => (Number.isFinite(values[k])
        ? (values[k] < level ? no : yes)[Math.min(255, Math.abs(2 * (values[k] - level)) * 255) | 0]
        : undefined);
    }
    if (kind === "shares") {
      const count = values.length / size, least = 1 / count;
      const tables = Array.from({length: count}, (_, k) => shading.shades(`class${k}`, 0.5));
      return (k) => {
        let best = 0;
        for (let j = 0; j < count; j++) {
          if (!Number.isFinite(values[j * size + k])) return undefined;
          if (values[j * size + k] > values[best * size + k]) best = j;
        }
        const strength = (values[best * size + k] - least) / (1 - least);
        return tables[best][Math.max(0, Math.min(255, strength * 255)) | 0];
      };
    }
    const largest = values.reduce((most, x) => (Math.abs(x) > most && Number.isFinite(x)
      ? Math.abs(x) : most), 1e-12);
    const [low, high] = [shading.shades("negative", 0.7), shading.shades("positive", 0.7)];
    return (k) => (Number.isFinite(values[k])
      ? (values[k] < 0 ? low : high)[(Math.abs(values[k]) / largest) * 255 | 0] : undefined);
  }
  function linesOf({values, n, kind, level}) {
    if (kind !== "shares") return contoursOf((k) => values[k], n, kind === "share" ? level : 0);
    const size = n * n, count = values.length / size;
    return Array.from({length: count}, (_, j) => contoursOf((k) => {
      let other = -Infinity;
      for (let i = 0; i < count; i++) if (i !== j) other = Math.max(other, values[i * size + k]);
      return values[j * size + k] - other;
    }, n, 0)).flat();
  }
  /** Stroke a list of points, with a gap where one is not finite. */
  function stroke(pen, points) {
    let isDown = false;
    pen.beginPath();
    for (const [x, y] of points) {
      if (isDown) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      isDown = Number.isFinite(y);
    }
    pen.stroke();
  }
  function strokeBoundary(pen, grid, isGhost) {
    const {values, n, kind} = grid;
    pen.setLineDash(isGhost ? [6, 5] : []);
    pen.lineWidth = isGhost ? 1.5 : 2;
    pen.strokeStyle = shading.css(isGhost ? "faint" : "ink");
    if (isLine()) {
      const [left, right] = now.range[0];
      for (let map = 0; map < values.length / n; map++) {
        if (kind === "shares") pen.strokeStyle = shading.css(`class${map}`);
        stroke(pen, Array.from({length: n}, (_, k) =>
          toPixel([left + (k * (right - left)) / (n - 1), values[map * n + k]])));
      }
    } else {
      for (const line of linesOf(grid)) {
        stroke(pen, line.map(([column, row]) =>
          [box.x + (column / (n - 1)) * box.w, box.y + (row / (n - 1)) * box.h]));
      }
    }
    pen.setLineDash([]);
  }
  function paintBack() {
    if (!now || !box.w) return;
    const pen = penOf(back);
    pen.save();
    pen.beginPath();
    pen.rect(box.x, box.y, box.w, box.h);
    pen.clip();
    if (shown && !isLine()) {
      const {n} = shown, w = box.w / (n - 1), h = box.h / (n - 1);
      paintPixels(image, n, n, shadeOf(shown));
      pen.drawImage(image, box.x - w / 2, box.y - h / 2, box.w + w, box.h + h);
    }
    if (old && old.kind === shown?.kind) strokeBoundary(pen, old, true);
    if (shown) strokeBoundary(pen, shown, false);
    pen.restore();
    paintAxes(pen);
  }
  function paintAxes(pen) {
    const {dataset: {axes, names, classes, target}} = now, y = axes[1] ?? target ?? {
      name: classes ? "share" : "y", centre: 0, scale: 1};
    pen.strokeStyle = shading.css("faint");
    pen.lineWidth = 1;
    pen.strokeRect(box.x, box.y, box.w, box.h);
    pen.fillStyle = shading.css("ink");
    pen.font = `12px ${getComputedStyle(element).fontFamily}`;
    [axes[0], y].forEach(({name = names[0], centre, scale}, k) => {
      const [low, high] = rangesOf()[k].map((x) => centre + scale * x);
      const ticks = ticksOf(low, high), end = pen.measureText(name).width + 6;
      pen.textBaseline = k ? "middle" : "top";
      pen.textAlign = k ? "right" : "center";
      for (const tick of ticks) {
        const share = (tick - low) / (high - low);
        const [px, py] = [box.x + share * box.w, box.y + (1 - share) * box.h];
        if (k) pen.fillText(show(tick, 4), box.x - 6, py);
        else if (px < box.x + box.w - end - 10) pen.fillText(show(tick, 4), px, box.y + box.h + 6);
      }
      pen.textAlign = k ? "left" : "right";
      if (k) pen.fillText(name, 4, box.y - 12);
      else pen.fillText(name, box.x + box.w, box.y + box.h + 6);
    });
  }
  function ticksOf(low, high) {
    const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((k) => k * power >= rough) * power, ticks = [];
    for (let k = Math.ceil(low / step); k * step <= high; k++) ticks.push(k * step + 0);  // + 0: not −0
    return ticks;
  }

  // -- the samples

  function colourOf(i) {
    const {classes, targets} = now.dataset;
    return classes ? `class${targets[i]}` : isLine() ? "faint" : heightOf(i) < 0 ? "negative" : "positive";
  }
  function spriteOf(path, colour, isHollow, r) {
    const key = [path, colour, isHollow, r].join();
    if (!sprites.has(key)) {
      const sharp = devicePixelRatio || 1, side = 2 * Math.ceil(1.3 * r + 3), canvas = make("canvas");
      canvas.width = canvas.height = side * sharp;
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      pen.translate(side / 2, side / 2);
      pen.scale(r, r);
      const line = (width, name) => {
        pen.lineWidth = width / r;
        pen.strokeStyle = shading.css(name);
        pen.stroke(paths[path]);
      };
      if (isHollow) {
        line(4, "ink");
        pen.fillStyle = shading.css("paper");
        pen.fill(paths[path]);
        line(2, colour);
      } else {
        line(2.4, colour === "faint" ? "paper" : "ink");
        pen.fillStyle = shading.css(colour);
        pen.fill(paths[path]);
      }
      sprites.set(key, {canvas, side});
    }
    return sprites.get(key);
  }
  function paintFront() {
    if (!now || !box.w) return;
    const {dataset: {inputs, targets, classes}, split, chosen, wrong} = now, pen = penOf(front);
    const isTest = new Set(split.test), small = inputs.length > 400 || box.h < 230;
    const r = inputs.length > 1000 || (isLine() && inputs.length > 60) ? 3 : small ? 3.8 : 4.6;
    const ring = (x, y, radius, width, colour) => {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.lineWidth = width;
      pen.strokeStyle = shading.css(colour);
      pen.stroke();
    };
    const point = (i, radius) => {
      const [x, y] = placeOf(i);
      const {canvas, side} = spriteOf(classes ? targets[i] : 0, colourOf(i), isTest.has(i), radius);
      pen.drawImage(canvas, x - side / 2, y - side / 2, side, side);
      if (classes && wrong(i)) ring(x, y, radius + 4, 1.5, "ink");
    };
    inputs.forEach((_, i) => i !== chosen && point(i, r));
    if (inputs[chosen]) {
      const [x, y] = placeOf(chosen);
      ring(x, y, r + 9, 6, "paper");
      point(chosen, r + 1.5);
      ring(x, y, r + 9, 2.5, "ink");
      for (const [dx, dy] of Object.values(ARROW_KEYS)) {
        stroke(pen, [[x + dx * (r + 9), y + dy * (r + 9)], [x + dx * (r + 14), y + dy * (r + 14)]]);
      }
    }
    if (document.activeElement !== front || !front.matches(":focus-visible")) return;
    pen.setLineDash([3, 3]);
    pen.lineWidth = 2;
    pen.strokeStyle = shading.css("ink");
    if (isDrawing) {
      const [x, y] = toPixel(cursor);
      stroke(pen, [[x - 12, y], [x + 12, y]]);
      stroke(pen, [[x, y - 12], [x, y + 12]]);
    } else if (inputs[at]) {
      const [x, y] = placeOf(at), s = r + 6;
      pen.strokeRect(x - s, y - s, 2 * s, 2 * s);
    }
    pen.setLineDash([]);
  }
  function writeLegend() {
    const {dataset: {classes}, split} = now, isTested = split.test.length > 0;
    const key = JSON.stringify([classes, isTested]);
    if (key === legendKey) return;
    legendKey = key;
    const entry = (path, style, text) => make("li", {}, make("svg", {viewBox: "-1.7 -1.7 3.4 3.4",
      "aria-hidden": "true"}, ...path.map((d) => make("path", {d, style}))), text);
    const circle = CLASS_SHAPES[0][0], line = "fill:none;stroke:var(--ink);stroke-width:.35";
    const around = "M1.45 0A1.45 1.45 0 1 1-1.45 0A1.45 1.45 0 1 1 1.45 0Z";
    legend.replaceChildren(...(classes ?? []).map((name, k) => entry([CLASS_SHAPES[k][0]],
      `fill:var(--class${k});stroke:var(--ink);stroke-width:.25`, name)),
    ...(isTested ? [entry([circle], line, "hollow: test")] : []),
    ...(classes ? [entry([around], line, "ringed: wrong")] : []));
  }

  // -- pointer and keys

  /** Say in one sentence what a sample is. */
  function tell(i) {
    const {dataset: {inputs, targets, classes, axes}, split, wrong, predicted} = now;
    const raw = inputs[i].map((x, k) => show((axes[k]?.centre ?? 0) + (axes[k]?.scale ?? 1) * x, 3));
    const kind = (k) => `${classes[k]} (${CLASS_SHAPES[k][1]})`;
    said.textContent = [`sample ${i + 1}`, ...(split.test.includes(i) ? ["for testing"] : []),
      classes ? `class ${kind(targets[i])}` : `target ${show(heightOf(i), 3)}`, `at ${raw.join(", ")}`,
      ...(classes && predicted ? [`predicted ${kind(predicted(i))}`] : []),
      ...(classes ? [wrong(i) ? "wrong" : "right"] : [])].join(", ");
  }
  function nearest(x, y, far) {
    let best = -1;
    now.dataset.inputs.forEach((_, i) => {
      const [px, py] = placeOf(i), distance = Math.hypot(px - x, py - y);
      if (distance <= far) [best, far] = [i, distance];
    });
    return best;
  }
  /** Return the nearest sample in a direction, or the one it goes from. */
  function neighbour(from, [dx, dy]) {
    const [x, y] = placeOf(from);
    let best = from, least = Infinity;
    now.dataset.inputs.forEach((_, i) => {
      const [px, py] = placeOf(i), along = (px - x) * dx - (py - y) * dy;
      const across = Math.abs((px - x) * dy) + Math.abs((py - y) * dx), cost = along + 2 * across;
      if (along > 0.5 && along >= across / 2 && cost < least) [best, least] = [i, cost];
    });
    return best;
  }
  const pointed = ({clientX, clientY}) => {
    const {left, top} = front.getBoundingClientRect();
    return [clientX - left, clientY - top];
  };
  front.addEventListener("pointerdown", (event) => {
    if (!now || event.button || press) return;
    const [x, y] = pointed(event), isTouch = event.pointerType === "touch";
    const own = isTouch && now.dataset.inputs[now.chosen] ? placeOf(now.chosen) : null;
    const isOwn = own && Math.hypot(own[0] - x, own[1] - y) <= 24;
    const i = isOwn ? now.chosen : nearest(x, y, isTouch ? 22 : 11);
    press = {i, x, y, id: event.pointerId, canDrag: i >= 0 && (!isTouch || isOwn)};
    if (i >= 0) press.from = placeOf(i);
    front.setPointerCapture(event.pointerId);
    if (i >= 0 && !isTouch) pick(i);
  });
  front.addEventListener("pointermove", (event) => {
    if (!now || press?.id !== event.pointerId) return;
    const [x, y] = pointed(event);
    press.isDrag ||= Math.hypot(x - press.x, y - press.y) > 3;
    if (!press.isDrag || !press.canDrag) return;
    move(press.i, toInput(press.from[0] + x - press.x, press.from[1] + y - press.y));
  });
  front.addEventListener("pointerup", (event) => {
    if (press?.id !== event.pointerId) return;
    const {i, isDrag, canDrag} = press, isTap = !isDrag;
    press = null;
    if (isTap && i >= 0 && event.pointerType === "touch") pick(i);
    else if (isTap && i < 0 && isDrawing && isInside(pointed(event))) add(toInput(...pointed(event)), drawn);
    else if (isDrag && canDrag) tell(i);
  });
  front.addEventListener("pointercancel", () => (press = null));
  const isInside = ([x, y]) => x >= box.x && x <= box.x + box.w && y >= box.y && y <= box.y + box.h;
  // A finger on the chosen sample drags it; anywhere else it scrolls the page.
  front.addEventListener("touchstart", (event) => {
    if (!now?.dataset.inputs[now.chosen]) return;
    const [[x, y], [px, py]] = [pointed(event.touches[0]), placeOf(now.chosen)];
    if (Math.hypot(px - x, py - y) <= 24) event.preventDefault();
  }, {passive: false});
  front.addEventListener("keydown", (event) => {
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    const {dataset: {inputs}, chosen} = now, arrow = ARROW_KEYS[event.key];
    const isChosen = Boolean(inputs[chosen]);
    if (arrow && event.shiftKey) {
      if (isChosen) {
        move(chosen, within(inputs[chosen].map((x, k) => x + PLANE_STEP * arrow[k])));
        tell(chosen);
      }
    } else if (arrow && isDrawing) {
      cursor = within(cursor.map((x, k) => x + PLANE_STEP * arrow[k]));
      said.textContent = cursor.map((x) => show(x, 3)).join(", ");
    } else if (arrow && inputs.length) {
      at = neighbour(inputs[at] ? at : isChosen ? chosen : 0, arrow);
      tell(at);
    } else if (event.key === "Enter" && isDrawing) add([...cursor], drawn);
    else if (event.key === "Enter" && inputs[at]) pick(at);
    else if ((event.key === "Delete" || event.key === "Backspace") && isChosen) remove(chosen);
    else return;
    event.preventDefault();
    event.stopPropagation();
    paintFront();
  });
  for (const name of ["focus", "blur"]) front.addEventListener(name, paintFront);

  function label() {
    const common = "Shift and arrow keys move the chosen sample.";
    front.setAttribute("aria-label", isDrawing ? `Plane of the data. Arrow keys move the cursor, Enter
      puts a point of the class ${now?.dataset.classes?.[drawn] ?? drawn + 1} there, Delete takes the
      chosen sample away. ${common}`.replace(/\s+/g, " ")
      : `Plane of the data. Arrow keys go from sample to sample, Enter chooses one. ${common}`);
    mark(front, {drawing: isDrawing});
  }
  label();
  return {element,
    show(to) {
      const isNew = now?.dataset !== to.dataset, before = now;
      const isOther = isNew || before.chosen !== to.chosen;
      now = to;
      const {targets} = now.dataset;
      if (isNew && isLine() && targets.length) {
        const all = targets.map((_, i) => heightOf(i)).concat(now.dataset.classes ? [0, 1] : []);
        const [low, high] = [Math.min(...all), Math.max(...all)], room = 0.15 * (high - low || 1);
        heights = [low - room, high + room];
      }
      if (isNew) shown = old = undefined;
      if (isOther) at = to.chosen;
      writeLegend();
      const changes = isNew || shading.version !== version ||
        before.range.some((ends, k) => ends.some((x, side) => x !== now.range[k][side]));
      version = shading.version;
      if (changes) arrange();
      else paintFront();
      if (isOther && now.dataset.inputs[at]) tell(at);
    },
    boundary(values, n, kind, level = 0.5) {
      shown = {values, n, kind, level};
      paintBack();
    },
    ghost(values) {
      old = values && shown && {values, n: sideOf(values), kind: shown.kind, level: shown.level};
      paintBack();
    },
    mode(name) {
      isDrawing = name === "draw";
      label();
      paintFront();
    },
    drawClass(k) {
      drawn = k;
      label();
    }};
  /** Return the side of a grid that is as many maps as the one that is shown. */
  function sideOf(values) {
    const side = (length, maps) => (isLine() ? length / maps : Math.sqrt(length / maps));
    const maps = shown.values.length / (isLine() ? shown.n : shown.n ** 2);
    return side(values.length, maps);
  }
}
