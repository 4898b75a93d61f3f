// Drawing a projection in the page, and saying how alike two of them are.
globalThis.zflibDraw ??= (() => {
  "use strict";

  const CLIP = 0.995; // of the magnitudes: scaled by the single largest one, a projection is faint

  /** The value below which a share of the values lies, between neighbours if need be; as NumPy's quantile. */
  function quantile(values, share) {
    const sorted = Float64Array.from(values).sort(), at = share * (sorted.length - 1), low = Math.floor(at);
    const next = sorted[Math.min(low + 1, sorted.length - 1)];
    return sorted[low] + (next - sorted[low]) * (at - low);
  }

  /** A signed picture (3, height, width) on a canvas of its size: mid-grey is 0, and neither sign is favoured; the
   *  largest half per cent of its magnitudes are clipped. As zflib.plots.pictures.signed. */
  function signed(canvas, { values, height, width }) {
    const magnitudes = values.map(Math.abs), size = height * width;
    const largest = quantile(magnitudes, CLIP) || magnitudes.reduce((a, b) => Math.max(a, b), 0) || 1;
    const image = new ImageData(width, height);
    for (let at = 0; at < size; at++) {
      for (let c = 0; c < 3; c++) image.data[4 * at + c] = 127.5 + (127.5 * values[c * size + at]) / largest; // rounded
      image.data[4 * at + 3] = 255;
    }
    put(canvas, image, 0, 0, width, height);
  }

  /** The window { top, left, height, width } of a picture (ImageData) on a canvas of that size. */
  function patch(canvas, image, { top, left, height, width }) {
    put(canvas, image, -left, -top, width, height);
  }

  function put(canvas, image, x, y, width, height) {
    Object.assign(canvas, { width, height });
    canvas.style.imageRendering = width < 20 ? "pixelated" : "auto"; // a first layer's pixels are looked at singly
    canvas.getContext("2d").putImageData(image, x, y);
  }

  /** Pearson's correlation of two arrays of one length, NaN where one is the same everywhere; as
   *  zflib.analysis.likeness.correlation. */
  function correlation(a, b) {
    const mean = (values) => values.reduce((x, y) => x + y, 0) / values.length, [p, q] = [mean(a), mean(b)];
    let product = 0, first = 0, second = 0;
    for (let at = 0; at < a.length; at++) {
      product += (a[at] - p) * (b[at] - q);
      first += (a[at] - p) ** 2;
      second += (b[at] - q) ** 2;
    }
    return product / Math.sqrt(first * second);
  }

  /** Show a window { top, left, width } of a picture of `side` pixels so wide that a whole receptive field fills its
   *  place, and away from the edge that cuts it: all of a layer keep one scale. */
  function fit(canvas, { top, left, width }, field, side) {
    canvas.style.width = `${(100 * width) / Math.min(field, side)}%`;
    canvas.style.marginTop = top ? "0" : "auto";
    canvas.style.marginLeft = left ? "0" : "auto";
  }

  return { signed, patch, fit, correlation };
})();
