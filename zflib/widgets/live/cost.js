// What cost.py draws and says, for the page: the markers move, the bet is scored. The tests compare the two.
(() => {
  "use strict";

  /** As cost.place, cost.number and cost.score. */
  const place = (points, { low, high }) => ((100 * (Math.min(Math.max(points, low), high) - low)) / (high - low)).toFixed(1);
  const number = (points) => (points ? `${points > 0 ? "+" : "−"}${Math.abs(points)}` : "0");
  function score(bets, { paper, counts }) {
    const moved = bets.map((bet, at) => [bet, paper[at]]).filter(([bet]) => bet), n = moved.length;
    if (!n) return "You moved no marker. ";
    const mean = (values) => (values.reduce((sum, each) => sum + each, 0) / n).toFixed(1);
    const off = mean(moved.map(([bet, is]) => Math.abs(bet - is))), idle = mean(moved.map(([, is]) => Math.abs(is)));
    return `${n === 1 ? "Your bet is" : `Your ${counts[n]} bets are`} ${off} points off${n > 1 ? " on average" : ""} (left at 0: ${idle}). `;
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
        row.classList.toggle("idle", words.includes(data.idle));
      });
      const html = (now.show === names[1] ? score(bets, data) : "") + stage.said;
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
