// One unit: its field in the picture, its projection, and beside it the same with one thing taken away.
globalThis.zflibUnitView ??= (() => {
  "use strict";

  const STEPS = ["conv1", "conv2", "conv3", "conv4", "conv5"];
  const WORDS = { // of the controls, by their names in an address
    "other-map": "another map, same place",
    "shuffled-switches": "shuffled switches",
    "another-pictures-switches": "another picture's switches",
    "random-layer": "random weights in this layer",
    "random-weights": "random weights in all layers up to it",
  };
  const FACE = ["its field in the picture", "its projection", "the control"].map((words) =>
    `<figure><canvas role="img" aria-label="${words}"></canvas><figcaption>${words}</figcaption></figure>`).join("");

  /** What live.project takes beside step, unit and method. */
  function request(control, step, draw) {
    const kind = { "other-map": "other map", "shuffled-switches": "shuffled switches",
      "another-pictures-switches": "another picture's switches" }[control] ?? "random weights";
    const layers = control === "random-weights" ? STEPS.slice(0, STEPS.indexOf(step) + 1).reverse() : [step];
    return { control: kind, draw, ...(kind === "random weights" && { layers }) };
  }

  /** Open it in an element. Returns show(engine, image, state, photographs), which resolves to what live.project found
   *  and a sentence on it, or to null where something newer was asked for. state: as of address.js, and draw. */
  function open(root) {
    root.classList.add("zf-three");
    root.innerHTML = FACE;
    const [field, projected, controlled] = root.querySelectorAll("canvas"), third = root.lastElementChild;
    third.hidden = true;

    return async function show(engine, image, { step, unit, method, control, draw, photograph }, photographs) {
      const [map, row, column] = unit, asked = { step, unit, method };
      const found = await engine.project({ ...asked, slot: "unit" });
      const activations = await engine.activations(step);
      if (!found || !activations) return null;
      const value = activations.values[(map * activations.height + row) * activations.width + column];
      zflibDraw.patch(field, image, found);
      zflibDraw.signed(projected, found);
      const sees = engine.network.steps.find(({ name }) => name === step).receptiveField;
      for (const canvas of [field, projected, controlled]) zflibDraw.fit(canvas, found, sees, image.width);
      third.hidden = !control || !(value > 0);
      if (!(value > 0)) return { found, words: "It is silent here, so nothing comes down: take another map or place." };
      const fires = `It fires with ${value.toFixed(2)}.`;
      if (!control) return { found, words: fires };

      const extra = request(control, step, draw);
      if (extra.control === "another picture's switches") {
        extra.switchesOf = "another";
        if (!(await another(engine, photograph, photographs))) return null;
      }
      const without = await engine.project({ ...asked, ...extra, slot: "control" });
      if (!without) return null;
      zflibDraw.signed(controlled, without);
      const words = control === "other-map" ? `map ${without.unit[0]}, same place` : WORDS[control];
      controlled.setAttribute("aria-label", `the control: ${words}`);
      third.lastElementChild.textContent = `the control: ${words}`;
      const alike = zflibDraw.correlation(found.values, without.values);
      if (Number.isNaN(alike)) return { found, words: `${fires} Of the control (${words}) nothing comes down.` };
      const number = alike.toFixed(2).replace("-", "−");
      return { found, words: `${fires} The control (${words}) correlates ${number} with its projection.` };
    };
  }

  /** A second picture through the network, for its switches: the next of the photographs. */
  async function another(engine, name, photographs) {
    const next = photographs[(photographs.findIndex((each) => each.name === name) + 1) % photographs.length];
    if (engine.another === next.name) return true;
    const picture = await zflibPicture.read(zflibPicture.fromDataAddress(next.src));
    const { inputSize, resizedSide } = engine.network;
    const square = await zflibPicture.centreSquare(picture, resizedSide);
    picture.bitmap.close();
    const seen = zflibPicture.toImageData(square, resizedSide, inputSize);
    if (!(await engine.forward(seen.data, { upto: "conv5", picture: "another" }))) return false;
    engine.another = next.name;
    return true;
  }

  return { STEPS, WORDS, open };
})();
