// The theme of a page in a notebook.

/** Give a page the theme of what is around it, instead of the system's. */
function paint(root, theme) {
  if (!theme) return;
  for (const style of root.querySelectorAll("style")) {
    style.textContent = style.textContent.replaceAll("light dark", theme)
      .replaceAll("(prefers-color-scheme: dark)", theme === "dark" ? "all" : "not all");
  }
}
