// One neuron in numbers: its weights as an image, its sum, and what counts most in it.

import { columnsOf } from "lab/layers";
import { added, percent, short, signed } from "lab/numbers";
import { drawSigned, make } from "lab/pictures";

const MOST_LISTED = 5;

export class Neuron {
  constructor(elements) {
    this.elements = elements;
  }

  hide() {
    this.elements.detail.hidden = true;
  }

  /** Neuron `unit` of dense layer `dense`; `pass` is null without a drawing. */
  show(network, dense, unit, pass) {
    const { elements } = this;
    Object.assign(this, { network, dense });
    elements.detail.hidden = false;
    const [W, b] = network.weights[dense];
    const column = Float64Array.from({ length: W.rows }, (_, i) => W.data[i * W.columns + unit]);
    const title = this.isLast(dense) ? `Class ${network.classNames[unit]}` : `Neuron ${unit + 1} of layer ${this.number(dense)}`;
    elements.title.textContent = title;
    const [image, rows, columns] = this.imageOf(column);
    const largest = drawSigned(elements.weights, image, rows, columns);
    elements.weights.setAttribute("aria-label", `The ${W.rows} weights of ${title}, from ${short(Math.min(...column))} to ${short(Math.max(...column))}`);
    const tiles = this.readsMaps() ? `; a tile for each of the ${this.lastMaps().outChannels} channels` : "";
    elements.scale.textContent = `dark −${short(largest, 2)} · grey 0 · pale +${short(largest, 2)}${tiles}`;
    if (!pass) {
      elements.sum.textContent = `b = ${short(b.data[unit])}. Draw something, and its sum is here.`;
      elements.inputs.replaceChildren();
      elements.outputs.replaceChildren();
      return;
    }
    this.showSum(column, b.data[unit], unit, pass);
    this.showOutputs(unit, pass);
  }

  isLast(dense) {
    return dense === this.network.weights.length - 1;
  }

  /** Layers are counted from 1, convolutions first. */
  number(dense) {
    return this.network.convolutions.length + dense + 1;
  }

  readsMaps() {
    return this.dense === 0 && this.network.convolutions.length > 0;
  }

  lastMaps() {
    return this.network.sizes.at(-1);
  }

  /** [values, rows, columns]: the pixels of an image, tiles of maps, or rows of 16. */
  imageOf(column) {
    if (this.readsMaps()) return tilesOf(column, this.lastMaps());
    const columns = this.dense === 0 && column.length === 784 ? 28 : columnsOf(column.length);
    const rows = Math.ceil(column.length / columns);
    const image = new Float64Array(rows * columns).fill(NaN);
    image.set(column);
    return [image, rows, columns];
  }

  showSum(column, bias, unit, pass) {
    const { activation } = this.network;
    const a = pass.inputs[this.dense];
    const parts = column.map((w, i) => w * a[i]);
    const z = pass.zs[this.dense].data[unit];
    const result = this.isLast(this.dense)
      ? `p = softmax(z) = ${percent(pass.probs[unit])}`
      : `a = ${activation}(z) = ${short(pass.activations[this.dense][unit])}`;
    this.elements.sum.textContent = `${sumOf(parts, bias, z)}. ${result}.`;
    this.list(this.elements.inputs, "Inputs that count most: a · w", parts, (i) => this.nameOfInput(i), (i) => `${short(a[i], 3)} · ${short(column[i], 3)}`);
  }

  showOutputs(unit, pass) {
    const { outputs } = this.elements;
    if (this.isLast(this.dense)) {
      outputs.replaceChildren();
      return;
    }
    const [next] = this.network.weights[this.dense + 1];
    const value = pass.activations[this.dense][unit];
    const onward = Float64Array.from({ length: next.columns }, (_, j) => value * next.data[unit * next.columns + j]);
    const names = (j) => (this.isLast(this.dense + 1) ? `class ${this.network.classNames[j]}` : `neuron ${j + 1} of layer ${this.number(this.dense + 1)}`);
    this.list(outputs, "Where it goes most: a · w", onward, names, (j) => `${short(value, 3)} · ${short(next.data[unit * next.columns + j], 3)}`);
  }

  nameOfInput(i) {
    if (this.dense > 0) return `neuron ${i + 1} of layer ${this.number(this.dense - 1)}`;
    if (this.readsMaps()) {
      const { height, width } = this.lastMaps().pooled;
      return `channel ${Math.floor(i / (height * width)) + 1}, ${placeOf(i % (height * width), width)}`;
    }
    return this.network.layerSizes[0] === 784 ? `pixel at ${placeOf(i, 28)}` : `input ${i + 1}`;
  }

  list(element, title, parts, nameOfPart, product) {
    const order = [...parts.keys()].sort((i, j) => Math.abs(parts[j]) - Math.abs(parts[i])).slice(0, MOST_LISTED);
    const rows = order.filter((i) => parts[i] !== 0).map((i) => make("tr", {},
      make("th", { scope: "row" }, nameOfPart(i)), make("td", {}, product(i)), make("td", {}, signed(parts[i], 3))));
    const body = rows.length ? rows : [make("tr", {}, make("td", {}, "nothing: all are 0"))];
    element.replaceChildren(make("caption", {}, title), make("tbody", {}, ...body));
  }
}

/** z = 2.1 − 0.4 + 0.02 = 1.72: three parts of a sum in words. */
export function sumOf(parts, bias, z) {
  const positive = parts.reduce((sum, part) => sum + Math.max(part, 0), 0);
  const negative = parts.reduce((sum, part) => sum + Math.min(part, 0), 0);
  return `z = ${short(positive)} ${added(negative)} ${added(bias)} = ${short(z)}: what speaks for it, what against, and the bias`;
}

export function placeOf(i, columns) {
  return `row ${Math.floor(i / columns) + 1}, column ${(i % columns) + 1}`;
}

/** Maps side by side with gaps between: [values, rows, columns]. */
function tilesOf(values, { outChannels, pooled: { height, width } }) {
  const across = Math.min(outChannels, Math.ceil(Math.sqrt(outChannels)));
  const [rows, columns] = [Math.ceil(outChannels / across) * (height + 1) - 1, across * (width + 1) - 1];
  const image = new Float64Array(rows * columns).fill(NaN);
  values.forEach((value, i) => {
    const [channel, place] = [Math.floor(i / (height * width)), i % (height * width)];
    const y = Math.floor(channel / across) * (height + 1) + Math.floor(place / width);
    image[y * columns + (channel % across) * (width + 1) + (place % width)] = value;
  });
  return [image, rows, columns];
}
