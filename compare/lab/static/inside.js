// Looking inside: the layers as they fire, one neuron or channel in numbers, and why one
// class and not another. Computed here, from the same weights, in float64.

import { Channel } from "lab/channel";
import { Channels, Neurons } from "lab/layers";
import { nameOfSizes, passOf } from "lab/model";
import { Neuron } from "lab/neuron";
import { Reasons } from "lab/reasons";

export class Inside {
  constructor({ layers, empty, hint, neuron, channel, reasons }) {
    this.elements = { layers, empty, hint };
    this.neuron = new Neuron(neuron);
    this.channel = new Channel(channel);
    this.reasons = new Reasons(reasons);
    this.chosen = null; // {layer, unit}; the last layer holds the classes
  }

  /** Another network: its layers are drawn anew if their sizes are others. */
  setNetwork(network) {
    const isSameShape = this.network && nameOfSizes(this.network) === nameOfSizes(network);
    this.network = network;
    if (!isSameShape) {
      this.chosen = null;
      this.isNew = true;
      this.build();
      this.reasons.build(network);
    }
  }

  /** Another drawing; it is shown by `refresh`, when there is time. */
  setDrawing(pixels) {
    this.pixels = pixels;
    this.isNew = true;
  }

  build() {
    const { convolutions, weights } = this.network;
    const choose = (layer) => (unit) => this.choose(layer, unit);
    this.groups = [
      ...convolutions.map((_, i) => new Channels(this.network, i, choose(i))),
      ...weights.map((_, i) => new Neurons(this.network, i, choose(convolutions.length + i))),
    ];
    this.elements.layers.replaceChildren(...this.groups.map((group) => group.element));
    this.elements.hint.textContent = convolutions.length
      ? "Choose a channel: its kernels as images, and for each place of its map the patch times the kernel. Or choose a neuron."
      : "Choose a neuron: its weights as an image, its sum in numbers, and what counts most in it.";
  }

  choose(layer, unit) {
    this.chosen = { layer, unit };
    this.refresh();
  }

  refresh() {
    if (!this.groups) return;
    this.elements.empty.hidden = Boolean(this.pixels);
    this.pass = this.pixels ? passOf(this.network, this.pixels) : null;
    this.groups.forEach((group, layer) => {
      group.paint(this.pass, this.chosen?.layer === layer ? this.chosen.unit : null);
    });
    this.detail();
    this.reasons.show(this.network, this.pass, this.isNew);
    this.isNew = this.isNew && !this.pass;
  }

  detail() {
    this.elements.hint.hidden = Boolean(this.chosen);
    this.neuron.hide();
    this.channel.hide();
    if (!this.chosen) return;
    const { layer, unit } = this.chosen;
    const dense = layer - this.network.convolutions.length;
    if (dense < 0) this.channel.show(this.network, layer, unit, this.pass);
    else this.neuron.show(this.network, dense, unit, this.pass);
  }
}
