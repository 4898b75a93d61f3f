// What geometry.py computes, for the page; the tests compare the two, setting by setting.
(() => {
  "use strict";

  const { outputSize, note } = globalThis.zflib;
  const CELL = 16, SHOWN = 30, END = 14;
  const RED = "var(--red,#c00000)", BLUE = "var(--blue,#1f5fa8)";
  const LOOKS = {
    "pixel": 'fill="#cfe0f1" stroke="#555577"',
    "pixel unseen": 'fill="#e05a5a" stroke="#555577"',
    "padding": 'fill="none" stroke="#888888" stroke-dasharray="3 2"',
    "beyond": 'fill="none" stroke="#d03030" stroke-dasharray="3 2"',
  };

  function geometry(size, kernel, stride, padding, ceilMode) {
    const positions = (size + 2 * padding - kernel) / stride + 1;
    const impossible = (problem) => ({ positions, out: 0, border: 0, between: 0, overhang: 0, problem });
    const out = outputSize(size, kernel, stride, padding, ceilMode);
    if (out < 1)
      return impossible(`A kernel of ${pixels(kernel)} does not fit into ${size} + 2·${padding} = ${pixels(size + 2 * padding)}.`);
    if (ceilMode && 2 * padding > kernel)
      return impossible(
        "Rounding up is for pooling, and pooling pads by half its kernel at most: " +
        `${pixels(Math.floor(kernel / 2))}, not ${padding}. A window of nothing but padding has no maximum.`);
    const end = (out - 1) * stride + kernel - padding;
    let between = 0;
    for (let at = 0; at < Math.min(size, end); at++) if ((at + padding) % stride >= kernel) between += 1;
    return {
      positions, out, between, problem: "",
      border: Math.max(0, size - end),
      overhang: Math.max(0, end - size - padding),
    };
  }

  const pixels = (count) => `${count} pixel${count === 1 ? "" : "s"}`;

  function words(size, kernel, stride, padding, ceilMode) {
    const g = geometry(size, kernel, stride, padding, ceilMode);
    const result = String(Number(g.positions.toFixed(2))).replace("-", "−");
    const formula = `<p>(${size} + 2·${padding} − ${kernel}) / ${stride} + 1 = <strong>${result}</strong></p>`;
    if (g.problem) return formula + note(g.problem, "red");
    const rest = (size + 2 * padding - kernel) % stride;
    const side = `a map of <strong>${g.out} × ${g.out}</strong>`;
    const lost = g.border
      ? `no window sees the last ${g.border === 1 ? "pixel" : pixels(g.border)} of a row or column.`
      : `what is left over at the far border (${pixels(rest)}) is padding.`;
    let verdict;
    if (rest === 0) verdict = note(`The windows fit exactly: ${side}.`, "plain");
    else if (!ceilMode) verdict = note(`Not a whole number. Rounding down gives ${side}; ${lost}`, "red");
    else if (g.overhang) {
      const over = `the last window hangs over the border by ${pixels(g.overhang)}.`;
      verdict = note(`Not a whole number. Rounding up gives ${side}; ${over}`, "red");
    } else {
      const dropped = "the window that rounding up adds would start beyond the picture, and is dropped";
      verdict = note(`Not a whole number, but ${dropped}: ${side}; ${lost}`, "red");
    }
    if (g.between)
      verdict += note(`The stride exceeds the kernel and leaves out ${pixels(g.between)} of a row, between windows.`, "red");
    if (padding >= kernel) verdict += note("The first window sees nothing but padding.", "red");
    return formula + verdict;
  }

  function drawing(size, kernel, stride, padding, ceilMode) {
    const g = geometry(size, kernel, stride, padding, ceilMode);
    const windows = g.out || 1;
    const lanes = Math.min(windows, Math.ceil(kernel / stride));
    const first = -padding, end = Math.max(size + padding + g.overhang, kernel - padding);
    const parts = [];
    for (const [low, high] of end - first <= SHOWN ? [[first, end]] : [[first, first + END], [end - END, end]]) {
      const shift = low === first ? -low : SHOWN - high;
      for (let at = low; at < high; at++) {
        const window = Math.min(Math.floor((at + padding) / stride), windows - 1);
        const unseen = !g.problem && at + padding >= window * stride + kernel;
        let look = unseen ? "pixel unseen" : "pixel";
        if (at < 0 || at >= size) look = -padding <= at && at < size + padding ? "padding" : "beyond";
        parts.push(`<rect x="${CELL * (at + shift) + 1}" y="20" width="14" height="14" ${LOOKS[look]}/>`);
      }
      for (let window = 0; window < windows; window++) {
        const start = window * stride - padding;
        const left = Math.max(low, start), right = Math.min(high, start + kernel);
        if (left >= right) continue;
        const colour = g.problem || start + kernel > size + padding ? RED : BLUE;
        const x = CELL * (left + shift) + 2, y = 40 + 9 * (window % lanes), width = CELL * (right - left) - 4;
        parts.push(`<rect x="${x}" y="${y}" width="${width}" height="5" style="fill:${colour}"/>`);
      }
      if (low <= 0 && 0 < high) parts.push(`<text x="${CELL * shift}" y="15">pixel 0</text>`);
      if (low < size && size <= high)
        parts.push(`<text x="${CELL * (size + shift)}" y="15" text-anchor="end">${size - 1}</text>`);
    }
    if (end - first > SHOWN) parts.push(`<text x="${CELL * SHOWN / 2}" y="31" text-anchor="middle">…</text>`);
    const label = `Windows over one row of pixels: ${g.problem ? "the first does not fit" : g.out}`;
    const width = CELL * SHOWN, height = 44 + 9 * lanes;
    return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-size="15" fill="currentColor" ` +
      `style="display:block;width:100%;max-width:${width}px">${parts.join("")}</svg>`;
  }

  function start(root) {
    const { presets } = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const [preset, ...controls] = root.querySelectorAll("[data-axis]");
    const [sentences, picture] = root.querySelectorAll("figure > div");
    const number = (control) => Number(JSON.parse(control.dataset.words)[control.value]);
    const read = (control) => (control.type === "checkbox" ? control.checked : number(control));

    function write(control, value) {
      if (control.type === "checkbox") control.checked = value;
      else control.value = JSON.parse(control.dataset.words).indexOf(String(value));
    }

    function show() {
      for (const control of controls) {
        if (control.type !== "range") continue;
        control.setAttribute("aria-valuetext", number(control));
        control.nextElementSibling.textContent = number(control);
      }
      const setting = controls.map(read);
      preset.selectedIndex = 1 + presets.findIndex((one) => String(one) === String(setting)); // 0: your own
      sentences.innerHTML = words(...setting);
      picture.innerHTML = drawing(...setting);
    }

    root.addEventListener("input", (event) => {
      if (event.target === preset && preset.selectedIndex > 0)
        presets[preset.selectedIndex - 1].forEach((value, at) => write(controls[at], value));
      show();
    });
    show();
  }

  if (typeof module !== "undefined") {
    module.exports = { geometry, words, drawing }; // for the tests, which run this file in node
    return;
  }
  for (const root of document.querySelectorAll('[data-script="geometry"]:not([data-ready])')) {
    root.dataset.ready = "";
    start(root);
  }
})();
