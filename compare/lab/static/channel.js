// One channel of a convolution in numbers: its kernels as images, and for one place of its
// map the patch times the kernel, product by product.

import { channelOf } from "lab/layers";
import { placeOf, sumOf } from "lab/neuron";
import { fixed, short, signed } from "lab/numbers";
import { colourOf, drawFires, drawSigned, fires, isDark, largestOf, make } from "lab/pictures";

const MOST_IN_NUMBERS = 7; // a larger kernel is drawn

export class Channel {
  constructor(elements) {
    this.elements = elements;
    this.place = null; // of the map, {row, column}, once the reader has chosen it
    this.input = null; // the channel that is read, likewise
    elements.map.addEventListener("click", (event) => this.point(event));
    elements.map.addEventListener("keydown", (event) => this.walk(event));
  }

  hide() {
    this.elements.detail.hidden = true;
  }

  /** Channel `unit` of convolution `layer`; `pass` is null without a drawing. */
  show(network, layer, unit, pass) {
    const { elements } = this;
    if (this.network !== network || this.layer !== layer || this.unit !== unit) this.input = null;
    if (this.layer !== layer || this.unit !== unit) this.place = null;
    Object.assign(this, { network, layer, unit, pass: pass?.maps[layer] ?? null });
    const { inChannels, size } = network.sizes[layer];
    elements.detail.hidden = false;
    elements.title.textContent = `Channel ${unit + 1} of layer ${layer + 1}`;
    const kernels = inChannels === 1 ? `One kernel of ${size} × ${size}` : `${inChannels} kernels of ${size} × ${size}, one for each channel that it reads`;
    elements.words.textContent = `${kernels}, and one bias, b = ${short(this.bias)}, for every place of the map.`;
    elements.maps.hidden = elements.pool.hidden = !this.pass;
    this.refresh();
  }

  get bias() {
    return this.network.convolutions[this.layer][1].data[this.unit];
  }

  /** The kernel for one input channel. */
  kernel(input) {
    const [{ inChannels, size, data }] = this.network.convolutions[this.layer];
    const start = (this.unit * inChannels + input) * size * size;
    return data.subarray(start, start + size * size);
  }

  /** What lies under the kernel at the chosen place, in one input channel. */
  patch(input) {
    const { size } = this.network.sizes[this.layer];
    const { a } = this.pass;
    const values = channelOf(a, input);
    return Float64Array.from({ length: size * size }, (_, k) => values[(this.at.row + Math.floor(k / size)) * a.width + this.at.column + (k % size)]);
  }

  /** Where the reader looks; before a choice, where the map fires most. */
  look() {
    if (this.place) return this.place;
    const { width } = this.network.sizes[this.layer];
    const values = channelOf(this.pass.fired, this.unit);
    const best = values.indexOf(Math.max(...values));
    return { row: Math.floor(best / width), column: best % width };
  }

  refresh() {
    const { inChannels } = this.network.sizes[this.layer];
    const inputs = Array.from({ length: inChannels }, (_, input) => input);
    if (!this.pass) {
      this.showKernels(inputs, null);
      this.showNumbers(this.input ?? 0);
      this.elements.sum.textContent = "Draw something, and its sums are here.";
      return;
    }
    this.at = this.look();
    const products = inputs.map((input) => {
      const patch = this.patch(input);
      return this.kernel(input).map((w, k) => w * patch[k]);
    });
    const sums = products.map((parts) => parts.reduce((sum, part) => sum + part, 0));
    const strongest = sums.reduce((best, sum, input) => (Math.abs(sum) > Math.abs(sums[best]) ? input : best), 0);
    const input = this.input ?? strongest;
    this.showMaps(input);
    this.showKernels(inputs, sums, input);
    this.showNumbers(input, products[input]);
    this.showSum(Float64Array.from(products.flatMap((parts) => [...parts])));
  }

  showMaps(input) {
    const { elements, pass, layer, at } = this;
    const { size, height, width, inHeight, inWidth } = this.network.sizes[layer];
    const read = channelOf(pass.a, input);
    drawFires(elements.read, read, inHeight, inWidth, largestOf(pass.a.data));
    elements.read.setAttribute("aria-label", `What it reads${layer ? `, channel ${input + 1}` : ""}; the kernel lies on ${placeOf(at.row * inWidth + at.column, inWidth)} and ${size - 1} further each way`);
    elements.readName.textContent = layer ? `What it reads: channel ${input + 1} of layer ${layer}, pooled. The frame is where the kernel lies.` : "What it reads: your drawing. The frame is where the kernel lies.";
    drawFires(elements.map, channelOf(pass.fired, this.unit), height, width, largestOf(channelOf(pass.fired, this.unit)));
    elements.map.setAttribute("aria-label", `Map of channel ${this.unit + 1}, ${height} by ${width}; at ${placeOf(at.row * width + at.column, width)}. Arrow keys move.`);
    frame(elements.window, at, size, inHeight, inWidth);
    frame(elements.spot, at, 1, height, width);
  }

