// Looking inside: the layers as they fire, one neuron in numbers, and why one class
// and not another. Computed here, from the same weights, in float64.

import { forward, logitGradient, matrix, softmax } from "lab/network";
import { percent, short, signed } from "lab/numbers";
import { colourOf, drawSigned, largestOf, make } from "lab/pictures";

const MOST_LISTED = 5;
const MOST_NEURONS = 256; // a wider layer shows its first ones

export class Inside {
  constructor(elements) {
    this.elements = elements;
    this.chosen = null; // {layer, neuron}; the last layer holds the classes
    for (const name of ["why", "whyNot"]) elements[name].addEventListener("change", () => this.explain());
  }

  /** Another network: its layers are drawn anew. */
  setNetwork(network) {
    const sameShape = this.network && `${this.network.layerSizes}` === `${network.layerSizes}`;
    this.network = network;
    if (!sameShape) {
      this.chosen = null;
      this.buildLayers();
      this.buildClasses();
    }
  }

  setDrawing(pixels) {
    this.pixels = pixels;
    this.guessed = false;
    this.refresh();
  }

  buildLayers() {
    const { layerSizes, classNames } = this.network;
    this.buttons = layerSizes.slice(1).map((size, layer) => {
      const isLast = layer === layerSizes.length - 2;
      return Array.from({ length: Math.min(size, MOST_NEURONS) }, (_, neuron) => {
        const button = make("button", { type: "button", className: "neuron", tabIndex: neuron ? -1 : 0 });
        button.append(make("span", { className: "name" }, isLast ? classNames[neuron].slice(0, 6) : ""));
        button.addEventListener("click", () => this.choose(layer, neuron));
        return button;
      });
    });
    this.elements.layers.replaceChildren(...this.buttons.map((buttons, layer) => {
      const size = layerSizes[layer + 1];
      const isLast = layer === layerSizes.length - 2;
      const shown = size > MOST_NEURONS ? `, the first ${MOST_NEURONS}` : "";
      const title = isLast ? `Output: ${size} classes` : `Layer ${layer + 1}: ${size} neurons${shown}`;
      const group = make("div", { className: `neurons${isLast ? " classes" : ""}`, role: "group", ariaLabel: title }, ...buttons);
      group.style.setProperty("--columns", isLast ? size : columnsOf(Math.min(size, MOST_NEURONS)));
      group.addEventListener("keydown", (event) => this.walk(event, buttons, isLast ? size : columnsOf(buttons.length)));
      return make("div", { className: "layer" }, make("h3", {}, title), group);
    }));
  }

  buildClasses() {
    for (const name of ["why", "whyNot"]) {
      this.elements[name].replaceChildren(...this.network.classNames.map((className, k) => make("option", { value: k }, className)));
    }
  }

