// The nine strongest patches that a map has in the collection of photographs, and what comes back from each. The
// collection (collection.py) comes as a script of its own, once it is wanted.
globalThis.zflibStrongest ??= (() => {
  "use strict";

  const COUNT = 9, FINEST = 16, folder = document.currentScript.src;
  const CELL = '<figure><canvas role="img" aria-label="a patch" width="1" height="1"></canvas><canvas role="img" width="1" height="1" hidden></canvas><figcaption></figcaption></figure>';
  let collection = null;
  const pictures = new Map(), squares = new Map(); // by photograph and by view, as they are asked for

  /** Load the collection's script, once. */
  function loaded() {
    collection ??= new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.onload = () => resolve(globalThis.zflibCollection);
      element.onerror = () => reject(new Error("The collection of photographs can't be loaded. Look at the connection and try again."));
      element.src = new URL("collection.js", folder);
      document.head.append(element);
    });
    collection.catch(() => (collection = null)); // to be tried again
    return collection;
  }

  /** A map's strongest units, strongest first: { view, photograph, unit: [map, row, column], value }. */
  async function strongest(network, step, map) {
    const { found, views, photographs } = await loaded(), letters = atob(found[network][step]);
    const number = (at) => letters.charCodeAt(2 * at) + 256 * letters.charCodeAt(2 * at + 1);
    return Array.from({ length: COUNT }, (_, rank) => {
      const at = 3 * (map * COUNT + rank), [view, place, value] = [number(at), number(at + 1), number(at + 2)];
      return { view, photograph: photographs[views[view][0]], unit: [map, place >> 8, place & 255], value: value / FINEST };
    });
  }

  /** A view as a network sees it, ImageData. */
  function seen(view, { inputSize, resizedSide }, offered) {
    const [photograph, left, top, side] = globalThis.zflibCollection.views[view];
    const { name, src = offered.find((each) => each.name === name).src } = globalThis.zflibCollection.photographs[photograph];
    if (!pictures.has(name)) pictures.set(name, zflibPicture.read(zflibPicture.fromDataAddress(src)));
    if (!squares.has(view)) {
      squares.set(view, pictures.get(name).then(async (picture) =>
        zflibPicture.toImageData(await zflibPicture.squareOf(picture, { left, top, side }, resizedSide), resizedSide, inputSize)));
    }
    return squares.get(view);
  }

  /** Open it in an element. Returns show(engine, network, step, map, own, withProjections): patches, and below each what
   *  its unit passes back. `own` is the value on the reader's picture. */
  function open(root, offered) {
    root.innerHTML = `<p class="zf-nine-words" role="status"></p><div class="zf-nine">${CELL.repeat(COUNT)}</div>
      <details><summary>The photographs</summary><p class="zf-credits"></p></details>`;
    const words = root.querySelector(".zf-nine-words"), cells = [...root.querySelectorAll("figure")];
    let round = 0;

    return async function show(engine, network, step, map, own, withProjections) {
      const mine = ++round, now = () => mine === round;
      const best = await strongest(network, step, map), place = engine.network.steps.find(({ name }) => name === step);
      const { photographs } = globalThis.zflibCollection;
      if (!now()) return;
      const value = (number) => number.toFixed(1);
      words.textContent = `Its strongest unit on each of nine photographs of ${photographs.length}, in other crops and sizes, ` +
        `fires with ${value(best[0].value)} to ${value(best[8].value)}; on this picture the unit above with ${value(own)}.`;
      root.querySelector(".zf-credits").textContent = photographs.map(({ title, credit }) => `${title}: ${credit}`).join(" · ");
      for (const [at, { view, photograph, unit, value: fires }] of best.entries()) {
        const image = await seen(view, engine.network, offered), [patch, projection] = cells[at].children;
        if (!now()) return;
        zflibDraw.patch(patch, image, zflibDraw.square(place, unit, image.width));
        patch.setAttribute("aria-label", `${photograph.title}: a patch`);
        patch.title = photograph.title;
        cells[at].lastElementChild.textContent = fires > 0 ? value(fires) : "silent";
        projection.hidden = !withProjections;
        projection.width = projection.height = 1;
      }
      if (!withProjections) return;
      for (const [at, { view, photograph, unit }] of best.entries()) {
        const image = await seen(view, engine.network, offered), picture = `strongest ${at}`;
        if (!(await engine.forward(image.data, { upto: step, picture })) || !now()) return;
        const found = await engine.project({ step, unit, picture, slot: "strongest" });
        if (!found || !now()) return;
        zflibDraw.signed(cells[at].children[1], found, zflibDraw.square(place, unit, image.width));
        cells[at].children[1].setAttribute("aria-label", `${photograph.title}: what the patch's unit passes back`);
      }
    };
  }

  return { open, strongest };
})();
