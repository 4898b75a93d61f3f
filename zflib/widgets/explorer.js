// An explorer in the page: reads its controls and shows the frame that belongs to them.
// A frame is a cell of a sheet, an <img> that is moved behind a window; nothing is fetched or read back, so it works
// from a file too.
(() => {
  "use strict";

  function start(root) {
    const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    const controls = [...root.querySelectorAll("[data-axis]")];
    const view = root.querySelector(".zf-view");
    const red = root.querySelector(".zf-impossible");
    const caption = root.querySelector("figcaption");
    const first = view.querySelector("img"); // the picture that is part of the page; none if the start is impossible
    const kept = view.querySelector("span"); // in the dark a frame turns over: here are the pictures on it, as they are
    const firstClip = kept?.style.clipPath;
    const firstWords = caption.textContent;
    const loaded = []; // one <img> per sheet, kept: going back to it costs nothing
    let wanted; // what the controls ask for

    const position = (control) =>
      control.type === "checkbox" ? Number(control.checked) : control.selectedIndex ?? Number(control.value);

    function sheet(number) {
      if (loaded[number]) return loaded[number];
      const img = document.createElement("img");
      img.className = "dark-light";
      img.hidden = true;
      img.src = data.sheets[number].src;
      view.insertBefore(img, kept);
      return (loaded[number] = img);
    }

    function say(problem, words) {
      red.textContent = problem;
      if (caption.textContent !== words) caption.textContent = words;
    }

    function only(img) {
      for (const other of view.querySelectorAll("img")) other.hidden = other !== img;
    }

    function keep(img, clipPath, backgroundSize = "100% 100%", backgroundPosition = "0 0") {
      if (kept) Object.assign(kept.style, { clipPath, backgroundImage: `url("${img.src}")`, backgroundSize, backgroundPosition });
    }

    function put(img, setting) {
      const [number, column, row] = setting.at;
      const { columns, rows } = data.sheets[number];
      img.style.width = `${100 * columns}%`;
      img.style.height = `${100 * rows}%`;
      img.style.left = `${-100 * column}%`;
      img.style.top = `${-100 * row}%`;
      img.alt = setting.words;
      const along = (at, of) => `${(100 * at) / Math.max(of - 1, 1)}%`; // as a background's place is counted
      keep(img, data.clips[setting.clip], `${100 * columns}% ${100 * rows}%`, `${along(column, columns)} ${along(row, rows)}`);
      only(img);
      say("", setting.words);
    }

    // Without its sheet a setting has no picture: back to the first one and its words, with a sentence in between.
    function miss(img, number) {
      img.remove();
      delete loaded[number]; // to be asked for again: the network may be back
      only(first);
      if (first) keep(first, firstClip);
      red.style.gridRow = "2";
      const instead = first ? " Instead, this is the picture that the page came with." : "";
      say(`The file ${data.sheets[number].src} with the picture of this setting can't be loaded.${instead}`, firstWords);
    }

    async function show() {
      for (const control of controls) {
        if (control.type !== "range") continue;
        const words = JSON.parse(control.dataset.words)[control.value];
        control.setAttribute("aria-valuetext", words);
        control.nextElementSibling.textContent = words;
      }
      const index = controls.reduce((sum, control, axis) => sum * data.lengths[axis] + position(control), 0);
      wanted = data.settings[index];
      const { impossible } = wanted;
      view.style.visibility = impossible ? "hidden" : "visible";
      view.ariaBusy = String(!impossible); // the last picture stays, soon dimmed, until the next is there
      red.style.gridRow = "";
      if (impossible) return say(impossible, "");
      red.textContent = "";
      const [number] = wanted.at;
      const img = sheet(number);
      // Decoded before it is shown: no moment without a picture.
      const there = await img.decode().then(() => true, () => false);
      if (wanted.at?.[0] !== number) return; // the reader has moved on, to another sheet
      view.ariaBusy = "false";
      if (!there) return miss(img, number);
      put(img, wanted);
      // The other sheets of this value of the first control, so that the other controls don't wait.
      const each = data.settings.length / data.lengths[0];
      const begin = index - (index % each);
      for (const { at } of data.settings.slice(begin, begin + each)) if (at) sheet(at[0]);
    }

    if (first) keep(first, firstClip);
    root.addEventListener("input", show);
    // Sheets are loaded when the reader comes near, not with the page.
    new IntersectionObserver((entries, observer) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      show();
    }, { rootMargin: "300px" }).observe(root);
  }

  for (const root of document.querySelectorAll('[data-script="explorer"]:not([data-ready])')) {
    root.dataset.ready = "";
    start(root);
  }
})();
