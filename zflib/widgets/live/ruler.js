// How alike two projections are, on a line from -0.5 to 1, with what is usual, the floor and the spread of single pairs
// marked: one number alone says little. The numbers come from likenesses.py.
globalThis.zflibRuler ??= (() => {
  "use strict";

  const LOWEST = -0.5;
  const FACE = `<div class="zf-line"><span class="zf-band"></span><i class="zf-floor"></i><i class="zf-usual"></i>
    <i class="zf-here"></i></div><span class="zf-low"></span><span class="zf-mid"></span><span class="zf-high"></span>
    <span class="zf-end">−0.5</span><span class="zf-end">1</span>`;

  const number = (value) => value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−");
  const place = (value) => `${(100 * (Math.max(LOWEST, value) - LOWEST)) / (1 - LOWEST)}%`;

  /** What chapter 3 measured of a control, and where single pairs lie: { usual, low, high, floor }; null where it
   *  measured none. Four in five pairs lie between low and high. */
  function usual(network, step, control) {
    const found = zflibTypical[network]?.[step];
    if (!found?.[control]) return null;
    const [value, low, high] = found[control];
    return { usual: value, low, high, floor: found.neither[0] };
  }

  /** Draw it in an element: `here` is this pair's likeness or null, `known` as `usual` returns it or null. For the eye:
   *  whoever hears the page is told the numbers in words. */
  function draw(root, here, known) {
    root.className = "zf-ruler";
    root.setAttribute("aria-hidden", "true");
    root.innerHTML = FACE;
    const part = (name) => root.querySelector(`.zf-${name}`);
    part("here").hidden = part("high").hidden = here === null;
    if (here !== null) {
      part("here").style.left = part("high").style.left = place(here);
      part("high").style.transform = `translateX(-${place(here)})`;
      part("high").textContent = `here ${number(here)}`;
    }
    for (const name of ["band", "floor", "usual", "low", "mid"]) part(name).hidden = !known;
    if (!known) return;
    Object.assign(part("band").style, { left: place(known.low), right: `calc(100% - ${place(known.high)})` });
    part("floor").style.left = part("low").style.left = place(known.floor);
    part("usual").style.left = part("mid").style.left = place(known.usual);
    part("low").textContent = `floor ${number(known.floor)}`;
    part("mid").textContent = `usual ${number(known.usual)}`;
  }

  return { usual, draw, number };
})();