  /** Every kernel as an image, with what it gives at this place; one can be chosen. */
  showKernels(inputs, sums, chosen = 0) {
    const { size } = this.network.sizes[this.layer];
    const largest = largestOf(inputs.flatMap((input) => [...this.kernel(input)]));
    const focused = [...this.elements.kernels.children].indexOf(document.activeElement);
    this.elements.kernels.replaceChildren(...inputs.map((input) => {
      const canvas = make("canvas", {});
      drawSigned(canvas, this.kernel(input), size, size, largest);
      const given = sums ? `${sums[input] > 0 ? "+" : ""}${fixed(sums[input], largestOf(sums))}` : "";
      const of = this.layer ? `kernel for channel ${input + 1}` : "kernel for the drawing";
      const button = make("button", {
        type: "button", className: "kernel", ariaPressed: String(input === chosen), ariaLabel: given ? `${of}, gives ${given}` : of, title: of,
      }, canvas, make("span", { className: "name" }, given || String(input + 1)));
      button.addEventListener("click", () => {
        this.input = input;
        this.refresh();
      });
      return button;
    }));
    this.elements.kernels.children[focused]?.focus();
    this.elements.scale.textContent = `kernels: dark −${short(largest, 2)} · grey 0 · pale +${short(largest, 2)}`
      + `${sums && inputs.length > 1 ? "; below each, what it adds to the sum. Choose one to see its products." : "."}`;
  }

  showNumbers(input, products = null) {
    const { size } = this.network.sizes[this.layer];
    const kernel = this.kernel(input);
    const largest = largestOf(kernel);
    const of = this.layer ? ` of channel ${input + 1}` : "";
    const kernelTable = grid(`the kernel${this.layer ? ` for channel ${input + 1}` : ""}`, kernel, size, (w) => colourOf(w / (largest || 1)));
    if (!products) {
      this.elements.numbers.replaceChildren(kernelTable);
      return;
    }
    const patch = this.patch(input);
    const most = largestOf(patch) || 1;
    const mostProduct = largestOf(products) || 1;
    const sum = products.reduce((total, part) => total + part, 0);
    this.elements.numbers.replaceChildren(
      grid(`the patch${of}`, patch, size, (value) => fires(value / most)),
      grid(`× ${this.layer ? `its kernel` : "the kernel"}`, kernel, size, (w) => colourOf(w / (largest || 1))),
      grid(`= products, in all ${signed(sum, 4)}`, products, size, (part) => colourOf(part / mostProduct)),
    );
  }

  showSum(parts) {
    const { elements, pass, at, unit } = this;
    const { height, width, pooled } = this.network.sizes[this.layer];
    const index = at.row * width + at.column;
    const [z, a] = [channelOf(pass.z, unit)[index], channelOf(pass.fired, unit)[index]];
    elements.sum.textContent = `At ${placeOf(index, width)}: ${sumOf(parts, this.bias, z)}. a = ${this.network.activation}(z) = ${short(a)}.`;
    const [row, column] = [Math.floor(at.row / 2), Math.floor(at.column / 2)];
    if (row >= pooled.height || column >= pooled.width) {
      elements.pool.textContent = `It belongs to no pool: ${height} × ${width} has an odd row or column left over.`;
      return;
    }
    const values = channelOf(pass.fired, unit);
    const places = [0, 1, width, width + 1].map((step) => 2 * row * width + 2 * column + step);
    const largest = Math.max(...places.map((place) => values[place]));
    const winner = places.find((place) => values[place] === largest);
    const said = winner === index ? "this place is the largest and goes on" : values[index] === largest ? "of equal ones the first goes on" : `${short(largest)} is the largest and goes on`;
    elements.pool.textContent = `Its pool of four holds ${places.map((place) => short(values[place], 3)).join(", ")}: ${said}, to ${placeOf(row * pooled.width + column, pooled.width)} of the pooled map.`;
  }

  point(event) {
    const { height, width } = this.network.sizes[this.layer];
    const box = this.elements.map.getBoundingClientRect();
    this.moveTo(Math.floor((height * (event.clientY - box.top)) / box.height), Math.floor((width * (event.clientX - box.left)) / box.width));
  }

  walk(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move || !this.pass) return;
    event.preventDefault();
    this.moveTo(this.at.row + move[0], this.at.column + move[1]);
  }

  moveTo(row, column) {
    const { height, width } = this.network.sizes[this.layer];
    this.place = { row: Math.max(0, Math.min(height - 1, row)), column: Math.max(0, Math.min(width - 1, column)) };
    this.refresh();
  }
}

/** Lay a frame of `size` pixels over a picture of so many rows and columns. */
function frame(element, { row, column }, size, rows, columns) {
  element.style.left = `${(100 * column) / columns}%`;
  element.style.top = `${(100 * row) / rows}%`;
  element.style.width = `${(100 * size) / columns}%`;
  element.style.height = `${(100 * size) / rows}%`;
}

/** A square of numbers on the colours that they stand for; too many are drawn. */
function grid(title, values, size, colour) {
  const caption = make("figcaption", {}, title);
  if (size > MOST_IN_NUMBERS) {
    const canvas = make("canvas", { className: "map", role: "img", ariaLabel: title });
    drawSigned(canvas, values, size, size);
    return make("figure", {}, caption, canvas);
  }
  const largest = largestOf(values);
  const rows = Array.from({ length: size }, (_, i) => make("tr", {}, ...Array.from({ length: size }, (_, j) => {
    const value = values[i * size + j];
    const cell = make("td", {}, fixed(value, largest));
    cell.style.background = `rgb(${colour(value).join(" ")})`;
    cell.classList.toggle("dark", isDark(colour(value)));
    return cell;
  })));
  return make("figure", {}, caption, make("table", { className: "numbers", ariaLabel: title }, make("tbody", {}, ...rows)));
}
