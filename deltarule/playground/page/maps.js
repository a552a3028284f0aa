// Maps: what every unit makes of the plane, and how that is painted.
//
// A grid of n×n points has its corners at the corners of the range; the first row is the top one.
// With one input it is a line of n points.

/** Call `write(x, out)` at each point of a grid, and put its `units` numbers into `maps`, one map
 *  after the other. */
const overGrid = (() => {
  const plane = new Float64Array(2), line = new Float64Array(1);
  let one = new Float64Array(0);
  return (write, units, range, n, given) => {
    const [[left, right], [bottom, top] = [0, 0]] = range, isLine = range.length === 1;
    const x = isLine ? line : plane, rows = isLine ? 1 : n, size = rows * n;
    const across = (right - left) / (n - 1), down = (bottom - top) / (n - 1);
    const maps = given?.length === units * size ? given : new Float64Array(units * size);
    if (one.length !== units) one = new Float64Array(units);
    for (let row = 0, at = 0; row < rows; row++) {
      if (!isLine) x[1] = top + row * down;
      for (let column = 0; column < n; column++, at++) {
        x[0] = left + column * across;
        write(x, one);
        for (let unit = 0, to = at; unit < units; unit++, to += size) maps[to] = one[unit];
      }
    }
    return maps;
  };
})();

/** Return the outputs of all units over a grid, a Float64Array [unit][row][column] (with one input
 *  [unit][column]): `out`, if that is as long. `units` is their number, and `range` is [low, high]
 *  of each input. */
function unitMaps(program, p, units, range, n, out) {
  return overGrid((x, one) => program.units(p, x, one), units, range, n, out);
}

/** Return δ of all units over a grid, for the target t, as `unitMaps` returns outputs. */
function deltaMaps(program, p, t, units, range, n, out) {
  return overGrid((x, one) => program.deltas(p, x, t, one), units, range, n, out);
}

/** Return the colours of the page as they are now, and tables of 256 shades from paper to one.
 *
 *  css(name)          the colour of a variable: css("ink")
 *  shades(name, most) pixels, as ImageData has them; `most` is how much of the colour the last has
 *  version            another number after the scheme has changed */
const shading = (() => {
  let known = new Map(), isWatched = false;
  const parse = (css) => [1, 3, 5].map((k) => parseInt(css.slice(k, k + 2), 16));
  const get = (key, compute) => {
    if (!isWatched) {
      isWatched = true;
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
        known = new Map();
        shading.version++;
      });
    }
    if (!known.has(key)) known.set(key, compute());
    return known.get(key);
  };
  const css = (name) => get(name, () =>
    getComputedStyle(document.body).getPropertyValue(`--${name}`).trim());
  const shades = (name, most = 1) => get(`${name} ${most}`, () => {
    const from = parse(css("paper")), to = parse(css(name)), bytes = new Uint8ClampedArray(1024);
    for (let k = 0; k < 256; k++) {
      from.forEach((x, i) => (bytes[4 * k + i] = x + (to[i] - x) * most * (k / 255)));
      bytes[4 * k + 3] = 255;
    }
    return new Uint32Array(bytes.buffer);
  });
  return {css, shades, version: 0};
})();

/** Paint numbers into a canvas, a pixel each: `shade(at)` returns the pixel of a number, or
 *  undefined where there is none to show, which is hatched. */
const paintPixels = (() => {
  const images = new WeakMap();
  return (canvas, columns, rows, shade) => {
    if (canvas.width !== columns || canvas.height !== rows || !images.has(canvas)) {
      Object.assign(canvas, {width: columns, height: rows});
      const image = canvas.getContext("2d").createImageData(columns, rows);
      images.set(canvas, {image, pixels: new Uint32Array(image.data.buffer)});
    }
    const {image, pixels} = images.get(canvas), hatch = shading.shades("ink", 0.7);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        pixels[at] = shade(at) ?? hatch[(row + column) % 8 < 3 ? 255 : 0];
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
  };
})();

/** Paint the map that begins at `offset`: blue where it is positive, orange where it is negative,
 *  full where |value| is `scale` or more; a map of one input has 1 row. */
function paintMap(canvas, values, offset, n, {scale = 1, rows = n} = {}) {
  const positive = shading.shades("positive"), negative = shading.shades("negative");
  const factor = 255 / scale;
  paintPixels(canvas, n, rows, (at) => {
    const value = values[offset + at];
    if (!Number.isFinite(value)) return undefined;
    return (value < 0 ? negative : positive)[Math.min(255, Math.abs(value) * factor) | 0];
  });
}

/** Return the lines along which numbers on an n×n grid are `level`, each a list of [column, row]
 *  (marching squares); `valueAt(k)` is number k of the grid. */
function contoursOf(valueAt, n, level) {
  const links = new Map(), above = (k) => valueAt(k) >= level;
  const link = (a, b) => {
    for (const [from, to] of [[a, b], [b, a]]) {
      if (links.has(from)) links.get(from).push(to);
      else links.set(from, [to]);
    }
  };
  // A crossing is named by the edge it is on: 2k goes right from the point k, 2k + 1 down.
  for (let row = 0; row < n - 1; row++) {
    for (let k = row * n; k < row * n + n - 1; k++) {
      const a = above(k), b = above(k + 1), c = above(k + n + 1), d = above(k + n);
      if (a === b && b === c && c === d) continue;
      const sides = [a !== b && 2 * k, b !== c && 2 * k + 3, c !== d && 2 * (k + n),
        d !== a && 2 * k + 1].filter((side) => side !== false);
      if (sides.length === 2) link(...sides);
      else {
        const middle = (valueAt(k) + valueAt(k + 1) + valueAt(k + n) + valueAt(k + n + 1)) / 4;
        const [top, right, low, left] = sides;
        if ((middle >= level) === a) link(top, right), link(low, left);
        else link(top, left), link(right, low);
      }
    }
  }
  const place = (edge) => {
    const k = edge >> 1, step = edge & 1 ? n : 1, from = valueAt(k), to = valueAt(k + step);
    const t = (level - from) / (to - from), share = t >= 0 && t <= 1 ? t : 0.5;
    const [column, row] = [k % n, Math.floor(k / n)];
    return edge & 1 ? [column, row + share] : [column + share, row];
  };
  const lines = [], walk = (start) => {
    const line = [place(start)];
    for (let at = start, next; (next = links.get(at).pop()) !== undefined; at = next) {
      links.get(next).splice(links.get(next).indexOf(at), 1);
      line.push(place(next));
    }
    if (line.length > 1) lines.push(line);
  };
  for (const [edge, ends] of links) if (ends.length === 1) walk(edge);
  for (const edge of links.keys()) walk(edge);
  return lines;
}
