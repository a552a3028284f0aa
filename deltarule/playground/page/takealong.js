// What a visitor can take along: the link, scripts, and the model as a file; and how to bring it back.

/** Return the buttons. */
function takeAlong(app) {
  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
      app.say(`${what} is on the clipboard (${text.length.toLocaleString("en")} characters).`);
    } catch {
      showText(text, what);
    }
  };
  /** Show a text to be copied by hand, where the browser gives no clipboard. */
  const showText = (text, what) => {
    const box = make("dialog", {class: "paste"}, make("h2", {}, what),
      make("textarea", {rows: 16, readonly: "", "aria-label": what}),
      pressButton("Close", () => box.remove()));
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.querySelector("textarea").value = text;
    box.showModal();
    box.querySelector("textarea").select();
  };
  const state = () => ({graph: app.model.forward, net: app.model.net, settings: app.settings,
    dataset: app.dataset, train: app.split.train, p: app.run.p, epochs: Math.floor(app.run.epochs),
    loss: app.run.score(app.split.train).loss, frozen: app.run.frozen});
  const isNet = () => Boolean(app.model.net.hidden);
  const script = (ofNet, ofText, what) => () => {
    const isLine = app.mode === "line", typed = isLine && graphOfText(app.line);
    if (typed.wrong) return app.say(typed.wrong);
    if (!isLine && !isNet()) return app.say("This model was given by Python, where its script is.");
    const text = isLine ? ofText(typed) : ofNet(state());
    return text.wrong ? app.say(text.wrong) : copy(text, what);
  };
  const file = make("input", {type: "file", accept: ".json", hidden: "", change: async () => {
    const [given] = file.files;
    file.value = "";
    if (given) bring(app, await given.slice(0, 2e7).text());
  }});
  return [
    pressButton("Copy link", async () => {
      await copy(`${location.href.split("#")[0]}#${linkOf(app)}`, "The link");
      const lost = app.settings.data === "csv" ? "Your table" : app.isTouched ? "A sample that was edited" : "";
      if (lost) app.say(`The link is on the clipboard. ${lost} is not in it: only points you draw are.`);
    }),
    pressButton("Copy as Python", script(pythonOf, pythonOfText, "A script for Python")),
    pressButton("Copy as PyTorch", script(torchOf, torchOfText, "A script for PyTorch")),
    pressButton("Save model.json", () => {
      if (!isNet()) return app.say("This model was given by Python: save it there, by nn.export.save.");
      const text = modelDocument({...app.model.net, ...state()});
      const link = make("a", {download: "model.json", href: URL.createObjectURL(
        new Blob([text], {type: "application/json"}))});
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      return app.say("model.json is saved: nn.export.load reads it.");
    }),
    pressButton("Open model.json", () => file.click()), file,
  ];
}

/** Take the network of a file that `nn.export.save` or this page has written. */
function bring(app, text) {
  const read = readModel(text), {inputs} = app.model.forward;
  if (read.wrong) return app.say(read.wrong);
  const [first, ...hidden] = read.sizes, outputs = hidden.pop(), has = netOf(app.settings, app.dataset);
  const refuse = (why) => app.say(`The network of the file ${why}; nothing was changed.`);
  if (first !== inputs) return refuse(`has ${first} inputs, and these data have ${inputs}`);
  if (outputs !== has.outputs) return refuse(`has ${outputs} outputs, and these data need ${has.outputs}`);
  if (readSetting("sizes", hidden.join(",")) === undefined) {
    return refuse(`has the layers ${hidden.join(", ")}, and here there can be ${rangeOf("sizes")}`);
  }
  if (readSetting("activation", read.activation) === undefined) {
    return refuse(`has the activation ${clip(read.activation)}, which this page does not know`);
  }
  if (app.given?.graphs) return refuse("has no place beside a model that Python gave");
  const error = {softmax: "cross_entropy", sigmoid: app.settings.error === "squared_sigmoid"
    ? "squared_sigmoid" : "cross_entropy", identity: "squared"}[read.output];
  if (!error) return refuse(`has the output ${clip(read.output)}, for which this page has no error`);
  const made = netOf({...app.settings, error}, app.dataset).output;
  if (made !== read.output) return refuse(`has the output ${read.output}, and these data have ${made}`);
  app.pause();
  app.set({sizes: hidden, activation: read.activation, error});
  app.run.p.set(read.p);
  for (const k of read.frozen) app.run.frozen[k] = 1;
  app.edited();
  return app.say(`The network ${read.sizes.join("-")} of the file is here, with its ${read.p.length} numbers.`);
}
