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

  /** The square of a picture, `side` pixels a side, on which a unit is shown: as large as its receptive field, and
   *  moved inside where that reaches beyond the border, so that all units of a layer are shown alike. */
  function square({ receptiveField, jump, offset }, [, row, column], side) {
    const size = Math.min(receptiveField, side);
    const [top, left] = [row, column].map((at) => {
      const first = Math.floor(offset + at * jump - (receptiveField - 1) / 2);
      return Math.min(side - size, Math.max(0, first));
    });
    return { top, left, height: size, width: size };
  }

  /** A projection { values, top, left, height, width } on another window of its picture: cut there, or zeros around. */
  function onto({ values, top, left, height, width }, window) {
    const out = new Float32Array(3 * window.height * window.width);
    for (let c = 0; c < 3; c++) {
      for (let y = Math.max(top, window.top); y < Math.min(top + height, window.top + window.height); y++) {
        for (let x = Math.max(left, window.left); x < Math.min(left + width, window.left + window.width); x++) {
          const to = (c * window.height + y - window.top) * window.width + x - window.left;
          out[to] = values[(c * height + y - top) * width + x - left];
        }
      }
    }
    return { ...window, values: out };
  }

  /** A signed picture (3, height, width) on a canvas of its size: mid-grey is 0, and neither sign is favoured; the
   *  largest half per cent of its magnitudes are clipped. As zflib.plots.pictures.signed. With a window, on that of the
   *  picture: mid-grey where nothing comes down. */
  function signed(canvas, found, window = found) {
    const magnitudes = found.values.map(Math.abs);
    const largest = quantile(magnitudes, CLIP) || magnitudes.reduce((a, b) => Math.max(a, b), 0) || 1;
    const { values, height, width } = window === found ? found : onto(found, window), size = height * width;
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

  /** How alike two projections of one unit's place are, over the part of its field that lies on the picture; as
   *  zflib.analysis.likeness. `values` takes from a picture what is compared. */
  function likeness(one, other, { receptiveField, jump, offset }, side, values = (picture) => picture.values) {
    const [, row, column] = one.unit, [rows, columns] = [row, column].map((at) => {
      const start = Math.floor(offset + at * jump - (receptiveField - 1) / 2);
      return [Math.max(0, start), Math.min(side, start + receptiveField)];
    });
    const window = { top: rows[0], left: columns[0], height: rows[1] - rows[0], width: columns[1] - columns[0] };
    return correlation(values(onto(one, window)), values(onto(other, window)));
  }

  return { square, signed, patch, correlation, likeness };
})();
