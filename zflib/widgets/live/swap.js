// What swap.py shows, with the networks of the page; the tests compare the numbers of the two.
(() => {
  "use strict";

  const OPEN = "not placed", VALUES = "the values", SWITCHES = "the switches", ALL = "all maps";
  const ROLES = ["first_picture", "second_picture"];
  const WAYS = ["own", "other", "shuffled"]; // whose switches
  const { blurred, magnitude } = globalThis.zflibLikeness, { OWN, offerOwn, ready, photograph, loading } = globalThis.zflibPanel;

  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const number = (value) => (Number.isNaN(value) ? "–" : value.toFixed(2).replace(/^-(?=0\.00$)/, "").replace("-", "−"));
  const both = (values) => values.map(number).join(" / ");
  const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`.replace("-", "−").replace("−0\u00a0", "0\u00a0");
  const plain = (words) => words.replace("<br>", ": ").replace(/<\/?b>/g, "");

  /** A projection on the whole picture of `side` pixels: the way down may not reach its last row and column. */
  function whole({ values, top, left, height, width }, side) {
    const out = new Float32Array(3 * side * side);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < height; i++) {
        const from = (c * height + i) * width;
        out.set(values.subarray(from, from + width), (c * side + top + i) * side + left);
      }
    }
    return { values: out, height: side, width: side };
  }

  /** Likeness of projections [whose values][whose switches], signed and of the blurred magnitudes; as swap.alike. */
  function alike(found, blur) {
    const strong = found.map((row) => row.map((each) => blurred(magnitude(each), blur)));
    const near = ([i, j], [k, l]) => [
      zflibDraw.correlation(found[i][j].values, found[k][l].values), zflibDraw.correlation(strong[i][j], strong[k][l])];
    return {
      floor: near([0, 0], [1, 0]),
      values: [0, 1].map((mine) => near([mine, 1], [mine, 0])),
      switches: [0, 1].map((mine) => near([mine, 1], [1 - mine, 0])),
      shuffled: [0, 1].map((mine) => near([mine, 2], [mine, 0])),
    };
  }

  /** Who decides what comes out, by both measures or by none, and a sentence, as HTML. */
  function verdict(near, least) {
    const [values, switches] = ["values", "switches"].map((name) => [0, 1].map((m) => average(near[name].map((each) => each[m]))));
    const apart = switches.map((each, m) => each - values[m]);
    const who = apart.every((d) => d > least) ? SWITCHES : apart.every((d) => d < -least) ? VALUES : OPEN;
    const [signed, strong] = apart.map((d) => (d > least ? SWITCHES : d < -least ? VALUES : `neither (less than ${least} apart)`));
    const said = who === OPEN
      ? `Undecided: signed it goes with ${signed}, by the magnitude with ${strong}.`
      : `By both measures what comes out goes with ${who}.`;
    return [who, `<b>${said}</b> Likeness, signed / magnitude: with the same switches and other values ${both(switches)}; ` +
      `with the same values and other switches ${both(values)}; with neither, the floor, ${both(near.floor)}.`];
  }

  function betWords(bet, who) {
    if (bet === OPEN) return "Whose picture is under a covered square: that which lends the values, or the switches?";
    return `You bet on ${bet}: ${who === OPEN ? "undecided." : who === bet ? "won." : "lost."}`;
  }

  function captions(names, near) {
    return names.flatMap((mine, at) => {
      const other = names[1 - at];
      return [
        `<b>${mine}’s values, ${mine}’s switches</b>`,
        `<b>${mine}’s values, ${other}’s switches</b><br>like ${other}’s own ${both(near.switches[at])}, like ` +
          `${mine}’s own ${both(near.values[at])}`,
        `<b>${mine}’s values, shuffled switches</b><br>like ${mine}’s own ${both(near.shuffled[at])}`,
      ];
    });
  }

  /** The share of a map's variance that what came back recovers, its mean set right; as zflib.analysis.recovered. */
  function recovered(map, back) {
    const mean = average(map), shift = mean - average(back);
    let wrong = 0, all = 0;
    for (let at = 0; at < map.length; at++) {
      wrong += (map[at] - back[at] - shift) ** 2;
      all += (map[at] - mean) ** 2;
    }
    return 1 - wrong / all;
  }

  function mapCaptions(second, map, { maps }, [before, pooled, ...backs]) {
    const names = ["its own switches", `${second}’s switches`, "shuffled switches"];
    const words = backs.map((back, at) => `put back by ${names[at]}: <b>${percent(recovered(before.values, back.values))}</b>`);
    const size = ({ height }) => `${height}\u00a0×\u00a0${height}`;
    return [`map ${map} of ${maps} before pooling, ${size(before)}`, `pooled, ${size(pooled)}`, ...words];
  }

  /** One map of a set. */
  function single({ values, height, width }, map) {
    return { values: values.slice(map * height * width, (map + 1) * height * width), height, width };
  }

  /** A map on a canvas of its size: black is 0, white the largest value before pooling; as zflib.plots.grey. */
  function grey(canvas, { values, height, width }, white) {
    const image = new ImageData(width, height);
    values.forEach((value, at) => {
      const level = Math.floor(Math.min(255, Math.max(0, (255 * value) / white)));
      image.data.set([level, level, level, 255], 4 * at);
    });
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function open(root, data, set, setting) {
    const [swap, outcome, said, words] = [".zf-swap", ".zf-outcome", ".zf-verdict", ".zf-words"].map((s) => root.querySelector(s));
    const figures = (part) => [...root.querySelectorAll(`${part} figure`)];
    const engines = {}, own = [null, null]; // own: { slot, image } by role
    const key = ({ bet, ...rest }) => JSON.stringify([Object.values(rest), own.map((each) => each?.image.number)]);
    let shown = key(data.start), round = 0, pictures = 0;
    root.querySelector(".zf-lenders > div").append(root.querySelector(":scope > .zf-buttons")); // beside the question
    root.querySelector(".zf-lenders").after(root.querySelector(":scope > .zf-controls")); // the bet comes first

    /** A figure's canvas, in place of the still's image. */
    function canvas(figure, caption) {
      const old = figure.querySelector("img, canvas"), made = old.tagName === "CANVAS" ? old : document.createElement("canvas");
      if (made !== old) old.replaceWith(made);
      made.setAttribute("role", "img");
      made.setAttribute("aria-label", plain(caption));
      figure.querySelector("figcaption").innerHTML = caption;
      return made;
    }

    /** A picture up through a network: { picture, name, image }. `picture` is what the network calls it. */
    async function risen(live, role, name) {
      live.up ??= new Map();
      const mine = name === OWN ? own[role] : null, picture = mine ? mine.slot : name, which = mine ? mine.image.number : name;
      if (live.up.get(picture)?.which !== which) {
        const made = mine ? Promise.resolve(mine.image) : photograph(data.pictures[name], live.network);
        const up = made.then((image) => live.forward(image.data, { upto: "conv1", picture })).catch((problem) => {
          live.up.delete(picture); // to be tried again
          throw problem;
        });
        live.up.set(picture, { which, made, up });
      }
      const { made, up } = live.up.get(picture);
      await up;
      return { picture, name, image: await made };
    }

    /** Everything that a setting shows, or null if something newer was asked for. */
    async function found({ network, layer, first_picture, second_picture, carried_down }) {
      const live = (engines[network] ??= ZFLIB.open(data.networks[network], { onProgress: progress }));
      const two = [];
      for (const [role, name] of [first_picture, second_picture].entries()) two.push(await risen(live, role, name));
      const rank = Math.max(0, data.axes.find(({ name }) => name === "carried_down").values.indexOf(carried_down) - 1);
      const best = await live.strongest(layer, rank + 1, { picture: two[0].picture });
      if (!best || !(await live.strongest(layer, 1, { picture: two[1].picture }))) return null; // that one goes up, too
      const map = best[rank].unit[0];
      const along = (other) => [{}, { control: "another picture's switches", switchesOf: other.picture }, { control: "shuffled switches" }];
      const rows = await Promise.all(two.map((mine, role) => Promise.all(along(two[1 - role]).map((way, at) =>
        live.carryDown({ step: layer, picture: mine.picture, slot: `${role} ${at}`, ...(carried_down !== ALL && { map }), ...way })))));
      const { picture } = two[0], steps = live.network.steps, below = steps[steps.findIndex(({ name }) => name === layer) - 1].name;
      const [before, pooled, ...backs] = await Promise.all([
        live.activations(below, { picture }), live.activations(layer, { picture }),
        ...along(two[1]).map((way, at) => live.unpool({ step: layer, picture, map, overlap: "last", slot: at, ...way }))]);
      if (![...rows.flat(), before, pooled, ...backs].every(Boolean)) return null;
      const side = live.network.inputSize;
      return {
        two, map, pooled, projections: rows.map((row) => row.map((each) => whole(each, side))),
        maps: [before, pooled, ...backs].map((each) => single(each, map)),
      };
    }

    function draw({ two, map, pooled, projections, maps }) {
      const names = two.map(({ name }) => name), near = alike(projections, data.blur);
      figures(".zf-lenders").forEach((figure, at) => {
        const { image, name } = two[at], made = canvas(figure, name);
        zflibDraw.patch(made, image, { top: 0, left: 0, height: image.height, width: image.width });
      });
      const under = captions(names, near), beside = mapCaptions(names[1], map, pooled, maps);
      figures(".zf-projections").forEach((figure, at) => zflibDraw.signed(canvas(figure, under[at]), projections.flat()[at]));
      const white = maps[0].values.reduce((a, b) => Math.max(a, b), 0) || 1;
      figures(".zf-maps").forEach((figure, at) => grey(canvas(figure, beside[at]), maps[at], white));
      [said.dataset.who, said.innerHTML] = verdict(near, data.least);
    }

    const progress = (bytes) => (words.textContent = loading(bytes));

    /** The bet covers and uncovers; it needs no network. */
    function showBet(bet) {
      swap.dataset.bet = bet;
      outcome.textContent = betWords(bet, said.dataset.who);
    }

    async function show(now) {
      showBet(now.bet);
      if (key(now) === shown) return;
      const mine = ++round;
      swap.setAttribute("aria-busy", "true");
      try {
        await ready;
        const all = await found(now);
        if (mine !== round || !all) return;
        shown = key(now);
        draw(all);
        showBet(setting().bet);
        words.textContent = "";
      } catch (problem) {
        if (mine === round) words.textContent = problem.message;
      } finally {
        if (mine === round) swap.removeAttribute("aria-busy");
      }
    }

    // ---- buttons and own pictures -------------------------------------------------------------------------------------

    const names = Object.keys(data.pictures), lists = ROLES.map((name) => root.querySelector(`select[id$=${name}]`));

    const axis = (role) => data.axes.find(({ name }) => name === ROLES[role]);
    const offer = () => lists.forEach((list, role) => offerOwn(list, axis(role), Boolean(own[role])));

    root.addEventListener("click", ({ target }) => {
      const { do: what, role } = target.closest("button")?.dataset ?? {}, now = setting();
      if (what === "swap") {
        own.reverse();
        offer();
        set({ first_picture: now.second_picture, second_picture: now.first_picture });
      }
      if (what === "another") {
        own.fill(null);
        offer();
        const first = Math.floor(Math.random() * names.length);
        const second = (first + 1 + Math.floor(Math.random() * (names.length - 1))) % names.length;
        set({ first_picture: names[first], second_picture: names[second], bet: OPEN });
      }
      if (role) for (const each of root.querySelectorAll("[data-role]")) each.setAttribute("aria-pressed", String(each.dataset.role === role));
    });
    globalThis.zflibChooser.open(root.querySelector("[data-chooser]"), {
      photographs: [], inputSize: 128, resizedSide: 146,
      onPicture({ image }) {
        const role = Number(root.querySelector('[data-role][aria-pressed="true"]').dataset.role);
        const slot = own[role]?.slot ?? ["own 1", "own 2"].find((each) => each !== own[1 - role]?.slot);
        image.number = ++pictures;
        own[role] = { slot, image };
        offer();
        set({ [ROLES[role]]: OWN });
      },
    });
    return (now) => void show(now);
  }

  zflibPanel.start("swap", open);
})();
