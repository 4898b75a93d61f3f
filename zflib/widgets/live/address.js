// A unit's address, which can be sent to a friend: #zfnet-mini/conv4/137/3,5 names network, step, map, row and column;
// then in any order what differs from the usual: a photograph, with its frame (china@0.25), a method, a control.
globalThis.zflibAddress ??= (() => {
  "use strict";

  const METHODS = ["deconvnet", "gradient", "guided"];
  const CONTROLS = ["other-map", "shuffled-switches", "another-pictures-switches", "random-layer", "random-weights"];

  /** { network, step, unit: [map, row, column], photograph, at, method, control }, without what the address leaves out
   *  or what is not among the names { networks, steps, photographs }. */
  function parse(hash, { networks, steps, photographs }) {
    const [network, step, map, place = "", ...rest] = hash.replace(/^#/, "").split("/"), state = {};
    if (networks.includes(network)) state.network = network;
    if (steps.includes(step)) state.step = step;
    const unit = [map, ...place.split(",")];
    if (unit.length === 3 && unit.every((part) => /^\d+$/.test(part))) state.unit = unit.map(Number);
    for (const part of rest) {
      const [name, at = "0.5"] = part.split("@");
      const share = Math.min(1, Math.max(0, Number(at) || 0));
      if (photographs.includes(name)) Object.assign(state, { photograph: name, at: share });
      if (METHODS.includes(part)) state.method = part;
      if (CONTROLS.includes(part)) state.control = part;
    }
    return state;
  }

  /** The address of such a state; an own picture (photograph "") is not in it. */
  function write({ network, step, unit: [map, row, column], photograph, at, method, control }) {
    const parts = [network, step, map, `${row},${column}`];
    if (photograph) parts.push(at === 0.5 ? photograph : `${photograph}@${at.toFixed(2)}`);
    if (method !== METHODS[0]) parts.push(method);
    if (control) parts.push(control);
    return `#${parts.join("/")}`;
  }

  return { METHODS, CONTROLS, parse, write };
})();
