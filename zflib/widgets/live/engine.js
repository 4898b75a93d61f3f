"use strict";
// The networks and their deconvnet (Section 2.1) in the page's language: zflib.deconvnet once more, under the same
// names. It knows nothing of pages; worker.js asks it, and the tests compare it with zflib.
//
// A set of maps is { values, maps, height, width }: numbers in row order, one map after the other. On the way down a
// set covers a window only: { ..., top, left } says where it starts in its map.

const NORM = { size: 5, k: 2, alpha: 1e-4, beta: 0.75 }; // as zflib.network.ContrastNorm

// ---- one layer, upwards ---------------------------------------------------------------------------------------------

/** Side of the map that a convolution or pooling makes; as zflib.architecture.output_size. */
function outputSize(size, kernel, stride, pad = 0, ceil = false) {
  const steps = (size + 2 * pad - kernel) / stride;
  const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
  return ceil && (out - 1) * stride >= size + pad ? out - 1 : out; // that window would start beyond the map
}

/** What the filter sees at each position: (height * width, into * kernel * kernel), zero beyond the border. */
function patches(x, { kernel, stride, pad }, height, width) {
  const length = x.maps * kernel * kernel;
  const out = new Float32Array(height * width * length);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const top = i * stride - pad, left = j * stride - pad;
      const first = Math.max(0, -left), last = Math.min(kernel, x.width - left);
      const start = (i * width + j) * length;
      for (let ky = Math.max(0, -top); ky < Math.min(kernel, x.height - top); ky++) {
        let to = start + ky * kernel, from = (top + ky) * x.width + left;
        for (let c = 0; c < x.maps; c++) {
          for (let kx = first; kx < last; kx++) out[to + kx] = x.values[from + kx];
          to += kernel * kernel;
          from += x.height * x.width;
        }
      }
    }
  }
  return out;
}

/** Each row of a (m, k) times each row of b (n, k): (m, n). */
function product(a, b, m, n, k) {
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i += 4) {
    for (let j = 0; j < n; j += 4) block(a, b, out, i, j, m, n, k);
  }
  return out;
}

/** Sixteen of the products at once: each number that is read takes part in four. Beyond the last row or column the
 *  last one is taken again. */
function block(a, b, out, i, j, m, n, k) {
  const a0 = i * k, a1 = Math.min(i + 1, m - 1) * k, a2 = Math.min(i + 2, m - 1) * k, a3 = Math.min(i + 3, m - 1) * k;
  const b0 = j * k, b1 = Math.min(j + 1, n - 1) * k, b2 = Math.min(j + 2, n - 1) * k, b3 = Math.min(j + 3, n - 1) * k;
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let p = 0; p < k; p++) {
    const x0 = a[a0 + p], x1 = a[a1 + p], x2 = a[a2 + p], x3 = a[a3 + p];
    const y0 = b[b0 + p], y1 = b[b1 + p], y2 = b[b2 + p], y3 = b[b3 + p];
    s00 += x0 * y0; s01 += x0 * y1; s02 += x0 * y2; s03 += x0 * y3;
    s10 += x1 * y0; s11 += x1 * y1; s12 += x1 * y2; s13 += x1 * y3;
    s20 += x2 * y0; s21 += x2 * y1; s22 += x2 * y2; s23 += x2 * y3;
    s30 += x3 * y0; s31 += x3 * y1; s32 += x3 * y2; s33 += x3 * y3;
  }
  const sums = [s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33];
  for (let r = 0; r < Math.min(4, m - i); r++) {
    for (let c = 0; c < Math.min(4, n - j); c++) out[(i + r) * n + j + c] = sums[4 * r + c];
  }
}

/** Filter: weight (maps, into, kernel, kernel) and bias (maps). */
function conv(x, layer) {
  const { maps, kernel, stride, pad, weight, bias } = layer;
  const height = outputSize(x.height, kernel, stride, pad), width = outputSize(x.width, kernel, stride, pad);
  const size = height * width;
  const values = product(weight, patches(x, layer, height, width), maps, size, x.maps * kernel * kernel);
  for (let c = 0; c < maps; c++) for (let i = c * size; i < (c + 1) * size; i++) values[i] += bias[c];
  return { values, maps, height, width };
}

