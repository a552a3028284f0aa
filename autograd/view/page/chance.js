// Chance that can be had again.

/** A reproducible source of numbers in [0, 1). */
function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return the list in another order. */
function shuffled(list, random) {
  return list.map((x) => [random(), x]).sort(([a], [b]) => a - b).map(([, x]) => x);
}
