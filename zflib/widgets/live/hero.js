// The landing page's instrument: one photograph, what each layer passes back from it, and a bet. It loads nothing until
// it is touched. What is chosen stands in the address: #hero/chelsea/conv4/142.
(() => {
  "use strict";

  const NETWORK = "zfnet-mini", STEPS = ["conv1", "conv2", "conv3", "conv4", "conv5"], TILES = 6;
  const BETS = ["conv3", "conv4", "conv5"]; // a layer for each bet, in turn
  const TILE = '<button type="button"><canvas role="img"></canvas><span></span></button>';
  const FACE = `
    <div class="zf-buttons" role="group" aria-label="Layer">${STEPS.map((step) =>
      `<button type="button" data-step="${step}">layer ${step.at(-1)}</button>`).join("")}</div>
    <div class="zf-pair">
      <figure><div class="zf-seen"><canvas role="img" aria-label="The photograph"></canvas><span></span></div>
        <figcaption>The picture as the network gets it; framed, what the unit sees of it.</figcaption></figure>
      <figure><canvas class="zf-large" role="img"></canvas><figcaption class="zf-which"></figcaption></figure></div>
    <p class="zf-words" role="status"></p>
    <div class="zf-tiles zf-six" role="group" aria-label="The maps that fire most">${TILE.repeat(TILES)}</div>
    <details><summary>Take another picture, or your own</summary><div class="zf-choose"></div></details>
    <h2>Which is which?</h2>
    <p class="zf-ask"></p>
    <div class="zf-pair zf-bet">${["left", "right"].map((side) =>
      `<button type="button" data-bet="${side}"><canvas role="img" aria-label="The ${side} one"></canvas><span>the ${side} one</span></button>`).join("")}</div>
    <p class="zf-verdict" role="status"></p>
    <div class="zf-buttons"><button type="button" data-do="again" hidden>Bet again</button></div>`;

  /** How often a coin does as well: the chance of at least `right` heads in `bets` throws. */
  function byCoin(right, bets) {
    let sum = 0, ways = 1;
    for (let heads = bets; heads >= right; heads--) {
      sum += ways;
      ways = (ways * heads) / (bets - heads + 1);
    }
    return sum / 2 ** bets;
  }

  function score(right, bets) {
    const share = 100 * byCoin(right, bets);
    const often = share < 1 ? "less than 1" : share.toFixed(0);
    const so = right ? ` A coin does as well or better ${often} times in 100.` : "";
    return `You found ${right} of ${bets}.${so}`;
  }

  function parse(hash, photographs) {
    const [name, photograph, step, map] = hash.replace(/^#/, "").split("/"), state = {};
    if (name !== "hero") return state;
    if (photographs.some((each) => each.name === photograph)) state.photograph = photograph;
    if (STEPS.includes(step)) state.step = step;
    if (/^\d+$/.test(map)) state.map = Number(map);
    return state;
  }

  function start(root) {
    const photographs = globalThis.zflibPhotographs, live = ZFLIB.open(NETWORK, { onProgress: progress });
    const state = { photograph: photographs[0].name, step: "conv4", map: null, ...parse(location.hash, photographs) };
    const face = Object.assign(document.createElement("div"), { className: "zf-live", innerHTML: FACE });
    root.querySelector(".zf-still").replaceWith(face);
    root.querySelector('[data-do="start"]').parentElement.remove();
    const part = (selector) => face.querySelector(selector), all = (selector) => [...face.querySelectorAll(selector)];
    const words = part(".zf-words"), large = part(".zf-large"), verdict = part(".zf-verdict"), bets = { right: 0, all: 0 };
    let image = null, risen = null, round = 0, bet = null, betsDrawn = 0;

    function say(where, sentence, problem = false) {
      where.textContent = sentence;
      where.classList.toggle("zf-problem", problem);
    }
    const failed = (error) => say(words, error.message, true);

    function progress({ loaded, total }) {
      const megabytes = (bytes) => (bytes / 1e6).toFixed(1), bar = document.createElement("progress");
      say(words, loaded < total ? `Loading the network: ${megabytes(loaded)} of ${megabytes(total)} MB. ` : "");
      Object.assign(bar, { max: total, value: loaded, ariaLabel: "Weights loaded" });
      if (loaded < total) words.append(bar);
    }

    const geometry = (step) => live.network.steps.find(({ name }) => name === step);

    /** The layer's strongest maps as tiles, and the chosen one large. */
    async function look() {
      const mine = ++round, now = () => mine === round, { step } = state;
      for (const button of all("[data-step]")) button.setAttribute("aria-pressed", String(button.dataset.step === step));
      const best = (await risen) && (await live.strongest(step));
      if (!best || !now()) return;
      const { maps, receptiveField } = geometry(step);
      const chosen = best.find(({ unit }) => unit[0] === state.map) ?? best[0];
      await show(chosen, now);
      for (const [at, tile] of all(".zf-tiles button").entries()) {
        const { unit, value } = best[at], [canvas, label] = tile.children;
        const found = await live.project({ step, unit, slot: `tile ${at}` });
        if (!found || !now()) return;
        zflibDraw.signed(canvas, found);
        canvas.setAttribute("aria-label", `What map ${unit[0]} passes back:`);
        label.textContent = `map ${unit[0]}`;
        tile.onclick = () => show({ unit, value }, () => state.step === step).catch(failed);
      }
      const sees = `one unit of it sees ${receptiveField} × ${receptiveField} of the picture's ${image.width} × ${image.width} pixels`;
      say(words, `Layer ${step.at(-1)} has ${maps} maps; ${sees}. These six fire most here.`);
      if (!bet) await draw();
    }

    async function show({ unit, value }, now) {
      const { step } = state, found = await live.project({ step, unit, slot: "large" });
      if (!found || !now()) return;
      [state.map] = unit;
      root.classList.add("zf-started");
      zflibDraw.signed(large, found);
      large.setAttribute("aria-label", `What map ${unit[0]} of layer ${step.at(-1)} passes back`);
      part(".zf-which").textContent = `What map ${unit[0]} of layer ${step.at(-1)} passes back from its strongest place, ` +
        `where it fires with ${value.toFixed(1)}. Mid-grey is 0.`;
      const share = (pixels) => `${(100 * pixels) / image.width}%`, frame = part(".zf-seen span").style;
      Object.assign(frame, { left: share(found.left), top: share(found.top), width: share(found.width), height: share(found.height) });
      history.replaceState(history.state, "", `#hero/${state.photograph || "own"}/${step}/${unit[0]}`);
    }

    /** Two projections from one place: of a map that fires there, and of another one, drawn by lot. */
    async function draw() {
      const step = BETS[betsDrawn++ % BETS.length], best = await live.strongest(step, 9);
      if (!best) return;
      const { unit } = best[Math.floor(9 * Math.random())];
      const own = await live.project({ step, unit, seed: 1, slot: "bet" });
      const other = await live.project({ step, unit, control: "other map", draw: Math.floor(1e6 * Math.random()), slot: "other" });
      if (!own || !other) return;
      const left = Math.random() < 0.5;
      bet = { answer: left ? "left" : "right", step, unit, other: other.unit, open: true };
      all(".zf-bet canvas").forEach((canvas, at) => zflibDraw.signed(canvas, (at === 0) === left ? own : other));
      for (const button of all("[data-bet]")) button.setAttribute("aria-pressed", "false");
      part(".zf-ask").textContent = `Both come from one place of layer ${step.at(-1)}, down through the switches of this ` +
        "picture. One is passed back by one of the nine maps that fire most on it, the other by a map drawn by lot. Which did the picture call?";
      say(verdict, "Place your bet.");
      part('[data-do="again"]').hidden = true;
    }

    function settle(side) {
      if (!bet?.open) return;
      bet.open = false;
      bets.all += 1;
      bets.right += side === bet.answer;
      for (const button of all("[data-bet]")) button.setAttribute("aria-pressed", String(button.dataset.bet === side));
      const found = side === bet.answer ? "Right" : "No";
      say(verdict, `${found}: the ${bet.answer} one is map ${bet.unit[0]}'s, the other map ${bet.other[0]}'s. ${score(bets.right, bets.all)}`);
      const again = part('[data-do="again"]');
      again.hidden = false;
    }

    zflibChooser.open(part(".zf-choose"), {
      photographs, inputSize: live.network.inputSize, resizedSide: live.network.resizedSide,
      onPicture(chosen) {
        if (image) state.map = null; // that of the address was of the first picture
        ({ image } = chosen);
        state.photograph = chosen.own ? "" : chosen.name;
        bet = null;
        zflibDraw.patch(part(".zf-seen canvas"), image, { top: 0, left: 0, width: image.width, height: image.width });
        risen = live.forward(image.data, { upto: "conv5" });
        look().catch(failed);
      },
    }).choose(state.photograph);

    face.addEventListener("click", ({ target }) => {
      const { step, bet: side, do: what } = target.closest("button")?.dataset ?? {};
      if (step) {
        Object.assign(state, { step, map: null });
        look().catch(failed);
      }
      if (side) settle(side);
      if (what === "again") draw().catch(failed);
    });
    part(`[data-step="${state.step}"]`).focus();
  }

  for (const root of document.querySelectorAll('[data-panel="hero"]:not([data-ready])')) {
    root.dataset.ready = "";
    const button = root.querySelector('[data-do="start"]');
    button.hidden = false;
    button.onclick = () => start(root);
    if (location.hash.startsWith("#hero/")) start(root); // whoever was sent an address wants to see it
  }
})();
