// Elements of the page, buttons and their icons.

const ICONS = {
  first: "M4 4v16M20 4L8 12l12 8z", back: "M17 4L5 12l12 8z", play: "M6 3l15 9-15 9z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z", next: "M7 4l12 8-12 8z", last: "M20 4v16M4 4l12 8-12 8z",
  in: "M12 5v14M5 12h14", out: "M5 12h14", fit: "M3 5h18v14H3zM8 9v6M16 9v6",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
};

/** Make an element with attributes and listeners. Texts go in as text nodes, never as HTML. */
function make(tag, attributes = {}, ...children) {
  const isSvg = ["svg", "path", "g", "rect", "text"].includes(tag);
  const space = `http://www.w3.org/${isSvg ? "2000/svg" : "1999/xhtml"}`;
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function icon(shape) {
  return make("svg", {viewBox: "0 0 24 24"}, make("path", {d: ICONS[shape]}));
}

/** Make a button with an icon; its label is for screen readers, and shows on hovering. */
function button(shape, label, click) {
  return make("button", {type: "button", class: shape, "aria-label": label, title: label, click},
    icon(shape));
}

/** Give an element those classes whose marks are true, and take the others away. */
function mark(element, marks) {
  for (const [name, isOn] of Object.entries(marks)) element.classList.toggle(name, Boolean(isOn));
}
