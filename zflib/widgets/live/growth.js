// What growth.py shows, put in place for the page; the tests compare the two.
(() => {
  "use strict";

  function open(root, data, set) {
    const part = (name) => root.querySelector(name);
    const epochs = data.axes.find(({ name }) => name === "epoch").values, said = new Map();

    /** Put words in place where they aren't there already: who listens to the page hears only what changes. */
    function say(name, html) {
      if (said.get(name) !== html) part(name).innerHTML = html;
      said.set(name, html);
    }

    function show({ layer, row, epoch, bet }) {
      const own = data.layers[layer], column = epochs.indexOf(epoch), at = row - 1;
      part(".zf-growth").dataset.bet = bet;
      say(".zf-outcome", data.outcomes[bet]);
      part(".zf-strips").innerHTML = own.grid;
      part(".zf-strips").querySelectorAll(".tile")[at * epochs.length + column].classList.add("chosen");
      part(".zf-large").innerHTML = own.large[at][column];
      part(".zf-chart").innerHTML = own.chart[column];
      say(".zf-told", own.told[at][column]);
      say(".zf-verdict", own.said[column]);
    }

    part(".zf-strips").addEventListener("click", ({ target }) => {
      const tile = target.closest(".tile"), at = [...part(".zf-strips").querySelectorAll(".tile")].indexOf(tile);
      if (tile) set({ row: 1 + Math.floor(at / epochs.length), epoch: epochs[at % epochs.length] });
    });
    return show;
  }

  zflibPanel.start("growth", open);
})();
