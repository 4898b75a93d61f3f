// What fields.py draws and says, for the page; the tests compare the two, setting by setting.
(() => {
  "use strict";

  const OPEN = "not placed", CLOSE = 2, ZOOM = 4, LENS = 96; // as fields.py

  /** The unit, along one side, whose field's centre is nearest to a pixel; of two the later. */
  const nearest = (step, pixel) =>
    Math.min(Math.max(Math.trunc((pixel - step.offset) / step.jump + 0.5), 0), step.size - 1);

  /** Along one side, what a unit of step `last` sees of each map below it, the picture's pixels last: [first, end]. */
  function seen(steps, last, unit) {
    let first = unit, end = unit + 1;
    const found = [];
    for (let at = last; at >= 0; at--) {
      const { stride, pad, kernel } = steps[at];
      first = first * stride - pad;
      end = (end - 1) * stride - pad + kernel;
      found.push([first, end]);
    }
    return found;
  }

  const place = (steps, name) => steps.findIndex((step) => step.name === name);

  const square = (shade, [left, right], [top, bottom], stroke) =>
    `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" fill="none" stroke="${shade}" ${stroke}/>`;

  /** The fields of the units at a point, from conv1 up to a step, as SVG on the picture's pixels; once the bet is
   *  placed, dashed, that of the last one's neighbour, too. */
  function overlay({ steps, shades }, { network, step, across, down, bet }) {
    const mine = steps[network], last = place(mine, step);
    let out = "";
    for (let at = last; at >= 0; at--) {
      const [columns, rows] = [across, down].map((point) => seen(mine, at, nearest(mine[at], point)).at(-1));
      if (at === last && bet !== OPEN) {
        const unit = nearest(mine[at], across), beside = seen(mine, at, unit + 1 < mine[at].size ? unit + 1 : unit - 1).at(-1);
        out += square(shades[at], beside, rows, 'stroke-width="1.5" stroke-dasharray="4 3"');
      }
      out += square(shades[at], columns, rows, `stroke-width="${at === last ? 3 : 1.5}"`);
    }
    return out;
  }

  /** A dot at the middle of what each unit of the step sees, as SVG. */
  function dots({ steps }, network, step) {
    const mine = steps[network], at = place(mine, step);
    const { jump, offset, size } = mine[at], start = offset - jump / 2 + 0.5, whole = size * jump;
    const name = `zf-grid-${network}-${step}`, radius = Math.min(Number((0.28 * jump).toPrecision(6)), 2);
    return `<pattern id="${name}" x="${start}" y="${start}" width="${jump}" height="${jump}" ` +
      `patternUnits="userSpaceOnUse"><circle cx="${jump / 2}" cy="${jump / 2}" r="${radius}"/></pattern>` +
      `<rect x="${start}" y="${start}" width="${whole}" height="${whole}" fill="url(#${name})"/>`;
  }

  /** The dots of a step: all of them, or under a lens those around the point; beyond the first step only once the bet is
   *  placed. */
  function grid(data, setting) {
    const { network, step, across, down, bet } = setting, at = place(data.steps[network], step);
    if (bet === OPEN && at > 0) return "";
    if (at >= CLOSE) return dots(data, network, step);
    const part = LENS / ZOOM, corner = data.side - LENS - 4, left = across - part / 2, top = down - part / 2;
    const x = Math.min(across, down) > corner - part / 2 ? 4 : corner; // beside the point
    const where = `x="${x}" y="${corner}" width="${LENS}" height="${LENS}"`;
    const around = `x="${left}" y="${top}" width="${part}" height="${part}"`;
    return `<rect ${around} class="zf-around"/><svg ${where} viewBox="${left} ${top} ${part} ${part}"><rect ${around} ` +
      `class="zf-map"/><use href="#zf-picture-${network}"/>${dots(data, network, step)}<g class="zf-marks">` +
      `${overlay(data, setting)}</g></svg><rect ${where} class="zf-around"/>`;
  }

  /** The maps from the step down to the picture, each with the part that the unit sees, as a list. */
  function cone({ steps, shades, side }, { network, step, across, down }) {
    const mine = steps[network], last = place(mine, step);
    const column = nearest(mine[last], across), row = nearest(mine[last], down);
    const columns = seen(mine, last, column), rows = seen(mine, last, row);
    const maps = [[step, mine[last].size, [column, column + 1], [row, row + 1], shades[last]]];
    for (let below = last - 1, at = 0; below >= 0; below--, at++)
      maps.push([mine[below].name, mine[below].size, columns[at], rows[at], shades[below]]);
    maps.push(["picture", side, columns.at(-1), rows.at(-1), "#777777"]);
    const items = maps.map(([name, size, [left, right], [top, bottom], shade]) => {
      const x = Math.max(left, 0), y = Math.max(top, 0);
      const width = Math.min(right, size) - x, height = Math.min(bottom, size) - y;
      return `<li><svg viewBox="0 0 ${size} ${size}" aria-hidden="true"><rect width="${size}" height="${size}" ` +
        `class="zf-map"/><rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${shade}"/></svg>` +
        `<span><b>${name}</b><br>${width} × ${height} of ${size}²</span></li>`;
    });
    return `<ol>${items.join("")}</ol>`;
  }

  /** What the unit sees, in a sentence; how far on its neighbour looks only once the bet is placed. */
  function words({ steps, side: whole }, { network, step, across, down, bet }) {
    const mine = steps[network], last = place(mine, step), { size, jump } = mine[last];
    const [[left, right], [top, bottom]] = [across, down].map((point) => seen(mine, last, nearest(mine[last], point)).at(-1));
    const side = right - left, [width, height] = [[left, right], [top, bottom]].map(([start, end]) => Math.min(end, whole) - Math.max(start, 0));
    const beyond = 100 - Math.round((100 * width * height) / side ** 2);
    const tail = beyond ? ` ${beyond} % of its field of ${side} × ${side} lies beyond the border: zeros.` : "";
    const apart = bet === OPEN ? "" : `; its neighbour (dashed) looks ${jump} pixels further on`;
    return `One of ${step}’s ${size}² units sees <b>${width} × ${height} pixels</b>, ` +
      `${((100 * width * height) / whole ** 2).toFixed(1)} % of the picture${apart}.${tail}`;
  }

  function open(root, data, set) {
    const figures = [...root.querySelectorAll("figure")], cones = [...root.querySelectorAll(".zf-cone")];
    const outcome = root.querySelector(".zf-outcome"), climb = [...root.querySelectorAll("button[data-step]")];
    const bets = root.querySelector(".zf-bets");
    root.prepend(outcome, bets, root.querySelector(".zf-climb")); // the bet comes first

    /** The pixel of the picture under the pointer. */
    function point(event) {
      const box = event.currentTarget.getBoundingClientRect(), wide = data.side + 2 * data.margin;
      const pixel = (at, start, length) => Math.floor(((at - start) / length) * wide - data.margin);
      const within = (at) => Math.min(Math.max(at, 0), data.side - 1);
      set({ across: within(pixel(event.clientX, box.left, box.width)), down: within(pixel(event.clientY, box.top, box.height)) });
    }

    for (const stage of root.querySelectorAll(".zf-stage")) {
      stage.addEventListener("pointerdown", (event) => {
        stage.setPointerCapture(event.pointerId);
        point(event);
      });
      stage.addEventListener("pointermove", (event) => stage.hasPointerCapture(event.pointerId) && point(event));
    }
    for (const button of climb) button.addEventListener("click", () => set({ step: button.dataset.step }));
    // A bet is settled by looking: at the step that it is about.
    bets.addEventListener("click", ({ target }) => target.matches("[data-bet]") && set({ step: data.betStep }));

    return (setting) => {
      for (const figure of figures) {
        const mine = { ...setting, network: figure.dataset.of };
        figure.querySelector(".zf-grid").innerHTML = grid(data, mine);
        figure.querySelector(".zf-overlay").innerHTML = overlay(data, mine);
        figure.querySelector(".zf-words").innerHTML = words(data, mine);
      }
      for (const each of cones) each.innerHTML = `<b>${each.dataset.of}</b>${cone(data, { ...setting, network: each.dataset.of })}`;
      for (const button of climb) button.setAttribute("aria-pressed", String(button.dataset.step === setting.step));
      if (outcome.textContent !== data.bets[setting.bet]) outcome.textContent = data.bets[setting.bet];
    };
  }

  zflibPanel.fields = { overlay, grid, cone, words }; // for the tests
  zflibPanel.start("fields", open);
})();
