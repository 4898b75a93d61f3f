// One unit: its field framed in the picture, what it passes back, and beside that the same with one thing taken away.
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
  const SILENT = "It is silent here, so nothing comes down: take another map or place.";
  const { number } = zflibRuler;

  /** What live.project takes beside step, unit and method. */
  function request(control, step, draw) {
    const kind = { "other-map": "other map", "shuffled-switches": "shuffled switches",
      "another-pictures-switches": "another picture's switches" }[control] ?? "random weights";
    const layers = control === "random-weights" ? STEPS.slice(0, STEPS.indexOf(step) + 1).reverse() : [step];
    return { control: kind, draw, ...(kind === "random weights" && { layers }) };
  }

  /** The unit of a state (address.js, and draw) on `canvas`. Resolves to { found, value }: what live.project found and
   *  the activation; to null where something newer was asked for. */
  async function unit(canvas, engine, image, { step, unit, method }) {
    const found = await engine.project({ step, unit, method, slot: "unit" }), activations = await engine.activations(step);
    if (!found || !activations) return null;
    const [map, row, column] = unit, value = activations.values[(map * activations.height + row) * activations.width + column];
    zflibDraw.signed(canvas, found, zflibDraw.square(geometry(engine, step), unit, image.width));
    return { found, value };
  }

  /** A control of it on `canvas`: resolves to { alike, words }, its likeness and what it is; null as above. */
  async function control(canvas, engine, image, { step, unit, method, control, draw, photograph }, own, photographs) {
    const extra = request(control, step, draw);
    if (extra.control === "another picture's switches") {
      extra.switchesOf = "another";
      if (!(await another(engine, photograph, photographs))) return null;
    }
    const without = await engine.project({ step, unit, method, ...extra, slot: "control" });
    if (!without) return null;
    const place = geometry(engine, step);
    zflibDraw.signed(canvas, without, zflibDraw.square(place, unit, image.width));
    const words = control === "other-map" ? `map ${without.unit[0]}, same place` : WORDS[control];
    return { alike: zflibDraw.likeness(own, without, place, image.width), words };
  }

  const geometry = (engine, step) => engine.network.steps.find(({ name }) => name === step);

  /** What chapter 3 measured of such a control, as zflibRuler.usual; null where it measured nothing: it measured the
   *  deconvnet, in layers 2 to 5. */
  function usual({ network, step, method }, control) {
    return method === "deconvnet" ? zflibRuler.usual(network, step, control || "other-map") : null;
  }

  /** The likeness of a control beside what is usual and the floor; as zflib.widgets.live.your_picture. */
  function told({ alike, words }, known) {
    if (Number.isNaN(alike)) return `Of the control (${words}) nothing comes down.`;
    const beside = known ? `; usual is ${number(known.usual)}, the floor ${number(known.floor)}` : "";
    return `The control (${words}) has a likeness of ${number(alike)}${beside}.`;
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

  return { STEPS, WORDS, SILENT, unit, control, usual, told };
})();