/** Rectify. */
function relu(x) {
  return { ...x, values: x.values.map((value) => (value > 0 ? value : 0)) };
}

/** Max pooling that remembers where each maximum was: [pooled, switches]. A switch is the position within its map; of
 *  equal maxima the first in row order counts, so a window of zeros points at its first position. */
function pool(x, { kernel, stride, ceil }) {
  const height = outputSize(x.height, kernel, stride, 0, ceil), width = outputSize(x.width, kernel, stride, 0, ceil);
  const values = new Float32Array(x.maps * height * width), switches = new Int32Array(values.length);
  let at = 0;
  for (let c = 0; c < x.maps; c++) {
    const map = c * x.height * x.width;
    for (let i = 0; i < height; i++) {
      const bottom = Math.min(i * stride + kernel, x.height);
      for (let j = 0; j < width; j++, at++) {
        const right = Math.min(j * stride + kernel, x.width);
        let best = i * stride * x.width + j * stride;
        for (let row = i * stride; row < bottom; row++) {
          for (let p = row * x.width + j * stride; p < row * x.width + right; p++) {
            if (x.values[map + p] > x.values[map + best]) best = p;
          }
        }
        values[at] = x.values[map + best];
        switches[at] = best;
      }
    }
  }
  return [{ values, maps: x.maps, height, width }, switches];
}

/** At each position the sum over the maps at most two away. */
function neighbours(values, maps, size) {
  const out = new Float32Array(values.length), reach = NORM.size >> 1;
  for (let c = 0; c < maps; c++) {
    for (let d = Math.max(0, c - reach); d <= Math.min(maps - 1, c + reach); d++) {
      for (let i = 0; i < size; i++) out[c * size + i] += values[d * size + i];
    }
  }
  return out;
}

/** Contrast normalisation: each value over (k + alpha * sum of squares of its neighbours) ** 0.75, in roots, as in
 *  zflib.network: Math.pow takes several times as long. */
function normalise(x) {
  const base = neighbours(x.values.map((value) => value * value), x.maps, x.height * x.width);
  const values = x.values.map((value, i) => {
    const root = 1 / Math.sqrt(NORM.k + NORM.alpha * base[i]);
    return value * root * Math.sqrt(root);
  });
  return { ...x, values };
}

/** Fully connected: weight (maps, into) and bias (maps). */
function dense(x, { maps, weight, bias }) {
  const values = new Float32Array(maps), into = x.values.length;
  for (let c = 0; c < maps; c++) {
    let sum = bias[c];
    for (let i = 0; i < into; i++) sum += weight[c * into + i] * x.values[i];
    values[c] = sum;
  }
  return { values, maps, height: 1, width: 1 };
}

/** Probabilities of the classes. */
function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

// ---- the network, upwards -------------------------------------------------------------------------------------------

/** The step whose activation a step named convN or fcN stands for: the rectification after it. */
function rectified(network, step) {
  const names = network.steps.map(({ name }) => name), at = names.indexOf(step);
  if (at < 0) throw new Error(`There is no step ${step}; the steps are ${names.join(", ")}.`);
  const computes = ["conv", "dense"].includes(network.steps[at].kind);
  return computes && network.steps[at + 1]?.kind === "relu" ? at + 1 : at;
}

/** One forward pass that serves every projection of this picture.
 *  network  { steps: [{ name, kind, ... }] }, each step with its numbers and, once there, its weight and bias
 *  pixels   (3, side, side) Float32Array, the mean subtracted
 *  upto     the last step that is needed
 *  known    an earlier trace of the same pixels: steps that it went through are taken from it
 *  Returns a trace { pixels, steps, activations, switches }, the latter two by name of the step; a convolution's or
 *  fully connected step's activation is the rectified one. */
