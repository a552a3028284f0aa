// A film: panels in SVG, whose numbers are changed from frame to frame.
//
// data.panels[i] has the picture of the last frame, and for each frame `smooth` and `exact`
// numbers. A letter of `smooth` says by how many steps a number has moved since the frame before.

const WHOLE = 9000;  // milliseconds to play all of it, at least FASTEST for a frame
const FASTEST = 50;
const NOT_FINITE = {nan: NaN, inf: Infinity, "-inf": -Infinity};

/** Tell the page around this one how high it would like to be. */
function framed(reel, width) {
  reel.style.maxWidth = `${width}px`;
  new ResizeObserver(() => parent.postMessage(reel.offsetHeight, "*")).observe(reel);
}

/** Build the film in a page. */
function film(root, data) {
  const panels = data.panels.map(prepared), last = data.captions.length - 1;
  let now = last, timer = 0;
  const reel = add(root, "div", "reel"), caption = add(reel, "p", "caption");
  const room = add(reel, "div", "panels");
  let first = 0;
  for (const [count, flex] of data.columns) {
    const box = add(room, "div");
    box.style.flex = flex;
    box.append(...panels.slice(first, first += count).map((panel) => panel.svg));
  }
  reel.style.setProperty("--shape", data.shape);
  if (parent !== window) framed(reel, data.width);
  const controls = add(reel, "div", "controls");
  const button = (name, text, label, action) => {
    const made = add(controls, "button", name, text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  };
  const play = button("play", "▶ Play", "Play", () => (timer ? stop() : start()));
  button("back", "‹", "One frame back", () => move(now - 1));
  const slider = add(controls, "input");
  Object.assign(slider, {type: "range", min: 0, max: last, step: 1});
  slider.setAttribute("aria-label", "Epoch");
  slider.addEventListener("input", () => move(Number(slider.value)));
  button("next", "›", "One frame on", () => move(now + 1));

  function show(frame) {
    now = Math.min(Math.max(frame, 0), last);
    caption.textContent = data.captions[now];
    slider.value = now;
    slider.setAttribute("aria-valuetext", data.captions[now]);
    for (const panel of panels) panel.show(now);
  }
  function move(frame) {
    stop();
    show(frame);
  }
  function start() {
    if (now === last) show(0);
    timer = setInterval(() => (now < last ? show(now + 1) : stop()),
      Math.max(FASTEST, WHOLE / (last + 1)));
    play.textContent = "❚❚ Pause";
    play.setAttribute("aria-label", "Pause");
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Play";
    play.setAttribute("aria-label", "Play");
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = {ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last,
      PageUp: now - Math.ceil(last / 10), PageDown: now + Math.ceil(last / 10)}[event.key];
    if (to !== undefined) move(to);
    else if (event.key === " " && !event.target.closest("button")) play.click();
    else return;
    event.preventDefault();
  });
  show(last);
}

function add(parent, name, kind = "", text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  parent.append(made);
  return made;
}

/** Return a number with three digits, as Python's `written`. */
function written(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "−inf";
  const size = Math.abs(x), isShort = x && (size < 1e-3 || size >= 1e5);
  const rounded = evenly(size, isShort ? 3 : Math.max(3, String(Math.trunc(size)).length));
  const text = isShort ? rounded.split("e").map(Number).join("e") : String(Number(rounded));
  return `${x < 0 ? "−" : ""}${text.replace("-", "−")}`;
}

/** Round a number above 0 to so many digits, a tie to the even one, as Python does. */
function evenly(x, digits) {
  const [all, power] = x.toExponential(60).split("e"), kept = all.slice(0, digits + 1);
  const isTie = /^50*$/.test(all.slice(digits + 1)), isEven = "02468".includes(kept.at(-1));
  return isTie && isEven ? `${kept}e${power}` : x.toExponential(digits - 1);
}

// -- panels ------------------------------------------------------------------------------------

