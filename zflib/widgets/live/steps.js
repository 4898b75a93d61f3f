// What steps.py computes, for the page; the tests compare the two, setting by setting.
(() => {
  "use strict";

  const { note } = globalThis.zflib;
  const BRIGHTEST = 5, STEPS = 12;
  const CONV1 = [1, 2, -1], STRIDE1 = 2, BIAS1 = -2, WINDOW = 3, STRIDE = 2, CONV2 = [2, 1, -1], BIAS2 = 1;
  const panel = '[data-panel="steps"] script[type="application/json"]'; // what steps.py says of the steps
  const { names: NAMES, rules: RULES, bet: BET } = JSON.parse(document.querySelector(panel).textContent);
  const PASSES = {
    deconvnet: (signal) => signal > 0,
    gradient: (signal, activation) => activation > 0,
    guided: (signal, activation) => signal > 0 && activation > 0,
  };
  const COLUMN = { 15: (at) => at + 1, 7: (at) => 2 * at + 2, 3: (at) => 4 * at + 4, 1: () => 8 };
  const signed = (value) => String(value).replace("-", "−");
  const relu = (x) => x.map((v) => Math.max(0, v));

  /** A convolution as networks have it, of one row. */
  function correlate(x, taps, stride, bias) {
    const out = [];
    for (let at = 0; at + taps.length <= x.length; at += stride)
      out.push(taps.reduce((sum, tap, i) => sum + tap * x[at + i], bias));
    return out;
  }

  /** Its transpose: each value lays down a copy of the filter, and copies add up. */
  function layDown(signal, taps, stride) {
    const out = new Array((signal.length - 1) * stride + taps.length).fill(0);
    signal.forEach((value, at) => taps.forEach((tap, i) => { out[at * stride + i] += value * tap; }));
    return out;
  }

  /** What passes a ReLU on the way down. */
  const rectify = (signal, activation, method) => signal.map((s, at) => (PASSES[method](s, activation[at]) ? s : 0));

  /** Fifteen pixels up, and the unit at the top down again: { values of the twelve steps, switches }. */
  function row(pixels, method) {
    const conv1 = correlate(pixels, CONV1, STRIDE1, BIAS1), relu1 = relu(conv1), switches = [];
    for (let start = 0; start + WINDOW <= relu1.length; start += STRIDE) {
      let best = start;
      for (let at = start; at < start + WINDOW; at++) if (relu1[at] > relu1[best]) best = at; // the first of equals
      switches.push(best);
    }
    const pool = switches.map((at) => relu1[at]), conv2 = correlate(pool, CONV2, 1, BIAS2), relu2 = relu(conv2);
    const passed = rectify(relu2, relu2, method), below = layDown(passed, CONV2, 1);
    const unpooled = new Array(relu1.length).fill(0);
    switches.forEach((at, i) => { unpooled[at] += below[i]; });
    const kept = rectify(unpooled, relu1, method);
    const down = [relu2, passed, below, unpooled, kept, layDown(kept, CONV1, STRIDE1)];
    return { values: [pixels, conv1, relu1, pool, conv2, relu2, ...down], switches };
  }

  /** What happens at a step, with this row's numbers; steps are counted from 0. */
  function sentence({ values, switches }, method, step) {
    const [picture, conv1, relu1, pool, conv2, relu2, seed, passed, below, unpooled, kept] = values;
    if (step >= 6 && !seed[0]) return "The unit is silent on this row: there is nothing to send down. Make some pixels brighter.";
    if (step === 0) return "A picture of one row. Click a pixel to make it brighter, then go up.";
    if (step === 1) {
      const [a, b, c] = picture.map(signed);
      return `Filter: the first unit sees ${a}, ${b} and ${c}, and says ${a} + 2·${b} − ${c} − 2 = ${signed(conv1[0])}.`;
    }
    if (step === 2) return `Rectify: what is negative becomes 0; ${conv1.filter((v) => v < 0).length} of 7 values were.`;
    if (step === 3) return `Pool: the largest of each three. The switches remember where it was: ${switches.join(", ")}.`;
    if (step === 4) {
      const [a, b, c] = pool.map(signed);
      return `Filter: one unit is left, 2·${a} + ${b} − ${c} + 1 = ${signed(conv2[0])}.`;
    }
    if (step === 5) return `Rectify: the unit's activation is ${relu2[0]}. Which pixels made it so? Now down.`;
    if (step === 6) return `Seed: every other unit of the layer is set to 0; this one starts from its own value, ${seed[0]}.`;
    if (step === 7) return `Rectify: ${passed[0]} is positive and passes, by any of the three rules.`;
    if (step === 8) return `Filter: ${passed[0]} lays down a copy of its filter, ${below.map(signed).join(", ")}. No bias.`;
    if (step === 9) {
      const shared = switches.find((at) => switches.indexOf(at) !== switches.lastIndexOf(at));
      const empty = switches.find((at) => !relu1[at]);
      if (shared === undefined && empty !== undefined)
        return `Unpool: each to its switch, ${switches.join(", ")}. The window of zeros has one in name only, ${empty}.`;
      if (shared === undefined) return `Unpool: each value goes to its switch, ${switches.join(", ")}; zeros elsewhere.`;
      const claims = below.filter((_, i) => switches[i] === shared).map((v) => (v < 0 ? `(${signed(v)})` : v)).join(" + ");
      return `Unpool: each to its switch. Windows overlap at ${shared}: ${claims} = ${signed(unpooled[shared])}.`;
    }
    if (step === 10) {
      const rules = {
        deconvnet: "passes what is positive now",
        gradient: "passes where the activation was positive",
        guided: "asks for both: positive now, and positive on the way up",
      };
      const ended = unpooled.filter((u, at) => u !== kept[at]).map(signed);
      return `Rectify: ${method === "guided" ? "guided backpropagation" : `the ${method}`} ${rules[method]}; ${ended.length ? `${ended.join(" and ")} ended here` : "nothing ended here"}.`;
    }
    const count = kept.filter((v) => v !== 0).length;
    const copies = count === 1 ? "One value lays down a copy" : `${count} values lay down copies`;
    return `Filter: ${copies} of the filter. What arrives at the pixels is the projection.`;
  }

  /** How a bet on the pixels that come back did; where none was placed, how many do. */
  function score(bet, projection) {
    const came = projection.flatMap((value, at) => (value ? [at] : [])), right = bet.filter((at) => came.includes(at)).length;
    if (!bet.length) return ` ${came.length} pixels come back; you have placed no bet.`;
    return right === came.length && right === bet.length
      ? ` Your bet is won: these ${right} pixels, and no others.`
      : ` Your bet has ${right} of the ${came.length} that come back, and ${bet.length - right} that don't.`;
  }

  /** The rows up and down, those up to step `shown` filled in, under a sentence on the last of them. bet: positions of the
   *  pixels that are to come back, marked in the last row and scored once it is filled in. */
  function board(pixels, method, shown, bet = []) {
    const made = row(pixels, method), last = STEPS - 1;
    const side = (name, first) => {
      const rows = made.values.slice(first, first + 6).map((values, i) => {
        const step = first + i, largest = Math.max(...values.map(Math.abs)) || 1;
        const cells = values.map((value, at) => {
          const column = COLUMN[values.length](at);
          const mine = step === last && bet.includes(at) ? " zf-mine" : "";
          if (step > shown)
            return `<span class="zf-cell${mine}"${step === last ? ` data-bet="${at}"` : ""} style="grid-column:${column}"></span>`;
          const ring = [2, 9].includes(step) && shown >= 3 && made.switches.includes(at) ? " zf-switch" : "";
          const long = signed(value).length > 3 ? " zf-long" : "";
          return `<span class="zf-cell zf-${value < 0 ? "minus" : "plus"}${ring}${long}${mine}" data-step="${step}" data-at="${at}" ` +
            `style="grid-column:${column};--share:${percent(Math.abs(value), largest)}%">${signed(value)}</span>`;
        });
        return `<div class="zf-row${step === shown ? " zf-now" : ""}"><p><b>${NAMES[step]}</b> ${step === last && shown < last ? BET : RULES[step]}</p>` +
          `<div class="zf-cells${values.length === 15 ? "" : " zf-few"}">${cells.join("")}</div></div>`;
      });
      return `<div class="zf-${name}">${rows.join("")}</div>`;
    };
    const said = sentence(made, method, shown) + (shown === last ? score(bet, made.values[last]) : "");
    return `${note(said, "plain")}<div class="zf-steps">${side("up", 0)}${side("down", 6)}</div>`;
  }

  /** A share in whole per cent, halves to the even one as Python rounds them. */
  function percent(value, largest) {
    const share = (100 * value) / largest, low = Math.floor(share);
    return share - low === 0.5 ? low + (low % 2) : Math.round(share);
  }

  /** The values of the step before that a value was made of: [[step, at], ...]. */
  function sources(step, at, { switches }) {
    const three = (from, first) => [0, 1, 2].map((i) => [from, first + i]);
    if (step === 1) return three(0, at * STRIDE1);
    if (step === 3) return [[2, switches[at]]];
    if (step === 4) return three(3, at);
    if (step === 8) return [[7, 0]];
    if (step === 9) return switches.flatMap((to, i) => (to === at ? [[8, i]] : []));
    if (step === 11) return [0, 1, 2, 3, 4, 5, 6].filter((i) => at >= i * STRIDE1 && at < i * STRIDE1 + 3).map((i) => [10, i]);
    return step === 0 ? [] : [[step - 1, at]];
  }

  /** How a value came about, for the line under the board. */
  function made(step, at, row, method) {
    const value = signed(row.values[step][at]), from = sources(step, at, row).map(([s, i]) => row.values[s][i]);
    const times = (v, tap) => (v < 0 ? `(${signed(v)})` : v) + (Math.abs(tap) === 1 ? "" : `·${Math.abs(tap)}`);
    const sum = (taps) => from.map((v, i) => (i ? (taps[i] < 0 ? " − " : " + ") : taps[i] < 0 ? "−" : "") + times(v, taps[i])).join("");
    const where = `${NAMES[step]}, position ${at}: `;
    if (step === 0) return `${where}${value}. A click makes the pixel brighter.`;
    if (step === 1) return `${where}${sum(CONV1)} − 2 = ${value}.`;
    if (step === 3) return `${where}the largest of its window is ${value}, and the switch ${row.switches[at]}.`;
    if (step === 4) return `${where}${sum(CONV2)} + 1 = ${value}.`;
    if (step === 6) return `${where}the unit's activation, ${value}.`;
    if (step === 8) return `${where}${sum([CONV2[at]])} = ${value}.`;
    if (step === 9) return from.length ? `${where}${from.map((v) => times(v, 1)).join(" + ")} = ${value}.` : `${where}no switch points here.`;
    if (step === 11) return `${where}${sum(sources(step, at, row).map(([, i]) => CONV1[at - i * STRIDE1]))} = ${value}.`;
    if (step === 2 || step === 5) return `${where}${signed(from[0])} becomes ${value}.`;
    return `${where}${signed(from[0])} ${row.values[step][at] === from[0] ? "passes" : `is stopped by the ${method}'s rule`}.`;
  }

  function start(root) {
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const [slider, method] = root.querySelectorAll("[data-axis]");
    const [back, next, first] = root.querySelectorAll(".zf-buttons button");
    const figure = root.querySelector(".zf-board"), caption = root.querySelector(".zf-made");
    const methods = [...method.options].map((option) => option.text);
    const hint = caption.textContent;
    let pixels = [...data.pixels], bet = [], settled = ""; // settled: the row and method whose projection was seen

    const now = () => [Number(slider.value), methods[method.selectedIndex]];
    const seen = () => settled === `${now()[1]} ${pixels}`;
    const cell = (step, at) => figure.querySelector(`[data-step="${step}"][data-at="${at}"]`);
    const betOn = (at) => figure.querySelector(`[data-bet="${at}"]`);

    function show(focus) {
      const [step, by] = now();
      slider.setAttribute("aria-valuetext", `${step + 1}, ${NAMES[step]}`);
      slider.nextElementSibling.textContent = step + 1;
      back.disabled = first.disabled = step === 0;
      next.disabled = step === STEPS - 1;
      next.textContent = step < STEPS - 2 ? "Next" : step === STEPS - 2 && bet.length && !seen() ? "Settle the bet" : "Last step";
      if (step === STEPS - 1) settled = `${by} ${pixels}`;
      if (seen() && caption.textContent === hint) caption.textContent = "";
      figure.innerHTML = board(pixels, by, step, bet);
      figure.querySelector(":scope > p").setAttribute("role", "status");
      for (const one of figure.querySelectorAll("[data-step], [data-bet]")) {
        const { step: of, at, bet: mine } = one.dataset;
        one.tabIndex = -1; // one stop for the Tab key, one for the bet; arrows do the rest
        one.setAttribute("role", "button");
        one.setAttribute("aria-label", mine ? `your bet, position ${mine}` : `${NAMES[of]}, position ${at}: ${one.textContent}`);
        if (!mine) continue;
        one.setAttribute("aria-pressed", String(bet.includes(Number(mine))));
        one.setAttribute("aria-disabled", String(seen()));
      }
      const there = focus?.();
      for (const one of [there?.dataset.step ? there : cell(0, 0), there?.dataset.bet ? there : betOn(0)]) if (one) one.tabIndex = 0;
      there?.focus();
    }

    function keep() {
      const [step, by] = now();
      history.replaceState(null, "", `#steps=${step + 1},${by},${pixels.join("")}${bet.length ? `,${bet.join("-")}` : ""}`);
    }

    function restore() {
      const found = /^#steps=(\d+),(\w+),([0-5]{15})(?:,([\d-]+))?$/.exec(location.hash);
      if (!found || !methods.includes(found[2]) || found[1] < 1 || found[1] > STEPS) return false;
      slider.value = found[1] - 1;
      method.selectedIndex = methods.indexOf(found[2]);
      pixels = [...found[3]].map(Number);
      bet = [...new Set(found[4]?.split("-"))].filter((at) => at && at < pixels.length).map(Number);
      return true;
    }

    /** Mark what a value was made of, and say how. */
    function explain(target) {
      figure.querySelectorAll(".zf-from, .zf-here").forEach((one) => one.classList.remove("zf-from", "zf-here"));
      if (!target) return;
      const step = Number(target.dataset.step), at = Number(target.dataset.at), [, by] = now(), all = row(pixels, by);
      target.classList.add("zf-here");
      for (const source of sources(step, at, all)) cell(...source)?.classList.add("zf-from");
      caption.textContent = made(step, at, all, by);
    }

    function brighter(at) {
      pixels[at] = (pixels[at] + 1) % (BRIGHTEST + 1);
      show(() => cell(0, at));
      explain(cell(0, at));
      keep();
    }

    /** Put a pixel into the bet, or take it out; not once the answer was seen. */
    function toggle(at) {
      if (seen()) return;
      bet = bet.includes(at) ? bet.filter((other) => other !== at) : [...bet, at].sort((a, b) => a - b);
      show(() => betOn(at));
      keep();
    }

    const of = (event) => event.target.closest("[data-step]");
    root.addEventListener("input", () => { show(); keep(); });
    const go = (by) => () => { slider.value = Number(slider.value) + by; show(); keep(); };
    [back, next, first].forEach((button, at) => button.addEventListener("click", go([-1, 1, -STEPS][at])));
    figure.addEventListener("pointerover", (event) => explain(of(event)));
    figure.addEventListener("focusin", (event) => explain(of(event)));
    figure.addEventListener("click", (event) => {
      const target = of(event), mine = event.target.closest("[data-bet]")?.dataset.bet;
      if (mine) toggle(Number(mine));
      else if (target?.dataset.step === "0") brighter(Number(target.dataset.at));
      else target?.focus();
    });
    figure.addEventListener("keydown", (event) => {
      const target = event.target.closest("[data-step], [data-bet]");
      if (!target) return;
      const mine = target.dataset.bet, step = Number(target.dataset.step), at = Number(mine ?? target.dataset.at);
      const beside = (by) => (mine ? betOn(at + by) : cell(step, at + by));
      if (["Enter", " "].includes(event.key) && (mine || step === 0)) (mine ? toggle : brighter)(at);
      else if (event.key in { ArrowLeft: 0, ArrowRight: 0 }) beside(event.key === "ArrowLeft" ? -1 : 1)?.focus();
      else if (!mine && event.key in { ArrowUp: 0, ArrowDown: 0 }) {
        // Up the page is up the network on the left and up to the seed on the right.
        const to = step + ((event.key === "ArrowUp") === step < 6 ? 1 : -1);
        const column = (s, i) => COLUMN[row(pixels, "gradient").values[s].length](i);
        if (to < 0 || to >= STEPS) return;
        const others = [...figure.querySelectorAll(`[data-step="${to}"]`)];
        others.sort((a, b) => Math.abs(column(to, +a.dataset.at) - column(step, at)) - Math.abs(column(to, +b.dataset.at) - column(step, at)));
        others[0]?.focus();
      } else return;
      event.preventDefault();
    });
    addEventListener("hashchange", () => { if (restore()) show(); });
    restore(); // else all but the last step, on which the reader bets
    show();
  }

  globalThis.zflib.steps = { board }; // for the tests
  for (const root of document.querySelectorAll('[data-panel="steps"]:not([data-ready])')) {
    if (!root.querySelector('script[type="application/json"]')) continue; // the kernel's face has none
    root.dataset.ready = "";
    start(root);
  }
})();
