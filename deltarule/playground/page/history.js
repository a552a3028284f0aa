// The time machine: what a run has been through, at most so many moments, evenly spread over it.

const MOST_MOMENTS = 1000;

/** Return a history; when it is full, every second moment is let go, the first and last never. */
function beginHistory() {
  let moments = [], stride = 1, calls = 0;
  return {
    get moments() { return moments; },
    /** Keep a moment, unless the last one kept is too near; one after an edit is kept as well. */
    add(moment, isEdit) {
      const last = moments.at(-1);
      if (isEdit) calls = 0;
      else if (last && calls++ % stride && moments.length > 1) moments.pop();
      moments.push(moment);
      if (moments.length < MOST_MOMENTS) return;
      moments = moments.filter((_, k) => k % 2 === 0 || k === moments.length - 1);
      stride *= 2;
    },
    /** Forget what came after a moment. */
    cut(index) {
      moments.length = index + 1;
    },
  };
}
