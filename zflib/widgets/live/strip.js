// What strip.py draws and says, for the page; the tests compare the two, setting by setting.
(() => {
  "use strict";

  const { start, slug } = globalThis.zflibPanel;
  const LOWEST = 1 / 22, CORNER = Math.SQRT1_2, NYQUIST = 0.5, EMPTY = 1 / 2, PRESENT = 1 / 10;
  const OCTAVE = "octaves equally wide", AREA = "areas equally wide", SIDELESS = "no second side", OPEN = "not placed";
  const VERDICTS = { s: "supported", c: "contradicted", u: "undecided", n: SIDELESS }; // as gap_test names them
  const WORDS = { supported: "a gap", contradicted: "no gap", undecided: "undecided", [SIDELESS]: SIDELESS };
  const whole = (value) => Math.floor(value + 0.5);

  /** The part of the frequency plane up to a frequency; beyond 0.5 the disc sticks out of the square. */
  function area(frequency) {
    const within = Math.min(frequency, CORNER), beyond = Math.max(within, 0.5);
    const cap = beyond ** 2 * Math.acos(0.5 / beyond) - 0.5 * Math.sqrt(Math.max(beyond ** 2 - 0.25, 0));
    return Math.PI * within ** 2 - 4 * cap;
  }

  /** Where a frequency lies on the drawing's axis. */
  function position(frequency, axis, { width, block }) {
    if (axis === AREA) return width * area(frequency);
    return block + ((width - block) * Math.log2(Math.max(frequency, LOWEST) / LOWEST)) / Math.log2(CORNER / LOWEST);
  }

  /** The middle that two edges make, in order; where they are one, the next step up is the other. */
  function between(one, other, edges) {
    const [low, high] = [Math.min(one, other), Math.max(one, other)];
    if (low < high) return [low, high];
    const at = Math.min(edges.indexOf(low), edges.length - 2);
    return edges.slice(at, at + 2);
  }

  /** The filters that count, [peak, grey, sheet, place] each; where colours are not known, all. */
  function counted(rows, filters) {
    if (filters === "all filters" || !rows[0][2]) return rows;
    return rows.filter(([, grey]) => Boolean(grey) === (filters === "grey filters"));
  }

  /** The top left corner of every thumbnail of `side` units, and how many are beyond the top: those of y below 0. */
  function stacked(shown, axis, side, layout) {
    const start = axis === OCTAVE ? layout.block : 0;
    const rows = Math.floor(layout.height / side), across = Math.floor(start / side);
    const filled = new Map();
    let hidden = 0;
    const places = shown.map(([frequency]) => {
      const inBlock = axis === OCTAVE && frequency < LOWEST;
      const column = inBlock ? -1 : Math.floor((position(frequency, axis, layout) - start) / side);
      const n = filled.get(column) ?? 0;
      filled.set(column, n + 1);
      const row = inBlock ? Math.floor(n / across) : n;
      if (row >= rows) hidden += 1;
      return [inBlock ? (n % across) * side : start + column * side, layout.height - (row + 1) * side];
    });
    return { places, hidden };
  }

  /** The largest side of a thumbnail with which no column outgrows the drawing over octaves. */
  function thumb(shown, layout) {
    for (let side = layout.largest; side > 4; side--) if (!stacked(shown, OCTAVE, side, layout).hidden) return side;
    return 4;
  }

  /** How high the thumbnails of the low band, the middle and the high band, up to 0.5, would lie if levelled out. */
  function densities(shown, middle, axis, side, layout) {
    const edges = [0, ...middle, NYQUIST], ends = edges.map((edge) => position(edge, axis, layout));
    return [0, 1, 2].map((band) => {
      const held = shown.filter(([f]) => edges[band] <= f && f < edges[band + 1]).length;
      return (held * side ** 2) / (ends[band + 1] - ends[band]);
    });
  }

  /** A filter's thumbnail, or where there is none a square. */
  function filterAt(x, y, side, sheet, place, kernels) {
    if (!sheet) return `<rect class="unseen" x="${x}" y="${y}" width="${side - 1}" height="${side - 1}"/>`;
    const k = kernels[sheet];
    return `<svg x="${x}" y="${y}" width="${side - 1}" height="${side - 1}" viewBox="${place * k} 0 ${k} ${k}">` +
      `<use href="#zf-${slug(sheet)}"/></svg>`;
  }

  /** The drawing as SVG. */
  function strip({ bank, filters, axis }, middle, layout, data) {
    const { width, height } = layout, shown = counted(data.banks[bank], filters), side = thumb(shown, layout);
    const { places, hidden } = stacked(shown, axis, side, layout);
    const [low, high] = middle.map((f) => position(f, axis, layout));
    const levels = densities(shown, middle, axis, side, layout).map((level) => Math.min(level, height));
    const bands = [[axis === OCTAVE ? layout.block : 0, low], [low, high], [high, position(NYQUIST, axis, layout)]];
    const parts = [`<rect class="middle" x="${whole(low)}" y="0" width="${whole(high) - whole(low)}" height="${height}"/>`];
    bands.forEach(([left, right], band) => {
      const x = whole(left), y = whole(height - levels[band]);
      parts.push(`<rect class="level" x="${x}" y="${y}" width="${whole(right) - x}" height="${height - y}"/>`);
    });
    const thumbs = shown.map(([, , sheet, place], i) => (places[i][1] < 0 ? "" : filterAt(...places[i], side, sheet, place, data.kernels)));
    parts.push("<g>", ...thumbs, "</g>");
    const y = whole(height - EMPTY * Math.min(levels[0], levels[2]));
    parts.push(`<line class="half" x1="${whole(low)}" x2="${whole(high)}" y1="${y}" y2="${y}"/>`);
    for (const [name, x] of [["from", whole(low)], ["to", whole(high)]]) {
      parts.push(`<g class="edge" data-edge="${name}"><line x1="${x}" x2="${x}" y1="-18" y2="${height}"/>`);
      parts.push(`<circle cx="${x}" cy="-18" r="11"/></g>`);
    }
    if (hidden) parts.push(`<text class="more" x="${4 * side}" y="12">and ${hidden} more, above the top</text>`);
    parts.push(`<line class="axis" x1="0" x2="${width}" y1="${height}" y2="${height}"/>`);
    if (axis === OCTAVE)
      parts.push(`<text x="${whole(layout.block / 2)}" y="${height + 18}" text-anchor="middle">near 0</text>`);
    for (const tick of data.ticks[axis]) {
      const x = whole(position(Number(tick), axis, layout));
      parts.push(`<text x="${x}" y="${height + 18}" text-anchor="middle">${tick}</text>`);
    }
    parts.push(`<text x="0" y="${height + layout.title}">${data.heights[axis]}</text>`);
    parts.push(`<text x="${width}" y="${height + 36}" text-anchor="end">peak frequency, cycles/px</text>`);
    const label = `${shown.length} filters by peak frequency, ${axis}; the middle is from ${middle[0]} to ${middle[1]}`;
    return `<svg viewBox="-12 -32 ${width + 24} ${height + 38 + layout.title}" role="img" aria-label="${label}">${parts.join("")}</svg>`;
  }

  /** The number of a middle among all pairs of edges. */
  function numberOf([low, high], edges) {
    const i = edges.indexOf(low), j = edges.indexOf(high);
    return (i * (2 * edges.length - i - 1)) / 2 + j - i - 1;
  }

  /** What zflib.experiments.middles found of a middle: the verdict, and the two sensitivities in percent. */
  function answer({ bank, filters }, middle, data) {
    const { verdicts, powers } = data.answers[bank][filters] ?? data.answers[bank]["all filters"];
    const at = numberOf(middle, data.edges);
    const [empty, half] = [0, 2].map((digit) => parseInt(powers.slice(4 * at + digit, 4 * at + digit + 2), 16));
    return { verdict: VERDICTS[verdicts[at]], empty, half };
  }

  /** Why the verdict is what it is; as GapTest.reason, but of a side that is empty. */
  function reason({ verdict }, [from, to], [below, within, above]) {
    const n = below + within + above;
    if (verdict === "supported")
      return `From ${from} to ${to} cycles/px it is emptier than on either side, per octave and per area.`;
    if (verdict === "undecided")
      return `${n} filters show neither a gap from ${from} to ${to} cycles/px nor that there is none.`;
    if (verdict === SIDELESS)
      return `No filter peaks ${above ? `below ${from}` : `above ${to}`} cycles/px: the bank ends there, and a gap needs filters on both sides.`;
    for (const [held, name, side] of [[above, "high", `above ${to}`], [below, "low", `below ${from}`]])
      if (held < PRESENT * n)
        return `There is no ${name} hump, ${held} of ${n} filters peak ${side} cycles/px; without one, few ` +
          "filters in the middle are a shortfall but no gap.";
    return `From ${from} to ${to} cycles/px it has more than half the density of the sparser side.`;
  }

  /** What becomes of a bet where this is the verdict. */
  function scored(bet, verdict) {
    if (verdict === SIDELESS) return `Your bet, ${bet}, is neither won nor lost here. `;
    return `Your bet, ${bet}, ${WORDS[verdict] === bet ? "wins" : "loses"} here. `;
  }

  /** The bet, the verdict and its reason; counts and sensitivity. As HTML, and before the bet is placed the question alone. */
  function said(setting, middle, data) {
    if (setting.bet === OPEN) return [`<strong>?</strong> ${data.question}`, data.later];
    const [low, high] = middle, shown = counted(data.banks[setting.bank], setting.filters);
    const below = shown.filter(([f]) => f < low).length, above = shown.filter(([f]) => f >= high).length;
    const counts = [below, shown.length - below - above, above], found = answer(setting, middle, data);
    const word = WORDS[found.verdict];
    const first = `${scored(setting.bet, found.verdict)}The middle from ${low} to ${high}: ` +
      `<strong class="zf-${slug(found.verdict)}">${data.signs[found.verdict]} ${word[0].toUpperCase()}${word.slice(1)}</strong> ` +
      reason(found, middle, counts);
    let second = `<strong>${counts[0]}</strong> filters peak below, <strong>${counts[1]}</strong> in the middle, ` +
      `<strong>${counts[2]}</strong> above. `;
    if (found.verdict !== SIDELESS)
      second += `Had this middle been empty, the test would find the gap in <strong>${found.empty}</strong> of 100 such banks; ` +
        `had it been half as dense as its sparser side, in <strong>${found.half}</strong>.`;
    if (found.verdict === "contradicted")
      second += " The verdict “no gap” doesn't hang on that: with a gap, such counts would come up in under 5 of 100.";
    if (setting.filters !== "all filters" && !data.banks[setting.bank][0][2])
      second += " Of this bank the course has the peaks alone, not the colours: all filters count.";
    return [first, second];
  }

  /** All middles of a bank: a square each, where it begins to the right, where it ends upwards. */
  function map({ bank, filters }, middle, data) {
    const { edges } = data, n = edges.length, cell = 9, side = n * cell;
    const found = { supported: 0, contradicted: 0, undecided: 0, [SIDELESS]: 0 };
    const parts = [];
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        const { verdict, empty } = answer({ bank, filters }, [edges[i], edges[j]], data);
        found[verdict] += 1;
        const chosen = edges[i] === middle[0] && edges[j] === middle[1] ? " chosen" : "";
        const faint = verdict === "undecided" ? ` fill-opacity="${whole(25 + 0.75 * empty) / 100}"` : "";
        parts.push(`<rect class="${slug(verdict)}${chosen}"${faint} data-at="${i} ${j}" x="${i * cell}" ` +
          `y="${side - (j + 1) * cell}" width="${cell - 1}" height="${cell - 1}"/>`);
      }
    for (const tick of [0.1, 0.2, 0.3, 0.4]) {
      const at = edges.indexOf(tick) * cell + cell / 2;
      parts.push(`<text x="${at}" y="${side + 16}" text-anchor="middle">${tick}</text>`);
      parts.push(`<text x="-6" y="${side - at + 5}" text-anchor="end">${tick}</text>`);
    }
    Object.entries(found).forEach(([verdict, count], at) => {
      const y = side - 118 + 22 * at;
      parts.push(`<rect class="${slug(verdict)}" x="${side - 178}" y="${y}" width="14" height="14"/>`);
      parts.push(`<text x="${side - 158}" y="${y + 12}">${WORDS[verdict]}: ${count}</text>`);
    });
    parts.push(`<text x="${side}" y="${side - 20}" text-anchor="end">strong grey: an empty middle</text>`);
    parts.push(`<text x="${side}" y="${side - 3}" text-anchor="end">would be found</text>`);
    parts.push(`<text x="${side}" y="${side + 34}" text-anchor="end">across: where the middle begins; up: where it ends</text>`);
    const said = Object.entries(found).map(([verdict, count]) => `${WORDS[verdict]} at ${count}`).join(", ");
    const words = `${bank}, ${filters in data.answers[bank] ? filters : "all filters"}: ${said} of ${numberOf([edges[n - 2], edges[n - 1]], edges) + 1} middles, ` +
      "each judged as if it were the only one. Press a square to go there.";
    const svg = `<svg viewBox="-34 0 ${side + 40} ${side + 40}" role="img" aria-label="${words}">${parts.join("")}</svg>`;
    return [svg, words];
  }

  function open(root, data, set, setting) {
    const view = root.querySelector(".zf-strip"), [verdict, words] = [".zf-verdict", ".zf-words"].map((s) => root.querySelector(s));
    const details = root.querySelector("details"), [mapView, mapWords] = details.querySelectorAll(".zf-map, p");
    const layout = () => data.layouts[view.clientWidth < 520 ? 1 : 0];
    const middleOf = (now) => between(now.middle_from, now.middle_to, data.edges);
    let drawn = "";
    root.prepend(root.querySelector(".zf-gap")); // the bet comes first

    function show(now) {
      const middle = middleOf(now), key = JSON.stringify([now, layout()]);
      if (key !== drawn) view.innerHTML = strip(now, middle, layout(), data);
      drawn = key;
      [verdict.innerHTML, words.innerHTML] = said(now, middle, data);
      if (details.open) [mapView.innerHTML, mapWords.textContent] = map(now, middle, data);
      for (const button of root.querySelectorAll("[data-middle]"))
        button.setAttribute("aria-pressed", String(button.dataset.middle === middle.join(" ")));
    }

    /** The edge nearest to a pointer. */
    function edgeAt(event, axis) {
      const box = view.querySelector("svg").getBoundingClientRect(), { width } = layout();
      const x = ((event.clientX - box.left) / box.width) * (width + 24) - 12;
      const away = (edge) => Math.abs(position(edge, axis, layout()) - x);
      return data.edges.reduce((best, edge) => (away(edge) < away(best) ? edge : best));
    }

    // Whichever edge is nearer is taken; the drawing is made anew while it moves, so the strip itself holds the pointer. A
    // finger may be about to scroll the page: with it nothing moves before it has gone sideways, or left where it came.
    const SLIP = 8; // pixels that a finger may slip while it taps
    let held = null, from = null;
    function follow(event) {
      if (held === null) return;
      const [aside, along] = from ? [event.clientX - from.clientX, event.clientY - from.clientY].map(Math.abs) : [];
      const sideways = aside > SLIP && aside > along, tapped = event.type === "pointerup" && Math.max(aside, along) <= SLIP;
      if (from && !sideways && !tapped) return;
      from = null;
      const at = edgeAt(event, setting().axis);
      if (at !== held) set({ middle_from: Math.min(at, held), middle_to: Math.max(at, held) });
    }
    view.addEventListener("pointerdown", (event) => {
      const now = setting(), [low, high] = middleOf(now), at = edgeAt(event, now.axis);
      const place = (edge) => position(edge, now.axis, layout());
      const first = Math.abs(place(at) - place(low)) <= Math.abs(place(at) - place(high));
      held = first ? high : low; // the edge that stays
      view.setPointerCapture(event.pointerId);
      from = event.pointerType === "mouse" ? null : event;
      if (!from) follow(event);
    });
    view.addEventListener("pointermove", follow);
    view.addEventListener("pointerup", follow);
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => (held = null));

    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-middle]"), square = event.target.closest("[data-at]");
      if (button) {
        const [low, high] = button.dataset.middle.split(" ").map(Number);
        set({ middle_from: low, middle_to: high });
      } else if (square) {
        const [i, j] = square.dataset.at.split(" ").map(Number);
        set({ middle_from: data.edges[i], middle_to: data.edges[j] });
      }
    });
    details.addEventListener("toggle", () => show(setting()));
    new ResizeObserver(() => show(setting())).observe(view);
    return show;
  }

  start("strip", open);
})();
