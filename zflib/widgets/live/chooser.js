// A control with which a reader chooses a picture: a shipped photograph, an own one (file, drop, paste) or the
// camera's; a frame, moved by mouse, touch or arrow keys, says which square of it the network sees. Needs picture.js.
//
//   const chooser = zflibChooser.open(element, {
//     photographs,              // [{ name, title, credit, src }]; src: a data: address, since a page opened from the
//                               // disk may not read the pixels of a file
//     inputSize, resizedSide,   // of the network: pixels a side that it takes, and of the square that is scaled
//     onPicture,                // called with each picture: { name, title, own, at, image }
//   });                         //   image  ImageData of what the network sees: for a canvas, and for
//                               //          live.forward(image.data)
//                               //   at     where the frame stands, 0 to 1 along the longer side
//   await chooser.choose("china", 0.5);   // a photograph by name, with the frame there; false if there is none
//
// Nothing leaves the machine. What can't be read gets a sentence, and the picture before stays.
globalThis.zflibChooser ??= (() => {
  "use strict";

  const LONGEST = 200, SHORTEST = 24; // of the shown picture, CSS pixels
  const STEP = 0.05; // of the frame's way, for each arrow key

  const CAMERA = {
    NotAllowedError: "The camera was refused: allow it for this page in the browser's settings, or choose a file.",
    NotFoundError: "This machine has no camera that the browser knows: choose a file.",
    NotReadableError: "Another program holds the camera: close it there, or choose a file.",
  };

  function open(root, { photographs, inputSize, resizedSide, onPicture }) {
    root.classList.add("zf-chooser");
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Choose a picture");
    root.innerHTML = `
      <div class="zf-thumbnails" role="group" aria-label="Photographs"></div>
      <div class="zf-ways">
        <label class="zf-file">Open your picture<input type="file" accept="image/*"></label>
        <button type="button" data-do="camera">Use the camera</button>
        <span>or drop or paste one here. Your picture stays on this machine.</span>
      </div>
      <div class="zf-camera" hidden><video playsinline muted aria-label="What the camera sees"></video>
        <div class="zf-ways"><button type="button" data-do="take">Take the picture</button>
        <button type="button" data-do="close">Close the camera</button></div></div>
      <div class="zf-stage"><div class="zf-whole" hidden><canvas role="img"></canvas><div class="zf-frame" tabindex="0"
        role="slider" aria-label="Which part the network sees" aria-valuemin="0" aria-valuemax="100"></div></div></div>
      <p class="zf-said" role="status"></p>`;
    const part = (selector) => root.querySelector(selector);
    const file = part("input"), frame = part(".zf-frame"), whole = part(".zf-whole"), said = part(".zf-said");
    const cameraButton = part('[data-do="camera"]'), camera = part(".zf-camera"), video = part("video");
    let shown = null; // the picture that is chosen: as of zflibPicture.read, with name, title, own and at
    let newest = 0; // of the pictures that were asked for; an older one that arrives late is dropped
    let cutting = false, cutAgain = false;

    part(".zf-thumbnails").append(...photographs.map(({ name, title, src }) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.dataset.name = name;
      button.setAttribute("aria-pressed", "false");
      button.append(Object.assign(document.createElement("img"), { src, alt: title, title, className: "dark-light" }));
      button.onclick = () => choose(name);
      return button;
    }));

    const say = (words, problem = false) => {
      said.textContent = words;
      said.classList.toggle("zf-problem", problem);
    };

    // ---- ways in --------------------------------------------------------------------------------------------------

    /** Read and show a picture; true once it is there. */
    async function take(source, about, at = 0.5) {
      const mine = ++newest;
      stopCamera();
      try {
        const picture = await zflibPicture.read(source);
        if (mine !== newest) return void picture.bitmap.close();
        shown?.bitmap.close();
        shown = { ...picture, ...about, at };
      } catch (error) {
        if (mine === newest) say(error.message, true);
        return false;
      }
      show();
      await cut();
      return true;
    }

    const own = (blob) => take(blob, { name: blob.name || "Your picture", title: "Your picture", own: true });

    async function choose(name, at) {
      const found = photographs.find((each) => each.name === name);
      if (!found) return false;
      const { title, credit, src } = found;
      return take(zflibPicture.fromDataAddress(src), { name, title, credit, own: false }, at);
    }

    file.onchange = () => {
      if (file.files[0]) own(file.files[0]);
      file.value = ""; // the same file may be chosen again
    };
    root.addEventListener("dragover", (event) => {
      event.preventDefault(); // or the browser would leave the page and open the file
      root.classList.add("zf-over");
    });
    root.addEventListener("dragleave", () => root.classList.remove("zf-over"));
    root.addEventListener("drop", (event) => {
      event.preventDefault();
      root.classList.remove("zf-over");
      const [dropped] = event.dataTransfer.files;
      if (dropped) own(dropped);
      else say("What was dropped is an address without its file: save the picture first, then drop the file.", true);
    });
    document.addEventListener("paste", (event) => {
      const [pasted] = event.clipboardData.files, { top, bottom } = root.getBoundingClientRect();
      if (!pasted || bottom < 0 || top > innerHeight) return; // text, or a chooser that is out of sight
      event.preventDefault();
      own(pasted);
    });

    // ---- the camera -----------------------------------------------------------------------------------------------

    async function startCamera() {
      if (!navigator.mediaDevices?.getUserMedia) {
        return say("This browser gives a page like this one no camera: choose a file.", true);
      }
      const mine = ++newest;
      cameraButton.disabled = true;
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        if (mine !== newest) return stopCamera(); // the reader has chosen something else meanwhile
        camera.hidden = false;
        await video.play();
        say("The camera is on. What it sees stays on this machine.");
        part('[data-do="take"]').focus();
      } catch (error) {
        stopCamera();
        say(CAMERA[error.name] ?? `The camera can't be used (${error.name}): choose a file.`, true);
      } finally {
        cameraButton.disabled = false;
      }
    }

    function stopCamera() {
      for (const track of video.srcObject?.getTracks() ?? []) track.stop();
      video.srcObject = null;
      camera.hidden = true;
    }

    cameraButton.onclick = startCamera;
    part('[data-do="take"]').onclick = async () => {
      if (!video.videoWidth) return say("The camera has no picture yet: wait a moment.", true);
      const still = await createImageBitmap(video);
      cameraButton.focus();
      await take(still, { name: "camera", title: "The camera's picture", own: true });
      still.close();
    };
    part('[data-do="close"]').onclick = () => {
      stopCamera();
      say("The camera is off.");
      cameraButton.focus();
    };
    addEventListener("pagehide", stopCamera);
    document.addEventListener("visibilitychange", () => document.hidden && stopCamera());

    // ---- the picture and its frame --------------------------------------------------------------------------------

    /** The whole picture, small, with the frame on it. */
    function show() {
      const { bitmap, width, height, title, credit, own, reduced, name } = shown, longer = Math.max(width, height);
      const canvas = part(".zf-whole canvas");
      const [w, h] = [width, height].map((side) => Math.max(SHORTEST, (side * LONGEST) / longer));
      Object.assign(canvas, { width: Math.round(2 * w), height: Math.round(2 * h) });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.fillStyle = "white";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      canvas.setAttribute("aria-label", `${title}, whole`);
      whole.style.width = `${w}px`;
      whole.style.aspectRatio = `${w} / ${h}`;
      whole.hidden = false;
      frame.setAttribute("aria-orientation", width >= height ? "horizontal" : "vertical");
      frame.style.touchAction = width >= height ? "pan-y" : "none";
      for (const each of root.querySelectorAll("[data-name]")) {
        each.setAttribute("aria-pressed", String(!own && each.dataset.name === name));
      }
      const from = credit ?? (name !== "camera" && name !== title ? name : "");
      const size = `${title}${from ? ` · ${from}` : ""} · ${width} × ${height} pixels.`;
      say(reduced ? `${size} That is a fraction of its size: the file is too large to be read whole.` : size);
      place();
    }

    function place() {
      const { width, height, at } = shown, { left, top, side } = zflibPicture.squareAt(shown, at);
      const edge = (side * (1 - inputSize / resizedSide)) / 2, inner = side - 2 * edge; // what the crop leaves
      const share = (pixels, of) => `${(100 * pixels) / of}%`;
      Object.assign(frame.style, { left: share(left + edge, width), top: share(top + edge, height) });
      Object.assign(frame.style, { width: share(inner, width), height: share(inner, height) });
      const square = width === height;
      frame.setAttribute("aria-valuenow", Math.round(100 * at));
      frame.setAttribute("aria-valuetext", square ? "all of it: it is square" : `${Math.round(100 * at)} % of the way`);
      frame.setAttribute("aria-disabled", String(square));
    }

    /** Cut out what the network sees and hand it on; while one is under way, remember that another is wanted. */
    async function cut() {
      if (cutting) return void (cutAgain = true);
      cutting = true;
      do {
        cutAgain = false;
        const picture = shown, { name, title, own, at } = picture;
        try {
          const square = await zflibPicture.centreSquare(picture, resizedSide, at);
          const image = zflibPicture.toImageData(square, resizedSide, inputSize);
          if (picture === shown) onPicture({ name, title, own, at, image });
        } catch (error) {
          if (picture === shown) say(`The picture can't be scaled (${error.message}): choose another.`, true);
        }
      } while (cutAgain);
      cutting = false;
    }

    function move(at) {
      if (shown.width === shown.height) return;
      const next = Math.min(1, Math.max(0, at));
      if (next === shown.at) return;
      shown.at = next;
      place();
      cut();
    }

    frame.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -STEP, ArrowUp: -STEP, ArrowRight: STEP, ArrowDown: STEP, Home: -1, End: 1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      move(Math.round((shown.at + by) / STEP) * STEP);
    });
    frame.addEventListener("pointerdown", (event) => {
      const from = shown.at, { width, height } = whole.getBoundingClientRect(), wide = shown.width >= shown.height;
      const way = wide ? width * (1 - shown.height / shown.width) : height * (1 - shown.width / shown.height);
      if (!way) return;
      frame.setPointerCapture(event.pointerId);
      frame.onpointermove = ({ clientX, clientY }) =>
        move(from + (wide ? clientX - event.clientX : clientY - event.clientY) / way);
      frame.onpointerup = frame.onpointercancel = () => (frame.onpointermove = null);
    });

    return { choose };
  }

  return { open };
})();
