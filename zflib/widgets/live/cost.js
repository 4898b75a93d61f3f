// What cost.py draws and says, for the page: the markers move, the bet is scored. The tests compare the two.
(() => {
  "use strict";

  /** As cost.place, cost.number and cost.score. */
  const place = (points, { low, high }) => ((100 * (Math.min(Math.max(points, low), high) - low)) / (high - low)).toFixed(1);
  const number = (points) => (points ? `${points > 0 ? "+" : "−"}${Math.abs(points)}` : "0");
  function score(bets, paper) {
    const off = (each) => each.reduce((sum, bet, at) => sum + Math.abs(bet - paper[at]), 0) / each.length;
    return `Your bets are ${off(bets).toFixed(1)} points off on average (four bets on 0: ${off(bets.map(() => 0)).toFixed(1)}). `;
  }

  function open(root, data, set, setting) {
    const rows = [...root.querySelectorAll("[data-row]")], verdict = root.querySelector(".zf-verdict");
    const buttons = [...root.querySelectorAll("[data-stage]")], names = Object.keys(data.stages);
    const sliders = data.bets.map((name) => document.getElementById(`${root.id}-${name}`));
    // Each slider lies unseen on the track that it moves a marker of: the keyboard takes it there.
    rows.forEach((row, at) => row.querySelector(".track").append(sliders[at].parentElement));

    function show(now) {
      const stage = data.stages[now.show], bets = data.bets.map((name) => now[name]), betting = now.show === names[0];
      root.toggleAttribute("data-betting", betting);
      for (const slider of sliders) slider.disabled = !betting;
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.stage === now.show));
      rows.forEach((row, at) => {
        const [marks, words] = stage.drawn[at];
        row.querySelector(".words").innerHTML = `<span class="bet">bet ${number(bets[at])}</span>${words}`;
        row.querySelector(".track span").innerHTML = marks;
        row.querySelector("u").style.left = `${place(bets[at], data)}%`;
      });
      const html = (now.show === names[1] ? score(bets, data.paper) : "") + stage.said;
      if (verdict.innerHTML !== html) verdict.innerHTML = html;
    }

    for (const button of buttons) button.addEventListener("click", () => set({ show: button.dataset.stage }));

    // A marker is taken anywhere on its track.
    let held = null;
    function move(event) {
      const box = held.getBoundingClientRect(), part = (event.clientX - box.left) / box.width;
      const points = Math.round(data.low + part * (data.high - data.low));
      set({ [held.parentElement.dataset.row]: Math.min(Math.max(points, data.low), data.high) });
    }
    for (const track of root.querySelectorAll(".track")) {
      track.addEventListener("pointerdown", (event) => {
        if (!root.hasAttribute("data-betting")) return; // the bet is placed
        held = track;
        track.setPointerCapture(event.pointerId);
        move(event);
      });
      track.addEventListener("pointermove", (event) => held === track && move(event));
      for (const end of ["pointerup", "pointercancel"]) track.addEventListener(end, () => (held = null));
    }
    return show;
  }

  zflibPanel.start("cost", open);
})();
