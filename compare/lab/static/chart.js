// A small line chart in SVG. Lines lie on top of one another when engines agree, so the
// first is the widest and each next one thinner and dashed otherwise: all are seen.

import { short } from "lab/numbers";

const SPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [420, 230];
const EDGE = { left: 58, right: 12, top: 12, bottom: 36 };
const WIDTHS = [8, 5, 2.6, 2, 1.6, 1.4];
const DASHES = ["", "", "", "7 4", "2 4", "9 3 2 3"];

export const LOOKS = WIDTHS.length;

function node(tag, attributes, text) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A sample of the line of series number `i`, for a legend. */
export function sample(i) {
  const svg = node("svg", { viewBox: "0 0 34 10", class: "sample", "aria-hidden": "true" });
  svg.append(line(i, "M1 5H33"));
  return svg;
}

function line(i, d) {
  const look = i % LOOKS;
  return node("path", { d, class: `series s${look}`, "stroke-width": WIDTHS[look], "stroke-dasharray": DASHES[look] });
}

export class Chart {
  /** `logarithmic` puts powers of ten at equal distances; what is 0 lies at the bottom. */
  constructor(figure, { x, y, logarithmic = false, range = null }) {
    Object.assign(this, { x, y, logarithmic, range });
    this.svg = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    figure.append(this.svg);
    this.draw([], "");
  }

  /** `series`: [{name, points: [[x, y], …]}]; `words` says in a sentence what is seen. */
  draw(series, words, mark = null) {
    this.svg.setAttribute("aria-label", words);
    this.svg.replaceChildren();
    const points = series.flatMap((one) => one.points).filter(([, y]) => Number.isFinite(y));
    const xEnd = Math.max(1e-9, ...points.map(([x]) => x));
    const [low, high] = this.limits(points.map(([, y]) => y));
    const px = (x) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * x) / xEnd;
    const py = (y) => {
      const value = this.logarithmic ? Math.log10(Math.max(y, 10 ** low)) : y;
      return HEIGHT - EDGE.bottom - ((HEIGHT - EDGE.bottom - EDGE.top) * (value - low)) / (high - low);
    };
    this.axes(points.length ? xEnd : 0, low, high, px, py);
    if (mark !== null) {
      this.svg.append(node("path", { d: `M${px(mark)} ${EDGE.top}V${HEIGHT - EDGE.bottom}`, class: "mark" }));
    }
    series.forEach((one, i) => {
      const seen = one.points.filter(([, y]) => Number.isFinite(y));
      if (!seen.length) return;
      const d = seen.map(([x, y], k) => `${k ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("");
      this.svg.append(line(one.look ?? i, seen.length > 1 ? d : `${d}h0.1`));
    });
  }

  limits(values) {
    if (this.range) return this.range;
    if (this.logarithmic) {
      const positive = values.filter((value) => value > 0).map(Math.log10);
      if (!positive.length) return [-17, -7];
      return [Math.floor(Math.min(...positive)) - 1, Math.ceil(Math.max(...positive)) + 1];
    }
    const high = Math.max(...values, 0);
    return [0, high || 1];
  }

  axes(xEnd, low, high, px, py) {
    const bottom = HEIGHT - EDGE.bottom;
    for (const value of ticks(low, high, this.logarithmic)) {
      const y = py(this.logarithmic ? 10 ** value : value);
      this.svg.append(node("path", { d: `M${EDGE.left} ${y}H${WIDTH - EDGE.right}`, class: "grid" }));
      const text = this.logarithmic ? `1e${value}`.replace("-", "−") : short(value, 3);
      this.svg.append(node("text", { x: EDGE.left - 6, y: y + 4, class: "tick end" }, text));
    }
    for (const value of xEnd ? ticks(0, xEnd, false) : []) {
      this.svg.append(node("text", { x: px(value), y: bottom + 16, class: "tick middle" }, short(value, 3)));
    }
    this.svg.append(node("path", { d: `M${EDGE.left} ${bottom}H${WIDTH - EDGE.right}`, class: "axis" }));
    this.svg.append(node("text", { x: WIDTH - EDGE.right, y: HEIGHT - 4, class: "title end" }, this.x));
  }
}

/** Round numbers between two ends. */
export function ticks(low, high, whole) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  if (whole) step = Math.max(1, Math.ceil(step));
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9 * span; value += step) {
    found.push(Number(value.toPrecision(12)));
  }
  return found;
}
