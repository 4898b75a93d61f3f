// What variants.py computes, for the page; the tests compare the two on many settings.
(() => {
  "use strict";

  const { outputSize, note } = globalThis.zflib;
  const NEAREST = 3;
  const PAPER = 0; // the first of the scales

  // Networks here are the fields of zflib's Architecture.

  function variant(base, kernel, stride, maps, units, leftOut) {
    const convs = base.convs.map((conv) => ({ ...conv, maps: conv.layer < 3 ? conv.maps : maps[conv.layer - 3] }));
    const pad = Math.max(0, convs[0].pad + Math.floor((kernel - convs[0].kernel) / 2));
    convs[0] = { ...convs[0], kernel, stride, pad };
    const stays = ({ layer }) => !leftOut.includes(layer);
    return { ...base, convs: convs.filter(stays), dense: base.dense.map((one) => ({ ...one, units })).filter(stays) };
  }

  const atScale = (network, scale) => scale === PAPER ? network
    : { ...network, input_size: 128, classes: 10, maps_divisor: 2, units_divisor: 4 };

  function geometry(network) {
    let size = network.input_size, maps = 3, field = 1, jump = 1;
    const steps = [];
    function slide(kernel, stride, pad, ceil) {
      field += (kernel - 1) * jump;
      jump *= stride;
      size = outputSize(size, kernel, stride, pad, ceil);
    }
    const add = (name, parameters = 0, macs = 0) => steps.push({ name, maps, size, field, jump, parameters, macs });
    for (const conv of network.convs) {
      const weights = maps * conv.kernel ** 2 * (conv.maps / network.maps_divisor);
      slide(conv.kernel, conv.stride, conv.pad);
      maps = conv.maps / network.maps_divisor;
      add(`conv${conv.layer}`, weights + maps, weights * size ** 2);
      if (conv.pool) {
        slide(conv.pool.kernel, conv.pool.stride, 0, conv.pool.ceil);
        add(`pool${conv.layer}`);
      }
    }
    let inputs = maps * size ** 2;
    slide(size, 1);
    const dense = network.dense.map(({ layer, units }) => [layer, units / network.units_divisor]);
    for (const [layer, units] of [...dense, [8, network.classes]]) {
      maps = units;
      add(`fc${layer}`, (inputs + 1) * maps, inputs * maps);
      inputs = maps;
    }
    return steps;
  }

  const total = (steps, what) => steps.reduce((sum, step) => sum + step[what], 0);

  function changes(one, other) {
    const layers = (network) => [...network.convs, ...network.dense].map(({ layer }) => layer);
    const odd = (a, b) => layers(a).filter((layer) => !layers(b).includes(layer)).length;
    const differ = (a, b, width) =>
      a.some((x) => b.some((y) => x.layer === y.layer && x[width] !== y[width])) ? 1 : 0;
    return odd(one, other) + odd(other, one) +
      differ(one.dense, other.dense, "units") + differ(one.convs, other.convs, "maps") +
      (one.convs[0].kernel !== other.convs[0].kernel) + (one.convs[0].stride !== other.convs[0].stride) +
      (one.name !== other.name);
  }

  function nearest(network, scale, rows) {
    const own = total(geometry(atScale(network, scale)), "macs");
    return rows.map((row) => {
      const macs = total(geometry(atScale(row.architecture, scale)), "macs");
      return { row, count: changes(network, row.architecture), ratio: Math.max(own, macs) / Math.min(own, macs) };
    }).sort((a, b) => a.count - b.count || a.ratio - b.ratio).slice(0, NEAREST);
  }

  function problems(maps, asItIs, units, kernel, stride, leftOut) {
    const found = [], out = (...layers) => layers.every((layer) => leftOut.includes(layer));
    if (stride > kernel)
      found.push(`A stride of ${stride} exceeds the kernel of ${kernel}: layer 1 never sees the pixels between windows.`);
    if (out(3, 4, 5) && maps !== asItIs) found.push("Layers 3, 4 and 5 are left out: their maps can't be changed.");
    if (out(6, 7) && units !== 4096) found.push("Layers 6 and 7 are left out: their units can't be changed.");
    return found;
  }

  const grouped = (count) => count.toLocaleString("en-US");
  const rounded = (value, digits) => (Math.floor(value * 10 ** digits + 0.5) / 10 ** digits).toFixed(digits);

  function summary(network, scale, name, base) {
    const steps = geometry(atScale(network, scale)), unchanged = geometry(atScale(base, scale));
    const dense = steps.filter((step) => step.name.startsWith("fc"));
    const parameters = total(steps, "parameters"), macs = total(steps, "macs");
    const times = ["parameters", "macs"].map((what) => rounded(total(steps, what) / total(unchanged, what), 2));
    return `<p><strong>${grouped(parameters)}</strong> parameters, ${times[0]} times those of ${name} as it is; ` +
      `${rounded(100 * total(dense, "parameters") / parameters, 1)} % of them in layers 6 to 8. ` +
      `<strong>${grouped(macs)}</strong> multiply-adds for one picture, ${times[1]} times.</p>`;
  }

  function tables(network, scale, rows, [stepColumns, rowColumns]) {
    const scaled = atScale(network, scale), sees = ({ field }) => (field < scaled.input_size ? field : "all");
    const sizes = geometry(scaled).map((s) =>
      [s.name, s.maps, s.size, sees(s), s.size > 1 ? s.jump : "–", s.parameters || "–", s.macs || "–"]);
    const close = nearest(network, scale, rows).map(({ row, count }) =>
      [row.words, count, row.paper.toFixed(1), row.ours]);
    return table("Validation top-1 error", rowColumns, close) +
      `<details><summary>Its steps</summary>${table("Its steps", stepColumns, sizes)}</details>`;
  }

  function table(caption, columns, rows) {
    const head = columns.map((name) => `<th scope="col">${name}</th>`).join("");
    const body = rows.map(([first, ...others]) => {
      const cells = others.map((cell) => `<td>${typeof cell === "number" ? grouped(cell) : cell}</td>`);
      return `<tr><th scope="row">${first}</th>${cells.join("")}</tr>`;
    }).join("");
    return `<div class="zf-scroll" role="region" tabindex="0" aria-label="${caption}">` +
      `<table><caption>${caption}</caption>` +
      `<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
  }

  // What the two parts of the figure show; positions are those of the controls, in their order.
  function result(data, [which, scale, kernel, stride, mapsAt, unitsAt, ...without]) {
    const [name, base] = data.networks[which];
    const leftOut = [2, 3, 4, 5, 6, 7].filter((_, at) => without[at]);
    const maps = data.maps[mapsAt], units = data.units[unitsAt];
    const network = variant(base, kernel, stride, maps, units, leftOut);
    const red = problems(maps, data.maps[0], units, kernel, stride, leftOut).map((text) => note(text, "red"));
    return [red.join("") + summary(network, scale, name, base), tables(network, scale, data.rows, data.captions)];
  }

  function start(root) {
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const controls = [...root.querySelectorAll("[data-axis]")];
    const [sentences, below] = root.querySelectorAll("figure > div");
    const [network, , kernel, stride] = controls;
    const words = (slider) => JSON.parse(slider.dataset.words);

    function read(control) {
      if (control.type === "checkbox") return control.checked;
      return control.type === "range" ? Number(words(control)[control.value]) : control.selectedIndex;
    }

    function show() {
      for (const slider of [kernel, stride]) {
        slider.setAttribute("aria-valuetext", read(slider));
        slider.nextElementSibling.textContent = read(slider);
      }
      const opened = below.querySelector("details").open;
      [sentences.innerHTML, below.innerHTML] = result(data, controls.map(read));
      below.querySelector("details").open = opened;
    }

    root.addEventListener("input", (event) => {
      if (event.target === network) { // its own first layer comes with it
        const first = data.networks[network.selectedIndex][1].convs[0];
        kernel.value = words(kernel).indexOf(String(first.kernel));
        stride.value = words(stride).indexOf(String(first.stride));
      }
      show();
    });
    show();
  }

  if (typeof module !== "undefined") {
    module.exports = { variant, geometry, atScale, result }; // for the tests, which run this file in node
    return;
  }
  for (const root of document.querySelectorAll('[data-script="variants"]:not([data-ready])')) {
    root.dataset.ready = "";
    start(root);
  }
})();
