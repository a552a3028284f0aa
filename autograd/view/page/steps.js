// The bar: steps by hand and by themselves, forward and back.

function steps(lesson) {
  let timer = 0;
  const {go} = lesson;
  const play = button("play", "Play", () => (timer ? pause() : start()));
  const next = button("next", "Step", () => go(lesson.step + 1));
  const scrubber = make("input", {type: "range", class: "scrubber", "aria-label": "Step",
    input: () => go(Number(scrubber.value))});
  const counter = make("output", {class: "counter"});
  const elements = [button("first", "To the start", () => go(0)),
    button("back", "Step back", () => go(lesson.step - 1)), play, next,
    button("last", "To the end", () => go(lesson.last)), scrubber, counter];

  function start() {
    if (lesson.step === lesson.last) go(0);
    timer = setInterval(() => go(lesson.step + 1), 1400);
    lesson.render();
  }
  function pause() {
    timer = clearInterval(timer);
    lesson.render();
  }
  function render(heading) {
    const {step, seed, last} = lesson;
    scrubber.max = last;
    scrubber.value = step;
    scrubber.style.setProperty("--split", `${(100 * (seed - 0.5)) / last}%`);
    scrubber.setAttribute("aria-valuetext", `${step} of ${last}: ${heading}`);
    counter.textContent = `${step < seed ? "forward" : "backward"} ${step} / ${last}`;
    play.replaceChildren(icon(timer ? "pause" : "play"));
    play.setAttribute("aria-label", timer ? "Pause" : "Play");
  }
  /** Return whether the steps go on by themselves; they stop at the end, and where one is asked. */
  function isPlaying() {
    if (lesson.asking || lesson.step === lesson.last) timer = clearInterval(timer);
    return Boolean(timer);
  }
  const keys = {
    ArrowRight: () => go(lesson.step + 1), ArrowLeft: () => go(lesson.step - 1),
    Home: () => go(0), End: () => go(lesson.last), " ": () => play.click(),
  };
  return {elements, next, render, isPlaying, keys};
}
