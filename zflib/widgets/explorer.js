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
    const loaded = []; // one <img> per sheet, kept: going back to it costs nothing

    const position = (control) =>
      control.type === "checkbox" ? Number(control.checked) : control.selectedIndex ?? Number(control.value);

    const current = () =>
      data.settings[controls.reduce((index, control, axis) => index * data.lengths[axis] + position(control), 0)];

    function sheet(number) {
      if (!loaded[number]) {
        const img = document.createElement("img");
        img.className = "dark-light";
        img.hidden = true;
        img.addEventListener("load", show);
        img.addEventListener("error", () => {
          img.failed = true;
          show();
        });
        img.src = data.sheets[number].src;
        view.append(img);
        loaded[number] = img;
      }
      return loaded[number];
    }

    function say(problem, words) {
      view.style.visibility = problem ? "hidden" : "visible";
      red.textContent = problem;
      if (caption.textContent !== words) caption.textContent = words;
    }

    function show() {
      for (const control of controls) {
        if (control.type !== "range") continue;
        const words = JSON.parse(control.dataset.words)[control.value];
        control.setAttribute("aria-valuetext", words);
        control.nextElementSibling.textContent = words;
      }
      const setting = current();
      view.ariaBusy = "false";
      if (setting.impossible) return say(setting.impossible, "");
      const [number, column, row] = setting.at;
      const img = sheet(number);
      if (img.failed) return say(`The file ${data.sheets[number].src} with this picture can't be loaded.`, "");
      if (!img.complete) {
        view.ariaBusy = "true"; // the last picture stays, dimmed, until the sheet is there and calls show again
        return say("", caption.textContent);
      }
      const { columns, rows } = data.sheets[number];
      img.style.width = `${100 * columns}%`;
      img.style.height = `${100 * rows}%`;
      img.style.left = `${-100 * column}%`;
      img.style.top = `${-100 * row}%`;
      img.alt = setting.words;
      for (const other of view.children) other.hidden = other !== img;
      say("", setting.words);
    }

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
