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

    function bars(means, floor, layer) {
      const drawn = means.map((value, at) =>
        `<div class="bar${layers[at] === layer ? " chosen" : ""}" data-layer="${layers[at]}"><span class="room">` +
        (value === null ? "<small>none</small>" : `<b>${value.toFixed(0)}</b><i style="height:${value.toFixed(1)}%"></i>`) +
        `</span><span>${layers[at]}</span></div>`);
      const line = `<div class="floor" aria-hidden="true"><s style="bottom:${floor.toFixed(1)}%"></s></div>`;
      return `<div class="bars">${drawn.join("")}${line}</div>`;
    }

    function outcome(bet, { means, level }) {
      if (bet === OPEN) return "Which layer's features name the pictures of 101 other classes best?";
      const top = `layer ${layers[best(means)]}`;
      if (bet === top) return `You bet on ${bet}: won.`;
      if (level.some((at) => bet === `layer ${layers[at]}`)) return `You bet on ${bet}: won, level with ${top} as far as five folds can tell.`;
      return `You bet on ${bet}: lost, it is ${top}.`;
    }

    function said(means, floor, train) {
      const top = best(means), pictures = train === 1 ? "1 training picture" : `${train} training pictures`;
      return `<b>With ${pictures} of each class, layer ${layers[top]} serves best: ${means[top].toFixed(1)}&nbsp;%</b> of the test ` +
        `pictures are named right (mean of ${data.classes.length} classes). Layer 7: ${means.at(-1).toFixed(1)}&nbsp;%; the ` +
        `pixels themselves, dashed: ${floor.toFixed(1)}&nbsp;%; a guess: ${(100 / data.classes.length).toFixed(1)}&nbsp;%.`;
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
      const scored = data.scores[now.features][now.training_pictures], { means } = scored, floor = data.pixels[now.training_pictures];
      part(".zf-transfer").dataset.bet = now.bet;
      part(".zf-outcome").textContent = outcome(now.bet, scored);
      part(".zf-bars").innerHTML = bars(means, floor, now.layer);
      part(".zf-class").innerHTML = ofClass(now);
      const verdict = part(".zf-verdict"), html = said(means, floor, now.training_pictures);
      if (verdict.innerHTML !== html) verdict.innerHTML = html;
    }

    part(".zf-bars").addEventListener("click", ({ target }) => {
      const bar = target.closest(".bar");
      if (bar) set({ layer: Number(bar.dataset.layer) });
    });
    return show;
  }

  zflibPanel.start("transfer", open);
})();
