// Numbers as they are shown, and as a learner types them.

/** Return x; if it is just between two numbers of so many digits, the one whose last digit is even:
 *  that is how Python rounds, while JavaScript takes the larger one. */
function even(x, digits) {
  const [exact, size] = x.toExponential(99).split("e");
  const below = new RegExp(`^-?\\d\\.?\\d{${digits - 1}}(?<=[02468]\\.?)(?=\\.?50*$)`).exec(exact);
  return below ? Number(`${below[0]}e${size}`) : x;
}

/** Format a number as Python's format(x, ".4g") does, with a true minus sign. */
function show(number, digits) {
  const x = even(number, digits);
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "−inf";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e").map(Number);
  const size = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  const isLong = exponent < -4 || exponent >= digits;
  const text = isLong ? `${mantissa}e${size}` : String(Number(x.toPrecision(digits)));
  return (Object.is(x, -0) ? "-0" : text).replaceAll("-", "−");
}

/** Say how a number has changed; "=" if it has not. */
function change(before, after, digits) {
  if (Object.is(before, after)) return "=";
  const by = after - before;
  if (Number.isNaN(by)) return `${show(before, digits)} → ${show(after, digits)}`;
  return `${by < 0 ? "↓" : "↑"} ${show(Math.abs(by), digits)}`;
}

/** Put texts in the places of a template, which has U+A000 for the result, U+A001 for the first
 * operand, ...; 0x20 further on if a minus is to be in brackets, 0x40 if the text is raised. */
function fill(template, texts) {
  const raised = (text) => (/^\d$/.test(text) ? "⁰¹²³⁴⁵⁶⁷⁸⁹"[text]
    : `^${text.startsWith("−") ? `(${text})` : text}`);
  const lowered = template.replace(/\^\(([\uA000-\uA01F]) − 1\)/g, (given, place) => {
    const text = texts[place.charCodeAt(0) - 0xa000], power = Number(text.replace("−", "-")) - 1;
    return Number.isNaN(power) ? given : power === 1 ? "" : raised(show(power, 4));
  });
  return lowered.replace(/[\uA000-\uA05F]/g, (place) => {
    const k = place.charCodeAt(0) - 0xa000, row = k >> 5, text = texts[k & 0x1f];
    const safe = row && text.startsWith("−") ? `(${text})` : text;
    return row < 2 ? safe : raised(text);
  });
}

const WRITTEN = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/, THOUSANDS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/;

/** Read a number as a learner types it, with a point or a comma, or as a ratio; undefined if it is
 * none, or if 1,000 may be a thousand. */
function read(text) {
  const plain = text.trim().toLowerCase().replaceAll("−", "-");
  const special = {inf: Infinity, infinity: Infinity, "+inf": Infinity, "-inf": -Infinity,
    "-infinity": -Infinity, "∞": Infinity, nan: NaN};
  if (Object.hasOwn(special, plain)) return special[plain];
  const parts = plain.split("/").map((part) => part.trim());
  const isWritten = (part) => WRITTEN.test(part.replace(",", ".")) && !THOUSANDS.test(part);
  if (parts.length > 2 || !parts.every(isWritten)) return undefined;
  const [above, below = 1] = parts.map((part) => Number(part.replace(",", ".")));
  return Number.isNaN(above / below) ? undefined : above / below;
}
