// How alike two projections are: what zflib.analysis.likeness does before it correlates. The correlation is draw.js's.
globalThis.zflibLikeness ??= (() => {
  "use strict";

  /** Pictures (maps, height, width) after a Gaussian blur of a standard deviation in pixels; zero beyond the border. */
  function blurred({ values, height, width }, blur) {
    if (!blur) return values;
    const reach = Math.ceil(6 * blur);
    const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * blur ** 2)));
    const sum = taps.reduce((a, b) => a + b), maps = values.length / (height * width);
    /** Along one side: rows of `length` values, `step` apart, that begin at `start`. */
    const along = (from, length, step, start) => {
      const out = new Float64Array(from.length);
      for (const at of start) {
        for (let i = 0; i < length; i++) {
          let total = 0;
          for (let j = Math.max(0, i - reach); j <= Math.min(length - 1, i + reach); j++) {
            total += taps[j - i + reach] * from[at + j * step];
          }
          out[at + i * step] = total / sum;
        }
      }
      return out;
    };
    const rows = Array.from({ length: maps * height }, (_, at) => at * width);
    const columns = Array.from({ length: maps * width }, (_, at) => Math.floor(at / width) * height * width + (at % width));
    return along(along(values, width, 1, rows), height, width, columns);
  }

  /** How strong a signed picture (3, height, width) is at each pixel. */
  function magnitude({ values, height, width }) {
    const size = height * width;
    const strong = Float64Array.from({ length: size }, (_, at) => Math.hypot(values[at], values[at + size], values[at + 2 * size]));
    return { values: strong, height, width };
  }

  return { blurred, magnitude };
})();
