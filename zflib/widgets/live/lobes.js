// The two lobes of a filter's spectrum, before and after the folding of a stride; as lobes.py.
globalThis.zflibLobes ??= (() => {
  "use strict";

  const BLUE = [31, 95, 168], ORANGE = [179, 71, 0];

  /** A filter's power in the frequency plane, (size, size), relative to its highest; zero is in the middle. */
  function power(weight, k, size) {
    const half = Math.floor(size / 2), out = new Float64Array(size * size);
    const waves = Array.from({ length: size }, (_, f) =>
      Array.from({ length: k }, (_, x) => { const t = (2 * Math.PI * (f - half) * x) / size; return [Math.cos(t), Math.sin(t)]; }));
    for (let c = 0; c < 3; c++)
      for (let u = 0; u < size; u++) {
        const rows = Array.from({ length: k }, (_, i) => {
          let re = 0, im = 0;
          for (let j = 0; j < k; j++) {
            const w = weight[(c * k + i) * k + j];
            re += w * waves[u][j][0];
            im += w * waves[u][j][1];
          }
          return [re, im];
        });
        for (let v = 0; v < size; v++) {
          let re = 0, im = 0;
          for (let i = 0; i < k; i++) {
            const [cos, sin] = waves[v][i];
            re += rows[i][0] * cos - rows[i][1] * sin;
            im += rows[i][0] * sin + rows[i][1] * cos;
          }
          out[v * size + u] += re * re + im * im;
        }
      }
    const most = out.reduce((a, b) => Math.max(a, b));
    return out.map((p) => p / most);
  }

  /** The lobe on the side of the filter's peak and the other one, before and after folding, and the overlap. */
  function planes(weight, k, [x, y], stride) {
    const side = 2 * Math.ceil((64 / stride - 1) / 2) + 1, size = side * stride, half = Math.floor(size / 2);
    const all = power(weight, k, size), lobes = new Float64Array(2 * size * size), folded = new Float64Array(2 * side * side);
    const strongest = new Float64Array(side * side), cell = (i) => (i - half + Math.floor(side / 2) + size) % side;
    all.forEach((p, i) => {
      const [v, u] = [Math.floor(i / size), i % size], ahead = (u - half) * x + (v - half) * y;
      const ours = ahead > 0 ? 1 : ahead < 0 ? 0 : 0.5, group = cell(v) * side + cell(u);
      [p * ours, p * (1 - ours)].forEach((part, which) => {
        lobes[2 * i + which] = part;
        folded[2 * group + which] += part;
      });
      strongest[group] = Math.max(strongest[group], p);
    });
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    return { lobes, size, folded, side, overlap: 1 - sum(strongest) / sum(all) };
  }

  /** Two powers as blue and orange ink on white, as pixels of a canvas: where they are equal nearly black. */
  function inked(lobes) {
    const out = new Uint8ClampedArray(2 * lobes.length).fill(255), totals = new Float64Array(lobes.length / 2);
    totals.forEach((_, i) => (totals[i] = lobes[2 * i] + lobes[2 * i + 1]));
    const most = totals.reduce((a, b) => Math.max(a, b));
    totals.forEach((total, i) => {
      const share = lobes[2 * i] / Math.max(total, 1e-300), pure = 1 - 0.8 * Math.min(2 * share, 2 - 2 * share);
      for (let c = 0; c < 3; c++) {
        const ink = (share * BLUE[c] + (1 - share) * ORANGE[c]) * pure;
        out[4 * i + c] = Math.floor(255 - Math.sqrt(total / most) * (255 - ink) + 0.5);
      }
    });
    return out;
  }

  return { planes, inked };
})();
