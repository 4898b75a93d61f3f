// What flicker.py says and flicker_maps.py computes, for the page; the tests compare the two, setting by setting.
(() => {
  "use strict";

  const { start } = globalThis.zflibPanel;
  const { planes, inked } = globalThis.zflibLobes;
  const NEIGHBOURS = 8, OPEN = "not placed";

  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

  /** Numbers of two bytes each, as NumPy's float16. */
  function halves(text) {
    return Float64Array.from(new Uint16Array(bytes(text).buffer), (h) => {
      const exponent = (h >> 10) & 31, fraction = (h & 1023) / 1024;
      return (h >> 15 ? -1 : 1) * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
    });
  }

  /** Rings from 0 cycles per pixel in the middle to 0.5 in the middle of each side: (side, side, 3) bytes. */
  function zonePlate(side) {
    const out = new Uint8Array(3 * side * side), middle = Math.floor(side / 2);
    for (let i = 0; i < side * side; i++) {
      const y = Math.floor(i / side) - middle, x = (i % side) - middle;
      out.fill(Math.floor(128 + 100 * Math.cos((Math.PI * (x * x + y * y)) / side)), 3 * i, 3 * i + 3);
    }
    return out;
  }

  /** What a filter (3, k, k) answers at every pixel of (side, side, 3) bytes: { values (n, n), n = side - k + 1 }. */
  function dense(pixels, side, weight, k, mean) {
    const n = side - k + 1, values = new Float64Array(n * n);
    for (let c = 0; c < 3; c++)
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) {
          const w = weight[(c * k + i) * k + j];
          for (let y = 0; y < n; y++) {
            let from = 3 * ((y + i) * side + j) + c;
            for (let at = y * n; at < (y + 1) * n; at++, from += 3) values[at] += w * (pixels[from] - mean[c]);
          }
        }
    return { values, n };
  }

  /** Where, in the window, the first unit begins to look that sees no padding. */
  const firstPixel = (stride, pad) => Math.ceil(pad / stride) * stride - pad;

  /** The map (rows, columns) of the window that begins at these pixels, without units that see its padding. */
  function sampled(answers, { window, side }, stride, pad, top, left) {
    const begin = firstPixel(stride, pad), kernel = side + 1 - answers.n;
    const n = Math.floor((window - begin - kernel) / stride) + 1, values = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        values[i * n + j] = answers.values[(top + begin + stride * i) * answers.n + left + begin + stride * j];
    return { values, rows: n, columns: n, top: 0, left: 0 };
  }

  const turned = ({ values, rows, columns, top, left }) => ({
    values: values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]),
    rows: columns, columns: rows, top: left, left: top,
  });

  /** Band-limited interpolation along rows, as zflib's `between`, at the places where the units at rest now lie. */
  function back(map, shift, stride) {
    if (shift === 0) return map;
    const steps = Math.floor(shift / stride), part = shift / stride - steps, ahead = NEIGHBOURS / 2 - 1;
    const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
    const raw = Array.from({ length: NEIGHBOURS }, (_, i) => sinc(i - ahead - part) * sinc((i - ahead - part) / (NEIGHBOURS / 2)));
    const total = raw.reduce((sum, w) => sum + w, 0), weights = raw.map((w) => w / total);
    const length = map.columns - NEIGHBOURS + 1, begin = Math.max(0, ahead - steps);
    const columns = Math.min(map.columns, ahead - steps + length) - begin, values = new Float64Array(map.rows * columns);
    for (let i = 0; i < map.rows; i++)
      for (let j = 0; j < columns; j++) {
        const from = i * map.columns + begin + j - ahead + steps;
        for (let m = 0; m < NEIGHBOURS; m++) values[i * columns + j] += weights[m] * map.values[from + m];
      }
    return { values, rows: map.rows, columns, top: map.top, left: begin };
  }

  /** The map of the moved picture where the units of the picture at rest now lie; top and left say which of them. */
  const movedBack = (map, down, right, stride) => back(turned(back(turned(map), down, stride)), right, stride);

  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

  /** The equivariance error between the map at rest and the other one, moved back. */
  function difference(rest, other) {
    const same = other.values.map((_, i) =>
      rest.values[(other.top + Math.floor(i / other.columns)) * rest.columns + other.left + (i % other.columns)]);
    const [a, b] = [mean(same), mean(other.values)];
    let wrong = 0, energy = 0;
    same.forEach((value, i) => {
      wrong += (value - other.values[i]) ** 2;
      energy += (value - a) ** 2 + (other.values[i] - b) ** 2;
    });
    return energy ? wrong / energy : 0;
  }

  /** The map of the moved picture, that map moved back, and the error. */
  function compared(answers, pad, { stride, right, down }, data) {
    const { margin } = data;
    const rest = sampled(answers, data, stride, pad, margin, margin);
    const now = sampled(answers, data, stride, pad, margin - down, margin - right);
    const returned = movedBack(now, down, right, stride);
    return { now, returned, error: difference(rest, returned) };
  }

  /** A filter (3, k, k) as pixels of a canvas, mid-grey zero, scaled by its largest magnitude; as zflib.plots.filters. */
  function thumbnail(weight, k) {
    const out = new Uint8ClampedArray(4 * k * k).fill(255), most = weight.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    weight.forEach((w, i) => (out[4 * (i % (k * k)) + Math.floor(i / (k * k))] = 127.5 + (127.5 * w) / most));
    return out;
  }

  /** A map over the window's pixels: a square for each unit, where its filter looks; mid-grey is zero, around it nothing. */
  function spread(map, stride, kernel, pad, most, window) {
    const out = new Uint8ClampedArray(4 * window * window);
    const begin = firstPixel(stride, pad) + Math.floor((kernel - stride) / 2);
    map.values.forEach((value, at) => {
      const level = Math.floor(127.5 + 127.5 * Math.max(-1, Math.min(1, value / most)) + 0.5);
      const y = begin + stride * (map.top + Math.floor(at / map.columns)), x = begin + stride * (map.left + (at % map.columns));
      for (let i = Math.max(0, y); i < y + stride; i++)
        for (let j = Math.max(0, x); j < x + stride; j++) out.set([level, level, level, 255], 4 * (i * window + j));
    });
    return out;
  }

  /** A number as Python's :.3g writes it. */
  const short = (value) => String(Number(value.toPrecision(3)));

  /** What happens to the map, and by how much, as HTML; before the bet is placed only how far the picture moved. */
  function said({ stride, right, down, bet }, error, overlap, { still, clear, first }) {
    let ways = [[right, right > 0 ? "to the right" : "to the left"], [down, down > 0 ? "down" : "up"]].filter(([shift]) => shift);
    if (!ways.length) ways = [[0, "anywhere"]];
    const moved = ways.map(([shift, way]) => `${Math.abs(shift)} px ${way}`).join(" and ");
    const samples = ways.map(([shift]) => short(Math.abs(shift) / stride)).join(" and ");
    const shown = error.toFixed(2), far = `The picture has moved ${moved}; counted in samples of the map: ${samples}. `;
    if (bet === OPEN) return [`<strong class="zf-undecided">Stride ${stride}</strong> ${first[0]}`, far + first[1]];
    let [verdict, words] = ["contradicted", `The map flickers. Error ${shown}.`];
    if (!right && !down) [verdict, words] = ["undecided", "Drag the picture, or let it sway."];
    else if (stride > 1 && error < clear && [right, down].some((shift) => shift && shift % stride === 0))
      [verdict, words] = ["undecided", `By whole samples any map moves along. Error ${shown}: move it by less.`];
    else if (error < still) [verdict, words] = ["supported", `The map stands still. Error ${shown}.`];
    else if (error < clear) [verdict, words] = ["undecided", `The map trembles. Error ${shown}.`];
    return [`<strong class="zf-${verdict}">Stride ${stride}</strong> ${words}`,
      far + "Moved back by interpolation, the map " +
      `differs from the one at rest by an equivariance error of <strong>${shown}</strong>: 0 stands still, 1 is ` +
      `unrelated, 2 has turned into its negative. At this stride <strong>${(100 * overlap).toFixed(0)}&nbsp;%</strong> of the ` +
      "filter's energy lies under stronger energy of its own (overlap)."];
  }

  /** Errors after all shifts to the right at one shift down, as SVG, with the present one marked. */
  function curve(errors, right, most) {
    const shifts = errors.map((_, i) => i - most);
    const place = (at) => [20 + 15 * (at + most), Math.floor(240 - 110 * Math.min(errors[at + most], 2) + 0.5)];
    const lines = [0, 1, 2].map((level) =>
      `<line x1="20" x2="260" y1="${240 - 110 * level}" y2="${240 - 110 * level}"/><text x="2" y="${245 - 110 * level}">${level}</text>`);
    const ticks = [-8, -4, 0, 4, 8].map((at) => `<text x="${20 + 15 * (at + most)}" y="262" text-anchor="middle">${String(at).replace("-", "−")}</text>`);
    const [x, y] = place(right), label = `Error ${errors[right + most].toFixed(2)} at ${right} pixels`;
    return `<svg viewBox="0 0 276 268" role="img" aria-label="${label}">${lines.join("")}${ticks.join("")}` +
      `<polyline points="${shifts.map((at) => place(at).join(",")).join(" ")}"/><circle cx="${x}" cy="${y}" r="6"/></svg>`;
  }

  function open(root, data, set, setting) {
    const { side, window, margin, most } = data, known = new Map();
    let own = null; // the reader's picture, (side, side, 3), in place of the chosen one
    const once = (key, make) => known.get(key) ?? known.set(key, make()).get(key);
    const [outcome, verdict, words] = [".zf-outcome", ".zf-verdict", ".zf-words"].map((s) => root.querySelector(s));
    const tiles = Object.fromEntries([...root.querySelectorAll("[data-tile]")].map((tile) => [tile.dataset.tile, tile]));
    root.prepend(outcome, root.querySelector(".zf-bets")); // the bet comes first, then what moves, then what moves it
    tiles.back.after(root.querySelector(".zf-moves"), root.querySelector(".zf-controls"));
    const [sway, rest] = root.querySelectorAll("[data-sway], [data-rest]");

    for (const image of root.querySelectorAll("[data-tile] img")) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      image.replaceWith(canvas); // the still has served
    }

    function paint(name, pixels, width, label) {
      const canvas = name === "filter" ? tiles.lobes.querySelector("canvas + canvas") : tiles[name].querySelector("canvas");
      canvas.width = canvas.height = width; // also empties it
      canvas.getContext("2d").putImageData(new ImageData(pixels, width), 0, 0);
      canvas.setAttribute("aria-label", label);
    }

    /** The window onto the picture as pixels of a canvas. */
    function seen(pixels, top, left) {
      const out = new Uint8ClampedArray(4 * window * window).fill(255);
      for (let i = 0; i < window; i++)
        for (let j = 0; j < window; j++)
          for (let c = 0; c < 3; c++) out[4 * (i * window + j) + c] = pixels[3 * ((top + i) * side + left + j) + c];
      return out;
    }

    function show(now) {
      const { network, filter, stride, right, down } = now, picture = own ? "your own" : now.picture;
      const { kernel, pad, weights, towards } = data.banks[network];
      const bank = once(network, () => halves(weights)), size = 3 * kernel * kernel;
      const weight = bank.subarray(filter * size, (filter + 1) * size);
      const pixels = own ?? once(picture, () => (data.pictures[picture] ? bytes(data.pictures[picture]) : zonePlate(side)));
      const answers = once(`${network} ${filter} ${picture}`, () => dense(pixels, side, weight, kernel, data.mean));
      const largest = once(`${network} ${filter} ${picture} most`, () => answers.values.reduce((a, b) => Math.max(a, Math.abs(b)), 0));
      const plane = once(`${network} ${filter} ${stride}`, () => planes(weight, kernel, towards[filter], stride));
      const { now: map, returned, error } = compared(answers, pad, now, data);
      [verdict.innerHTML, words.innerHTML] = said(now, error, plane.overlap, data);
      if (outcome.textContent !== data.bets[now.bet]) outcome.textContent = data.bets[now.bet];
      const label = (name) => data.tiles[name].split(",")[0];
      paint("picture", seen(pixels, margin - down, margin - right), window, `The picture: ${picture}`);
      paint("map", spread(map, stride, kernel, pad, largest, window), window, label("map"));
      paint("back", spread(returned, stride, kernel, pad, largest, window), window, verdict.textContent);
      paint("lobes", inked(plane.lobes), plane.size, label("lobes"));
      paint("filter", thumbnail(weight, kernel), kernel, "The filter itself, enlarged");
      tiles.lobes.querySelector(".zf-square").style.inset = `${short(50 - 50 / stride)}%`;
      paint("folded", inked(plane.folded), plane.side, label("folded"));
      const errors = once(`${network} ${filter} ${picture} ${stride} ${down}`, () =>
        Array.from({ length: 2 * most + 1 }, (_, i) => compared(answers, pad, { stride, right: i - most, down }, data).error));
      tiles.error.firstElementChild.innerHTML = curve(errors, right, most);
      tiles.folded.querySelector("figcaption").textContent = data.tiles.folded.replace("{nyquist}", short(0.5 / stride));
    }

    const [networks, list] = root.querySelectorAll("select");
    networks.addEventListener("input", () => set(data.own[networks.value])); // before the panel's own listener
    for (const bet of root.querySelectorAll("[data-bet]")) // it leads to what it is on; the panel then places it
      bet.addEventListener("click", () => {
        if (bet.getAttribute("aria-disabled") === "true") return;
        own = null;
        set(data.settled);
      });
    root.addEventListener("input", ({ target }) => target === list && (own = null));
    globalThis.zflibChooser.open(root.querySelector("[data-chooser]"), {
      photographs: [], inputSize: side, resizedSide: side,
      onPicture({ image }) {
        own = Uint8Array.from({ length: 3 * side * side }, (_, i) => image.data[4 * Math.floor(i / 3) + (i % 3)]);
        known.clear(); // answers to an earlier picture of the reader's
        set({});
      },
    });

    const inReach = (shift) => Math.max(-most, Math.min(most, Math.round(shift)));
    let held = null;
    const frame = tiles.picture.firstElementChild;
    frame.addEventListener("pointerdown", (event) => {
      stop();
      const { right, down } = setting();
      held = { x: event.clientX, y: event.clientY, right, down };
      frame.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    frame.addEventListener("pointermove", (event) => {
      if (!held) return;
      const pixel = frame.clientWidth / window;
      const right = inReach(held.right + (event.clientX - held.x) / pixel), down = inReach(held.down + (event.clientY - held.y) / pixel);
      const now = setting();
      if (right !== now.right || down !== now.down) set({ right, down });
    });
    for (const end of ["pointerup", "pointercancel"]) frame.addEventListener(end, () => (held = null));

    // Three steps a second at most: faster flicker can harm those who can't bear it. It starts at a press of the button only.
    let timer = 0, step = 1;
    function stop() {
      clearInterval(timer);
      timer = 0;
      sway.setAttribute("aria-pressed", "false");
      sway.textContent = "Let the picture sway";
    }
    sway.addEventListener("click", () => {
      if (timer) return stop();
      sway.setAttribute("aria-pressed", "true");
      sway.textContent = "Stop the picture";
      timer = setInterval(() => {
        const { right } = setting();
        if (Math.abs(right + step) > 4) step = right > 0 ? -1 : 1;
        set({ right: right + step });
      }, 350);
    });
    rest.addEventListener("click", () => {
      stop();
      set({ right: 0, down: 0 });
    });
    return show;
  }

  start("flicker", open);
})();
