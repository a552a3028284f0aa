// The player as a Jupyter widget. Its numbers belong to the kernel: an edit is sent there, and
// what comes back, from here or from Python, goes into the pictures of all views.

const PATIENCE = 300;  // milliseconds until a kernel is called busy

export default {
  render({model, el}) {
    el.dataset.lmSuppressShortcuts = "true";  // keys pressed here are not commands of JupyterLab
    for (const kind of ["keydown", "keypress", "keyup"]) {
      el.addEventListener(kind, (event) => event.stopPropagation());
    }
    const style = document.createElement("style"), place = document.createElement("div");
    style.textContent = `${model.get("css")} .player:not(:fullscreen) { --height: 580px;
      --small: 12px; font-size: 15px; }`;
    el.attachShadow({mode: "open"}).append(style, place);
    const lesson = player(place, structuredClone(model.get("lesson")), rules, told);
    const status = make("p", {class: "verdict", role: "status"});
    place.querySelector(".event").append(status);
    let waiting = 0;  // edits that Python has not answered
    function told(node, number) {
      try {
        model.send({node, number: String(number)});
        waiting++;
        setTimeout(tell, PATIENCE);
      } catch {
        lesson.data.live = false;
        status.textContent = "No connection to Python: edits stay in this page. Run the cell again "
          + "for a new one.";
      }
    }
    function tell() {
      if (!lesson.data.live) return;
      status.textContent = waiting ? "Python is busy: the edit is applied there after this cell." : "";
    }
    function done() {
      waiting--;
      tell();
    }
    let frame = 0;
    const follow = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        lesson.edit(model.get("numbers"));
      });
    };
    follow();
    new ResizeObserver((_, observer) => {  // once it is in its place
      observer.disconnect();
      paint(el.shadowRoot, around(el));
    }).observe(el);
    model.on("change:numbers", follow);
    model.on("msg:custom", done);
    return () => {
      model.off("change:numbers", follow);
      model.off("msg:custom", done);
    };
  },
};
