// What two_by_two.py shows, with the networks of the page; the tests compare the numbers of the two.
(() => {
  "use strict";

  const { blurred, magnitude } = globalThis.zflibLikeness;
  const TOP = "conv5", FEW = 5;

  /** lot(seed)(n): whole numbers from 0 to n - 1, the same for the same seed, also in Python (mulberry32). */
  function lot(seed) {
    let state = seed;
    return (n) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
    };
  }

  /** Likeness of each of three projections to the first: [[signed, magnitude], ...]. */
  function alike(found, blur) {
    const soft = found.map((each) => [blurred(each, blur), blurred(magnitude(each), blur)]);
    return soft.slice(1).map((each) => each.map((values, m) => zflibDraw.correlation(soft[0][m], values)));
  }

  const number = (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");
  const known = (values) => values.filter((value) => !Number.isNaN(value));
  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  function error(values) {
    const mean = average(values);
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1) / values.length);
  }

  function mean(all) {
    const values = known(all);
    if (!values.length) return "–";
    return number(average(values)) + (values.length > 1 ? ` ± ${(2 * error(values)).toFixed(2)}` : "");
  }

  /** Which keeps more, by one measure; values [switches, unit, neither] of each draw. */
  function verdict(values, measure, draws) {
    const apart = known(values.map(([switches, unit]) => switches - unit));
    const start = ["Signed", "Magnitude"][measure];
    if (apart.length < FEW) return `${start}: too few units to say; draw more.`;
    const by = average(apart);
    if (Math.abs(by) < 2 * error(apart)) return `${start}: undecided after ${draws} units.`;
    return `${start}: the <b>${by > 0 ? "switches" : "unit"}</b> keep${by > 0 ? "" : "s"} more.`;
  }

  function summary({ cells, measures }, each) {
    const draws = each.length, units = draws === 1 ? "1 unit" : `${draws} units`;
    const rows = cells.slice(1).map((name, at) =>
      `<tr><th scope="row">${name}</th>${[0, 1].map((m) => `<td>${mean(each.map((one) => one[at][m]))}</td>`).join("")}</tr>`);
    const head = `<tr><td></td>${measures.map((m) => `<th scope="col">${m}</th>`).join("")}</tr>`;
    const caption = `<caption>Likeness to the projection: mean of ${units}, ± twice its standard error</caption>`;
    const said = [0, 1].map((m) => verdict(each.map((one) => one.map((values) => values[m])), m, draws)).join(" ");
    return `<table>${caption}<thead>${head}</thead><tbody>${rows.join("")}</tbody></table><p class="zf-verdict">${said}</p>`;
  }

  function open(root, data, set, setting) {
    const view = root.querySelector(".zf-panel-view"), words = root.querySelector(".zf-words");
    const pairs = root.querySelector(".zf-two"), table = root.querySelector(".zf-summary");
    const engines = {}, kept = new Map(); // kept: projections by network, layer and number of the draw
    let round = 0, first = true;

    /** A photograph up through a network; its maps of a step. */
    async function maps(live, name, step) {
      live.up ??= {};
      live.up[name] ??= zflibPanel.photograph(name, live.network).then(({ data }) => live.forward(data, { upto: TOP, picture: name }));
      await live.up[name].catch((problem) => {
        delete live.up[name]; // to be tried again
        throw problem;
      });
      return live.activations(step, { picture: name });
    }

    /** A projection on all of the unit's field that lies on the picture: the way down may not reach its last pixels. */
    function onField({ network }, step, { values, top, left, height, width, unit }) {
      const { receptiveField, jump, offset } = network.steps.find(({ name }) => name === step);
      const [rows, columns] = unit.slice(1).map((at) => {
        const first = Math.floor(offset + at * jump - (receptiveField - 1) / 2);
        return [Math.max(0, first), Math.min(network.inputSize, first + receptiveField)];
      });
      const high = rows[1] - rows[0], wide = columns[1] - columns[0], out = new Float32Array(3 * high * wide);
      for (let c = 0; c < 3; c++) {
        for (let i = 0; i < height; i++) {
          const from = (c * height + i) * width, to = (c * high + top - rows[0] + i) * wide + left - columns[0];
          out.set(values.subarray(from, from + width), to);
        }
      }
      return { values: out, height: high, width: wide };
    }

    /** Draw `count`: as two_by_two.drawn. */
    async function drawn(network, step, count) {
      const key = `${network} ${step} ${count}`;
      if (!kept.has(key)) {
        const live = (engines[network] ??= ZFLIB.open(data.networks[network], { onProgress: progress }));
        const draw = lot(count), names = data.photographs;
        const at = draw(names.length), pictures = [names[at], names[(at + 1 + draw(names.length - 1)) % names.length]];
        const { values, maps: all, height, width } = await maps(live, pictures[0], step);
        await maps(live, pictures[1], step);
        const size = height * width, peaks = Array.from({ length: all }, (_, map) => {
          let best = map * size;
          for (let i = best; i < (map + 1) * size; i++) if (values[i] > values[best]) best = i;
          return best;
        });
        const alive = peaks.flatMap((best, map) => (values[best] > 0 ? [map] : []));
        const map = alive[draw(alive.length)], other = (map + 1 + draw(all - 1)) % all, place = peaks[map] - map * size;
        const found = [];
        for (const picture of pictures) {
          for (const one of [map, other]) {
            const unit = [one, Math.floor(place / width), place % width];
            found.push(onField(live, step, await live.project({ step, unit, seed: 1, picture, slot: `${key} ${one}` })));
          }
        }
        kept.set(key, { pictures, found, likeness: new Map() });
      }
      return kept.get(key);
    }

    function near(draw, blur) {
      if (!draw.likeness.has(blur)) draw.likeness.set(blur, alike(draw.found, blur));
      return draw.likeness.get(blur);
    }

    const progress = (bytes) => (words.textContent = zflibPanel.loading(bytes) || words.textContent);

    async function show({ network, layer, draws, blur }) {
      const mine = ++round, each = [];
      await zflibPanel.ready;
      for (let count = 1; count <= draws; count++) {
        if (count > 1) words.textContent = `Drawing unit ${count} of ${draws} ...`;
        each.push(near(await drawn(network, layer, count), blur));
        if (mine !== round) return;
      }
      const last = await drawn(network, layer, draws), values = [[1, 1], ...near(last, blur)];
      const [one, other] = last.pictures.map((name) => data.called[name] ?? name);
      words.textContent = `Draw ${draws}: its photograph is the ${one}, the other one the ${other}.`;
      last.found.forEach((one, at) => {
        const figure = pairs.children[at], old = figure.firstElementChild;
        const canvas = old.tagName === "CANVAS" ? old : document.createElement("canvas");
        if (canvas !== old) old.replaceWith(canvas);
        const said = `${data.what[at]}: signed ${number(values[at][0])}, magnitude ${number(values[at][1])}`;
        zflibDraw.signed(canvas, one);
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", said);
        figure.lastElementChild.innerHTML = `<b>${data.cells[at]}</b><br>${said}`;
      });
      table.innerHTML = summary(data, each);
      view.dataset.shown = JSON.stringify([network, layer, draws, blur]);
    }

    root.addEventListener("click", ({ target }) => {
      const more = Number(target.closest("[data-draw]")?.dataset.draw), { draws } = setting();
      if (more) set({ draws: Math.min(draws + more, Number(root.querySelectorAll("[data-axis]")[2].max) + 1) });
    });
    return (now) => {
      // The still shows the setting that the page begins with; the network comes when the reader asks for another.
      const begins = first && !location.hash.startsWith("#two_by_two/");
      first = false;
      if (!begins) show(now).catch((problem) => (words.textContent = problem.message));
    };
  }

  zflibPanel.start("two_by_two", open);
})();
