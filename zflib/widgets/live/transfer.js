// What transfer.py draws and says, for the page; the tests compare the two.
(() => {
  "use strict";

  const OPEN = "not placed";

  /** Position of the layer that names most; of equal ones the first. */
  const best = (means) => means.reduce((top, value, at) => ((value ?? -1) > (means[top] ?? -1) ? at : top), 0);

  function open(root, data, set) {
    const part = (name) => root.querySelector(name), size = 1 + 2 * data.most, rows = size * data.classes.length;
    const bytes = Uint8Array.from(atob(data.confused), (letter) => letter.charCodeAt(0));
    const places = new Map(data.places.map((place, at) => [place.join("/"), at * rows]));
    const layers = Object.values(Object.values(data.scores)[0])[0].means.map((_, at) => at + 1);

    function bars(means, bare, floor, layer) {
      const drawn = means.map((value, at) =>
        `<div class="bar${layers[at] === layer ? " chosen" : ""}" data-layer="${layers[at]}"><span class="room">` +
        (value === null ? "<small>none</small>" : `<b>${value.toFixed(0)}</b><i style="height:${value.toFixed(1)}%"></i>`) +
        `<u style="bottom:${bare[at].toFixed(1)}%"></u></span><span>${layers[at]}</span></div>`);
      const scale = [[0, "0"], [50, "50"], [100, "100&nbsp;%"]].map(([at, words]) => `<em style="bottom:${at}%">${words}</em>`);
      const line = `<s style="bottom:${floor.toFixed(1)}%"></s><em class="pixels" style="bottom:${floor.toFixed(1)}%">pixels</em>`;
      return `<div class="bars">${drawn.join("")}<div class="floor" aria-hidden="true">${scale.join("")}${line}</div></div>`;
    }

    /** "Layer 5 is" or "Layers 2, 3 and 4 are". */
    const listed = (names) =>
      names.length === 1 ? `Layer ${names[0]} is` : `Layers ${names.slice(0, -1).join(", ")} and ${names.at(-1)} are`;

    function said({ means, level }, bare, floor, train) {
      const top = best(means), pictures = train === 1 ? "1 training picture" : `${train} training pictures`;
      const same = level.filter((at) => at !== top).map((at) => layers[at]);
      const alike = same.length ? ` ${listed(same)} level with it as far as five folds can tell.` : "";
      return `<b>With ${pictures} of each class, layer ${layers[top]} names ${means[top].toFixed(1)}&nbsp;% of the test pictures ` +
        `right</b>, the most.${alike} Layer 7: ${means.at(-1).toFixed(1)}&nbsp;%; that of ZFNet-mini untrained, dotted: ` +
        `${bare.at(-1).toFixed(1)}&nbsp;%; the pixels themselves, dashed: ${floor.toFixed(1)}&nbsp;%; a guess: ` +
        `${(100 / data.classes.length).toFixed(1)}&nbsp;%.`;
    }

    function ofClass({ features, training_pictures: train, layer, class_shown: shown }) {
      const start = places.get([features, layer, train].join("/")), own = data.classes.indexOf(shown);
      if (start === undefined) return `<p>There is no layer ${layer} in this network.</p>`;
      const row = bytes.subarray(start + own * size, start + (own + 1) * size), named = [[own, row[0]]];
      for (let at = 1; at < size; at += 2) if (row[at + 1]) named.push([row[at], row[at + 1]]);
      const lines = named.map(([other, share]) =>
        `<div class="line${other === own ? " right" : ""}"><span>${data.classes[other]}</span>` +
        `<span class="room"><i style="width:${share}%"></i></span><b>${share}&nbsp;%</b></div>`);
      return `<p>By layer ${layer}, pictures of <b>${shown}</b> are named:</p>${lines.join("")}`;
    }

    function show(now) {
      const scored = data.scores[now.features][now.training_pictures], floor = data.pixels[now.training_pictures];
      const bare = data.scores[data.untrained][now.training_pictures].means;
      part(".zf-transfer").dataset.bet = now.bet;
      part(".zf-outcome").textContent = data.outcomes[now.bet];
      part(".zf-bars").innerHTML = bars(scored.means, bare, floor, now.layer);
      part(".zf-class").innerHTML = ofClass(now);
      const verdict = part(".zf-verdict"), html = said(scored, bare, floor, now.training_pictures);
      if (verdict.innerHTML !== html) verdict.innerHTML = html;
    }

    part(".zf-bars").addEventListener("click", ({ target }) => {
      const bar = target.closest(".bar");
      if (!bar) return;
      const layer = Number(bar.dataset.layer);
      set(part(".zf-transfer").dataset.bet === OPEN ? { bet: `layer ${layer}` } : { layer });
    });
    return show;
  }

  zflibPanel.start("transfer", open);
})();
