// The player of a report: a page in a frame of its own, to watch or to predict.

/** Put the player into the report; `inside` is its page. */
function embed(inside) {
  const place = document.querySelector(".player"), choice = document.querySelector(".choice");
  let frame = null;
  function begin(mode) {
    frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-forms allow-downloads");
    frame.allow = "fullscreen";
    frame.title = "Player of one sample";
    frame.srcdoc = inside.replace("<body>", `<body data-mode="${mode}">`);
    place.replaceChildren(frame);
  }
  addEventListener("message", ({source, data}) => {
    if (source === frame.contentWindow) frame.style.height = `${Number(data)}px`;
  });
  choice.hidden = false;
  choice.addEventListener("change", ({target}) => begin(target.value));
  begin("");
}
