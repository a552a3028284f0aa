// The panel of the chosen number: its editor, and its paths to the root.

const LISTED = 12;  // paths

function chosen(lesson) {
  const {nodes, data, end} = lesson, {put, signed, name, slope} = lesson.words;
  const element = make("aside", {class: "side", "aria-label": "Chosen number"});

  lesson.choose = (group, isTyping) => {
    const i = group.find((i) => !nodes[i].o) ?? group[0];
    lesson.pick(group.includes(lesson.chosen) ? -1 : i, group);
    if (isTyping) element.querySelector("input")?.select();
  };
  lesson.pick = (i, group = [i]) => {
    Object.assign(lesson, {chosen: i, among: group, route: null, looks: i >= 0});
    element.hidden = i < 0;
    element.replaceChildren(...(i < 0 ? [] : [
      make("div", {class: "title"}, group.length < 2 ? make("h2", {}, name(i)) : choice(i, group),
        make("button", {"aria-label": "Close", click: close}, "×")),
      ...(nodes[i].o ? [] : [editor(i, group)]), ...jump(i), ...sums(i)]));
    lesson.render();
    if (i >= 0) lesson.keep([placeOf(lesson.picture, i)]);
  };
  function close() {
    const place = placeOf(lesson.picture, lesson.chosen), wasHere = element.matches(":focus-within");
    lesson.pick(-1);
    if (wasHere) place?.focus();  // not left to what surrounds the player
  }
  /** Show what has changed, unless the learner is at work here. */
  lesson.refresh = () => {
    const isBusy = element.matches(":focus-within");
    if (lesson.chosen >= 0 && !isBusy) lesson.pick(lesson.chosen, lesson.among);
  };
  function choice(i, group) {
    const list = make("select", {"aria-label": "Which number", change: () => {
      const isByKey = list.matches(":focus-visible");
      lesson.pick(Number(list.value), group);
      if (isByKey) element.querySelector("select").focus();
    }}, ...group.map((j) => make("option", {value: j}, name(j))));
    list.value = i;
    return list;
  }
  function jump(i) {
    const goes = changesOf(lesson.now.events, i).length > 0;
    return goes ? [make("button", {type: "button", class: "jump", title: "key: n",
      click: lesson.jump}, `Next change of ${name(i)}`)] : [];
  }
  function editor(i, group) {
    const {seen, now} = lesson;
    if (seen !== now) return make("p", {}, `${name(i)} = ${put(seen.values[i])}`);
    if (data.fixed) return make("p", {}, "Not editable: an operation here runs in Python only.");
    const x = now.values[i];  // all its digits: Enter alone changes nothing
    const given = Number.isFinite(x) ? String(x) : put(x).replace("−", "-");
    const field = make("input", {size: Math.max(8, given.length), autocomplete: "off",
      "aria-label": `Value of ${name(i)}`, value: given});
    const wrong = make("p", {class: "wrong", role: "alert"});
    /** Change numbers, and keep the focus here: in the field if the learner is typing. */
    const change = (action) => {
      const isTyping = field.matches(":focus");
      action();
      lesson.pick(i, group);
      if (isTyping) element.querySelector("input").select();
      else element.querySelector(".set").focus();
    };
    const undo = make("button", {type: "button", click: () => change(lesson.reset)}, "Undo all");
    undo.hidden = !lesson.isEdited;
    return make("form", {class: "editor", submit: (event) => {
      event.preventDefault();
      const number = read(field.value), isWrong = number === undefined;
      field.setAttribute("aria-invalid", isWrong);
      wrong.textContent = isWrong ? "✗ That is not a number. Write it like 1000, −0.5, 1e-3 or 1/3."
        : "";
      if (!isWrong) change(() => lesson.set(i, number));
    }}, field, make("button", {class: "set"}, "Set"), undo, wrong);
  }
  function sums(i) {
    if (!lesson.isComplete) {
      return [make("p", {}, `Its paths show once ${lesson.mode.until}.`)];
    }
    const total = make("p", {class: "sum"}, lesson.shows === "difference"
      ? `${slope(i)}: ${put(lesson.old.grads[i])} → ${put(lesson.now.grads[i])}`
      : `${slope(i)} = ${put(lesson.seen.grads[i])}`);
    if (data.live && lesson.old) {
      total.append(make("span", {class: "label"}, "In Python, gradients are still those of the last "
        + "backward(). Call zero_grad() and backward() on what widget() was given to renew them."));
    }
    if (i === end) return [total];
    const {count, found} = paths(nodes, lesson.seen.events, i, LISTED);
    const factor = (e) => (e.passes ? signed(e.local) : "nothing");
    const list = found.map(({steps, product}) => {
      const through = [i, ...steps.map((e) => e.node)];
      const light = (isOn) => () => {
        lesson.route = isOn ? {on: new Set(through), edges: new Set(steps)} : null;
        lesson.render();
      };
      return make("li", {tabindex: 0, pointerenter: light(true), focus: light(true),
        pointerleave: light(false), blur: light(false)},
      make("span", {class: "label"}, through.map(name).join(" → ")),
      make("span", {}, `${steps.map(factor).join(" ·\u00a0")} =\u00a0${put(product)}`));
    });
    let about = count > 1 ? `The sum over ${count} paths to ${name(end)}:`
      : `One path to ${name(end)}:`;
    if (lesson.shows === "difference") about = `After: ${about}`;
    if (count > LISTED) about = `${about.slice(0, -1)}, of which the first ${LISTED} are:`;
    return [total, make("p", {}, about), make("ol", {}, ...list)];
  }
  return {element, close};
}