function forward(network, pixels, upto, known = null) {
  const side = Math.sqrt(pixels.length / 3), count = pixels.length;
  if (!Number.isInteger(side) || !side) throw new Error(`Pixels must be (3, side, side), not ${count} numbers.`);
  if (!pixels.every(Number.isFinite)) throw new Error("The pixels hold NaN or infinity; give finite numbers.");
  const steps = network.steps.slice(0, rectified(network, upto) + 1);
  let x = { values: pixels, maps: 3, height: side, width: side }, same = known !== null;
  const trace = { pixels: x, steps, activations: {}, switches: {} };
  steps.forEach((step, at) => {
    same = same && known.steps[at] === step;
    if (same) {
      x = known.activations[step.name];
      if (step.kind === "pool") trace.switches[step.name] = known.switches[step.name];
    } else if (step.kind === "conv") x = conv(x, checked(step));
    else if (step.kind === "dense") x = dense(x, checked(step));
    else if (step.kind === "relu") x = relu(x);
    else if (step.kind === "pool") [x, trace.switches[step.name]] = pool(x, step);
    else if (step.kind === "norm") x = normalise(x);
    else if (step.kind === "flatten") x = { values: x.values, maps: x.values.length, height: 1, width: 1 };
    trace.activations[step.name] = x; // dropout passes everything on
    if (step.kind === "relu") trace.activations[steps[at - 1].name] = x;
  });
  return trace;
}

/** A step with its weights, or one clear sentence. */
function checked(step) {
  if (!step.weight) throw new Error(`The weights of ${step.name} are not loaded.`);
  return step;
}

/** The `count` maps of a step that fire most, each at its strongest unit: [{ unit: [map, row, column], value }]. */
function strongest({ values, maps, height, width }, count = maps) {
  const size = height * width, found = [];
  for (let c = 0; c < maps; c++) {
    let best = c * size;
    for (let i = best + 1; i < (c + 1) * size; i++) if (values[i] > values[best]) best = i;
    const at = best - c * size;
    found.push({ unit: [c, Math.floor(at / width), at % width], value: values[best] });
  }
  return found.sort((a, b) => b.value - a.value).slice(0, count);
}

// ---- one layer, downwards -------------------------------------------------------------------------------------------

/** Rectify the signal ("deconvnet"), pass it where the activation was positive ("gradient"), or both ("guided"). */
function rectifyBack(signal, activation, method) {
  const values = method === "gradient" ? signal.values.slice() : relu(signal).values;
  if (method !== "deconvnet") {
    const above = under(signal, activation);
    for (let i = 0; i < values.length; i++) if (!(above[i] > 0)) values[i] = 0;
  }
  return { ...signal, values };
}

/** What a set of maps holds under the window of a signal: (maps, height, width). */
function under({ top, left, height, width }, x) {
  const out = new Float32Array(x.maps * height * width);
  let to = 0;
  for (let c = 0; c < x.maps; c++) {
    for (let i = top; i < top + height; i++) {
      const from = (c * x.height + i) * x.width + left;
      for (let j = 0; j < width; j++) out[to++] = x.values[from + j];
    }
  }
  return out;
}

/** The window of the map below that a window reads through a kernel, cut at the border of that map. */
function grown({ top, left, height, width }, { kernel, stride, pad = 0 }, below) {
  const first = (start) => Math.max(0, start * stride - pad);
  const end = (start, length, side) => Math.min(side, (start + length - 1) * stride - pad + kernel);
  const rows = end(top, height, below.height) - first(top), columns = end(left, width, below.width) - first(left);
  return { maps: below.maps, top: first(top), left: first(left), height: rows, width: columns };
}

/** Put a signal back where the maxima came from; where windows share a position their values add up, or the last one
 *  in row order counts (overlap "last", which puts pooled values back as they were).
 *  switches are those of whole pooled maps (maps, pooled.height, pooled.width), below the maps before pooling. */
