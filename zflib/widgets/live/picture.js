// Reading a picture in the page: what zflib.data.pictures and ConvNet.preprocess do, once more, within a grey level.
//
//   const picture = await zflibPicture.read(file);                        // { width, height, bitmap, reduced }
//   const square = await zflibPicture.centreSquare(picture, 146);         // (146, 146, 3), Uint8ClampedArray
//   const input = zflibPicture.preprocess(square, 146, 128, mean);        // (3, 128, 128), Float32Array: the network's
//   picture.bitmap.close();                                               // once another has taken its place
//
// Nothing here sends anything anywhere. The browser decodes; it is told to leave colours as the file has them, since
// Pillow does too. Scaling is written out: what a canvas makes of it differs from Pillow by tens of grey levels.
globalThis.zflibPicture = (() => {
  "use strict";

  const WHOLE_JPEG = 25e6; // pixels: beyond, a JPEG is decoded at a fraction of its size, which takes a fraction of the
  const MOST_JPEG = 500e6; // memory; 25 million take 100 MB, and the picture before as much
  const MOST = 50e6; // of other kinds, which browsers decode whole
  const STRIP = 256; // rows of a picture that are read at a time
  const AS_IT_IS = { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none" };

  /** A file that can't be read as a picture; the message names the file, the reason and the remedy. */
  class UnreadablePicture extends Error {}

  // How files begin, whether browsers read them or not. Bytes as text, "." for any.
  const KINDS = [
    [/^\xff\xd8\xff/, "JPEG"], [/^\x89PNG/, "PNG"], [/^GIF8/, "GIF"], [/^RIFF....WEBP/s, "WebP"], [/^BM/, "BMP"],
    [/^....ftypavi[fs]/s, "AVIF"], [/^....ftyp(hei|hev|mif|msf)/s, "HEIC"], [/^(II\*\0|MM\0\*)/, "TIFF"],
    [/^%PDF/, "PDF"], [/^\s*(<\?xml[^]*)?<svg/, "SVG"],
  ];

  async function kindOf(blob) {
    const start = String.fromCharCode(...new Uint8Array(await blob.slice(0, 400).arrayBuffer()));
    return KINDS.find(([pattern]) => pattern.test(start))?.[1];
  }

  /** Width and height as the file states them, without decoding it; nothing where that can't be known (in a worker). */
  async function statedSize(blob) {
    if (typeof Image === "undefined") return {};
    const image = new Image(), address = URL.createObjectURL(blob);
    try {
      await new Promise((done) => { image.onload = image.onerror = done; image.src = address; });
      return { width: image.naturalWidth, height: image.naturalHeight };
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  /** The picture in a File or Blob, upright (EXIF); an animation's first frame. Or that of an ImageBitmap, ImageData,
   *  <img> or <video>. Returns { width, height, bitmap, reduced }; `reduced` is true where the browser decoded a large
   *  JPEG at a fraction of its size: what is scaled from it is near to Pillow's (on photographs 0.1 to 0.3 grey levels
   *  away on average, 6 at most).
   *  Throws UnreadablePicture for what is no picture, is damaged, or too large. */
  async function read(source) {
    if (!(source instanceof Blob)) {
      const bitmap = await createImageBitmap(source, AS_IT_IS);
      return { width: bitmap.width, height: bitmap.height, bitmap, reduced: false };
    }
    const name = source.name ? `“${source.name}”` : "This picture";
    if (!source.size) throw new UnreadablePicture(`${name} is empty, a file without a byte: choose another.`);
    const kind = await kindOf(source), { width, height } = await statedSize(source);
    const reduced = kind === "JPEG" && width * height > WHOLE_JPEG && typeof ImageDecoder !== "undefined";
    refuseHuge(name, kind, width * height, reduced ? MOST_JPEG : MOST);
    try {
      const bitmap = await (reduced ? decodeReduced(source, width, height) : createImageBitmap(source, AS_IT_IS));
      return { width: bitmap.width, height: bitmap.height, bitmap, reduced };
    } catch {
      throw new UnreadablePicture(why(name, kind));
    }
  }

  function refuseHuge(name, kind, pixels, most) {
    if (!(pixels > most)) return; // nor where the size is not known
    const or = kind === "JPEG" ? "" : ", or save it as JPEG";
    throw new UnreadablePicture(
      `${name} has ${Math.round(pixels / 1e6)} million pixels and would take too much of this browser's memory: ` +
      `scale it to ${most / 1e6} million or fewer${or}.`);
  }

  /** A JPEG at a fraction of its size, which its decoder gives for a fraction of the memory. */
  async function decodeReduced(blob, width, height) {
    const factor = Math.sqrt(4e6 / (width * height)); // at least: decoders know eighths
    const decoder = new ImageDecoder({
      data: await blob.arrayBuffer(), type: "image/jpeg", colorSpaceConversion: "none",
      desiredWidth: Math.ceil(width * factor), desiredHeight: Math.ceil(height * factor),
    });
    try {
      const { image } = await decoder.decode();
      const bitmap = await createImageBitmap(image, AS_IT_IS);
      image.close();
      return bitmap;
    } finally {
      decoder.close();
    }
  }

  function why(name, kind) {
    if (["HEIC", "TIFF", "PDF", "SVG"].includes(kind)) {
      return `${name} is of the kind ${kind}, which this browser doesn't read as a photograph: save it as JPEG or PNG.`;
    }
    if (kind) return `${name} begins as a ${kind} file, but is damaged or cut off: save or download it anew.`;
    return `${name} is not a picture that this browser can read: choose a JPEG, PNG, WebP or GIF.`;
  }

  // ---- scaling, as Pillow's Image.resize(..., BILINEAR, box=...) does it --------------------------------------------
  // First along rows, then along columns. Some versions of Pillow begin with columns where that is quicker; rounding in
  // between then differs by one at most.

  /** For each of `out` pixels over [from, to) of a line of `size`: where its window begins, and its weights. They are a
   *  triangle as wide as two steps, in whole numbers of 2 ** -22, as Pillow keeps them. */
  function windows(size, from, to, out) {
    const step = Math.fround(to - from) / out, support = Math.max(step, 1);
    return Array.from({ length: out }, (_, at) => {
      const centre = from + (at + 0.5) * step;
      const first = Math.max(0, Math.trunc(centre - support + 0.5));
      const last = Math.min(size, Math.trunc(centre + support + 0.5));
      const heights = [];
      for (let x = first; x < last; x++) heights.push(Math.max(0, 1 - Math.abs(x - centre + 0.5) / support));
      const sum = heights.reduce((a, b) => a + b, 0);
      return { first, weights: Int32Array.from(heights, (height) => Math.trunc(0.5 + (height / sum) * 2 ** 22)) };
    });
  }

  /** One line of pixels scaled: `from` starts at `start` of values whose pixels lie `step` apart. */
  function scaleLine(values, start, step, out, outStart, outStep, lines) {
    for (let at = 0, to = outStart; at < lines.length; at++, to += outStep) {
      const { first, weights } = lines[at];
      let red = 2 ** 21, green = red, blue = red; // one half: the sums are rounded
      for (let k = 0, from = start + first * step; k < weights.length; k++, from += step) {
        const weight = weights[k];
        red += weight * values[from];
        green += weight * values[from + 1];
        blue += weight * values[from + 2];
      }
      out[to] = red >> 22; // 8 bits between the two passes, too
      out[to + 1] = green >> 22;
      out[to + 2] = blue >> 22;
    }
  }

  /** Where the square lies in a picture: { left, top, side } in pixels. `at` in [0, 1] moves it along the longer side;
   *  0.5 is the centre. Single precision, in which Pillow takes a box. */
  function squareAt({ width, height }, at = 0.5) {
    const side = Math.min(width, height);
    return { left: Math.fround((width - side) * at), top: Math.fround((height - side) * at), side };
  }

  /** The square of a picture at side x side pixels, its shorter side scaled: (side, side, 3) of 0..255, on white where
   *  the picture is transparent. As zflib.data.pictures.centre_square, with a movable frame. */
  const centreSquare = (picture, side, at = 0.5) => squareOf(picture, squareAt(picture, at), side);

  /** The same of any square { left, top, side } in the picture's pixels. */
  async function squareOf({ bitmap, width, height }, square, side) {
    const columns = windows(width, square.left, Math.fround(square.left + square.side), side);
    const rows = windows(height, square.top, Math.fround(square.top + square.side), side);
    const last = ({ first, weights }) => first + weights.length;
    const left = columns[0].first, right = last(columns[side - 1]), top = rows[0].first, bottom = last(rows[side - 1]);
    for (const column of columns) column.first -= left;
    for (const row of rows) row.first -= top;

    const narrow = new Uint8ClampedArray((bottom - top) * side * 3);
    const strip = canvas(right - left, Math.min(STRIP, bottom - top));
    const context = strip.getContext("2d", { willReadFrequently: true, alpha: false });
    let breath = performance.now();
    for (let y = top; y < bottom; y += strip.height) {
      context.fillStyle = "white";
      context.fillRect(0, 0, strip.width, strip.height);
      context.drawImage(bitmap, -left, -y);
      const count = Math.min(strip.height, bottom - y), { data } = context.getImageData(0, 0, strip.width, count);
      for (let row = 0; row < count; row++) {
        scaleLine(data, row * strip.width * 4, 4, narrow, (y - top + row) * side * 3, 3, columns);
      }
      if (performance.now() - breath > 30) { // the page stays responsive
        await new Promise((done) => setTimeout(done));
        breath = performance.now();
      }
    }
    const out = new Uint8ClampedArray(side * side * 3);
    for (let x = 0; x < side; x++) scaleLine(narrow, x * 3, side * 3, out, x * 3, side * 3, rows);
    return out;
  }

  function canvas(width, height) {
    if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
    return Object.assign(document.createElement("canvas"), { width, height });
  }

  /** The middle of a scaled square minus the mean, as the network wants it: (3, crop, crop).
   *  square (side, side, 3); mean: three numbers, or a mean picture (3, side, side), in 0..255. */
  function preprocess(square, side, crop, mean) {
    const edge = Math.floor((side - crop) / 2), out = new Float32Array(3 * crop * crop);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < crop; y++) {
        for (let x = 0; x < crop; x++) {
          const from = (y + edge) * side + x + edge;
          const average = mean.length === 3 ? mean[c] : mean[c * side * side + from];
          out[(c * crop + y) * crop + x] = square[from * 3 + c] - average;
        }
      }
    }
    return out;
  }

  /** The same middle as ImageData of crop x crop pixels, to be shown. */
  function toImageData(square, side, crop) {
    const edge = Math.floor((side - crop) / 2), image = new ImageData(crop, crop);
    for (let y = 0; y < crop; y++) {
      for (let x = 0; x < crop; x++) {
        const from = ((y + edge) * side + x + edge) * 3;
        image.data.set([square[from], square[from + 1], square[from + 2], 255], (y * crop + x) * 4);
      }
    }
    return image;
  }

  /** What a data: address holds, as a Blob; fetch is refused to a page opened from the disk. */
  function fromDataAddress(address) {
    return new Blob([Uint8Array.from(atob(address.split(",")[1]), (letter) => letter.charCodeAt(0))]);
  }

  /** Side to which a picture's shorter side is scaled for a crop: 8/7 of it, as ConvNet.resized_side. */
  const resizedSide = (crop) => Math.round((crop * 8) / 7);

  return { UnreadablePicture, read, squareAt, centreSquare, squareOf, preprocess, toImageData, fromDataAddress, resizedSide };
})();
