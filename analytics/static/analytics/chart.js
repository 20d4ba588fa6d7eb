/* Plots that can be read: with a mouse, a finger or the arrow keys. The numbers are those of the table beneath a plot, the words too.
   Without this script the picture that the server drew stays, and the table says everything. */
"use strict";

(() => {
  // A colour is never alone: each has a dash and a hatching of its own, as the legends show them (telemetry.css).
  const DASHES = { v1: [], v2: [8, 4], v3: [2, 4], v4: [12, 4, 2, 4], v5: [16, 4], budget: [2, 3] };
  const HATCHES = {
    v2: [[0, 8, 8, 0]],
    v3: [[0, 4, 8, 4]],
    v4: [[0, 0, 8, 8]],
    v5: [[0, 8, 8, 0], [0, 0, 8, 8]],
    vf: [[4, 0, 4, 8]],
  };
  const DAY = 86400;
  // Marks below a plot are minutes or days apart: none is said twice.
  const DAYS = [1, 2, 3, 5, 7, 10, 14, 30, 60].map((days) => days * DAY);
  const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720].map((minutes) => minutes * 60);
  const plots = new Map();

  const words = (element) => element.textContent.trim().replace(/\s+/g, " ");

  function readTable(figure) {
    const table = figure.querySelector("table");
    const rows = [...table.tBodies[0].rows].filter((row) => row.dataset.at);
    const heads = [...table.tHead.rows[0].cells].filter((cell) => cell.dataset.series);
    return {
      at: rows.map((row) => Number(row.dataset.at)),
      moments: rows.map((row) => words(row.cells[0])),
      series: heads.map((head) => {
        const cells = rows.map((row) => row.cells[head.cellIndex]);
        const numbers = (name) => cells.map((cell) => (cell.dataset[name] ? Number(cell.dataset[name]) : null));
        return {
          name: words(head), color: head.dataset.series, said: cells.map(words),
          values: numbers("value"), low: numbers("low"), high: numbers("high"),
        };
      }),
    };
  }

  // Colours

  function colorOf(figure, name) {
    const probe = figure.appendChild(document.createElement("span"));
    probe.className = `plot-probe ${name}`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  const seeThrough = (color) => color.replace(/^rgb\((.*)\)$/, "rgba($1, 0.16)");

  function hatched(color, over, lines) {
    if (!lines) return color;
    const scale = Math.max(1, Math.round(devicePixelRatio));
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8 * scale;
    const brush = tile.getContext("2d");
    brush.scale(scale, scale);
    brush.fillStyle = color;
    brush.fillRect(0, 0, 8, 8);
    brush.strokeStyle = over;
    brush.globalAlpha = 0.4;
    for (const [x, y, toX, toY] of lines) {
      brush.moveTo(x, y);
      brush.lineTo(toX, toY);
    }
    brush.stroke();
    return brush.createPattern(tile, "repeat");
  }

  // What uPlot is given

  const stepOf = ({ at }) => (at.length > 1 ? (at.at(-1) - at[0]) / (at.length - 1) : 3600);

  function piledUp(series) {
    const sums = [];
    const piles = series.map((each) => each.values.map((value, place) => (sums[place] = (sums[place] ?? 0) + (value ?? 0))));
    return piles.reverse(); // the highest is painted first, and the lower ones over it
  }

  function barsOf(figure, told) {
    const over = colorOf(figure, "plot-surface");
    const series = [...told.series].reverse().map(({ color }) => {
      const own = colorOf(figure, color);
      return { fill: hatched(own, over, HATCHES[color]), stroke: own, width: 0, paths: uPlot.paths.bars({ size: [0.8, Infinity] }), points: { show: false } };
    });
    return { series, numbers: piledUp(told.series), bands: [] };
  }

  function linesOf(figure, told, isStepped) {
    const series = [], numbers = [], bands = [];
    const paths = isStepped ? uPlot.paths.stepped({ align: 1 }) : undefined;
    for (const each of told.series) {
      const stroke = colorOf(figure, each.color);
      const isLine = each.color === "budget";
      series.push({ stroke, width: isLine ? 1.5 : 2, dash: DASHES[each.color], paths, fill: isStepped ? seeThrough(stroke) : undefined, points: { show: isLine ? false : undefined, fill: stroke } });
      numbers.push(each.values);
      if (!each.low.some((value) => value !== null)) continue;
      const edge = { stroke, width: 0.75, dash: DASHES[each.color], points: { show: false } };
      series.push(edge, edge);
      numbers.push(each.high, each.low);
      bands.push({ series: [series.length - 1, series.length], fill: seeThrough(stroke) });
    }
    return { series, numbers, bands };
  }

  function markOf(seconds, isLong) {
    const at = new Date(seconds * 1000);
    if (isLong || seconds % DAY === 0) return at.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    return at.toISOString().slice(11, 16);
  }

  function axesOf(figure, told) {
    const labels = figure.dataset.axis.split("|");
    const ends = [Number(figure.dataset.bottom ?? 0), Number(figure.dataset.top)];
    const font = `12px ${getComputedStyle(figure).fontFamily}`;
    const look = { stroke: colorOf(figure, "plot-words"), font, ticks: { show: false } };
    const grid = { stroke: colorOf(figure, "plot-grid"), width: 1 };
    const incrs = stepOf(told) >= DAY ? DAYS : [...MINUTES, ...DAYS];
    const room = Math.max(52, 12 + 7 * Math.max(...labels.map((label) => label.length)));
    const across = { ...look, incrs, grid: { show: false }, space: 64, size: 24, gap: 4, values: (plot, places, axis, space, step) => places.map((place) => markOf(place, step >= DAY)) };
    const up = { ...look, grid, size: room, gap: 8, splits: () => labels.map((label, place) => ends[0] + ((ends[1] - ends[0]) * place) / (labels.length - 1)), values: () => labels };
    return { axes: [across, up], ends };
  }

  // A table of one moment beside the pointer

  function makeTip() {
    const tip = document.createElement("div");
    tip.className = "plot-tip";
    tip.hidden = true;
    return tip;
  }

  function fillTip(tip, told, place) {
    const head = document.createElement("b");
    head.textContent = told.moments[place];
    const lines = told.series.map((each) => {
      const line = document.createElement("span"), name = document.createElement("span"), value = document.createElement("b");
      line.className = "plot-tip-line";
      name.className = `variant ${each.color}`;
      name.textContent = each.name;
      value.textContent = each.said[place];
      line.append(name, value);
      return line;
    });
    tip.replaceChildren(head, ...lines);
  }

  function placeTip(tip, plot) {
    const left = plot.over.offsetLeft + plot.cursor.left;
    tip.hidden = false;
    const isRight = left + tip.offsetWidth + 12 > plot.root.offsetWidth;
    tip.style.left = `${Math.max(0, isRight ? left - tip.offsetWidth - 12 : left + 12)}px`;
  }

  function say(box, told, place) {
    box.setAttribute("aria-valuenow", place);
    box.setAttribute("aria-valuetext", `${told.moments[place]}: ${told.series.map((each) => `${each.name} ${each.said[place]}`).join(", ")}`);
  }

  // By the keyboard

  function readByKeys(box, told, plot) {
    const last = told.at.length - 1;
    const go = (place) => plot.setCursor({ left: plot.valToPos(told.at[place], "x"), top: 0 });
    box.onfocus = () => { if (box.matches(":focus-visible")) go(Math.min(Number(box.getAttribute("aria-valuenow")), last)); };
    box.onblur = () => plot.setCursor({ left: -10, top: -10 });
    box.onkeydown = (event) => {
      const here = plot.cursor.idx ?? last;
      const places = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, Home: 0, End: last };
      if (event.key === "Escape") return box.onblur();
      if (!(event.key in places) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      go(Math.max(0, Math.min(last, places[event.key])));
    };
  }

  function makeBox(figure, told) {
    const box = document.createElement("div");
    box.className = "plot-live";
    const given = { role: "slider", tabindex: 0, "aria-label": `${figure.dataset.title}, to be read with the arrow keys`, "aria-valuemin": 0, "aria-valuemax": told.at.length - 1 };
    for (const [name, value] of Object.entries(given)) box.setAttribute(name, value);
    say(box, told, told.at.length - 1);
    return box;
  }

  // Drawing

  function spanOf(told, isBars) {
    const { at } = told, room = isBars || at.length === 1 ? stepOf(told) / 2 : 0;
    return [at[0] - room, at.at(-1) + room];
  }

  function draw(figure) {
    const told = readTable(figure);
    if (!told.at.length || !told.series.length) return;
    const kind = figure.dataset.chart, isBars = kind === "bars";
    const drawn = plots.get(figure), box = drawn?.box ?? makeBox(figure, told);
    drawn?.plot.destroy();
    if (!drawn) {
      for (const picture of figure.querySelectorAll(":scope > svg")) picture.remove();
      figure.prepend(box);
    }
    const { series, numbers, bands } = isBars ? barsOf(figure, told) : linesOf(figure, told, kind === "steps");
    const { axes, ends } = axesOf(figure, told), span = spanOf(told, isBars), tip = makeTip();
    const show = (plot) => {
      const place = plot.cursor.idx;
      if (place === null || place === undefined || plot.cursor.left < 0) return void (tip.hidden = true);
      fillTip(tip, told, place);
      placeTip(tip, plot);
      say(box, told, place);
    };
    const options = {
      width: box.clientWidth, height: box.clientHeight, padding: [8, isBars ? 0 : 24, 0, 0], legend: { show: false }, axes, bands,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { x: { range: () => span }, y: { range: () => ends } },
      series: [{}, ...series],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !isBars, size: 7 } },
      hooks: { setCursor: [show] },
    };
    const plot = new uPlot(options, [told.at, ...numbers], box);
    plot.root.append(tip);
    readByKeys(box, told, plot);
    plots.set(figure, { plot, box });
    if (!drawn) new ResizeObserver(() => plots.get(figure)?.plot.setSize({ width: box.clientWidth, height: box.clientHeight })).observe(box);
  }

  function drawAll() {
    for (const figure of plots.keys()) if (!figure.isConnected) plots.delete(figure);
    for (const figure of document.querySelectorAll("figure[data-chart]")) if (!plots.has(figure)) draw(figure);
  }
  const redraw = () => { for (const figure of plots.keys()) if (figure.isConnected) draw(figure); };

  drawAll();
  document.addEventListener("htmx:afterSettle", drawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
