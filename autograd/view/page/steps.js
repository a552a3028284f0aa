// The bar: steps by hand and by themselves, forward and back; how large they are, and how fast.

const PACE = 1400;  // milliseconds of a step
const SPEEDS = [0.5, 1, 2, 4];

function steps(lesson) {
  let timer = 0;
  const {go} = lesson, levels = lesson.data.levels;
  const all = () => halts(lesson, lesson.size);
  const forward = () => go(all().find((i) => i > lesson.step) ?? lesson.last + 1);
  const back = () => go(all().findLast((i) => i < lesson.step) ?? 0);
  const play = button("play", "Play", () => (timer ? pause() : start()));
  const next = button("next", "Step", forward);
  const scrubber = make("input", {type: "range", class: "scrubber", "aria-label": "Step",
    input: () => go(Number(scrubber.value))});
  const counter = make("output", {class: "counter"});
  const size = make("select", {"aria-label": "Each step", change: () => {
    lesson.size = size.value;
    lesson.render();
  }});
  let offeredAt;  // the level at which these sizes differ
  size.hidden = Object.keys(levels).length < 2;  // every += changes the only picture
  const speed = make("select", {"aria-label": "Speed", change: () => timer && start()},
    ...SPEEDS.map((x) => make("option", {value: x}, `${x}×`)));
  speed.value = 1;
  const elements = [button("first", "To the start", () => go(0)),
    button("back", "Step back", back), play, next,
    button("last", "To the end", () => go(lesson.last)), scrubber, counter, size, speed];

  function start() {
    if (lesson.step === lesson.last) go(0);
    clearInterval(timer);
    timer = setInterval(() => (play.isConnected ? forward() : (timer = clearInterval(timer))),
      PACE / speed.value);  // not where the page has been removed
    lesson.render();
  }
  function pause() {
    timer = clearInterval(timer);
    lesson.render();
  }
  /** Offer the sizes that differ at the level shown. */
  function offer() {
    if (offeredAt !== lesson.level) {
      const sizes = sizesOf(lesson);
      size.replaceChildren(...sizes.map((key) => make("option", {value: key}, SIZES[key])));
      if (!sizes.includes(lesson.size)) lesson.size = "change";
      offeredAt = lesson.level;
    }
    size.value = lesson.size;
  }
  function render(heading) {
    const {step, seed, last} = lesson, {kind} = lesson.seen.events[step];
    const update = lesson.seen.events.findIndex((event) => event.kind === "update");
    const share = (i) => `${(100 * (i - 0.5)) / last}%`;
    scrubber.max = last;
    scrubber.value = step;
    scrubber.style.setProperty("--split", share(seed));
    scrubber.style.setProperty("--third", update < 0 ? "100%" : share(update));
    scrubber.setAttribute("aria-valuetext", `${step} of ${last}: ${heading}`);
    const pass = kind === "update" ? "update" : step < seed ? "forward" : "backward";
    offer();
    counter.textContent = `${pass} ${step} / ${last}`;
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
  }
  /** Return whether the steps go on by themselves; they stop at the end, and where one is asked. */
  function isPlaying() {
    if (lesson.asking || lesson.step === lesson.last) timer = clearInterval(timer);
    return Boolean(timer);
  }
  const keys = {
    ArrowRight: forward, ArrowLeft: back, n: lesson.jump,
    Home: () => go(0), End: () => go(lesson.last), " ": () => play.click(),
  };
  return {elements, next, render, isPlaying, keys};
}
