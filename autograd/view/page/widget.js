// The player as a Jupyter widget. Its numbers belong to the kernel: an edit is sent there, and
// what comes back, from here or from Python, goes into the pictures of all views.

export default {
  render({model, el}) {
    el.dataset.lmSuppressShortcuts = "true";  // keys pressed here are not commands of JupyterLab
    for (const kind of ["keydown", "keypress", "keyup"]) {
      el.addEventListener(kind, (event) => event.stopPropagation());
    }
    const style = document.createElement("style"), place = document.createElement("div");
    style.textContent = `${model.get("css")} .player:not(:fullscreen) { --height: 580px;
      font-size: 15px; }`;
    el.attachShadow({mode: "open"}).append(style, place);
    const told = (node, number) => model.send({node, number: String(number)});
    const {edit} = player(place, structuredClone(model.get("lesson")), rules, told);
    let frame = 0;
    const follow = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        edit(model.get("numbers"));
      });
    };
    follow();
    new ResizeObserver((_, observer) => {  // once it is in its place
      observer.disconnect();
      paint(el.shadowRoot, around(el));
    }).observe(el);
    model.on("change:numbers", follow);
    return () => model.off("change:numbers", follow);
  },
};
