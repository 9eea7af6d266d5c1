// One image, one step, number by number. The page computes in float64; with a server,
// textbook.py and textbook_conv.py compute the same and every number is compared.

import { figureOf } from "lab/arrays";
import { convolutionalStep } from "lab/convolution_step";
import { probabilities } from "lab/model";
import { after, fromFlat, matrix, trainingStep } from "lab/network";
import { short } from "lab/numbers";
import { make } from "lab/pictures";
import { linesOf, nameOf, stepsOf } from "lab/steps";

const [DENSE, CONVOLUTIONAL] = ["textbook.py", "textbook_conv.py"];
// Its equations go on from those of textbook.py.
const FIRST_OF_CONVOLUTIONS = 25;

export class Stepping {
  /** `compare(request)` gives textbook.py's arrays, or is null without a server. */
  constructor(elements, config, unpacked, compare) {
    Object.assign(this, { elements, config, compare });
    this.files = { [DENSE]: config.textbook, [CONVOLUTIONAL]: config.textbook_conv };
    this.places = { [DENSE]: linesOf(config.textbook), [CONVOLUTIONAL]: linesOf(config.textbook_conv) };
    const { layer_sizes: sizes, weights } = config.example;
    this.example = { ...config.example, network: { weights: fromFlat(sizes, unpacked(weights)), convolutions: [], activation: "relu" } };
    this.at = 0;
    this.useExample = true;
    this.round = 0;
    elements.back.addEventListener("click", () => this.go(this.at - 1));
    elements.next.addEventListener("click", () => this.go(this.at + 1));
    elements.list.addEventListener("change", () => this.go(Number(elements.list.value)));
    elements.again.addEventListener("click", () => this.takeTheStep());
    for (const radio of elements.which) radio.addEventListener("change", () => this.choose(radio.value === "example"));
    elements.label.addEventListener("change", () => this.start());
    elements.rate.addEventListener("change", () => this.start());
  }

  choose(useExample) {
    this.useExample = useExample;
    this.start();
  }

  setNetwork(network, source) {
    const classes = network.classNames.map((name, k) => make("option", { value: k }, name));
    if (this.elements.label.options.length !== classes.length) this.elements.label.replaceChildren(...classes);
    [this.network, this.source] = [network, source];
    if (!this.useExample) this.start();
    else if (!this.step) this.start();
  }

  /** `label` is that of a test image; of a drawing it is what the network takes it for. */
  setDrawing(pixels, label) {
    this.pixels = pixels;
    if (label !== null) this.elements.label.value = label;
    else if (pixels && this.network) {
      const probs = probabilities(this.network, pixels);
      this.elements.label.value = probs.indexOf(Math.max(...probs));
    }
    if (!this.useExample) this.start();
  }

  /** Compute everything anew, and show the same step of it; `later` is the network after a step. */
  start(later = null) {
    this.round += 1;
    const { elements } = this;
    elements.forImage.hidden = this.useExample;
    elements.note.textContent = "";
    const request = this.request();
    elements.stage.hidden = !request;
    if (!request) {
      elements.note.textContent = "Draw a digit or pick a test image first: it is the image of this step.";
      elements.proof.textContent = "";
      return;
    }
    const { X, y, rate } = request;
    this.stepped = later ?? request.network;
    const { weights, convolutions, activation } = this.stepped;
    this.step = convolutions.length
      ? convolutionalStep(this.stepped, X, y, rate)
      : trainingStep(weights, X, y, activation, rate);
    const steps = stepsOf(convolutions.length + weights.length, convolutions.length);
    if (this.steps?.map(({ title }) => title).join() !== steps.map(({ title }) => title).join()) {
      elements.list.replaceChildren(...steps.map((step, i) => make("option", { value: i }, `${i + 1}. (${step.equation}) ${step.title}`)));
    }
    this.steps = steps;
    this.prove(request, later !== null);
    this.go(Math.min(this.at, steps.length - 1));
  }

