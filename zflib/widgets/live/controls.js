"use strict";
// Controls for a projection, as in zflib.analysis.controls: each takes one ingredient away and leaves the rest. They
// make another unit, trace or network; engine.js then projects as always, from a seed of 1.

/** A small generator of evenly spread numbers in [0, 1), the same for the same seed (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random other map of as many. */
function otherMap(map, maps, seed = 0) {
  if (maps < 2) throw new Error("There is no other map.");
  return (map + 1 + Math.floor(generator(seed)() * (maps - 1))) % maps;
}

/** The same trace with every switch moved to a random position of its own pooling window. */
function shuffled(trace, seed = 0) {
  const random = generator(seed), switches = {};
  trace.steps.forEach(({ name, kind, kernel, stride }, at) => {
    if (kind !== "pool") return;
    const below = trace.activations[trace.steps[at - 1].name], above = trace.activations[name];
    const draw = (start, side) => start + Math.floor(random() * (Math.min(side, start + kernel) - start));
    switches[name] = trace.switches[name].map((_, i) => {
      const p = i % (above.height * above.width);
      const row = draw(Math.floor(p / above.width) * stride, below.height);
      return row * below.width + draw((p % above.width) * stride, below.width);
    });
  });
  return { ...trace, switches };
}

/** The same trace with the switches of another picture's. */
function withSwitchesOf(trace, other) {
  return { ...trace, switches: other.switches };
}

/** A network whose named layers have forgotten what they learned: Gaussian weights of each layer's own standard
 *  deviation, no biases. A layer's draw depends on the seed and its name, not on what else is redrawn. */
function randomised(network, layers, seed = 0) {
  const known = network.steps.filter(({ kind }) => kind === "conv" || kind === "dense").map(({ name }) => name);
  for (const name of layers) {
    const among = known.join(", ");
    if (!known.includes(name)) throw new Error(`There is no layer ${name} with weights; choose among ${among}.`);
  }
  const steps = network.steps.map((step) => {
    if (!layers.includes(step.name)) return step;
    const random = generator(seed * known.length + known.indexOf(step.name)), { weight, bias } = checked(step);
    const mean = weight.reduce((a, b) => a + b) / weight.length;
    const spread = Math.sqrt(weight.reduce((sum, w) => sum + (w - mean) ** 2, 0) / (weight.length - 1));
    const drawn = weight.map(() => spread * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
    return { ...step, weight: drawn, bias: new Float32Array(bias.length), turned: undefined };
  });
  return { ...network, steps };
}

/** Layers to randomise one after the other from a step down: [conv5], [conv5, conv4], ... (Adebayo et al. 2018). */
function cascade(network, step) {
  const below = network.steps.slice(0, rectified(network, step) + 1);
  const layers = below.filter(({ kind }) => kind === "conv" || kind === "dense").map(({ name }) => name).reverse();
  return layers.map((_, at) => layers.slice(0, at + 1));
}