function unpool(signal, switches, layer, pooled, below, overlap = "sum") {
  const out = grown(signal, layer, below), size = out.height * out.width;
  const values = new Float32Array(out.maps * size);
  let from = 0;
  for (let c = 0; c < signal.maps; c++) {
    for (let i = signal.top; i < signal.top + signal.height; i++) {
      const at = (c * pooled.height + i) * pooled.width;
      for (let j = signal.left; j < signal.left + signal.width; j++) {
        const row = Math.floor(switches[at + j] / below.width), column = switches[at + j] % below.width;
        const to = c * size + (row - out.top) * out.width + column - out.left, value = signal.values[from++];
        values[to] = overlap === "last" ? value : values[to] + value;
      }
    }
  }
  return { ...out, values };
}

/** A convolution's weight (maps, into, kernel, kernel) as (maps, kernel, kernel, into): what a row of the filter adds
 *  to the map below then lies in one piece. */
function turned({ maps, into, kernel, weight }) {
  const out = new Float32Array(weight.length), area = kernel * kernel;
  let from = 0;
  for (let c = 0; c < maps; c++) {
    for (let d = 0; d < into; d++) {
      for (let p = 0; p < area; p++) out[(c * area + p) * into + d] = weight[from++];
    }
  }
  return out;
}

/** Filter with the transposed filters; no bias. Only what is not zero is carried down, four maps at a time. */
function filterBack(signal, layer, below) {
  const { kernel, stride, pad, into } = layer, out = grown(signal, layer, below);
  const filters = (layer.turned ??= turned(layer));
  const filter = kernel * kernel * into, size = signal.height * signal.width;
  const sum = new Float32Array(out.height * out.width * into); // position by position, all maps of one together
  const live = new Int32Array(signal.maps + 3), v = new Float32Array(signal.maps + 3);
  for (let p = 0; p < size; p++) {
    let count = 0;
    for (let c = 0; c < signal.maps; c++) {
      const value = signal.values[c * size + p];
      if (value !== 0) {
        live[count] = c * filter;
        v[count++] = value;
      }
    }
    v.fill(0, count, count + 3); // the last four may be fewer: what fills them up adds nothing
    const top = (signal.top + Math.floor(p / signal.width)) * stride - pad;
    const left = (signal.left + (p % signal.width)) * stride - pad;
    const first = Math.max(0, -left), last = Math.min(kernel, below.width - left);
    for (let g = 0; g < count; g += 4) {
      const v0 = v[g], v1 = v[g + 1], v2 = v[g + 2], v3 = v[g + 3];
      for (let ky = Math.max(0, -top); ky < Math.min(kernel, below.height - top); ky++) {
        const row = (ky * kernel + first) * into, length = (last - first) * into;
        const at = ((top + ky - out.top) * out.width + left + first - out.left) * into;
        const f0 = live[g] + row, f1 = live[g + 1] + row, f2 = live[g + 2] + row, f3 = live[g + 3] + row;
        for (let i = 0; i < length; i++) {
          sum[at + i] += v0 * filters[f0 + i] + v1 * filters[f1 + i] + v2 * filters[f2 + i] + v3 * filters[f3 + i];
        }
      }
    }
  }
  const values = new Float32Array(sum.length), area = out.height * out.width;
  for (let d = 0; d < into; d++) for (let p = 0; p < area; p++) values[d * area + p] = sum[p * into + d];
  return { ...out, values };
}

/** Through the true derivative of contrast normalisation, for "gradient" and "guided". */
function normaliseBack(signal, below) {
  const x = under(signal, below), size = signal.height * signal.width;
  const base = neighbours(x.map((value) => value * value), signal.maps, size);
  const root = base.map((sum) => 1 / Math.sqrt(NORM.k + NORM.alpha * sum));
  const straight = signal.values.map((value, i) => value * root[i] * Math.sqrt(root[i]));
  const across = neighbours(straight.map((value, i) => value * x[i] * root[i] * root[i]), signal.maps, size);
  const values = straight.map((value, i) => value - 2 * NORM.alpha * NORM.beta * x[i] * across[i]);
  return { ...signal, values };
}

