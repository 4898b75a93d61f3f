// What all panels share: their controls, their state in the address, and the pictures that they show to networks. Each of
// them is one script with this in front.
globalThis.zflibPanel ??= (() => {
  "use strict";

  /** Words as part of an address; as zflib.widgets.live.strip.slug. */
  const slug = (words) => String(words).toLowerCase().replace(/[^\p{L}\p{N}.-]+/gu, " ").trim().split(" ").join("-");

  /** Start each panel of a name: open(root, data) returns a function that shows a setting { axis name: value }. */
  function start(name, open) {
    for (const root of document.querySelectorAll(`[data-panel="${name}"]:not([data-ready])`)) {
      const text = root.querySelector('script[type="application/json"]');
      if (!text) continue; // the kernel's face has none
      root.dataset.ready = "";
      begin(root, name, JSON.parse(text.textContent), open);
    }
  }

  function begin(root, name, data, open) {
    const controls = [...root.querySelectorAll("[data-axis]")];
    const axes = data.axes.map((axis, at) => ({ ...axis, control: controls[at] }));
    const place = ({ control }) =>
      control.type === "checkbox" ? Number(control.checked) : control.type === "range" ? Number(control.value) : control.selectedIndex;
    const bets = [...root.querySelectorAll("button[data-bet]")]; // they set the axis `bet`, once; it begins with no bet
    const setting = () => Object.fromEntries(axes.map((axis) => [axis.name, axis.values[place(axis)]]));

    function put({ control }, at) {
      if (control.type === "checkbox") control.checked = Boolean(at);
      else if (control.type === "range") control.value = at;
      else control.selectedIndex = at;
    }

    /** Set some axes by value; what an axis doesn't offer is left as it is. */
    function set(values) {
      for (const axis of axes) {
        const at = axis.values.indexOf(values[axis.name]);
        if (at >= 0) put(axis, at);
      }
      changed();
    }

    /** The address of a setting: #strip/all-filters/..., the axes in order. */
    const address = () => `#${name}/${axes.map((axis) => slug(axis.words[place(axis)])).join("/")}`;

    function restore() {
      const parts = decodeURIComponent(location.hash).slice(1).split("/");
      if (parts.shift() !== name) return false;
      axes.forEach((axis, at) => {
        const found = axis.words.findIndex((words, value) => [words, axis.values[value]].some((one) => slug(one) === parts[at]));
        if (found >= 0) put(axis, found);
      });
      return true;
    }

    function redraw() {
      for (const { control, words } of axes) {
        if (control.type !== "range") continue;
        control.setAttribute("aria-valuetext", words[control.value]);
        control.nextElementSibling.textContent = words[control.value];
      }
      const { bet } = setting(), placed = bets.some((button) => button.dataset.bet === bet);
      for (const button of bets) {
        button.setAttribute("aria-pressed", String(button.dataset.bet === bet));
        button.setAttribute("aria-disabled", String(placed)); // the keyboard stays where it is
      }
      show(setting());
    }

    let waiting = 0;
    function changed() {
      redraw();
      clearTimeout(waiting); // browsers refuse an address that changes with every pixel of a drag
      waiting = setTimeout(() => history.replaceState(history.state, "", address()), 150);
    }

    const show = open(root, data, set, setting);
    root.addEventListener("input", (event) => event.target.matches("[data-axis]") && changed());
    for (const button of bets) {
      button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && set({ bet: button.dataset.bet }));
    }
    addEventListener("hashchange", () => restore() && redraw());
    if (restore()) root.scrollIntoView({ block: "nearest" });
    redraw();
  }

  const OWN = "your picture";

  /** Put the reader's own picture into a list of pictures, behind the others, or take it out. An address that names it
   *  gives the first setting's picture where there is none. */
  function offerOwn(list, { values, words }, there) {
    const at = values.indexOf(OWN);
    if (there === at >= 0) return;
    if (there) list.add(new Option(OWN));
    else list.remove(at);
    for (const each of [values, words]) if (there) each.push(OWN); else each.pop();
  }

  /** The networks' script and the photographs' come after a panel's. */
  const ready = new Promise((go) => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", go) : go()));

  /** A photograph as a network sees it, ImageData (inputSize, inputSize). */
  async function photograph(name, { inputSize, resizedSide }) {
    await ready;
    const picture = await zflibPicture.read(zflibPicture.fromDataAddress(zflibPhotographs.find((each) => each.name === name).src));
    const square = await zflibPicture.centreSquare(picture, resizedSide);
    picture.bitmap.close();
    return zflibPicture.toImageData(square, resizedSide, inputSize);
  }

  /** What ZFLIB.open's onProgress comes to, in words; nothing once all is there. */
  function loading({ loaded, total }) {
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
    return loaded < total ? `Loading the network: ${megabytes(loaded)} of ${megabytes(total)} MB.` : "";
  }

  return { start, slug, OWN, offerOwn, ready, photograph, loading };
})();
