"use strict";
// The worker: keeps networks and traces, and answers the page's requests one after the other. A request is
// { id, what, ... }; its answer { id, result } or { id, error }, a sentence.

const networks = new Map(); // by name
const traces = new Map(); // by panel and picture: { network, trace }

/** Numbers from float16, of which `bytes` holds two bytes each. */
function fromHalf(bytes) {
  const halves = new Uint16Array(bytes.buffer, 0, bytes.length >> 1), out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) {
    const bits = halves[i], exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    out[i] = bits & 0x8000 ? -size : size;
  }
  return out;
}

/** The bytes of a layer's parts, each compared with its SHA-256 where the browser can: under https, file, localhost. */
async function joined(name, layer, parts) {
  const pieces = [];
  for (const { file, text, sha256 } of parts) {
    const letters = atob(text), piece = new Uint8Array(letters.length);
    for (let i = 0; i < piece.length; i++) piece[i] = letters.charCodeAt(i);
    if (globalThis.crypto?.subtle) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", piece));
      const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
      if (found !== sha256) {
        throw new Error(`${file} is not the file of ${layer} of ${name} that the page expects. Build the pages anew.`);
      }
    }
    pieces.push(piece);
  }
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Pixels as the network takes them, (3, side, side) with the mean subtracted: Float32Array as it is; bytes, 0 to 255,
 *  pixel by pixel, RGB or RGBA as a canvas gives it, whose opacity is left out. */
function asInput({ mean, inputSize }, pixels) {
  if (pixels instanceof Float32Array) return pixels;
  const size = inputSize ** 2, channels = [3, 4].find((count) => pixels.length === count * size);
  if (!channels) {
    throw new Error(`The picture must have ${inputSize} x ${inputSize} pixels, not ${pixels.length} numbers in all.`);
  }
  const out = new Float32Array(3 * size);
  for (let c = 0; c < 3; c++) for (let p = 0; p < size; p++) out[c * size + p] = pixels[p * channels + c] - mean[c];
  return out;
}

function traceOf(panel, picture) {
  const found = traces.get(`${panel} ${picture}`);
  if (!found) throw new Error(`There is no picture ${picture && `named ${picture} `}yet; call forward first.`);
  return found;
}

/** The network, trace and unit that a control takes instead. */
function controlled({ network, trace }, { panel, step, unit, control, draw = 0, layers, switchesOf }) {
  switch (control) {
    case undefined:
      return [network, trace, unit];
    case "other map":
      return [network, trace, [otherMap(unit[0], trace.activations[step].maps, draw), ...unit.slice(1)]];
    case "shuffled switches":
      return [network, shuffled(trace, draw), unit];
    case "another picture's switches":
      return [network, withSwitchesOf(trace, traceOf(panel, switchesOf).trace), unit];
    case "random weights":
      return [...forgetful(network, trace, step, layers ?? cascade(network, step)[0], draw), unit];
  }
  throw new Error(`There is no control ${control}.`);
}

let lastForgetful = { key: "", of: null, network: null, trace: null };

/** A network with random layers and this picture's trace through it; the last one is kept. */
function forgetful(network, trace, step, layers, draw) {
  const key = [network.name, step, draw, ...layers].join(" ");
  if (lastForgetful.key !== key || lastForgetful.of !== trace) {
    const other = randomised(network, layers, draw);
    const through = forward(other, trace.pixels.values, step, trace);
    lastForgetful = { key, of: trace, network: other, trace: through };
  }
  return [lastForgetful.network, lastForgetful.trace];
}

