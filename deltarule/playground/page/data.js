// Data: random numbers with a seed, the sets of the page, and their split.

/** Return random numbers that begin anew with each seed (Mulberry32).
 *
 *  uniform()      from 0 up to, not including, 1
 *  gauss()        of the standard normal distribution (Box and Muller)
 *  shuffle(list)  puts a list into a random order, and returns it (Fisher and Yates) */
function generator(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
  const gauss = () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const shuffle = (list) => {
    for (let i = list.length - 1; i > 0; i--) {
      const j = Math.floor(uniform() * (i + 1));
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  };
  return {uniform, gauss, shuffle};
}

// Each set gives the samples [x₁, x₂, class] of the numbers it is asked for: `share` goes from 0 to
// 1 within a class, and `noise` is a standard deviation that a set adds as it sees fit.
const DATA = {
  xor: {classes: ["same sign", "opposite signs"], point(k, _, {uniform, gauss}, noise) {
    const [a, b] = [0.1 + 0.8 * uniform(), 0.1 + 0.8 * uniform()];
    const side = uniform() < 0.5 ? -1 : 1;
    return [side * a + 0.5 * noise * gauss(), (k ? -side : side) * b + 0.5 * noise * gauss()];
  }},
  moons: {classes: ["upper moon", "lower moon"], point(k, share, {gauss}, noise) {
    const angle = Math.PI * share, side = k ? -1 : 1;
    const x = side * Math.cos(angle) - side / 2, y = side * Math.sin(angle) - side / 4;
    return [0.6 * (x + noise * gauss()), 0.6 * (y + noise * gauss())];
  }},
  circles: {classes: ["outer circle", "inner circle"], point(k, share, {gauss}, noise) {
    const angle = 2 * Math.PI * share, radius = k ? 0.4 : 0.85;
    return [radius * Math.cos(angle) + 0.5 * noise * gauss(),
      radius * Math.sin(angle) + 0.5 * noise * gauss()];
  }},
  spirals: {classes: ["first arm", "second arm"], point(k, share, {gauss}, noise) {
    const radius = 0.08 + 0.87 * share, angle = 1.25 * 2 * Math.PI * share + k * Math.PI;
    return [radius * Math.sin(angle) + 0.25 * noise * gauss(),
      radius * Math.cos(angle) + 0.25 * noise * gauss()];
  }},
  blobs: {classes: ["top", "left", "right"], point(k, _, {gauss}, noise) {
    const angle = Math.PI / 2 + (2 * Math.PI * k) / 3, spread = 0.08 + 0.6 * noise;
    return [0.6 * Math.cos(angle) + spread * gauss(), 0.6 * Math.sin(angle) + spread * gauss()];
  }},
};
// Truth tables, in the order 00, 01, 10, 11.
const TABLES = {and: [0, 0, 0, 1], or: [0, 1, 1, 1], xor4: [0, 1, 1, 0]};

/** Return the data set of a name: one of DATA or of TABLES, "iris", "curve" with its function `f`,
 *  or "own", which has no samples yet. The same arguments give the same numbers.
 *
 *  Where f has no number, an Error says so. */
function makeData(name, {count = 200, noise = 0, seed = 1, f} = {}) {
  const axis = (label, centre = 0, scale = 1) => ({name: label, centre, scale});
  const plane = [axis("x₁"), axis("x₂")];
  const made = (rows, classes, axes = plane) => ({name, names: axes.map((a) => a.name), axes, classes,
    inputs: rows.map(([a, b]) => [a, b]), targets: rows.map((row) => row[2])});
  if (name === "own") return made([], ["first", "second"]);
  if (Object.hasOwn(TABLES, name)) {
    const rows = TABLES[name].map((target, i) => [i < 2 ? -1 : 1, i % 2 ? 1 : -1, target]);
    return made(rows, ["no (0)", "yes (1)"], [axis("x₁", 0.5, 0.5), axis("x₂", 0.5, 0.5)]);
  }
  if (name === "iris") {
    const rows = IRIS.map(([a, b, k]) => [(a - 4) / 3, (b - 1.3) / 1.2, k]);
    const axes = [axis("petal length (cm)", 4, 3), axis("petal width (cm)", 1.3, 1.2)];
    return made(rows, ["setosa", "versicolor", "virginica"], axes);
  }
  const random = generator(seed);
  if (name === "curve") return curveOf(f, count, noise, random);
  const {classes, point} = DATA[name], rows = [];
  for (let k = 0; k < classes.length; k++) {
    const size = Math.floor((count + classes.length - 1 - k) / classes.length);
    for (let i = 0; i < size; i++) {
      rows.push([...point(k, size > 1 ? i / (size - 1) : 0.5, random, noise), k]);
    }
  }
  return made(random.shuffle(rows), classes);
}

function curveOf(f, count, noise, random) {
  const inputs = [], targets = [];
  for (let i = 0; i < count; i++) {
    const x = count > 1 ? -1 + (2 * i) / (count - 1) : 0, y = f(x);
    if (!Number.isFinite(y)) {
      throw new Error(`The curve has no finite y at x = ${Number(x.toPrecision(3))}: type one that ` +
        "has a y everywhere from −1 to 1.");
    }
    inputs.push([x]);
    targets.push(y + 0.5 * noise * random.gauss());
  }
  return {name: "curve", names: ["x"], inputs, targets, classes: null,
    axes: [{name: "x", centre: 0, scale: 1}]};
}

/** Return which samples are for training and which for testing, {train, test}: the same `share` of
 *  each class, rounded down, in the order of the data set. */
function splitOf({targets, classes}, share, seed) {
  const random = generator(seed), groups = new Map(), test = [];
  targets.forEach((target, i) => {
    const key = classes ? target : 0;
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  for (const key of [...groups.keys()].sort((a, b) => a - b)) {
    const group = groups.get(key), size = Math.floor(share * group.length + 1e-9);
    test.push(...random.shuffle(group).slice(0, size));
  }
  const isTest = new Set(test);
  return {train: [...targets.keys()].filter((i) => !isTest.has(i)), test: test.sort((a, b) => a - b)};
}
