// The layers as they fire: one button for each neuron and for each channel of maps.

import { percent, short } from "lab/numbers";
import { drawFires, fires, isDark, largestOf, make } from "lab/pictures";

const MOST_SHOWN = 256; // a wider layer shows its first ones
const CHANNELS_IN_A_ROW = 8;

/** One layer of buttons; `choose(unit)` is called with the number of the one pressed. */
class Group {
  constructor(title, buttons, columns, className, choose) {
    this.buttons = buttons;
    buttons.forEach((button, unit) => {
      button.tabIndex = unit ? -1 : 0;
      button.addEventListener("click", () => choose(unit));
    });
    this.group = make("div", { className, role: "group", ariaLabel: title }, ...buttons);
    this.group.style.setProperty("--columns", columns);
    this.group.addEventListener("keydown", (event) => this.walk(event));
    this.element = make("div", { className: "layer" }, make("h3", {}, title), this.group);
  }

  /** Arrow keys go from one to the next: one stop of the tab key for each layer. */
  walk(event) {
    const columns = getComputedStyle(this.group).gridTemplateColumns.split(" ").length;
    const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const from = this.buttons.indexOf(document.activeElement);
    const to = from + moves[event.key];
    if (from < 0 || to < 0 || to >= this.buttons.length) return;
    this.buttons[from].tabIndex = -1;
    this.buttons[to].tabIndex = 0;
    this.buttons[to].focus();
  }

  say(unit, name, chosen) {
    const button = this.buttons[unit];
    button.ariaLabel = button.title = name;
    button.ariaPressed = String(chosen === unit);
  }
}

/** The neurons of a dense layer; of the last one, the classes. */
export class Neurons extends Group {
  constructor(network, dense, choose) {
    const size = network.denseSizes[dense + 1];
    const isLast = dense === network.weights.length - 1;
    const shown = Math.min(size, MOST_SHOWN);
    const buttons = Array.from({ length: shown }, (_, unit) => make("button", { type: "button", className: "neuron" },
      make("span", { className: "name" }, isLast ? network.classNames[unit].slice(0, 6) : "")));
    const number = network.convolutions.length + dense + 1;
    const title = isLast ? `Output: ${size} classes` : `Layer ${number}: ${size} neurons${size > shown ? `, the first ${shown}` : ""}`;
    super(title, buttons, isLast ? size : columnsOf(shown), `neurons${isLast ? " classes" : ""}`, choose);
    Object.assign(this, { network, dense, isLast });
  }

  /** Show one pass, or none; `chosen` is the number of the chosen one. */
  paint(pass, chosen) {
    const values = pass && (this.isLast ? pass.probs : pass.activations[this.dense]);
    const largest = (values && largestOf(values)) || 1;
    this.buttons.forEach((button, unit) => {
      const colour = values ? fires(values[unit] / largest) : [124, 123, 120];
      button.style.setProperty("--fires", `rgb(${colour.join(" ")})`);
      button.classList.toggle("dark", isDark(colour));
      const name = this.isLast ? `class ${this.network.classNames[unit]}` : `neuron ${unit + 1}`;
      const says = !values ? "no drawing" : this.isLast ? percent(values[unit]) : `fires ${short(values[unit])}`;
      this.say(unit, `${name}, ${says}`, chosen);
    });
  }
}

/** The channels of a convolution: each its map, and below it what pooling leaves. */
export class Channels extends Group {
  constructor(network, layer, choose) {
    const { outChannels, height, width, pooled } = network.sizes[layer];
    const shown = Math.min(outChannels, MOST_SHOWN);
    const parts = Array.from({ length: shown }, (_, unit) => ({
      before: make("canvas", { className: "before" }), after: make("canvas", { className: "after" }),
      name: make("span", { className: "name" }, String(unit + 1)),
    }));
    const buttons = parts.map(({ before, after, name }) => make("button", { type: "button", className: "channel" },
      before, make("span", { className: "below" }, after, name)));
    const by = (rows, across) => `${rows}\u00a0×\u00a0${across}`;
    const title = `Layer ${layer + 1}: convolution, ${outChannels} ${outChannels === 1 ? "channel" : "channels"} of ${by(height, width)}, `
      + `pooled to ${by(pooled.height, pooled.width)}${outChannels > shown ? `, the first ${shown}` : ""}`;
    super(title, buttons, Math.min(outChannels, CHANNELS_IN_A_ROW), "channels", choose);
    Object.assign(this, { network, layer, parts });
  }

  paint(pass, chosen) {
    const found = pass?.maps[this.layer];
    const largest = found ? largestOf(found.fired.data) : 1;
    const { height, width, pooled } = this.network.sizes[this.layer];
    this.parts.forEach(({ before, after }, unit) => {
      const values = found && channelOf(found.fired, unit);
      drawFires(before, values, height, width, largest);
      drawFires(after, found && channelOf(found.pooled, unit), pooled.height, pooled.width, largest);
      this.say(unit, `channel ${unit + 1}, ${values ? `fires up to ${short(Math.max(...values))}` : "no drawing"}`, chosen);
    });
  }
}

/** One channel of some maps. */
export function channelOf({ height, width, data }, channel) {
  return data.subarray(channel * height * width, (channel + 1) * height * width);
}

export function columnsOf(n) {
  return n > 32 ? 16 : n > 12 ? 8 : n;
}