/** What the page may ask for. Each returns its answer and the buffers that may move instead of being copied. */
const ANSWERS = {
  /** The steps of a network, once, without weights. */
  network({ network }) {
    if (!networks.has(network.name)) networks.set(network.name, network);
    return [true];
  },

  /** A layer's weights, then its biases. */
  async weights({ name, layer, parts }) {
    const step = networks.get(name).steps.find((each) => each.name === layer);
    const numbers = fromHalf(await joined(name, layer, parts));
    const count = step.maps * step.into * (step.kernel ?? 1) ** 2, all = count + step.maps;
    if (numbers.length !== all) {
      throw new Error(`${layer} of ${name} has ${numbers.length} numbers instead of ${all}. Build the pages anew.`);
    }
    step.weight = numbers.slice(0, count);
    step.bias = numbers.slice(count);
    return [true];
  },

  /** The picture through the network, on from where its trace ends if `pixels` are left out. */
  forward({ panel, picture, name, pixels, upto }) {
    const network = networks.get(name), key = `${panel} ${picture}`;
    const known = pixels ? null : traceOf(panel, picture).trace;
    const input = pixels ? asInput(network, pixels) : known.pixels.values;
    traces.set(key, { network, trace: forward(network, input, upto, known) });
    return [true];
  },

  activations({ panel, picture, step }) {
    const { trace } = traceOf(panel, picture);
    if (!trace.activations[step]) throw new Error(`The picture has not come up to ${step} yet.`);
    const copy = { ...trace.activations[step], values: trace.activations[step].values.slice() };
    const switches = trace.switches[step]?.slice();
    return [{ ...copy, switches }, [copy.values.buffer, ...(switches ? [switches.buffer] : [])]];
  },

  strongest({ panel, picture, step, count }) {
    const { trace } = traceOf(panel, picture);
    if (!trace.activations[step]) throw new Error(`The picture has not come up to ${step} yet.`);
    return [strongest(trace.activations[step], count)];
  },

  project(request) {
    const { panel, picture, step, method, control } = request;
    const [network, trace, unit] = controlled(traceOf(panel, picture), request);
    const seed = request.seed ?? (control ? 1 : undefined); // another map, or a random one, may be silent here
    const found = project(network, trace, step, unit, { method, seed });
    return [{ ...found, unit }, [found.values.buffer]];
  },

  carryDown(request) {
    const { panel, picture, step, map = null, method } = request;
    const [network, trace] = controlled(traceOf(panel, picture), { unit: [map ?? 0], ...request });
    const found = carryDown(network, trace, step, wholeMaps(reached(network, trace, step), map), method);
    return [found, [found.values.buffer]];
  },

  unpool(request) {
    const { panel, picture, step, map = null, overlap } = request;
    const [network, trace] = controlled(traceOf(panel, picture), { unit: [map ?? 0], ...request });
    const at = network.steps.findIndex(({ name }) => name === step), layer = network.steps[at];
    const pools = network.steps.filter(({ kind }) => kind === "pool").map(({ name }) => name).join(", ");
    if (layer?.kind !== "pool") throw new Error(`${step} pools nothing; ${pools} do.`);
    const above = reached(network, trace, step), below = trace.activations[network.steps[at - 1].name];
    const found = unpool(wholeMaps(above, map), trace.switches[step], layer, above, below, overlap);
    return [found, [found.values.buffer]];
  },

  classes({ panel, picture }) {
    const { network, trace } = traceOf(panel, picture);
    const logits = trace.activations[network.steps.at(-1).name];
    if (!logits) throw new Error("The picture has not come up to the class scores yet.");
    const probabilities = softmax(logits.values);
    const all = network.classes.map((name, at) => ({ name, probability: probabilities[at], logit: logits.values[at] }));
    return [all.sort((a, b) => b.probability - a.probability)];
  },

  /** Forget a panel's pictures. */
  close({ panel }) {
    for (const key of traces.keys()) if (key.startsWith(`${panel} `)) traces.delete(key);
    lastForgetful = { key: "", of: null, network: null, trace: null };
    return [true];
  },
};

globalThis.onmessage = async ({ data }) => {
  try {
    const [result, moved = []] = await ANSWERS[data.what](data);
    postMessage({ id: data.id, result }, moved);
  } catch (error) {
    postMessage({ id: data.id, error: error.message });
  }
};