/** Back through a fully connected layer: weight (maps, into). */
function denseBack(signal, { into, weight }) {
  const values = new Float32Array(into);
  for (let c = 0; c < signal.maps; c++) {
    const value = signal.values[c];
    if (value !== 0) for (let i = 0; i < into; i++) values[i] += value * weight[c * into + i];
  }
  return { values, maps: into, top: 0, left: 0, height: 1, width: 1 };
}

// ---- the network, downwards -----------------------------------------------------------------------------------------

/** Project one unit back to pixel space, inside its receptive field only.
 *  unit    [map, row, column], or [unit] of a fully connected step
 *  method  "deconvnet", "gradient" or "guided"
 *  seed    the value to start from; the unit's own activation if left out
 *  Returns { values, maps: 3, top, left, height, width }: the projection, signed, on its window of the picture. */
function project(network, trace, step, unit, { method = "deconvnet", seed } = {}) {
  const x = reached(network, trace, step), [channel, row = 0, column = 0] = unit;
  const inside = (at, limit) => Number.isInteger(at) && at >= 0 && at < limit;
  if (!(inside(channel, x.maps) && inside(row, x.height) && inside(column, x.width))) {
    throw new Error(`${step} has no unit ${unit}; it has ${x.maps} maps of ${x.height} x ${x.width}.`);
  }
  const signal = { values: new Float32Array(x.maps), maps: x.maps, top: row, left: column, height: 1, width: 1 };
  signal.values[channel] = seed ?? x.values[(channel * x.height + row) * x.width + column];
  return carryDown(network, trace, step, signal, method);
}

/** Whole maps (maps, height, width), or only one of them, as a signal to be carried down. */
function wholeMaps(x, only = null) {
  if (only !== null && !(Number.isInteger(only) && only >= 0 && only < x.maps)) {
    throw new Error(`There is no map ${only}; there are ${x.maps}.`);
  }
  const size = x.height * x.width, kept = (map) => only === null || map === only;
  return { ...x, values: x.values.map((value, at) => (kept(Math.floor(at / size)) ? value : 0)), top: 0, left: 0 };
}

/** Carry a signal { values, maps, top, left, height, width }, on whatever window of a step, down to the pixels; as
 *  zflib's DeconvNet.carry_down. Returns it on its window of the picture. */
function carryDown(network, trace, step, signal, method = "deconvnet") {
  if (!["deconvnet", "gradient", "guided"].includes(method)) {
    throw new Error(`method must be deconvnet, gradient or guided, not ${method}.`);
  }
  reached(network, trace, step);
  for (let at = rectified(network, step); at >= 0; at--) {
    const below = at ? trace.activations[network.steps[at - 1].name] : trace.pixels;
    signal = down(signal, network.steps[at], trace, below, method);
  }
  return signal;
}

/** What this network's trace holds of a step, or one clear sentence. */
function reached(network, trace, step) {
  rectified(network, step); // there is such a step
  if (trace.steps.some((made, at) => made !== network.steps[at])) {
    throw new Error("This trace went through other layers; make one with this network's forward.");
  }
  if (!trace.activations[step]) throw new Error(`The trace ends below ${step}; make one up to it.`);
  return trace.activations[step];
}

/** Undo one step: from a window on its output to a window on its input. */
function down(signal, step, trace, below, method) {
  const above = trace.activations[step.name];
  if (step.kind === "relu") return rectifyBack(signal, above, method);
  if (step.kind === "conv") return filterBack(signal, step, below);
  if (step.kind === "pool") return unpool(signal, trace.switches[step.name], step, above, below);
  if (step.kind === "norm" && method !== "deconvnet") return normaliseBack(signal, below);
  if (step.kind === "dense") return denseBack(signal, step);
  if (step.kind === "flatten") {
    const values = new Float32Array(below.values.length);
    values.set(signal.values);
    return { values, maps: below.maps, top: 0, left: 0, height: below.height, width: below.width };
  }
  return signal; // dropout; and contrast normalisation, which the deconvnet does not undo
}
