// What the explorers that compute in the page share. Each of them is one script with this in front.
globalThis.zflib = {
  // As zflib.architecture.output_size.
  outputSize(size, kernel, stride, pad = 0, ceil = false) {
    const steps = (size + 2 * pad - kernel) / stride;
    const out = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    return ceil && (out - 1) * stride >= size + pad ? out - 1 : out; // that window would start beyond the picture
  },

  note(text, kind) {
    const colours = kind === "red"
      ? "var(--red,#a40000);background:var(--red-wash,#fde8e8);color:var(--red-ink,#6b0000)"
      : "var(--blue,#1f5fa8);background:var(--blue-wash,#eaf1f8);color:var(--ink,#222)";
    return `<p style="margin:0 0 0.4em;padding:0.5em 0.8em;border-left:4px solid ${colours}">${text}</p>`;
  },
};
