// The curves of training, and the time machine below them.

/** Make the panel; `visit(index)` is called when the visitor goes to a moment of the run,
 *  `resized()` when it has another size. */
function lossPanel({visit, resized}) {
  const canvas = make("canvas", {role: "img", "aria-label": "Loss and accuracy over the epochs"});
  const numbers = make("p", {class: "scores"});
  const scrub = make("input", {type: "range", min: 0, max: 0, value: 0, "aria-label":
    "Time machine: moment of the run", input: () => visit(Number(scrub.value))});
  const at = make("output", {"aria-live": "off"});
  const element = make("section", {class: "losses", "aria-label": "Loss"}, numbers,
    make("div", {class: "curve"}, canvas), make("label", {class: "machine"},
      make("span", {}, "Time machine"), scrub, at));

  /** Draw the curves; `other` is those of a second run or of the branch that was left. */
  function draw({moments, index, other, colours}) {
    const {width, height} = canvas.parentElement.getBoundingClientRect();
    if (width < 10) return;
    const sharp = devicePixelRatio || 1, pen = canvas.getContext("2d");
    if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
      canvas.width = Math.round(width * sharp);
      canvas.height = Math.round(height * sharp);
    }
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    const all = [...moments, ...other], end = Math.max(1, ...all.map((m) => m.epochs));
    const losses = all.flatMap(({train, test}) => [train.loss, test.loss]).filter(Number.isFinite);
    const size = fontOf(canvas), left = size * 2.6, low = height - size * 1.5;
    const hasClasses = !Number.isNaN(moments.at(-1)?.train.accuracy);
    const middle = hasClasses ? 0.3 * low : 0;
    const x = (epochs) => left + ((width - left - 6) * epochs) / end;
    pen.font = `${size}px Helvetica, Arial, sans-serif`;
    /** Draw the curves of one number between two heights. */
    const band = (high, deep, top, of, word) => {
      const y = (value) => high + (deep - high) * (1 - Math.max(0, Math.min(1, value / top)));
      pen.strokeStyle = pen.fillStyle = colours.faint;
      pen.lineWidth = 1;
      pen.strokeRect(left + 0.5, high + 0.5, width - left - 6, deep - high);
      pen.textAlign = "right";
      pen.fillText(show(top, 2), left - 3, high + size * 0.8);
      pen.fillText("0", left - 3, deep);
      const line = (list, value, colour, width, dash) => {
        pen.strokeStyle = colour;
        pen.lineWidth = width;
        pen.setLineDash(dash);
        pen.beginPath();
        list.forEach((m, k) => pen[k ? "lineTo" : "moveTo"](x(m.epochs), y(value(m))));
        pen.stroke();
        pen.setLineDash([]);
      };
      line(other, (m) => m.train[of], colours.faint, 1, [2, 3]);
      line(moments, (m) => m.test[of], colours.good, 1.3, [5, 3]);
      line(moments, (m) => m.train[of], colours.ink, 1.8, []);
      pen.fillText(word, width - 9, of === "loss" ? high + size : deep - 4);
    };
    if (hasClasses) band(4, middle - 4, 1, "accuracy", "share that is right");
    band(middle + 4, low, Math.max(1e-9, quantile(losses, 0.98)), "loss", "loss");
    pen.fillText(`${Math.round(end)} epochs`, width - 4, low + size * 1.2);
    const now = moments[index];
    if (now && index < moments.length - 1) {
      pen.strokeStyle = colours.back;
      pen.beginPath();
      pen.moveTo(x(now.epochs), 4);
      pen.lineTo(x(now.epochs), low);
      pen.stroke();
    }
  }
  /** Write the numbers: at most four times a second. */
  function write({moments, index}) {
    const now = moments[index];
    if (!now) return;
    const row = (name, {loss, accuracy}) => make("span", {class: name}, make("b", {}, name),
      ` ${show(loss, 3)}`, ...(Number.isNaN(accuracy) ? [] : [` · ${Math.round(100 * accuracy)} % right`]));
    numbers.replaceChildren(row("train", now.train),
      ...(Number.isNaN(now.test.loss) ? [] : [row("test", now.test)]));
    scrub.max = moments.length - 1;
    scrub.value = index;
    at.textContent = `epoch ${Math.round(now.epochs)}`;
    scrub.setAttribute("aria-valuetext", at.textContent);
  }
  new ResizeObserver(resized).observe(canvas.parentElement);
  return {element, draw, write};
}

const fontOf = (element) => Math.max(12, parseFloat(getComputedStyle(element).fontSize));

/** Return the number below which a share of a list is. */
function quantile(list, share) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 1;
}
