// Why one class and not another: which pixels decide.

import { whyNot } from "lab/model";
import { placeOf } from "lab/neuron";
import { short, signed } from "lab/numbers";
import { drawSigned, make } from "lab/pictures";

export class Reasons {
  constructor(elements) {
    this.elements = elements;
    for (const name of ["why", "whyNot"]) elements[name].addEventListener("change", () => this.explain());
  }

  /** The classes of another network. */
  build({ classNames }) {
    for (const name of ["why", "whyNot"]) {
      this.elements[name].replaceChildren(...classNames.map((className, k) => make("option", { value: k }, className)));
    }
  }

  /** One pass, or none; `isNew` if the reader has not asked anything about it yet. */
  show(network, pass, isNew) {
    Object.assign(this, { network, pass });
    if (pass && isNew) this.guess();
    this.explain();
  }

  /** The question that comes first: the answer against the second best. */
  guess() {
    const order = [...this.pass.probs.keys()].sort((i, j) => this.pass.probs[j] - this.pass.probs[i]);
    [this.elements.why.value, this.elements.whyNot.value] = order;
  }

  /** The gradient of the difference of two logits, alone and times the pixels. */
  explain() {
    const { why, whyNot: not, reasons, speaks, difference } = this.elements;
    const [k, j] = [Number(why.value), Number(not.value)];
    reasons.hidden = !this.pass || k === j;
    difference.hidden = reasons.hidden;
    if (!this.pass || k === j) {
      speaks.textContent = this.pass ? "Choose two different classes." : "";
      return;
    }
    const { activation, classNames } = this.network;
    const gradient = whyNot(this.network, this.pass, k, j);
    const parts = gradient.map((value, i) => value * this.pass.X.data[i]);
    const z = this.pass.zs.at(-1).data;
    const largest = drawSigned(this.elements.gradient, gradient, 28, 28);
    drawSigned(this.elements.product, parts, 28, 28);
    const inked = parts.reduce((sum, part) => sum + part, 0);
    const [strongest] = [...parts.keys()].sort((p, q) => Math.abs(parts[q]) - Math.abs(parts[p]));
    const place = placeOf(strongest, 28);
    difference.textContent = `dark speaks for ${classNames[j]}, pale for ${classNames[k]}; the ends are ±${short(largest, 2)}`;
    // Only of a network that is linear around this image does the gradient give the sum.
    const isLinear = activation === "relu" || activation === "identity";
    const ink = isLinear ? ` The ink of the drawing gives ${signed(inked)} of it, the biases the rest.` : "";
    const share = isLinear ? ` (${signed(parts[strongest], 3)})` : "";
    speaks.textContent = `The logit of ${classNames[k]} is ${short(z[k])}, that of ${classNames[j]} is ${short(z[j])}: `
      + `a difference of ${signed(z[k] - z[j])}.${ink} The pixel that counts most is at ${place}${share}.`;
  }
}
