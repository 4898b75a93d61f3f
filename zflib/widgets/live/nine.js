// What nine.py shows, for the page: nine tiles that turn over, a sheet of maps to choose from, and a bet. A map's files
// come when it is asked for.
(() => {
  "use strict";

  const PLACES = [...Array(9).keys()], SHARP = 40; // as nine.py
  const NAMES = { projections: "What comes down", photographs: "The photographs", control: "Control: other maps" };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  /** A picture by its address, asked for once. */
  const pictures = new Map();
  function picture(src) {
    if (!pictures.has(src)) {
      const image = element("img", { src });
      pictures.set(src, image.decode().then(() => image, () => {
        pictures.delete(src); // to be asked for again
        throw new Error("The pictures of this map could not be loaded. Choose it again.");
      }));
    }
    return pictures.get(src);
  }

  /** Draw a sheet's pieces, `side` pixels each and three in a row, on the canvases of one face of the tiles. */
  function draw(canvases, sheet, { side, count }) {
    canvases.forEach((canvas, at) => {
      canvas.parentElement.hidden = at >= count;
      Object.assign(canvas, { width: side, height: side });
      canvas.style.imageRendering = side < SHARP ? "pixelated" : "auto";
      canvas.getContext("2d").drawImage(sheet, (at % 3) * side, Math.floor(at / 3) * side, side, side, 0, 0, side, side);
    });
  }

  function open(root, { words, asked, networks, axes }, set) {
    const part = (selector) => root.querySelector(selector), outcome = part(".zf-outcome"), view = part(".zf-panel-view");
    const { values: maps } = axes.find(({ name }) => name === "map");
    const press = (name, value, text) => element("button", { type: "button", textContent: text, onclick: () => set({ [name]: value }) });
    const group = (label, className, buttons) => {
      const made = element("div", { className, role: "group" }, ...buttons);
      made.setAttribute("aria-label", label);
      return made;
    };
    const layers = new Map([1, 2, 3, 4, 5].map((layer) => [layer, press("layer", layer, `Layer ${layer}`)]));
    const shows = new Map(Object.entries(NAMES).map(([show, text]) => [show, press("show", show, text)]));
    const thumbs = new Map(maps.map((map) => [map, press("map", map, map)]));
    const tiles = PLACES.map(() => element("button", { type: "button", className: "zf-tile" },
      element("canvas", { className: "zf-front" }), element("canvas", { className: "zf-back" })));
    for (const tile of tiles) tile.onclick = () => turn(tile, tile.getAttribute("aria-pressed") !== "true");
    const [fronts, backs] = [".zf-front", ".zf-back"].map((face) => tiles.map((tile) => tile.querySelector(face)));
    const bar = group("Layer and network", "zf-bar", [group("Layer", "zf-buttons", layers.values()), part(".zf-controls")]);
    const grid = group("Nine tiles: each turns over to its photograph", "zf-grid", tiles);
    const sheet = group("Maps of the layer", "zf-maps", thumbs.values()), caption = element("p", { className: "zf-caption" });
    caption.setAttribute("aria-live", "polite");
    const ask = element("div", { className: "zf-ask" }, outcome, part(".zf-bets"));
    outcome.tabIndex = -1;
    root.prepend(ask, bar);
    view.after(sheet, group("What the tiles show", "zf-buttons zf-shows", shows.values()), caption);
    let was = null, round = 0; // the setting before, and how many there were

    function turn(tile, over) {
      tile.setAttribute("aria-pressed", String(over));
      tile.setAttribute("aria-label", `${tiles.indexOf(tile) + 1} of nine, ${over ? "the photograph" : "what comes down"}`);
    }

    sheet.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], all = [...thumbs.values()];
      const to = all[all.indexOf(document.activeElement) + step];
      if (!to) return;
      event.preventDefault();
      to.focus();
      to.click();
    });

    /** Load and draw a map; what the reader asks for meanwhile takes its place. */
    async function load({ show }, map, mine) {
      const [projections, photographs, control] = map.files.map(({ src }) => src);
      const front = await picture(show === "control" ? control : projections);
      const back = show === "photographs" ? await picture(photographs) : null;
      if (mine !== round) return;
      draw(fronts, front, map);
      if (back) draw(backs, back, map);
      if (!grid.isConnected) view.replaceChildren(grid);
      for (const tile of tiles) turn(tile, show === "photographs");
      view.dataset.shown = `${mine}`;
      if (back) return;
      const behind = await picture(photographs);
      if (mine === round) draw(backs, behind, map);
    }

    return (setting) => {
      const { bet, network, layer, map, show } = setting, placed = bet in words && bet !== Object.keys(words)[0];
      if (was && was.bet !== bet && placed) {
        was = setting;
        set({ ...asked, show: "photographs" }); // the bet is about this map
        return;
      }
      was = setting;
      if (outcome.textContent !== words[bet]) outcome.textContent = words[bet];
      if (placed && document.activeElement?.matches("[data-bet]")) outcome.focus({ preventScroll: true });
      part(".zf-bets").hidden = placed; // what became of the bet takes their place
      const found = networks[network][layer], at = maps.indexOf(map), chosen = found.maps[at], mine = ++round;
      const secret = !placed && Object.entries(asked).every(([name, value]) => setting[name] === value);
      root.classList.toggle("zf-secret", secret);
      for (const [buttons, value] of [[layers, layer], [shows, show], [thumbs, map]]) {
        for (const [each, button] of buttons) button.setAttribute("aria-pressed", String(each === value));
      }
      for (const [each, button] of thumbs) {
        const place = maps.indexOf(each), share = maps.length > 1 ? (100 * place) / (maps.length - 1) : 0;
        button.tabIndex = each === map ? 0 : -1;
        button.setAttribute("aria-label", `map ${each}`);
        button.style.setProperty("--thumb", `url("${found.thumbs.src}") ${share}% 0 / ${100 * maps.length}% 100%`);
      }
      const { offsetLeft, offsetWidth } = thumbs.get(map); // a phone has them in one row
      sheet.scrollLeft = offsetLeft - sheet.offsetLeft - (sheet.clientWidth - offsetWidth) / 2;
      const about = `Map ${map} of layer ${layer} of ${network}.`;
      caption.textContent = chosen.impossible ?? (secret && show !== "photographs" ? `${about} Bet, or look round first: other layers, other maps.` : chosen.words);
      caption.classList.toggle("zf-problem", "impossible" in chosen);
      grid.hidden = "impossible" in chosen;
      if (chosen.files) load(setting, chosen, mine).catch(({ message }) => mine === round && (caption.textContent = message));
    };
  }

  zflibPanel.start("nine", open);
})();
