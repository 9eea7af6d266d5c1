// One image, one step, number by number. The page computes in float64; with a server,
// textbook.py computes the same and every number is compared.

import { probabilities } from "lab/model";
import { after, fromFlat, matrix, trainingStep } from "lab/network";
import { short } from "lab/numbers";
import { drawSigned, make } from "lab/pictures";
import { linesOf, nameOf, stepsOf } from "lab/steps";

const MOST_IN_A_TABLE = 40;

export class Stepping {
  /** `compare(request)` gives textbook.py's arrays, or is null without a server. */
  constructor(elements, config, unpacked, compare) {
    Object.assign(this, { elements, config, compare });
    this.lines = config.textbook.split("\n");
    this.places = linesOf(config.textbook);
    this.example = { ...config.example, weights: fromFlat(config.example.layer_sizes, unpacked(config.example.weights)) };
    this.at = 0;
    this.useExample = true;
    this.round = 0;
    elements.source.replaceChildren(...this.lines.map((line) => make("span", { className: "line" }, `${line}\n`)));
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

  /** Compute everything anew, and show the same step of it. */
  start(weights = null) {
    this.round += 1;
    const { elements } = this;
    elements.forImage.hidden = this.useExample;
    elements.note.textContent = "";
    const request = this.request();
    elements.stage.hidden = !request;
    if (!request) {
      elements.note.textContent = this.isConvolutional
        ? "Stepping through takes dense networks, and the one above has convolutions. The small one, 2-3-2, is there; page 11 of docs/ has the equations of a convolution."
        : "Draw a digit or pick a test image first: it is the image of this step.";
      elements.proof.textContent = "";
      return;
    }
    const { X, y, activation, rate } = request;
    this.weights = weights ?? request.weights;
    this.step = trainingStep(this.weights, X, y, activation, rate);
    const steps = stepsOf(this.weights.length);
    if (this.steps?.length !== steps.length) {
      elements.list.replaceChildren(...steps.map((step, i) => make("option", { value: i }, `${i + 1}. (${step.equation}) ${step.title}`)));
    }
    this.steps = steps;
    this.prove(request, weights !== null);
    this.go(Math.min(this.at, steps.length - 1));
  }

  get isConvolutional() {
    return Boolean(this.network?.convolutions.length);
  }

  request() {
    if (this.useExample) {
      const { weights, X, y, learning_rate: rate } = this.example;
      return { network: "example", weights, X: matrix(2, 2, Float64Array.from(X)), y, activation: "relu", rate };
    }
    if (!this.pixels || !this.network || this.isConvolutional) return null;
    const X = matrix(1, this.pixels.length, Float64Array.from(this.pixels, (value) => value / 255));
    const rate = Number(this.elements.rate.value);
    const isRate = rate > 0 && rate <= 100;
    if (!isRate) this.elements.rate.value = this.elements.rate.defaultValue;
    return {
      network: this.source, weights: this.network.weights, X, y: [Number(this.elements.label.value)],
      activation: this.network.activation, rate: isRate ? rate : Number(this.elements.rate.defaultValue),
    };
  }

  /** Use the new weights: the same step once more, further down. */
  takeTheStep() {
    const before = this.step.loss.data[0];
    this.start(after(this.step, this.weights.length));
    this.elements.note.textContent = `The step is taken. The loss was ${short(before, 6)}, and is ${short(this.step.loss.data[0], 6)}.`;
  }

  /** Hold every number to textbook.py's, if there is somebody to ask. */
  async prove(request, isLater) {
    const { proof } = this.elements;
    const round = this.round;
    if (!this.compare) {
      proof.textContent = "Computed in this page in float64, and tested against textbook.py.";
      return;
    }
    if (isLater) {
      proof.textContent = "After a step taken here, the numbers are this page's alone.";
      return;
    }
    proof.textContent = "Comparing with textbook.py …";
    const { network, y, rate } = request;
    const asked = this.useExample ? { network } : { network, pixels: Array.from(this.pixels), label: y[0], learning_rate: rate };
    try {
      const theirs = await this.compare(asked);
      if (round !== this.round) return;
      const [count, largest] = differenceOf(this.step, theirs);
      proof.textContent = `textbook.py has computed the same ${count.toLocaleString("en-US")} numbers: the largest difference is ${largest ? largest.toExponential(1).replace("-", "−") : "0"}.`;
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
    this.highlight(this.places[step.equation]);
    elements.from.hidden = !step.operands.length;
    elements.operands.replaceChildren(...step.operands.map((key) => this.view(key)));
    elements.result.replaceChildren(this.view(step.result));
  }

  highlight(line) {
    const { source } = this.elements;
    [...source.children].forEach((span, i) => {
      span.classList.toggle("now", i === line);
      if (i === line) span.setAttribute("aria-current", "true");
      else span.removeAttribute("aria-current");
    });
    const span = source.children[line];
    source.scrollTop = span.offsetTop - source.clientHeight / 2;
  }

  /** An array: in numbers if there are few, else as a heat map whose numbers are asked for. */
  view(key) {
    const array = this.step[key];
    const title = nameOf(key);
    const shape = array.rows === 1 && array.columns === 1 ? "" : `${array.rows} × ${array.columns}`;
    const caption = make("figcaption", {}, make("b", {}, title), ` ${shape}`);
    const body = array.data.length <= MOST_IN_A_TABLE ? tableOf(array, title) : heatMapOf(array, title);
    return make("figure", { className: "array" }, caption, ...body);
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

function tableOf(array, title) {
  const rows = Array.from({ length: array.rows }, (_, i) => make("tr", {}, ...Array.from({ length: array.columns },
    (_, j) => make("td", {}, short(array.data[i * array.columns + j])))));
  return [make("div", { className: "scroll" }, make("table", { ariaLabel: title }, make("tbody", {}, ...rows)))];
}

/** A picture with a reading: the pointer or the arrow keys choose the number. */
function heatMapOf(array, title) {
  const isImage = array.rows === 1 && array.columns === 784;
  const columns = isImage ? 28 : array.rows === 1 ? 16 : array.columns;
  const rows = Math.ceil(array.data.length / columns);
  const values = new Float64Array(rows * columns);
  values.set(array.data);
  const canvas = make("canvas", { className: "heat", tabIndex: 0, role: "img" });
  const largest = drawSigned(canvas, values, rows, columns);
  canvas.setAttribute("aria-label", `${title}: ${array.data.length} numbers up to ±${short(largest, 3)}. Arrow keys read them.`);
  canvas.style.setProperty("--ratio", `${columns} / ${rows}`);
  const reading = make("p", { className: "reading", ariaLive: "polite" }, `dark −${short(largest, 3)} · grey 0 · pale +${short(largest, 3)}`);
  const read = (row, column) => {
    const i = Math.max(0, Math.min(array.data.length - 1, row * columns + column));
    const place = array.rows === 1 ? `[${i}]` : `[${Math.floor(i / array.columns)}, ${i % array.columns}]`;
    reading.textContent = `${place} = ${short(array.data[i], 6)}`;
    return i;
  };
  canvas.addEventListener("pointermove", (event) => {
    const box = canvas.getBoundingClientRect();
    read(Math.floor((rows * (event.clientY - box.top)) / box.height), Math.floor((columns * (event.clientX - box.left)) / box.width));
  });
  let at = 0;
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (!move) return;
    event.preventDefault();
    at = Math.max(0, Math.min(array.data.length - 1, at + move));
    read(Math.floor(at / columns), at % columns);
  });
  return [canvas, reading];
}

