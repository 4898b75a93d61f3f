"use strict";
// The networks in the page: what a panel calls. Loading this file loads nothing else; the worker and the weights come
// when first needed, layer by layer. There is one worker a page, shared by all panels.
//
//   const live = ZFLIB.open("zfnet-mini", { onProgress });     a panel's own handle; make one for each panel
//   live.network                      { name, classes, inputSize, resizedSide, mean, steps: [{ name, kind,
//                                       maps, size, receptiveField, jump, offset, ... }], ... }: known at once
//   live.bytesLeft("conv5")           what a first use of that step still has to load, to be said on a button
//   await live.load("conv5")          load it now; else the calls below do. onProgress({ layer, loaded, total }), bytes
//
//   await live.forward(pixels, { upto: "conv5", onLayer })     a new picture; onLayer("conv1") ... as layers are ready
//       pixels  Float32Array (3, side, side) as zflibPicture.preprocess gives it (picture.js), the mean subtracted; or
//               bytes 0 to 255, (side, side, 3) or (side, side, 4) as of a canvas. side is network.inputSize
//   await live.strongest("conv5", 9)  [{ unit: [map, row, column], value }], the maps that fire most, strongest first
//   await live.activations("pool1")   { values: Float32Array (maps, height, width), maps, height, width, switches }
//   await live.classes()              [{ name, probability, logit }], likeliest first; loads the fully connected layers
//   await live.project({ step: "conv5", unit: [28, 3, 3], method: "deconvnet", seed, control, draw })
//       method   "deconvnet" (if left out), "gradient" or "guided"
//       seed     the unit's own value if left out; with a control, 1
//       control  "other map", "shuffled switches", "random weights" (with layers: ["conv5", "conv4"]; the step's own if
//                left out) or "another picture's switches" (with switchesOf: "its name"); draw: 0, 1, ... draws anew
//       gives    { values: Float32Array (3, height, width), top, left, height, width, unit }: signed, on its window of
//                the picture, which is cut at the border
//   await live.carryDown({ step: "pool2", map, method, control, switchesOf, draw })    whole maps, all units at once
//       map      one only; all maps if left out. method, control ... as for project
//       gives    { values: Float32Array (3, height, width), top, left, height, width }
//   await live.unpool({ step: "pool2", map, overlap, control, switchesOf, draw })      its values back on the map below
//       overlap  "sum" (if left out), or "last", which puts pooled values back as they were
//       gives    { values: Float32Array (maps, height, width), ..., height, width }; all maps but `map` zero, and
//                short of a row or column that no window reached
//   live.close()                      forget the panel's pictures; what was still asked for gives null
//
// Names for several pictures: forward(pixels, { picture: "second" }), and { picture: "second" } as the last argument of
// strongest, activations, classes and load, or within that of project, carryDown and unpool. One name at a time suffices
// for most panels.
//
// A newer request takes the place of an older one: another picture that of everything asked about the one before;
// another projection that of the projection before, unless they differ in `slot` (project({ ..., slot: "control" }));
// so for carryDown and unpool, each among its own.
// What was overtaken gives null instead of an answer: `const found = await live.project(...); if (!found) return;`.
// What fails is an Error whose message is a sentence for the reader; asking again tries again.
globalThis.ZFLIB ??= (() => {
  const folder = new URL(".", document.currentScript.src);
  const networks = {}; // filled by live.js, below this
  const arrived = new Map(); // by file: what a script brought, until it is taken
  const loading = new Map(); // by network and layer: a promise
  const turns = new Map(); // by what may be overtaken: the number of the newest
  const waiting = []; // requests to the worker, of which one is under way
  let worker = null, busy = null, numbers = 0;

  /** Run one of our scripts; what it brings. */
  function script(file, what) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      const done = () => {
        element.remove();
        const found = arrived.get(file);
        arrived.delete(file);
        if (found !== undefined) resolve(found);
        else reject(new Error(`The file ${file} with ${what} can't be loaded. Look at the connection and try again.`));
      };
      element.onload = element.onerror = done;
      element.src = new URL(file, folder);
      document.head.append(element);
    });
  }

  /** The page's worker, made from a Blob: a page opened from the disk may not run a worker's file. */
  function started() {
    worker ??= script("worker.js", "the networks' program").then((source) => {
      const made = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      made.onmessage = ({ data }) => finish(data);
      made.onerror = ({ message }) => finish({ id: busy?.request.id, error: `The networks stopped: ${message}.` });
      return made;
    });
    worker.catch(() => (worker = null)); // to be tried again
    return worker;
  }

  /** Ask the worker, when it is free. Resolves to null if `current` says by then that nobody wants to know. */
  async function ask(request, current = () => true) {
    const running = await started();
    return new Promise((resolve, reject) => {
      waiting.push({ request: { ...request, id: ++numbers }, current, resolve, reject, running });
      next();
    });
  }

  function next() {
    while (!busy && waiting.length) {
      const job = waiting.shift();
      if (job.current()) {
        busy = job;
        job.running.postMessage(job.request);
      } else job.resolve(null);
    }
  }

  function finish({ id, result, error }) {
    if (id !== busy?.request.id) return;
    const { current, resolve, reject } = busy;
    busy = null;
    if (!current()) resolve(null);
    else if (error) reject(new Error(error));
    else resolve(result);
    next();
  }

  /** Take the newest turn at something; the function that is returned tells whether it still is. */
  function turn(key) {
    const mine = (turns.get(key) ?? 0) + 1;
    turns.set(key, mine);
    return () => turns.get(key) === mine;
  }

  function still(key) {
    const now = turns.get(key);
    return () => turns.get(key) === now;
  }

  /** The weights of a layer, once a page; `onPart(bytes)` as each of its files is there. */
  function loaded(network, layer, onPart) {
    const key = `${network.name} ${layer}`, files = network.layers[layer];
    if (!loading.has(key)) {
      const parts = [], listeners = new Set();
      const promise = (async () => {
        await ask({ what: "network", network });
        for (const part of files) {
          parts.push({ ...part, text: await script(part.file, `weights of ${layer}`) });
          for (const listener of listeners) listener(part.bytes);
        }
        await ask({ what: "weights", name: network.name, layer, parts });
        parts.length = 0; // the worker has them
        loading.get(key).ready = true;
      })();
      loading.set(key, { promise, listeners, ready: false });
      promise.catch(() => loading.delete(key)); // to be tried again
    }
    const { promise, listeners, ready } = loading.get(key);
    if (onPart && !ready) listeners.add(onPart);
    return promise;
  }

  function open(name, { onProgress } = {}) {
    const network = networks[name];
    if (!network) throw new Error(`There is no network ${name}; there are ${Object.keys(networks).join(", ")}.`);
    const panel = `panel${++numbers}`;
    const reached = new Map(); // by picture: how many steps it has gone through
    const steps = network.steps.map((step) => step.name);
    const place = (step) => {
      const at = steps.indexOf(step);
      if (at < 0) throw new Error(`There is no step ${step}; there are ${steps.join(", ")}.`);
      return at;
    };
    const layersUpTo = (step) => Object.keys(network.layers).filter((layer) => place(layer) <= place(step));
    const bytes = (layer) => network.layers[layer].reduce((sum, part) => sum + part.bytes, 0);
    const left = (step) => layersUpTo(step).filter((layer) => !loading.get(`${name} ${layer}`)?.ready);
    const bytesLeft = (step) => left(step).reduce((sum, layer) => sum + bytes(layer), 0);

    /** Report the bytes of what a step still needs, as they come. */
    function progress(step) {
      const total = bytesLeft(step);
      let got = 0;
      return (layer) => (count) => onProgress?.({ layer, loaded: (got += count), total });
    }

    async function load(step) {
      const report = progress(step);
      for (const layer of left(step)) await loaded(network, layer, report(layer));
    }

    /** Take a picture up to a step, a layer at a time, from wherever it stands; null if another took its place. */
    async function rise(picture, step, current, pixels, onLayer) {
      const layers = layersUpTo(step), report = progress(step);
      for (const [at, layer] of layers.entries()) {
        const end = at + 1 < layers.length ? place(layers[at + 1]) - 1 : place(step);
        if (!pixels && (reached.get(picture) ?? 0) > end) continue;
        await loaded(network, layer, report(layer));
        if (!current()) return null;
        const done = await ask({ what: "forward", panel, picture, name, pixels, upto: steps[end] }, current);
        if (!done) return null;
        pixels = undefined; // the worker has them
        reached.set(picture, end + 1);
        onLayer?.(layer);
      }
      return true;
    }

    async function forward(pixels, { upto = "conv5", picture = "", onLayer } = {}) {
      const current = turn(`${panel} ${picture}`);
      reached.set(picture, 0);
      return rise(picture, upto, current, pixels, onLayer);
    }

    /** Ask about a picture, which first goes up as far as needed. */
    async function about(picture, step, request, current = still(`${panel} ${picture}`)) {
      if (!(await rise(picture, step, current))) return null;
      return ask({ ...request, panel, picture, step }, current);
    }

    /** Ask for something that comes down again, of which a newer request takes the place. */
    async function down(what, { step, picture = "", slot = "", ...request }) {
      const newest = turn(`${panel} ${picture} ${what} ${slot}`), same = still(`${panel} ${picture}`);
      return about(picture, step, { what, ...request }, () => newest() && same());
    }

    function close() {
      for (const picture of reached.keys()) turn(`${panel} ${picture}`); // nobody waits for these any more
      reached.clear();
      return ask({ what: "close", panel });
    }

    return {
      network,
      bytesLeft,
      load,
      forward,
      project: (request) => down("project", request),
      carryDown: (request) => down("carryDown", request),
      unpool: (request) => down("unpool", request),
      strongest: (step, count, { picture = "" } = {}) => about(picture, step, { what: "strongest", count }),
      activations: (step, { picture = "" } = {}) => about(picture, step, { what: "activations" }),
      classes: ({ picture = "" } = {}) => about(picture, steps.at(-1), { what: "classes" }),
      close,
    };
  }

  /** Called by each script with what it brings. */
  const received = (file, text) => arrived.set(file, text);

  return { open, networks, received };
})();
