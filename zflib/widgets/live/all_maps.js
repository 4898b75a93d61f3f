// What all_maps.py shows, with the networks of the page and for an own picture, too. Projections are computed only for
// what is in sight, the chosen map's first; whatever the reader asks for next takes their place.
(() => {
  "use strict";

  const STRONGEST = "strongest", { OWN, offerOwn, ready, loading } = globalThis.zflibPanel;

  /** The maps' numbers in the order of the sheet. found: [{ unit, value }] by map. */
  function ordered(found, order) {
    const numbers = found.map((_, map) => map); // sorted stably: of equal values the smaller number comes first
    return order === "strength" ? numbers.sort((a, b) => found[b].value - found[a].value) : numbers;
  }

  /** The map that is shown at large: one that the layer doesn't have gives way to the strongest. */
  const chosen = (found, map) => (map === STRONGEST || map >= found.length ? ordered(found, "strength")[0] : map);

  /** What the sheet shows, in a sentence. */
  function words({ network, layer }, found, { height, width }) {
    const fire = found.filter(({ value }) => value > 0).length;
    return `${layer} of ${network}: ${found.length} maps of ${height} × ${width} units; ${fire} of them fire on this picture.`;
  }

  /** What one map does, as HTML. */
  function said({ layer, map }, found) {
    const at = chosen(found, map), { unit: [, row, column], value } = found[at], last = found.length - 1;
    const without = [STRONGEST, at].includes(map) ? "" : `${layer} has maps 0 to ${last}; this is its strongest. `;
    if (!(value > 0)) return `${without}<b>Map ${at}</b> of ${layer} is silent on this picture, so nothing comes down from it.`;
    const rank = found.filter((other) => other.value > value).length + 1;
    return `${without}<b>Map ${at}</b> of ${layer}: its strongest unit, row ${row}, column ${column}, fires with ` +
      `<b>${value.toFixed(2)}</b>; by that it is number ${rank} of ${found.length} maps.`;
  }

  /** One map of a set (maps, height, width) in grey on a canvas of its size: white is its own largest value. */
  function grey(canvas, { values, height, width }, map) {
    const size = height * width, mine = values.subarray(map * size, (map + 1) * size);
    const largest = mine.reduce((a, b) => Math.max(a, b), 0) || 1, image = new ImageData(width, height);
    mine.forEach((value, at) => {
      image.data.fill(Math.floor((255 * value) / largest), 4 * at, 4 * at + 3); // as zflib.plots.pictures.grey
      image.data[4 * at + 3] = 255;
    });
    Object.assign(canvas, { width, height });
    canvas.style.imageRendering = width < 20 ? "pixelated" : "auto";
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function open(root, data, set) {
    const part = (selector) => root.querySelector(selector), view = part(".zf-panel-view"), sheet = part(".zf-sheet");
    const report = part(".zf-words"), engines = {}, squares = new Map();
    let own = null, owns = 0; // the reader's picture, and how many there were
    let now = null, round = 0, reached = false; // what is asked for
    let layer = null; // what the sheet shows: { key, live, image, step, maps, found, tiles, order, show, passed }
    let filling = false, paused = false;

    const say = (sentence, problem = false) => {
      report.textContent = sentence;
      report.classList.toggle("zf-problem", problem);
    };

    const progress = (bytes) => say(loading(bytes) || report.textContent);

    /** A picture as the networks see it. */
    async function imageOf(name) {
      if (name === OWN) return own;
      if (!squares.has(name)) squares.set(name, await zflibPanel.photograph(name, data));
      return squares.get(name);
    }

    // ---- what is asked for ------------------------------------------------------------------------------------------

    async function run() {
      const mine = ++round, { network, layer: step, picture } = now;
      paused = true; // thumbnails wait
      await ready;
      const image = await imageOf(picture);
      if (mine !== round) return;
      const live = (engines[network] ??= ZFLIB.open(data.networks[network], { onProgress: progress }));
      if (live.seen !== image) {
        live.seen = image;
        live.risen = live.forward(image.data, { upto: step });
      }
      const up = await live.risen.catch((problem) => {
        live.seen = null; // to be tried again
        throw problem;
      });
      if (!up || mine !== round) return;
      const key = [network, step, picture, picture === OWN ? owns : ""].join(" ");
      if (layer?.key !== key) {
        const maps = await live.activations(step), found = maps && (await live.strongest(step));
        if (!found || mine !== round) return;
        layer = { key, live, image, step, maps, found: found.sort((a, b) => a.unit[0] - b.unit[0]), passed: new Map() };
        layer.tiles = layer.found.map(tile);
      }
      say(words(now, layer.found, layer.maps));
      if (layer.order !== now.order) arrange();
      layer.show = now.show;
      if (!(await atLarge()) || mine !== round) return;
      view.dataset.shown = JSON.stringify([network, step, now.show, now.order, picture, now.map]);
      paused = false;
      await fill();
    }

    const failed = (problem) => say(problem.message, true);
    const ask = () => run().catch(failed);

    /** What a map's strongest unit passes back; null where something newer was asked for. */
    async function projected(mine, map, slot) {
      if (!mine.passed.has(map)) {
        const found = await mine.live.project({ step: mine.step, unit: mine.found[map].unit, slot });
        if (!found || mine !== layer || mine.live.seen !== mine.image) return null;
        mine.passed.set(map, found);
      }
      return mine.passed.get(map);
    }

    // ---- the sheet --------------------------------------------------------------------------------------------------

    function tile({ unit: [map], value }) {
      const button = Object.assign(document.createElement("button"), { type: "button", tabIndex: -1 });
      button.dataset.map = map;
      button.setAttribute("aria-label", value > 0 ? `map ${map}, ${value.toFixed(2)}` : `map ${map}, silent`);
      button.append(Object.assign(document.createElement("canvas"), { width: 1, height: 1 }), map);
      return button;
    }

    function arrange() {
      const { activeElement } = document;
      layer.order = now.order;
      layer.numbers = ordered(layer.found, now.order);
      sheet.replaceChildren(...layer.numbers.map((map) => layer.tiles[map]));
      if (layer.tiles.includes(activeElement)) activeElement.focus();
      sheet.scrollTop = 0;
      inSight.disconnect();
      for (const each of layer.tiles) inSight.observe(each);
    }

    const inSight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) target.toggleAttribute("data-seen", isIntersecting);
      fill().catch(failed);
    }, { root: sheet });

    /** Draw the thumbnails in sight that do not show yet what they should, one after the other. */
    async function fill() {
      if (filling) return;
      filling = true;
      try {
        for (;;) {
          const mine = layer, show = mine?.show;
          const blank = (map) => mine.tiles[map].hasAttribute("data-seen") && mine.tiles[map].dataset.drawn !== show;
          const map = paused || !mine ? undefined : mine.numbers.find(blank);
          if (map === undefined) return;
          const canvas = mine.tiles[map].firstChild;
          if (show === "activations") grey(canvas, mine.maps, map);
          else {
            const found = await projected(mine, map, "thumbnail");
            if (!found || mine !== layer || show !== mine.show) continue;
            zflibDraw.signed(canvas, found, square(mine, map));
          }
          mine.tiles[map].dataset.drawn = show;
        }
      } finally {
        filling = false;
      }
    }

    const geometry = (mine) => mine.live.network.steps.find(({ name }) => name === mine.step);
    const square = (mine, map) => zflibDraw.square(geometry(mine), mine.found[map].unit, data.inputSize);

    // ---- one map at large -------------------------------------------------------------------------------------------

    /** The canvas of a part, in place of its still, and its frame. */
    function stage(name) {
      const where = part(`[data-part="${name}"] > div`);
      if (where.firstChild.tagName !== "CANVAS") {
        const canvas = document.createElement("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", data.parts[name]);
        where.replaceChildren(canvas, document.createElement("i"));
      }
      return where.children;
    }

    /** Frame rows and columns [first, end] of `side` that a part shows; nothing where the unit is silent. */
    function frame(box, fires, side, ...edges) {
      const [top, bottom, left, right] = edges.flat().map((edge) => Math.min(side, Math.max(0, edge)));
      const share = (length) => `${(100 * length) / side}%`;
      box.hidden = !fires;
      Object.assign(box.style, { top: share(top), left: share(left), height: share(bottom - top), width: share(right - left) });
    }

    /** Draw the chosen map; false where something newer was asked for. */
    async function atLarge() {
      const mine = layer, map = chosen(mine.found, now.map), { unit, value } = mine.found[map], [, row, column] = unit;
      const { receptiveField, jump, offset } = geometry(mine), side = data.inputSize, fires = value > 0;
      const passed = await projected(mine, map, "large");
      if (!passed) return false;
      for (const [at, each] of mine.tiles.entries()) {
        each.setAttribute("aria-pressed", String(at === map));
        each.tabIndex = at === map ? 0 : -1;
      }
      const [large, none] = stage("projection"), [units, ring] = stage("map"), [whole, field] = stage("field");
      none.hidden = true;
      zflibDraw.signed(large, passed, square(mine, map));
      grey(units, mine.maps, map);
      frame(ring, fires, mine.maps.height, [row, row + 1], [column, column + 1]);
      zflibDraw.patch(whole, mine.image, { top: 0, left: 0, height: side, width: side });
      const seen = (at) => [0, receptiveField].map((more) => Math.floor(offset + at * jump - (receptiveField - 1) / 2) + more);
      frame(field, fires, side, seen(row), seen(column));
      part(".zf-chosen").innerHTML = said(now, mine.found);
      const state = { network: data.networks[now.network], step: mine.step, unit, photograph: now.picture === OWN ? "" : now.picture };
      part(".zf-link a").hash = zflibAddress.write({ ...state, at: 0.5, method: zflibAddress.METHODS[0], control: "" });
      return true;
    }

    // ---- what the reader does ---------------------------------------------------------------------------------------

    sheet.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) set({ map: Number(button.dataset.map) });
    });
    sheet.addEventListener("keydown", (event) => {
      const tiles = [...sheet.querySelectorAll("button")], at = tiles.indexOf(document.activeElement);
      if (at < 0) return;
      const columns = tiles.findIndex((each) => each.offsetTop > tiles[0].offsetTop);
      const row = columns < 0 ? tiles.length : columns, last = tiles.length - 1;
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      if (!tiles[to]) return;
      tiles[at].tabIndex = -1;
      tiles[to].tabIndex = 0;
      tiles[to].focus();
    });
    const { inputSize, resizedSide } = data;
    part("details").addEventListener("toggle", async () => {
      await ready;
      zflibChooser.open(part("[data-chooser]"), { photographs: [], inputSize, resizedSide, onPicture({ image }) {
        own = image;
        owns += 1;
        offerOwn(part("select[id$=-picture]"), data.axes.find(({ name }) => name === "picture"), true);
        set({ picture: OWN });
      } });
    }, { once: true });

    // The still shows the setting that the page begins with; the networks come when the reader gets here.
    new IntersectionObserver(([{ isIntersecting }], observer) => {
      if (!isIntersecting) return;
      observer.disconnect();
      reached = true;
      ask();
    }).observe(view);

    return (setting) => {
      now = setting;
      if (reached) ask();
    };
  }

  zflibPanel.start("all_maps", open);
})();