  /** Arrow keys go from neuron to neuron: one stop of the tab key for each layer. */
  walk(event, buttons, columns) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const from = buttons.indexOf(document.activeElement);
    const to = from + moves[event.key];
    if (from < 0 || to < 0 || to >= buttons.length) return;
    buttons[from].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  }

  refresh() {
    if (!this.network || !this.buttons) return;
    this.elements.empty.hidden = Boolean(this.pixels);
    this.pass = this.pixels ? this.compute() : null;
    this.buttons.forEach((buttons, layer) => {
      const isLast = layer === this.buttons.length - 1;
      const values = this.pass ? (isLast ? this.pass.probs : this.pass.activations[layer]) : null;
      const largest = values ? largestOf(values) : 1;
      buttons.forEach((button, neuron) => this.paint(button, layer, neuron, values?.[neuron], largest, isLast));
    });
    if (this.pass && !this.guessed) this.guess();
    this.detail();
    this.explain();
  }

  compute() {
    const X = matrix(1, this.pixels.length, Float64Array.from(this.pixels, (value) => value / 255));
    const { zs, inputs } = forward(this.network.weights, X, this.network.activation);
    return {
      X, zs, inputs: inputs.map((a) => a.data),
      activations: inputs.slice(1).map((a) => a.data),
      probs: softmax(zs.at(-1)).data,
    };
  }

  paint(button, layer, neuron, value, largest, isLast) {
    const [red, green, blue] = value === undefined ? [124, 123, 120] : fires(value / (largest || 1));
    button.style.setProperty("--fires", `rgb(${red} ${green} ${blue})`);
    button.classList.toggle("dark", red + green + blue < 380);
    const name = isLast ? `class ${this.network.classNames[neuron]}` : `neuron ${neuron + 1}`;
    const says = value === undefined ? "no drawing" : isLast ? percent(value) : `fires ${short(value)}`;
    button.ariaLabel = button.title = `${name}, ${says}`;
    const chosen = this.chosen?.layer === layer && this.chosen.neuron === neuron;
    button.ariaPressed = String(chosen);
  }

  choose(layer, neuron) {
    this.chosen = { layer, neuron };
    this.refresh();
  }

  /** The chosen neuron: its weights as an image, its sum, what counts in it. */
  detail() {
    const { detail, hint } = this.elements;
    detail.hidden = !this.chosen;
    hint.hidden = Boolean(this.chosen);
    if (!this.chosen) return;
    const { layer, neuron } = this.chosen;
    const { weights, activation, classNames, layerSizes } = this.network;
    const isLast = layer === weights.length - 1;
    const [W, b] = weights[layer];
    const column = Float64Array.from({ length: W.rows }, (_, i) => W.data[i * W.columns + neuron]);
    const columns = layer === 0 && W.rows === 784 ? 28 : columnsOf(W.rows);
    const rows = Math.ceil(W.rows / columns);
    const image = new Float64Array(rows * columns);
    image.set(column);
    const title = isLast ? `Class ${classNames[neuron]}` : `Neuron ${neuron + 1} of layer ${layer + 1}`;
    this.elements.neuron.textContent = title;
    const largest = drawSigned(this.elements.weights, image, rows, columns);
    this.elements.weights.setAttribute("aria-label", `The ${W.rows} weights of ${title}, from ${short(Math.min(...column))} to ${short(Math.max(...column))}`);
    this.elements.scale.textContent = `dark −${short(largest, 2)} · grey 0 · pale +${short(largest, 2)}`;
    if (!this.pass) {
      this.elements.sum.textContent = `b = ${short(b.data[neuron])}. Draw something, and its sum is here.`;
      this.elements.inputs.replaceChildren();
      this.elements.outputs.replaceChildren();
      return;
    }
    const a = this.pass.inputs[layer];
    const parts = column.map((w, i) => w * a[i]);
    const z = this.pass.zs[layer].data[neuron];
    const positive = parts.reduce((sum, part) => sum + Math.max(part, 0), 0);
    const negative = parts.reduce((sum, part) => sum + Math.min(part, 0), 0);
    const result = isLast
      ? `p = softmax(z) = ${percent(this.pass.probs[neuron])}`
      : `a = ${activation}(z) = ${short(this.pass.activations[layer][neuron])}`;
    this.elements.sum.textContent =
      `z = ${short(positive)} ${added(negative)} ${added(b.data[neuron])} = ${short(z)}: what speaks for it, what against, and the bias. ${result}.`;
    this.list(this.elements.inputs, "Inputs that count most: a · w", parts, (i) => nameOf(layer, i, layerSizes), (i) => `${short(a[i], 3)} · ${short(column[i], 3)}`);
    if (isLast) {
      this.elements.outputs.replaceChildren();
      return;
    }
    const [next] = weights[layer + 1];
    const value = this.pass.activations[layer][neuron];
    const onward = Float64Array.from({ length: next.columns }, (_, j) => value * next.data[neuron * next.columns + j]);
    this.list(this.elements.outputs, "Where it goes most: a · w", onward,
      (j) => (layer + 1 === weights.length - 1 ? `class ${classNames[j]}` : `neuron ${j + 1} of layer ${layer + 2}`),
      (j) => `${short(value, 3)} · ${short(next.data[neuron * next.columns + j], 3)}`);
  }

  list(element, title, parts, nameOfPart, product) {
    const order = [...parts.keys()].sort((i, j) => Math.abs(parts[j]) - Math.abs(parts[i])).slice(0, MOST_LISTED);
    const rows = order.filter((i) => parts[i] !== 0).map((i) => make("tr", {},
      make("th", { scope: "row" }, nameOfPart(i)), make("td", {}, product(i)), make("td", {}, signed(parts[i], 3))));
    const body = rows.length ? rows : [make("tr", {}, make("td", {}, "nothing: all are 0"))];
    element.replaceChildren(make("caption", {}, title), make("tbody", {}, ...body));
  }

  /** The question that comes first: the answer against the second best. */
  guess() {
    const order = [...this.pass.probs.keys()].sort((i, j) => this.pass.probs[j] - this.pass.probs[i]);
    [this.elements.why.value, this.elements.whyNot.value] = order;
    this.guessed = true;
  }

  /** Which pixels decide: the gradient of the difference of two logits. */
  explain() {
    const { why, whyNot, reasons, speaks, difference } = this.elements;
    const [k, j] = [Number(why.value), Number(whyNot.value)];
    reasons.hidden = !this.pass || k === j;
    if (!this.pass) {
      speaks.textContent = "";
      return;
    }
    if (k === j) {
      speaks.textContent = "Choose two different classes.";
      return;
    }
    const { weights, activation, classNames } = this.network;
    const gradient = logitGradient(weights, this.pass.X, activation, k, j);
    const parts = gradient.data.map((value, i) => value * this.pass.X.data[i]);
    const z = this.pass.zs.at(-1).data;
    const largest = drawSigned(this.elements.gradient, gradient.data, 28, 28);
    drawSigned(this.elements.product, parts, 28, 28);
    const inked = parts.reduce((sum, part) => sum + part, 0);
    const [strongest] = [...parts.keys()].sort((p, q) => Math.abs(parts[q]) - Math.abs(parts[p]));
    const place = `row ${Math.floor(strongest / 28) + 1}, column ${(strongest % 28) + 1}`;
    difference.textContent = `dark speaks for ${classNames[j]}, pale for ${classNames[k]}; the ends are ±${short(largest, 2)}`;
    speaks.textContent = `The logit of ${classNames[k]} is ${short(z[k])}, that of ${classNames[j]} is ${short(z[j])}: `
      + `a difference of ${signed(z[k] - z[j])}. The ink of the drawing gives ${signed(inked)} of it, the biases the rest. `
      + `The pixel that counts most is at ${place} (${signed(parts[strongest], 3)}).`;
    if (activation !== "relu" && activation !== "identity") {
      speaks.textContent = `The logit of ${classNames[k]} is ${short(z[k])}, that of ${classNames[j]} is ${short(z[j])}: `
        + `a difference of ${signed(z[k] - z[j])}. The pixel that counts most is at ${place}.`;
    }
  }
}

/** Black where nothing fires, to pale; what is below 0 (tanh) is dark blue. */
function fires(share) {
  if (share < 0) return colourOf(share);
  return [254, 232, 56].map((end, i) => Math.round([28, 30, 34][i] + share * (end - [28, 30, 34][i])));
}

/** A further term of a sum: − 1.7. */
function added(value) {
  return `${value < 0 ? "−" : "+"} ${short(Math.abs(value))}`;
}

function columnsOf(n) {
  return n > 32 ? 16 : n > 12 ? 8 : n;
}

function nameOf(layer, i, layerSizes) {
  if (layer > 0) return `neuron ${i + 1} of layer ${layer}`;
  return layerSizes[0] === 784 ? `pixel at row ${Math.floor(i / 28) + 1}, column ${(i % 28) + 1}` : `input ${i + 1}`;
}