  request() {
    if (this.useExample) {
      const { network, X, y, learning_rate: rate } = this.example;
      return { source: "example", network, X: matrix(2, 2, Float64Array.from(X)), y, rate };
    }
    if (!this.pixels || !this.network) return null;
    const X = matrix(1, this.pixels.length, Float64Array.from(this.pixels, (value) => value / 255));
    const rate = Number(this.elements.rate.value);
    const isRate = rate > 0 && rate <= 100;
    if (!isRate) this.elements.rate.value = this.elements.rate.defaultValue;
    return {
      source: this.source, network: this.network, X, y: [Number(this.elements.label.value)],
      rate: isRate ? rate : Number(this.elements.rate.defaultValue),
    };
  }

  /** Use the new weights: the same step once more, further down. */
  takeTheStep() {
    const before = this.step.loss.data[0];
    const { convolutions, weights } = this.stepped;
    const n = convolutions.length;
    const pairs = after(this.step, n + weights.length);
    this.start({ ...this.stepped, convolutions: pairs.slice(0, n), weights: pairs.slice(n) });
    this.elements.note.textContent = `The step is taken. The loss was ${short(before, 6)}, and is ${short(this.step.loss.data[0], 6)}.`;
  }

  /** Hold every number to the textbook's, if there is somebody to ask. */
  async prove(request, isLater) {
    const { proof } = this.elements;
    const round = this.round;
    const file = request.network.convolutions.length ? CONVOLUTIONAL : DENSE;
    if (!this.compare) {
      proof.textContent = `Computed in this page in float64, and tested against ${file}.`;
      return;
    }
    if (isLater) {
      proof.textContent = "After a step taken here, the numbers are this page's alone.";
      return;
    }
    proof.textContent = `Comparing with ${file} …`;
    const { source: network, y, rate } = request;
    const asked = this.useExample ? { network } : { network, pixels: Array.from(this.pixels), label: y[0], learning_rate: rate };
    try {
      const theirs = await this.compare(asked);
      if (round !== this.round) return;
      const [count, largest] = differenceOf(this.step, theirs);
      proof.textContent = `${file} has computed the same ${count.toLocaleString("en-US")} numbers: the largest difference is ${largest ? largest.toExponential(1).replace("-", "−") : "0"}.`;
    } catch (error) {
      if (round === this.round) proof.textContent = error.message;
    }
  }

  go(to) {
    const { elements, steps } = this;
    this.at = Math.max(0, Math.min(steps.length - 1, to));
    const step = steps[this.at];
    elements.list.value = this.at;
    elements.back.disabled = this.at === 0;
    elements.next.disabled = this.at === steps.length - 1;
    elements.again.hidden = this.at < steps.length - 1;
    elements.title.textContent = `${step.title}  (${step.equation})`;
    elements.words.textContent = step.words;
    const file = step.again || step.equation >= FIRST_OF_CONVOLUTIONS ? CONVOLUTIONAL : DENSE;
    this.highlight(file, this.places[file][step.equation]);
    elements.from.hidden = !step.operands.length;
    const view = (key) => figureOf(this.step[key], nameOf(key));
    elements.operands.replaceChildren(...step.operands.map(view));
    elements.result.replaceChildren(view(step.result));
  }

  highlight(file, line) {
    const { source, file: name } = this.elements;
    if (name.textContent !== file) {
      name.textContent = file;
      source.setAttribute("aria-label", file);
      const lines = this.files[file].split("\n");
      source.replaceChildren(...lines.map((text) => make("span", { className: "line" }, `${text}\n`)));
    }
    [...source.children].forEach((span, i) => {
      span.classList.toggle("now", i === line);
      if (i === line) span.setAttribute("aria-current", "true");
      else span.removeAttribute("aria-current");
    });
    const span = source.children[line];
    source.scrollTop = span.offsetTop - source.clientHeight / 2;
  }
}

/** How many numbers were compared, and the largest difference. */
export function differenceOf(step, theirs) {
  let [count, largest] = [0, 0];
  for (const [key, { rows, columns, data }] of Object.entries(theirs)) {
    const ours = step[key];
    if (!ours || ours.data.length !== rows * columns) throw new Error(`${key} has another shape here`);
    const numbers = floatsOf(data);
    numbers.forEach((value, i) => { largest = Math.max(largest, Math.abs(value - ours.data[i])); });
    count += numbers.length;
  }
  return [count, largest];
}

/** Float64 numbers from base64. */
export function floatsOf(text) {
  return new Float64Array(bytesOf(text).buffer);
}

export function bytesOf(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