/** Return a panel with its picture, and a function that shows a frame. */
function prepared({kind, svg, least, facts, step, smooth, exact}) {
  const picture = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  picture.style.minWidth = `${least}px`;
  const frames = unrolled(smooth, step), draw = MOVES[kind](picture, facts);
  const lost = picture.querySelector(".lost");
  return {svg: picture, show(frame) {
    picture.classList.toggle("missing", !exact[frame]);
    if (!exact[frame]) return;
    const numbers = exact[frame].map((x) => NOT_FINITE[x] ?? x);
    const isFinite = frames[frame] && numbers.every((x) => x === null || Number.isFinite(x));
    lost.setAttribute("visibility", isFinite ? "hidden" : "visible");
    draw(frames[frame], numbers);
  }};
}

/** Return the smooth numbers of each frame; null where one was not finite. */
function unrolled(texts, step) {
  let before;
  return texts.map((text) => {
    if (text === null) return null;
    before = Int32Array.from(text, (letter, i) => {
      const code = letter.charCodeAt(0), zigzag = code - (code < 0x100 ? 0x23 : 0x100);
      return (before ? before[i] : 0) + (zigzag & 1 ? -(zigzag + 1) / 2 : zigzag / 2);
    });
    return Float64Array.from(before, (x) => x * step);
  });
}

const MOVES = {
  plane(picture, {width, lines}) {
    const paths = [...picture.querySelectorAll(".level")], size = width * width;
    return (numbers) => {
      const leads = numbers && leading(numbers, size);
      lines.forEach(([k, level, isOpen], i) => paths[i].setAttribute("d",
        numbers ? outline(leads[k], width, level, isOpen) : ""));
    };
  },
  line(picture, {xs}) {
    const paths = [...picture.querySelectorAll(".curve")];
    return (numbers) => paths.forEach((path, k) => {
      const points = xs.map((x, i) => `${x} ${numbers?.[k * xs.length + i].toFixed(1)}`);
      path.setAttribute("d", numbers ? `M${points.join("L")}` : "");
    });
  },
  pairs(picture) {
    const dots = [...picture.querySelectorAll(".pair")];
    return (numbers) => dots.forEach((dot, k) => numbers && dot.setAttribute("cy", numbers[k]));
  },
  table(picture, {shades}) {
    const cells = [...picture.querySelectorAll(".cell")];
    const counts = [...picture.querySelectorAll(".count")];
    return (_, exact) => exact.forEach((count, k) => {
      cells[k].setAttribute("fill-opacity", count * shades[Math.floor(k / shades.length)]);
      counts[k].textContent = written(count);
    });
  },
  losses(picture) {
    const later = picture.querySelector(".later"), now = picture.querySelector(".now");
    const right = Number(later.getAttribute("x")) + Number(later.getAttribute("width"));
    const bounds = now.getAttribute("d").replace(/^M\S+/, "");
    const dots = [...picture.querySelectorAll(".dot")];
    return (_, [x, ...ys]) => {
      later.setAttribute("x", x);
      later.setAttribute("width", Math.max(right - x, 0));
      now.setAttribute("d", `M${x}${bounds}`);
      dots.forEach((dot, k) => {
        dot.setAttribute("visibility", ys[k] === null ? "hidden" : "visible");
        dot.setAttribute("cx", x);
        if (ys[k] !== null) dot.setAttribute("cy", ys[k]);
      });
    };
  },
  circuit(picture, {edges, names, signs, scaled, widths: [thinnest, widest], said}) {
    const nodes = [...picture.querySelectorAll(".node")];
    const groups = edges.map((_, i) => picture.querySelector(`#e${i}`));
    const scale = picture.querySelector(".scale");
    let flows = [], numbers = [], weights = [];
    const put = (group, kind, number, sign = "") => {
      const text = group.querySelector(`text.${kind}`);
      if (text) text.textContent = number === null ? "" : sign + written(number);
    };
    groups.forEach((group, i) => group.addEventListener("pointerenter", () => {
      const [source, target, isWeight] = edges[i];
      const weight = isWeight ? `weight ${written(weights[i])}, ` : "";
      const flow = flows[i] === null ? "" : `: ${weight}flowed back ${written(flows[i])}`;
      group.querySelector("title").textContent =
        `${names[source]} → ${names[target] ?? "E"}${flow}`;
    }));
    names.forEach((name, k) => nodes[k].addEventListener("pointerenter", () => {
      const [value, grad] = numbers.slice(1 + 2 * k).map((x) => (x === null ? "–" : written(x)));
      nodes[k].querySelector("title").textContent = `${name}: ${value}, gradient ${grad}`;
    }));
    return (_, exact) => {
      numbers = exact;
      weights = exact.slice(1 + 2 * names.length);
      flows = edges.map(([, target, isWeight], i) => {
        const grad = isWeight ? exact[2 + 2 * target] : 1;
        return weights[i] === null || grad === null ? null : weights[i] * grad;
      });
      const sizes = flows.map((flow) => (Number.isFinite(flow) ? Math.abs(flow) : 0));
      const full = exact.at(-1) ?? 0;
      flows.forEach((flow, i) => {
        const share = full && Math.cbrt(Math.min(sizes[i] / full, 1));
        const sign = share && (flow > 0 ? " positive" : " negative");
        groups[i].setAttribute("class", `edge${sign || ""}`);
        groups[i].querySelector("path").style.strokeWidth = Math.max(widest * share, thinnest);
      });
      names.forEach((_, k) => {
        put(nodes[k], "value", exact[1 + 2 * k], signs[k]);
        put(nodes[k], "grad", exact[2 + 2 * k]);
      });
      put(nodes.at(-1), "value", exact[0]);
      const [head, cut] = said, isCut = sizes.slice(scaled).some((size) => size > full);
      if (scale) scale.textContent = head + written(full) + (isCut ? cut : "");
    };
  },
};

