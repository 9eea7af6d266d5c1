// An array on the page: in numbers if there are few, else as a heat map that can be read.

import { short } from "lab/numbers";
import { drawSigned, make } from "lab/pictures";

const MOST_IN_A_TABLE = 40;

/** A figure with the array's name, its shape and its content. */
export function figureOf(array, title) {
  const shape = shapeOf(array);
  const caption = make("figcaption", {}, make("b", {}, title), shape.every((n) => n === 1) ? "" : ` ${shape.join(" × ")}`);
  const isTable = array.rows && array.data.length <= MOST_IN_A_TABLE;
  return make("figure", { className: "array" }, caption, ...(isTable ? tableOf(array, title) : heatMapOf(array, title)));
}

function shapeOf({ rows, columns, channels, height, width, outChannels, inChannels, size }) {
  if (rows) return [rows, columns];
  return channels ? [channels, height, width] : [outChannels, inChannels, size, size];
}

function tableOf(array, title) {
  const rows = Array.from({ length: array.rows }, (_, i) => make("tr", {}, ...Array.from({ length: array.columns },
    (_, j) => make("td", {}, short(array.data[i * array.columns + j])))));
  return [make("div", { className: "scroll" }, make("table", { ariaLabel: title }, make("tbody", {}, ...rows)))];
}

/** {rows, columns, at}: at(row, column) is the array's index there, or −1 for a gap. */
function layoutOf(array) {
  if (array.rows) return layoutOfMatrix(array);
  const { outChannels, inChannels, size, channels, height = size, width = size } = array;
  // Kernels: a row for each output channel, a column for each channel that it reads.
  const across = inChannels > 1 ? inChannels : acrossFor(channels ?? outChannels);
  const count = channels ?? outChannels * inChannels;
  const [down, tall, wide] = [Math.ceil(count / across), height + 1, width + 1];
  const at = (row, column) => {
    const [y, x] = [row % tall, column % wide];
    const tile = Math.floor(row / tall) * across + Math.floor(column / wide);
    return y < height && x < width && tile < count ? (tile * height + y) * width + x : -1;
  };
  return { rows: down * tall - 1, columns: across * wide - 1, at };
}

function layoutOfMatrix({ rows, columns, data }) {
  const isImage = rows === 1 && columns === 784;
  const across = isImage ? 28 : rows === 1 ? 16 : columns;
  const at = (row, column) => (column < across && row * across + column < data.length ? row * across + column : -1);
  return { rows: Math.ceil(data.length / across), columns: across, at };
}

function acrossFor(count) {
  return [4, 3, 2].find((n) => count > n && count % n === 0) ?? Math.ceil(Math.sqrt(count));
}

/** [o, y, x] of index i, and what stands there. */
function readingOf(array, i) {
  let shape = shapeOf(array);
  if (array.rows === 1) shape = shape.slice(1);
  const place = [];
  let rest = i;
  for (const n of shape.toReversed()) {
    place.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return `[${place.join(", ")}] = ${short(array.data[i], 6)}`;
}

/** The numbers where they are drawn; NaN is a gap. */
function spread(data, rows, columns, at) {
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] = data[at(row, column)] ?? NaN;
  }
  return values;
}

/** A picture with a reading: the pointer or the arrow keys choose the number. */
function heatMapOf(array, title) {
  const { rows, columns, at } = layoutOf(array);
  const values = array.rows && array.data.length === rows * columns ? array.data : spread(array.data, rows, columns, at);
  const canvas = make("canvas", { className: `heat ${array.rows ? "" : rows > columns ? "tall" : "wide"}`, tabIndex: 0, role: "img" });
  const largest = drawSigned(canvas, values, rows, columns);
  canvas.setAttribute("aria-label", `${title}: ${array.data.length} numbers up to ±${short(largest, 3)}. Arrow keys read them.`);
  canvas.style.setProperty("--ratio", `${columns} / ${rows}`);
  const reading = make("p", { className: "reading", ariaLive: "polite" }, `dark −${short(largest, 3)} · grey 0 · pale +${short(largest, 3)}`);
  const read = (row, column) => {
    const k = at(row, column);
    if (k >= 0) reading.textContent = readingOf(array, k);
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    read(Math.floor((rows * (event.clientY - box.top)) / box.height), Math.floor((columns * (event.clientX - box.left)) / box.width));
  });
  let [row, column] = [0, 0];
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    // Over the gap between two tiles to the next number.
    let [y, x] = [row + move[0], column + move[1]];
    if (at(y, x) < 0) [y, x] = [y + move[0], x + move[1]];
    if (y < 0 || x < 0 || y >= rows || x >= columns || at(y, x) < 0) return;
    [row, column] = [y, x];
    read(row, column);
  });
  return [canvas, reading];
}
