"use strict";
(() => {
  const story = JSON.parse(document.getElementById("story").textContent);
  const find = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";
  let at = -1;
  let timer = null;

  // All text goes in as text, never as markup: a name may hold anything.
  function make(tag, className, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }
  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // Values

  function numberElement(item) {
    const element = make("span", "number", item.t);
    element.dataset.value = element.title = item.f;
    return element;
  }
  function heat(rows) {
    const grid = make("span", "heat");
    grid.style.gridTemplateColumns = `repeat(${rows[0].length}, auto)`;
    for (const row of rows) {
      for (const level of row) {
        const cell = make("span");
        if (level === null) cell.style.background = "#888";
        else cell.style.background = `rgba(var(--${level < 0 ? "negative" : "positive"}), ${Math.abs(level) / 9})`;
        grid.append(cell);
      }
    }
    return grid;
  }
  function valueElement(index, key) {
    const value = story.values[index];
    let element;
    if (value.t !== undefined) {
      element = numberElement(value);
    } else if (value.rows) {
      element = make("table", "matrix");
      const body = make("tbody");
      for (const row of value.rows) body.append(make("tr", "", ...row.map((item) => make("td", "", numberElement(item)))));
      element.append(body);
      element.title = value.shape;
    } else {
      element = make("span", "large", make("b", "", value.shape), ...(value.heat ? [heat(value.heat)] : []), make("span", "", value.facts));
    }
    element.classList.add("value");
    if (key) element.dataset.key = key;
    return element;
  }

  // Lines

  function nameElement(id) {
    const element = make("span", "name-of", story.nodes[id].name);
    return element;
  }
  function pieceElement(piece) {
    if (typeof piece === "string") return document.createTextNode(piece);
    if (piece.value !== undefined) return valueElement(piece.value, piece.key);
    if (piece.grad) {
      const [of, by] = piece.grad;
      const element = make("span", piece.local ? "fraction local" : "fraction", make("span", "", "∂" + of), make("span", "", "∂" + by));
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", `derivative of ${of} by ${by}`);
      return element;
    }
    if (piece.up) return make("sup", "", ...piece.up.map(pieceElement));
    if (piece.path) return make("span", "path", piece.path);
    if (piece.plus) return make("span", "plus", "+=");
    return nameElement(piece.node);
  }
  function blockElement(block) {
    const element = make("div", "block " + block.kind);
    if (block.head.length) element.append(make("h2", "", ...block.head.map(pieceElement)));
    const lines = make("div", "lines");
    for (const [kind, pieces] of block.lines) lines.append(make("div", "line " + kind, ...pieces.map(pieceElement)));
    element.append(lines);
    return element;
  }

  // The picture

  const boxes = new Map();
  const arrows = [];
  function picture() {
    const pad = 14;
    const svg = draw("svg", { viewBox: `${-pad} ${-pad} ${story.width + 2 * pad} ${story.height + 2 * pad}`, role: "img", "aria-label": story.described });
    const heads = draw("defs", {});
    for (const kind of ["plain", "forward", "backward"]) {
      heads.append(
        draw("marker", { id: "head-" + kind, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 11, markerHeight: 11, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
          draw("path", { d: "M0 1 L10 5 L0 9 z", class: "head of-" + kind })));
    }
    svg.append(heads);
    for (const edge of story.edges) {
      const path = draw("path", { d: edge.path });
      const label = draw("text", { x: edge.at[0], y: edge.at[1] + 5 });
      const group = draw("g", { class: "edge" }, path, label);
      arrows.push({ edge, group, path, label });
      svg.append(group);
    }
    for (const [id, node] of Object.entries(story.nodes)) {
      if (!node.at) continue;
      const [x, y] = node.at;
      const [w, h] = node.size;
      const left = x - w / 2 + 10;
      const top = y - h / 2;
      const name = draw("text", { class: "name", x: left, y: top + 20 }, draw("tspan", {}, node.short), node.formula);
      const value = draw("text", { class: "value", x: left, y: top + 40 });
      const grad = draw("text", { class: "grad", x: left, y: top + 59 });
      const box = draw("rect", { x: x - w / 2, y: top, width: w, height: h, rx: node.kind === "input" ? 0 : node.kind === "parameter" ? 14 : 5 });
      const group = draw("g", { "data-node": id }, draw("title", {}, node.title), box, name, value, grad);
      boxes.set(Number(id), { node, group, value, grad });
      svg.append(group);
    }
    find("graph").append(svg);
    const legend = find("legend");
    for (const [kind, meaning] of story.legend) {
      const swatch = make("i");
      swatch.style.background = `var(--${kind})`;
      swatch.style.borderColor = `var(--${kind}-line)`;
      swatch.style.borderRadius = kind === "input" ? "0" : kind === "parameter" ? "6px" : "3px";
      legend.append(make("span", "", swatch, meaning));
    }
    for (const note of story.notes) legend.append(make("span", "", note));
    return svg;
  }

  // As large as fits, but never too small to read: then the picture scrolls.
  function fit(svg) {
    const place = find("graph");
    const high = document.body.clientHeight * 0.46;
    const scale = Math.max(0.85, Math.min(1.6, (place.clientWidth - 8) / (story.width + 28), high / (story.height + 28)));
    svg.setAttribute("width", (story.width + 28) * scale);
    svg.setAttribute("height", (story.height + 28) * scale);
  }
  // Scroll to these boxes; where not all of them fit, to the lit one.
  function reveal(ids, lit) {
    const place = find("graph");
    const frame = place.getBoundingClientRect();
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const id of ids) {
      if (!boxes.has(id)) continue;
      const box = boxes.get(id).group.getBoundingClientRect();
      [left, top] = [Math.min(left, box.left), Math.min(top, box.top)];
      [right, bottom] = [Math.max(right, box.right), Math.max(bottom, box.bottom)];
    }
    if (left === Infinity) return;
    if (boxes.has(lit)) {
      const box = boxes.get(lit).group.getBoundingClientRect();
      if (right - left > place.clientWidth) [left, right] = [box.left, box.right];
      if (bottom - top > place.clientHeight) [top, bottom] = [box.top, box.bottom];
    }
    const x = (left + right) / 2 - (frame.left + frame.right) / 2;
    const y = (top + bottom) / 2 - (frame.top + frame.bottom) / 2;
    place.scrollTo({ left: place.scrollLeft + x, top: place.scrollTop + y });
  }

  function show(step) {
    step = Math.max(0, Math.min(story.steps.length - 1, step));
    if (step === at) return;
    at = step;
    const now = story.steps[at];
    document.body.className = now.phase;
    find("phase").textContent = now.title;
    find("text").replaceChildren(...now.blocks.map(blockElement));
    find("text").scrollTop = 0;
    find("said").textContent = now.said;
    find("slider").value = at;
    find("slider").setAttribute("aria-valuetext", `${at + 1} of ${story.steps.length}: ${now.title}`);
    find("count").textContent = `${at + 1} / ${story.steps.length}`;
    find("first").disabled = find("back").disabled = at === 0;
    find("next").disabled = find("last").disabled = at === story.steps.length - 1;

    const known = new Set();
    const grads = new Map();
    for (const past of story.steps.slice(0, at + 1)) {
      past.values.forEach((id) => known.add(id));
      past.grads.forEach(([id, text]) => grads.set(id, text));
    }
    const part = new Set();
    for (const { edge, group, path, label } of arrows) {
      const lit = now.edges.includes(edge.id);
      const backward = lit && now.phase === "backward";
      if (lit) part.add(edge.source);
      group.setAttribute("class", lit ? "edge lit" : "edge");
      path.setAttribute("marker-end", backward ? "" : lit ? "url(#head-forward)" : "url(#head-plain)");
      path.setAttribute("marker-start", backward ? "url(#head-backward)" : "");
      label.textContent = known.has(edge.target) ? edge.label : "";
    }
    for (const [id, { node, group, value, grad }] of boxes) {
      const classes = ["node", node.kind];
      if (!known.has(id)) classes.push("unknown");
      if (id === now.node) classes.push("lit");
      if (part.has(id) || (now.phase === "gradients" && node.kind === "parameter")) classes.push("part");
      group.setAttribute("class", classes.join(" "));
      value.textContent = known.has(id) ? node.value : node.shape || "·";
      grad.textContent = grads.has(id) ? "grad\u00a0" + grads.get(id) : "";
    }
    if (now.node !== null) reveal([now.node, ...part], now.node);
    else if (now.phase === "inputs") find("graph").scrollTo({ left: 0, top: 0 });
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => (at === story.steps.length - 1 ? play(false) : show(at + 1)), 1800) : null;
    find("play").setAttribute("aria-pressed", String(on));
    find("play").textContent = on ? "Pause" : "Play";
  }
  const go = (step) => { play(false); show(step); };

  find("slider").max = story.steps.length - 1;
  find("slider").addEventListener("input", (event) => go(Number(event.target.value)));
  find("first").addEventListener("click", () => go(0));
  find("back").addEventListener("click", () => go(at - 1));
  find("next").addEventListener("click", () => go(at + 1));
  find("last").addEventListener("click", () => go(story.steps.length - 1));
  find("play").addEventListener("click", () => { if (!timer && at === story.steps.length - 1) show(0); play(!timer); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === find("slider")) return;
    const onButton = event.target.tagName === "BUTTON";
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: story.steps.length - 1, PageDown: at + 1, PageUp: at - 1 };
    if (event.key in steps) go(steps[event.key]);
    else if (event.key === " " && !onButton) go(event.shiftKey ? at - 1 : at + 1);
    else if (event.key === "p" || event.key === "P") find("play").click();
    else return;
    event.preventDefault();
  });

  const svg = picture();
  fit(svg);
  addEventListener("resize", () => fit(svg));
  show(0);
})();