// -- outlines ----------------------------------------------------------------------------------

/** Return by how much each of several numbers is larger than all others; one alone as it is. */
function leading(numbers, size) {
  const parts = Array.from({length: numbers.length / size}, (_, k) =>
    numbers.subarray(k * size, (k + 1) * size));
  return parts.length === 1 ? parts : parts.map((part, k) => part.map((x, i) =>
    x - Math.max(...parts.map((other, j) => (j === k ? -Infinity : other[i])))));
}

/** Return a path around all that is above a level, as contours.py does. */
function outline(grid, width, level, isOpen) {
  const height = grid.length / width, after = new Map(), stride = width + 2;
  const isIn = (i, j) => i >= 0 && j >= 0 && i < width && j < height;
  const at = (i, j) => (isIn(i, j) ? grid[j * width + i] : -1e300);
  const side = (i, j, down) => 2 * ((j + 1) * stride + i + 1) + down;
  for (let j = -1; j < height; j++) {
    for (let i = -1; i < width; i++) {
      const inside = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)].map((x) => x > level);
      if (inside.every((x) => x === inside[0])) continue;
      const sides = [side(i, j, 0), side(i + 1, j, 1), side(i, j + 1, 0), side(i, j, 1)];
      for (let k = 0; k < 4; k++) {  // clockwise: out of the region here, and back into it there
        if (!inside[k] || inside[(k + 1) % 4]) continue;
        let back = (k + 1) % 4;
        while (!inside[(back + 1) % 4]) back = (back + 1) % 4;
        after.set(sides[k], sides[back]);
      }
    }
  }
  const point = (key) => {
    const down = key & 1, cell = key >> 1, i = cell % stride - 1, j = Math.floor(cell / stride) - 1;
    const a = at(i, j), b = at(i + 1 - down, j + down), t = (level - a) / (b - a);
    const x = Math.min(Math.max(i + (down ? 0 : t), 0), width - 1);
    const y = Math.min(Math.max(j + (down ? t : 0), 0), height - 1);
    return `${+x.toFixed(2)} ${+y.toFixed(2)}`;
  };
  const isBorder = (key) => {
    const down = key & 1, cell = key >> 1, i = cell % stride - 1, j = Math.floor(cell / stride) - 1;
    return !(isIn(i, j) && isIn(i + 1 - down, j + down));
  };
  let path = "";
  while (after.size) {
    let [key] = after.keys();
    path += `M${point(key)}`;
    while (after.has(key)) {
      const next = after.get(key);
      after.delete(key);
      path += `${isOpen && (isBorder(key) || isBorder(next)) ? "M" : "L"}${point(next)}`;
      key = next;
    }
  }
  return path;
}
