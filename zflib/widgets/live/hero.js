// The landing page's instrument: a bet, one photograph, and what each layer passes back from it. The first bet is made of
// pictures and numbers that are there; a network comes when it is asked for. What is chosen of the layers stands in the
// address: #hero/chelsea/conv4/142.
(() => {
  "use strict";

  const NETWORK = "zfnet-mini", STEPS = ["conv1", "conv2", "conv3", "conv4", "conv5"], TILES = 6, STRONGEST = 9;
  const NEAR = 48; // pixels: a smaller field is shown with what is about it, or it could be anywhere
  const BETS = ["conv4", "conv5", "conv3"]; // a layer for each bet after the first, in turn
  const TILE = '<button type="button"><canvas role="img" width="1" height="1"></canvas><span></span></button>';
  const CANVAS = (name) => `<canvas role="img" aria-label="${name}" width="1" height="1"></canvas>`;
  const FACE = `
    <h2>What does each layer pass back?</h2>
    <div class="zf-buttons" role="group" aria-label="Layer">${STEPS.map((step) =>
      `<button type="button" data-step="${step}">layer ${step.at(-1)}</button>`).join("")}</div>
    <p class="zf-words" role="status"></p>
    <div class="zf-trio">
      <figure><div class="zf-veil zf-square">${CANVAS("The photograph at this place")}<span></span></div>
        <figcaption>Framed in both: what the unit sees.</figcaption></figure>
      <figure><div class="zf-veil zf-square"><canvas class="zf-large" role="img" width="1" height="1"></canvas><span></span></div>
        <figcaption class="zf-which"></figcaption></figure>
      <div class="zf-veil zf-tiles zf-six" role="group" aria-label="The maps that fire most">${TILE.repeat(TILES)}</div></div>
    <details><summary>Take another picture, or your own</summary><div class="zf-choose"></div></details>`;

  const { number } = zflibRuler;
  const layerOf = (step) => `layer ${step.at(-1)}`;

  /** How often a coin does as well: the chance of at least `right` heads in `bets` throws. */
  function byCoin(right, bets) {
    let sum = 0, ways = 1;
    for (let heads = bets; heads >= right; heads--) {
      sum += ways;
      ways = (ways * heads) / (bets - heads + 1);
    }
    return sum / 2 ** bets;
  }

  /** What chapter 3 measured of other maps in a layer, in words. */
  function usual(step) {
    const known = zflibRuler.usual(NETWORK, step, "other-map");
    return `Usual for any other unit at the same place in ${layerOf(step)}: ${number(known.usual)}. The floor, where the ` +
      `picture is another as well: ${number(known.floor)}.`;
  }

  function score({ right, all }) {
    if (all < 2) return "";
    const share = 100 * byCoin(right, all), often = share < 1 ? "less than 1" : share.toFixed(0);
    const so = right ? `; a coin does at least as well ${often} times in 100` : "";
    return ` You found ${right} of ${all}${so}.`;
  }

  function say(where, sentence, problem = false) {
    where.textContent = sentence;
    where.classList.toggle("zf-problem", problem);
  }

  /** The bet on the page. `another` is called for the next one; returns { show, now }: show(bet, draw) puts a bet there,
   *  now() is the one that stands there. */
  function openBet(root, another) {
    const all = (selector) => [...root.querySelectorAll(selector)], part = (selector) => root.querySelector(selector);
    const buttons = all("[data-bet]"), count = { right: 0, all: 0 };
    let bet = { ...globalThis.zflibFirstBet, open: true };

    function settle(button) {
      if (!bet.open) return;
      const side = button.dataset.bet, { answer, unit, other, value, alike, step, silent, better } = bet;
      bet.open = false;
      count.all += 1;
      count.right += side === answer;
      for (const each of buttons) {
        const own = each.dataset.bet === answer;
        each.setAttribute("aria-pressed", String(each === button));
        each.setAttribute("aria-disabled", "true");
        each.closest("figure").classList.toggle("zf-fired", own);
        each.nextElementSibling.textContent = own ? `Map ${unit[0]}: fires with ${value.toFixed(1)}` : `Map ${other}: silent`;
      }
      const known = zflibRuler.usual(NETWORK, step, "other-map");
      say(part(".zf-verdict"), `${side === answer ? "Right" : "No"}: the ${answer} one fired. ` +
        `${alike > known.usual ? "And yet the" : "The"} two correlate ${number(alike)}.${score(count)}`);
      const picked = better === undefined ? `The silent one was drawn by lot among the ${silent} units that are silent there.`
        : `We picked the silent one by eye: of the ${silent} units that are silent there, ${better} come closer.`;
      zflibRuler.draw(part(".zf-ruler"), alike, known);
      say(part(".zf-usual-words span"), usual(step));
      say(part(".zf-usual-words span:last-child"), picked);
      part('[data-do="another"]').hidden = false;
      root.dispatchEvent(new Event("settled"));
    }

    /** Put a new bet there; draw(canvas of the picture, left, right, style of the frame on the picture). */
    function show(next, draw) {
      bet = { ...next, open: true };
      const boxes = all(".zf-bets .zf-square");
      for (const [at, box] of boxes.entries()) {
        if (!box.querySelector("canvas")) box.innerHTML = CANVAS(["The photograph", "The left one", "The right one"][at]);
        if (!at && !box.querySelector("span")) box.append(document.createElement("span"));
      }
      draw(...boxes.map((box) => box.firstElementChild), boxes[0].lastElementChild.style);
      for (const each of buttons) {
        each.setAttribute("aria-pressed", "false");
        each.removeAttribute("aria-disabled");
        each.closest("figure").classList.remove("zf-fired");
        each.nextElementSibling.textContent = "";
      }
      say(part(".zf-ask"), `A unit is one number in a network, and fires where that number is above 0. Two units of ${layerOf(bet.step)} ` +
        "look at the framed place. One fires there; the other outputs 0. We gave both the same value, and traced each back to the pixels.");
      wait();
      part('[data-do="another"]').hidden = true;
      buttons[0].focus({ preventScroll: true });
    }

    /** Before the bet: what is usual would help to place it. */
    function wait() {
      say(part(".zf-verdict"), "Your bet first; then the line shows how alike the two are.");
      zflibRuler.draw(part(".zf-ruler"), null, null);
      say(part(".zf-usual-words span"), "On the line: the correlation of the two. At 1 they are the same, at 0 they have nothing in common.");
      say(part(".zf-usual-words span:last-child"), "");
    }

    wait();
    for (const button of buttons) {
      button.hidden = false;
      button.onclick = () => settle(button);
    }
    part('[data-do="another"]').onclick = another;
    return { show, now: () => bet };
  }

  function parse(hash, photographs) {
    const [name, photograph, step, map] = hash.replace(/^#/, "").split("/"), state = {};
    if (name !== "hero") return state;
    if (photographs.some((each) => each.name === photograph)) state.photograph = photograph;
    if (STEPS.includes(step)) state.step = step;
    if (/^\d+$/.test(map)) state.map = Number(map);
    return state;
  }

  /** The network and what it shows of a picture. Returns drawBet(), which draws a bet on that picture by lot. */
  function openNetwork(root, bets) {
    const photographs = globalThis.zflibPhotographs, live = ZFLIB.open(NETWORK, { onProgress: progress });
    const { photograph, step, open } = bets.now();
    const state = { photograph, step: open ? "conv4" : step, map: null, ...parse(location.hash, photographs) };
    const face = Object.assign(document.createElement("div"), { className: "zf-live", innerHTML: FACE });
    const loading = root.querySelector(".zf-loading");
    root.append(face);
    const part = (selector) => face.querySelector(selector), all = (selector) => [...face.querySelectorAll(selector)];
    const words = part(".zf-words"), large = part(".zf-large");
    let image = null, round = 0, betsDrawn = 0, first = null;
    let risen = new Promise((go) => (first = go)); // the picture has gone up
    const failed = (error) => say(words, error.message, true);

    function progress({ loaded, total }) {
      const megabytes = (bytes) => (bytes / 1e6).toFixed(1), bar = document.createElement("progress");
      say(loading, loaded < total ? `Loading: ${megabytes(loaded)} of ${megabytes(total)} MB ` : "The network runs here. No picture leaves your machine.");
      Object.assign(bar, { max: total, value: loaded, ariaLabel: "Weights loaded" });
      if (loaded < total) loading.append(bar);
    }

    const geometry = (step) => live.network.steps.find(({ name }) => name === step);

    function press() {
      for (const each of all("[data-step]")) each.setAttribute("aria-pressed", String(each.dataset.step === state.step));
    }

    /** While a bet is open, its answer is not to be read off the layer's strongest maps. */
    function veil() {
      const bet = bets.now(), hidden = bet.open && bet.step === state.step && bet.photograph === state.photograph;
      face.classList.toggle("zf-veiled", hidden);
      return hidden;
    }

    /** The layer's strongest maps as tiles, and the chosen one large. */
    async function look() {
      const mine = ++round, now = () => mine === round, { step } = state;
      press();
      const best = (await risen) && (await live.strongest(step));
      if (!best || !now()) return;
      const { maps, receptiveField } = geometry(step);
      const chosen = best.find(({ unit }) => unit[0] === state.map) ?? best[0];
      tell();
      await show(chosen, now);
      for (const [at, tile] of all(".zf-tiles button").entries()) {
        const { unit, value } = best[at], [canvas, label] = tile.children;
        const found = await live.project({ step, unit, slot: `tile ${at}` });
        if (!found || !now()) return;
        zflibDraw.signed(canvas, found, zflibDraw.square(geometry(step), unit, image.width));
        canvas.setAttribute("aria-label", `What map ${unit[0]} passes back:`);
        label.textContent = `map ${unit[0]}`;
        tile.onclick = () => show({ unit, value }, () => state.step === step).catch(failed);
      }

      function tell() {
        if (veil()) say(words, "Bet above: until then the maps of this layer are covered. Other layers are not.");
        else {
          const [field, whole] = [receptiveField, image.width].map((side) => `${side} × ${side}`);
          const sees = receptiveField > image.width ? `${field} pixels, more than the picture's ${whole}` : `${field} of the ${whole} pixels`;
          say(words, `Layer ${step.at(-1)} has ${maps} maps; a unit sees ${sees}. The six that fire most:`);
        }
      }
      root.addEventListener("settled", () => now() && tell(), { once: true });
    }

    async function show({ unit, value }, now) {
      const { step } = state, found = await live.project({ step, unit, slot: "large" });
      if (!found || !now()) return;
      [state.map] = unit;
      const window = near(zflibDraw.square(geometry(step), unit, image.width));
      zflibDraw.patch(part(".zf-square canvas"), image, window);
      zflibDraw.signed(large, found, window);
      for (const { style } of all(".zf-square span")) frame(style, found, window);
      large.setAttribute("aria-label", `What map ${unit[0]} of ${layerOf(step)} passes back`);
      part(".zf-which").textContent = `Map ${unit[0]} of ${layerOf(step)} fires here with ${value.toFixed(1)}. Mid-grey is 0.`;
      history.replaceState(history.state, "", `#hero/${state.photograph || "own"}/${step}/${unit[0]}`);
    }

    /** A square of the picture, grown about its middle where it is smaller than NEAR, to four times its side at most. */
    function near({ top, left, width }) {
      const size = Math.max(width, Math.min(NEAR, 4 * width)), more = (size - width) >> 1;
      const [y, x] = [top, left].map((at) => Math.min(image.width - size, Math.max(0, at - more)));
      return { top: y, left: x, width: size, height: size };
    }

    /** A field's frame on a square window of the picture. */
    function frame(style, { left, top, width, height }, window) {
      const share = (pixels) => `${(100 * pixels) / window.width}%`;
      Object.assign(style, { left: share(left - window.left), top: share(top - window.top), width: share(width), height: share(height) });
    }

    /** Two projections from one place: of a map that is among the strongest, and of one that is silent there. */
    async function drawBet() {
      const step = BETS[betsDrawn++ % BETS.length], best = (await risen) && (await live.strongest(step, STRONGEST));
      if (!best) return;
      const firing = best.filter(({ value }) => value > 0), { unit, value } = firing[Math.floor(firing.length * Math.random())];
      const { values, maps, height, width } = await live.activations(step), [, row, column] = unit;
      const known = new Set(best.map((each) => each.unit[0]));
      const silent = [...Array(maps).keys()].filter((map) => !known.has(map) && !(values[(map * height + row) * width + column] > 0));
      if (!silent.length) throw new Error("No map of this layer is silent there: take another picture to bet on.");
      const other = silent[Math.floor(silent.length * Math.random())];
      const own = await live.project({ step, unit, seed: 1, slot: "bet" });
      const stranger = await live.project({ step, unit: [other, row, column], seed: 1, slot: "other" });
      if (!own || !stranger) return;
      const left = Math.random() < 0.5, window = zflibDraw.square(geometry(step), unit, image.width);
      const alike = zflibDraw.likeness(own, stranger, geometry(step), image.width);
      const next = { step, unit, value, other, alike, silent: silent.length, photograph: state.photograph, answer: left ? "left" : "right" };
      const whole = { top: 0, left: 0, width: image.width, height: image.width };
      bets.show(next, (picture, one, two, style) => {
        zflibDraw.patch(picture, image, whole);
        frame(style, own, whole);
        zflibDraw.signed(left ? one : two, own, window);
        zflibDraw.signed(left ? two : one, stranger, window);
      });
      if (veil()) look().catch(failed);
    }

    zflibChooser.open(part(".zf-choose"), {
      photographs, inputSize: live.network.inputSize, resizedSide: live.network.resizedSide,
      onPicture(chosen) {
        if (image) state.map = null; // that of the address was of the first picture
        ({ image } = chosen);
        state.photograph = chosen.own ? "" : chosen.name;
        risen = live.forward(image.data, { upto: "conv5" });
        first(risen);
        look().catch(failed);
      },
    }).choose(state.photograph);

    press();
    face.addEventListener("click", ({ target }) => {
      const { step } = target.closest("[data-step]")?.dataset ?? {};
      if (!step) return;
      Object.assign(state, { step, map: null });
      look().catch(failed);
    });
    return () => drawBet().catch((error) => say(root.querySelector(".zf-verdict"), error.message, true));
  }

  function start(root) {
    const part = (selector) => root.querySelector(selector), run = part('[data-do="start"]');
    let drawBet = null;
    const bets = openBet(root, () => (opened(), drawBet()));

    function opened() {
      drawBet ??= openNetwork(root, bets);
      run.hidden = true;
    }

    run.hidden = false;
    run.onclick = () => {
      opened();
      part('[data-step][aria-pressed="true"]').focus({ preventScroll: true });
    };
    if (location.hash.startsWith("#hero/")) opened(); // whoever was sent an address wants to see it
  }

  for (const root of document.querySelectorAll('[data-panel="hero"]:not([data-ready])')) {
    root.dataset.ready = "";
    start(root);
  }
})();
