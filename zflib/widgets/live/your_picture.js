// The page Your picture: what a network passes back from the reader's own picture, a layer, a map, a unit at a time, and
// a bet on what it proves. What is chosen stands in the address (address.js). The picture itself stays in the page.
(() => {
  "use strict";

  const NETWORKS = { "zfnet-mini": "ZFNet-mini", "alexnet-mini": "AlexNet-mini" };
  const { METHODS, CONTROLS } = zflibAddress, { STEPS, WORDS } = zflibUnitView;
  const DOES = { // what the button of a control does
    "other-map": "Use another map's unit",
    "shuffled-switches": "Shuffle the switches",
    "another-pictures-switches": "Use another picture's switches",
    "random-layer": "Randomise this layer's weights",
    "random-weights": "Randomise all weights up to this layer",
  };
  const TILES = 9;
  const RANGES = ["below", "between", "above"]; // of likeness, to bet on
  const USUAL = { method: METHODS[0], control: "", draw: 0 };

  const choices = (name, label, values, words, labelled = false) => `<div class="zf-buttons" role="group" aria-label="${label}">
    ${labelled ? `<span aria-hidden="true">${label}</span>` : ""}${values
    .map((value) => `<button type="button" data-${name}="${value}">${words(value)}</button>`).join("")}</div>`;
  const place = (name) => `<label>${name} <input type="number" min="0" step="1" value="0" data-place></label>`;
  const CANVAS = (name) => `<canvas role="img" aria-label="${name}" width="1" height="1"></canvas>`;
  const TILE = `<button type="button">${CANVAS("a map that is being drawn")}<span></span></button>`;
  const FACE = `
    <h2>1. Bet: how alike is what another unit passes back?</h2>
    <p class="zf-unit" tabindex="-1">One unit</p>
    <div class="zf-trio zf-view">
      <figure><div class="zf-seen">${CANVAS("What the network sees")}<span></span></div>
        <figcaption>The frame: what the unit sees. Click to move it.</figcaption></figure>
      <figure><div class="zf-square">${CANVAS("what it passes back")}</div><figcaption class="zf-fires">What it passes back.</figcaption></figure>
      <figure><div class="zf-square">${CANVAS("the control")}
        <div class="zf-ask" hidden><b>How alike will the two be?</b>
          ${RANGES.map((range) => `<button type="button" data-bet="${range}"></button>`).join("")}</div></div>
        <figcaption class="zf-control"></figcaption></figure></div>
    <div class="zf-answer"><p class="zf-verdict" role="status"></p><div class="zf-ruler"></div><p class="zf-legend"></p>
      <button type="button" data-do="again" hidden>Bet again</button></div>
    <h2>2. Now a picture of your own, or another layer</h2>
    <div class="zf-choose"></div>
    <div class="zf-two-groups">${choices("network", "Network", Object.keys(NETWORKS), (name) => NETWORKS[name], true)}
      ${choices("step", "Layer", STEPS, (step) => step.at(-1), true)}</div>
    <h2>3. Replace one thing, and see what stays</h2>
    <p class="zf-note">A control projects the same unit again with one thing replaced, and takes the place of the right picture above.
      The first one replaces the unit itself, as in the bet. (Switches: where the largest values stood on the way up, chapter 2.)</p>
    ${choices("control", "Control", CONTROLS, (control) => DOES[control])}
    <div class="zf-buttons"><button type="button" data-do="draw">Draw this control again</button></div>
    <h2>4. Choose another map: these nine fire most on this picture</h2>
    <p class="zf-words" role="status"></p>
    <div class="zf-tiles" role="group" aria-label="The maps that fire most">${TILE.repeat(TILES)}</div>
    <p class="zf-note">What the strongest unit of each map passes back, and its value. Mid-grey is 0; the largest 0.5 % of a
      projection's magnitudes are clipped.</p>
    <details class="zf-more zf-patches"><summary>What else makes the chosen map fire? Its nine strongest patches</summary>
      <label class="zf-check"><input type="checkbox" data-do="projections"> show what comes back from each, too</label>
      <div class="zf-strongest"></div></details>
    <details class="zf-more zf-naming"><summary>What does the network call your picture?</summary>
      <p class="zf-about"></p><button type="button" data-do="classes"></button>
      <p class="zf-loading" role="status"></p>
      <table class="zf-classes" hidden><caption>The five likeliest classes</caption><tbody></tbody></table></details>
    <details class="zf-more zf-numbers"><summary>Choose a unit by its numbers, or another way down (chapter 3)</summary>
      <div class="zf-place">${["map", "row", "column"].map(place).join("")}</div>
      ${choices("method", "Method", METHODS, (method) => method)}</details>
    <div class="zf-buttons"><button type="button" data-do="copy">Copy this unit's address</button><span class="zf-copied" role="status"></span></div>`;
  const LIKENESS = "Likeness is 1 where two pictures are equal, and about 0 where they share nothing. Of the pairs on this page's photographs " +
    "about as many lie in each of the three ranges.";
  const LEGEND = "Grey: four in five such pairs lie here, on this page's photographs; a picture of your own may differ. Usual: the mean, from " +
    "chapter 3. Floor: the mean of two maps on two different pictures. The nearer to 1, the less depends on what was replaced.";

  function start(root) {
    const photographs = globalThis.zflibPhotographs, engines = {};
    const names = { networks: Object.keys(NETWORKS), steps: STEPS, photographs: photographs.map(({ name }) => name) };
    const opening = zflibAddress.parse(root.dataset.opening ?? globalThis.zflibOpening, names), given = zflibAddress.parse(location.hash, names);
    const state = { at: 0.5, ...USUAL, ...opening, ...(given.network && { ...USUAL, unit: null }), ...given };
    const face = Object.assign(document.createElement("div"), { className: "zf-live", innerHTML: FACE });
    root.querySelector(".zf-still").replaceWith(face);
    const part = (selector) => face.querySelector(selector), all = (selector) => [...face.querySelectorAll(selector)];
    const words = part(".zf-words"), verdict = part(".zf-verdict"), about = part(".zf-about"), copied = part(".zf-copied");
    const loading = part(".zf-loading"), offer = part('[data-do="classes"]'), seen = part(".zf-seen");
    const nine = zflibStrongest.open(part(".zf-strongest"), photographs), withProjections = part('[data-do="projections"]');
    const [projected, controlled] = all(".zf-view .zf-square canvas"), bets = { right: 0, all: 0 };
    let image = null; // what the network sees
    let naming = false; // the class scores' weights are under way
    let round = 0; // of looking; an older one stops
    let keepUnit = true; // the unit of the address stays when its picture comes; that of another picture goes
    let largest = 0; // what the layer's strongest unit fires with
    let bet = ""; // on the unit that is shown
    let nineNow = () => {}; // shows the nine strongest patches

    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

    /** The chosen network; while its weights load, a bar stands in place of the words that wait for them. */
    function engine() {
      return (engines[state.network] ??= ZFLIB.open(state.network, {
        onProgress({ layer, loaded, total }) {
          const bar = document.createElement("progress"), where = naming ? loading : verdict;
          say(where, loaded < total ? `Loading ${layer}: ${megabytes(loaded)} of ${megabytes(total)} MB. ` : "");
          Object.assign(bar, { max: total, value: loaded, ariaLabel: "Weights loaded" });
          if (loaded < total) where.append(bar);
        },
      }));
    }
    const geometry = () => engine().network.steps.find(({ name }) => name === state.step);

    function say(where, sentence, problem = false) {
      where.textContent = sentence;
      where.classList.toggle("zf-problem", problem);
    }
    const failed = (where) => (error) => say(where, error.message, true);

    function press() {
      for (const name of ["network", "step", "method", "control"]) {
        for (const button of all(`[data-${name}]`)) {
          button.setAttribute("aria-pressed", String(button.dataset[name] === state[name]));
        }
      }
      part('[data-do="draw"]').disabled = ["", "another-pictures-switches"].includes(state.control); // that is the next one, not a lot's
    }

    /** The picture up through the network; the unit; and the layer's strongest maps as tiles. */
    async function look() {
      const mine = ++round, now = () => mine === round, live = engine();
      press();
      say(words, "Looking ...");
      for (const one of [part(".zf-view"), ...all(".zf-tiles button")]) one.ariaBusy = "true"; // it shows what was
      if (live.seen !== image) {
        live.seen = image;
        live.risen = live.forward(image.data, { upto: state.step });
      }
      const best = (await live.risen) && (await live.strongest(state.step, TILES));
      if (!best || !now()) return;
      const { size, maps, receptiveField } = geometry();
      const missing = state.unit && !state.unit.every((at, i) => at < (i ? size : maps));
      const sees = `${maps} maps of ${size} × ${size} units; each sees ${receptiveField} × ${receptiveField} pixels.`;
      if (missing) say(words, `Layer ${state.step.at(-1)} has no unit ${state.unit.join(", ")}, but ${sees}`, true);
      else say(words, `Layer ${state.step.at(-1)} of ${NETWORKS[state.network]}: ${sees}`);
      if (!state.unit || missing) state.unit = best[0].unit;
      largest = best[0].value;
      await showUnit();
      for (const [at, tile] of all(".zf-tiles button").entries()) {
        const { unit, value } = best[at], [map] = unit, [canvas, label] = tile.children;
        const found = await live.project({ step: state.step, unit, method: state.method, slot: `tile ${at}` });
        if (!found || !now()) return;
        zflibDraw.signed(canvas, found, zflibDraw.square(geometry(), unit, image.width));
        tile.ariaBusy = "false";
        canvas.setAttribute("aria-label", `Projection of map ${map},`);
        label.textContent = `map ${map}, ${value.toFixed(1)}`;
        tile.onclick = () => choose({ unit }).then(() => part(".zf-unit").focus());
      }
      if (now()) await nameClasses(live);
    }

    /** The chosen unit, and its control if there is one; the address follows. */
    async function showUnit() {
      press();
      const { step, unit, network } = state, [map, row, column] = unit, { size, maps } = geometry();
      for (const [at, input] of all("[data-place]").entries()) {
        Object.assign(input, { value: unit[at], max: (at ? size : maps) - 1 });
      }
      part(".zf-unit").textContent = `One unit of layer ${step.at(-1)}: map ${map}, row ${row}, column ${column}`;
      say(copied, "");
      history.replaceState(history.state, "", zflibAddress.write(state));
      const shown = await zflibUnitView.unit(projected, engine(), image, state);
      if (!shown) return;
      part(".zf-view").ariaBusy = "false";
      const { found, value } = shown, share = (pixels) => `${(100 * pixels) / image.width}%`, silent = !(value > 0);
      Object.assign(seen.lastElementChild.style, { left: share(found.left), top: share(found.top) });
      Object.assign(seen.lastElementChild.style, { width: share(found.width), height: share(found.height) });
      part(".zf-fires").textContent = silent ? "It is silent here." : `What it passes back. It fires with ${value.toFixed(2)} (its layer's strongest here with ${largest.toFixed(2)}).`;
      await showControl(found, silent);
      showNine(value);
    }

    /** The map's nine strongest patches, once the reader has opened them: they bring a script of their own. */
    function showNine(value) {
      const { network, step, unit } = state;
      nineNow = () => nine(engine(), network, step, unit[0], value, withProjections.checked).catch(failed(part(".zf-strongest p")));
      if (part(".zf-patches").open) nineNow();
    }

    /** The third picture: a control, or the bet on one. */
    async function showControl(own, silent) {
      const { control } = state, known = zflibUnitView.usual(state, control), ask = part(".zf-ask");
      ask.hidden = Boolean(control) || silent || !known;
      controlled.hidden = !control || silent;
      part(".zf-control").textContent = silent ? "" : control ? WORDS[control] : "What another unit, drawn by lot, passes back from the same frame.";
      verdict.classList.toggle("zf-rule", !control && !silent);
      part(".zf-ruler").hidden = silent || (!control && !known);
      part(".zf-legend").textContent = silent || !known || !control ? "" : LEGEND;
      for (const range of RANGES) part(`[data-bet="${range}"]`).textContent = known ? inWords(range) : "";
      part('[data-do="again"]').hidden = !control || silent || !zflibUnitView.usual(state, "other-map");
      if (silent) return say(verdict, zflibUnitView.SILENT);
      if (!control && !known) return say(verdict, "There is no bet here: it is measured for layers 2 to 5, by the deconvnet. Take a control below.");
      zflibRuler.draw(part(".zf-ruler"), null, control ? known : null); // before a bet it would tell
      if (!control) return say(verdict, LIKENESS);
      const shown = await zflibUnitView.control(controlled, engine(), image, { ...state }, own, photographs);
      if (!shown) return;
      const { alike } = shown;
      controlled.setAttribute("aria-label", `the control: ${shown.words}`);
      part(".zf-control").textContent = `The control: ${shown.words}.`;
      say(verdict, `${settled(alike, known)}${zflibUnitView.told(shown, known)}`);
      if (!Number.isNaN(alike)) zflibRuler.draw(part(".zf-ruler"), alike, known);
    }

    /** Below, between and above which likenesses the bet chooses. */
    const thirds = () => zflibRanges[state.network][state.step];
    function inWords(range) {
      const [low, high] = thirds().map((value) => value.toFixed(2));
      return { below: `below ${low}`, between: `${low} to ${high}`, above: `above ${high}` }[range];
    }

    /** The bet that was placed, in words; "" if none was, or its other map has been drawn anew. */
    function settled(alike, known) {
      if (!bet || state.control !== "other-map" || Number.isNaN(alike) || !known) return "";
      const [low, high] = thirds(), here = Number(alike.toFixed(2)); // as it is shown
      const range = here < low ? "below" : here > high ? "above" : "between", won = range === bet;
      bet = "";
      bets.all += 1;
      bets.right += won;
      const count = bets.all > 1 ? ` (${bets.right} of ${bets.all} bets won)` : "";
      return `You ${won ? "win" : "lose"}${count}: it is ${inWords(range)}. `;
    }

    /** Change what is chosen, and show it. */
    function choose(change) {
      const another = ["network", "step", "method"].some((name) => name in change && change[name] !== state[name]);
      Object.assign(state, change);
      if (("network" in change || "step" in change) && another) state.unit = null;
      if (!("control" in change) && state.control === "other-map") state.control = ""; // a new unit, a new bet
      return (another ? look() : showUnit()).catch(failed(another ? words : verdict));
    }

    // ---- class scores -----------------------------------------------------------------------------------------------

    function offerClasses() {
      const { network, bytesLeft } = engine(), bytes = bytesLeft(network.steps.at(-1).name), { classes } = network;
      const ten = `${classes.slice(0, -1).join(", ")} and ${classes.at(-1)}`;
      say(about, `It has learned ten classes: ${ten}. Whatever the picture shows, it chooses among them.`);
      offer.textContent = bytes ? `Load its class scores (${megabytes(bytes)} MB)` : "Show its class scores";
    }

    async function nameClasses(live) {
      offer.hidden = Boolean(live.named);
      part(".zf-classes").hidden = !live.named;
      if (!live.named) return offerClasses();
      const found = await live.classes();
      if (!found || live !== engine()) return;
      part(".zf-classes tbody").innerHTML = found.slice(0, 5).map(({ name, probability }) =>
        `<tr><th scope="row">${name}</th><td>${(100 * probability).toFixed(1)} %</td>` +
        `<td><meter min="0" max="1" value="${probability}" aria-label="${name}"></meter></td></tr>`).join("");
    }

    // ---- what the reader does ---------------------------------------------------------------------------------------

    face.addEventListener("click", ({ target }) => {
      const { network, step, method, control, bet: side, do: what } = target.closest("button")?.dataset ?? {};
      if (!image) return; // nothing to look at yet
      if (network) choose({ network });
      if (step) choose({ step });
      if (method) choose({ method });
      if (control) choose({ control: state.control === control ? "" : control, draw: 0 });
      if (side) {
        bet = side;
        choose({ control: "other-map", draw: Math.floor(1e6 * Math.random()) });
        part('[data-do="again"]').focus({ preventScroll: true });
      }
      if (what === "again") choose({ control: "", draw: 0 }).then(() => part("[data-bet]").focus({ preventScroll: true }));
      if (what === "draw") choose({ control: state.control, draw: state.draw + 1 });
      if (what === "copy") copy();
      if (what === "classes") {
        const live = engine(), named = () => nameClasses(Object.assign(live, { named: true }));
        naming = true;
        live.load(live.network.steps.at(-1).name).then(named).catch(failed(loading)).finally(() => (naming = false));
      }
    });
    part(".zf-place").addEventListener("change", () => {
      const { size, maps } = geometry();
      const within = (value, count) => Math.min(count - 1, Math.max(0, Math.round(Number(value)) || 0));
      choose({ unit: all("[data-place]").map((input, at) => within(input.value, at ? size : maps)) });
    });
    seen.addEventListener("click", ({ clientX, clientY }) => {
      const { left, top, width } = seen.getBoundingClientRect(), { jump, offset, size } = geometry();
      const nearest = (at) => Math.round(((at / width) * image.width - 0.5 - offset) / jump);
      const within = (at) => Math.min(size - 1, Math.max(0, nearest(at)));
      if (state.unit) choose({ unit: [state.unit[0], within(clientY - top), within(clientX - left)] });
    });

    async function copy() {
      const without = state.photograph ? "" : " Your picture is not in it: it stays here.";
      await navigator.clipboard.writeText(location.href).then(
        () => say(copied, `The address is copied.${without}`),
        () => say(copied, `The browser doesn't let this page copy: take the address from the bar above.${without}`));
    }

    withProjections.onchange = () => nineNow();
    part(".zf-patches").ontoggle = ({ target }) => target.open && nineNow();

    const { inputSize, resizedSide } = engine().network;
    const chooser = zflibChooser.open(part(".zf-choose"), {
      photographs, inputSize, resizedSide,
      onPicture(chosen) {
        ({ image } = chosen);
        Object.assign(state, { photograph: chosen.own ? "" : chosen.name, at: chosen.at });
        if (!keepUnit) Object.assign(state, { unit: null }, state.control === "other-map" && { control: "" });
        keepUnit = false;
        zflibDraw.patch(seen.firstElementChild, image, { top: 0, left: 0, width: inputSize, height: inputSize });
        look().catch(failed(words));
      },
    });
    addEventListener("hashchange", () => {
      const { photograph, at } = state;
      Object.assign(state, USUAL, zflibAddress.parse(location.hash, names));
      keepUnit = state.photograph !== photograph || state.at !== at;
      if (keepUnit) chooser.choose(state.photograph, state.at);
      else look().catch(failed(words));
    });
    press();
    offerClasses();
    chooser.choose(state.photograph, state.at);
  }

  for (const root of document.querySelectorAll('[data-panel="your-picture"]:not([data-ready])')) {
    root.dataset.ready = "";
    start(root);
  }
})();
