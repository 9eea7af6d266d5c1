// Training before one's eyes: settings, curves that lie on top of one another, numbers.

import { Chart, sample } from "lab/chart";
import { grouped, percent, short } from "lab/numbers";
import { make } from "lab/pictures";

const ADAM_RATE = 0.001;

export class Training {
  /** `act(what, settings)` asks the server; `newWeights` says that the network moved. */
  constructor(elements, act, newWeights) {
    Object.assign(this, { elements, act, newWeights });
    this.sgdRate = Number(elements.form.elements.learning_rate.value);
    this.points = [];
    this.state = { status: "idle", settings: {}, engines: [], left_out: {}, step: 0, until: 0, steps_per_epoch: 0 };
    this.charts = {
      loss: new Chart(elements.loss, { x: "epochs", y: "loss" }),
      accuracy: new Chart(elements.accuracy, { x: "epochs", y: "accuracy", range: [0, 1] }),
      difference: new Chart(elements.difference, { x: "epochs", y: "max |Δθ|", logarithmic: true }),
    };
    elements.start.addEventListener("click", () => this.ask("start"));
    elements.pause.addEventListener("click", () => this.ask("pause"));
    elements.one.addEventListener("click", () => this.ask("step"));
    elements.rewind.addEventListener("click", () => this.ask("rewind"));
    elements.form.addEventListener("submit", (event) => event.preventDefault());
    elements.form.addEventListener("input", () => this.buttons());
    elements.network.addEventListener("change", () => this.takeSizes());
    for (const name of ["conv_layers", "hidden_layers"]) elements.form.elements[name].addEventListener("input", () => this.nameSizes());
    elements.form.elements.optimizer.addEventListener("change", () => this.suitableRate());
  }

  /** Fill in the sizes of the network that is chosen by name. */
  takeSizes() {
    const { network, form } = this.elements;
    if (network.value) [form.elements.conv_layers.value, form.elements.hidden_layers.value] = network.value.split("/");
    this.buttons();
  }

  /** Choose the name of the sizes that are there. */
  nameSizes() {
    const { network, form } = this.elements;
    const sizes = `${form.elements.conv_layers.value.trim()}/${form.elements.hidden_layers.value.trim()}`;
    network.value = [...network.options].some((option) => option.value === sizes) ? sizes : "";
  }

  /** Begin with the sizes of a model. */
  suggest({ conv_layers: convLayers, layer_sizes: layerSizes }) {
    if (this.state.status === "idle") this.fillIn({ conv_layers: convLayers, hidden_layers: layerSizes.slice(1, -1) });
  }

  /** A rate that is right for SGD is far too large for Adam. */
  suitableRate() {
    const { optimizer, learning_rate: rate } = this.elements.form.elements;
    if ([ADAM_RATE, this.sgdRate].includes(Number(rate.value))) rate.value = optimizer.value === "sgd" ? this.sgdRate : ADAM_RATE;
    this.buttons();
  }

  settings() {
    const { elements } = this.elements.form;
    const sizes = elements.hidden_layers.value.trim();
    const convolutions = elements.conv_layers.value.trim();
    return {
      conv_layers: convolutions && convolutions !== "none" ? convolutions.split(/[-,\s]+/).map((pair) => pair.split(/[x×]/).map(Number)) : [],
      hidden_layers: sizes ? sizes.split(/[-,\s]+/).map(Number) : [],
      activation: elements.activation.value,
      optimizer: elements.optimizer.value,
      learning_rate: Number(elements.learning_rate.value),
      momentum: Number(elements.momentum.value),
      weight_decay: Number(elements.weight_decay.value),
      batch_size: Number(elements.batch_size.value),
      dtype: elements.dtype.value,
      seed: Number(elements.seed.value),
      n_epochs: Number(elements.n_epochs.value),
    };
  }

  async ask(what) {
    this.elements.message.textContent = "";
    this.elements.start.disabled = this.elements.one.disabled = true;
    try {
      await this.act(what, what === "start" || what === "step" ? this.settings() : {});
    } catch (error) {
      this.elements.message.textContent = error.message;
    }
    this.buttons();
  }

  /** News from the server: how things stand, and all points or those that are new. */
  hear(news) {
    const { points, all, ...state } = news;
    const begins = all && points.length <= 1;
    this.state = state;
    if (all) this.points = points;
    else this.points.push(...points.filter((point) => !this.points.length || point.step > this.points.at(-1).step));
    if (all) this.fillIn(state.settings);
    this.buttons();
    this.draw();
    if (this.points.length && (begins || !all || state.status !== "running")) this.newWeights();
  }

  /** The settings of a training that another page has started. */
  fillIn(settings) {
    for (const [name, value] of Object.entries(settings)) {
      const field = this.elements.form.elements[name];
      if (field && document.activeElement !== field) field.value = Array.isArray(value) ? value.map((size) => [size].flat().join("x")).join("-") : value;
    }
    this.nameSizes();
  }

  get isOther() {
    const [now, then] = [this.settings(), this.state.settings];
    return Object.keys(now).some((name) => name !== "n_epochs" && name in then && `${now[name]}` !== `${then[name]}`);
  }

  buttons() {
    const { start, pause, one, rewind } = this.elements;
    const { status } = this.state;
    const runs = status === "running";
    start.disabled = one.disabled = runs;
    pause.disabled = !runs;
    rewind.disabled = runs || !this.state.step;
    const begun = this.state.step > 0 && status !== "failed";
    start.textContent = !begun ? "Start" : this.isOther ? "Start anew with these settings" : "Go on";
  }

  /** One row for each engine, built when others take part. */
  rows() {
    const leftOut = Object.keys(this.state.left_out);
    const names = [...this.state.engines, ...leftOut];
    const key = [...names, leftOut.length].join("\n");
    if (key === this.built) return;
    this.built = key;
    this.elements.body.replaceChildren(...names.map((name, i) => {
      const cell = (id) => make("td", { id: `${id}-${name}` });
      if (leftOut.includes(name)) {
        const reason = cell("accuracy");
        reason.colSpan = 4;
        return make("tr", {}, make("th", { scope: "row" }, name), reason);
      }
      return make("tr", {}, make("th", { scope: "row" }, sample(i), ` ${name}`),
        cell("accuracy"), cell("loss"), cell("speed"), cell("difference"));
    }));
    this.elements.table.hidden = !names.length;
  }

  draw() {
    this.rows();
    const { state, points } = this;
    const last = points.at(-1);
    for (const name of state.engines) {
      const row = last?.engines[name];
      if (!row) continue;
      document.getElementById(`accuracy-${name}`).textContent = percent(row.accuracy);
      document.getElementById(`loss-${name}`).textContent = short(row.loss);
      document.getElementById(`speed-${name}`).textContent = row.images_per_second ? grouped(row.images_per_second) : "";
      document.getElementById(`difference-${name}`).textContent = name === state.engines[0] ? "reference" : short(row.difference, 2);
    }
    for (const [name, reason] of Object.entries(state.left_out)) {
      document.getElementById(`accuracy-${name}`).textContent = `left out: ${reason}`;
    }
    const epochs = (point) => point.step / (state.steps_per_epoch || 1);
    for (const [what, chart] of Object.entries(this.charts)) {
      const series = state.engines.map((name, i) => ({
        look: i, name, points: points.filter((point) => point.engines[name]).map((point) => [epochs(point), point.engines[name][what]]),
      })).filter((_, i) => what !== "difference" || i > 0);
      chart.draw(series, this.words(what, series));
    }
    this.elements.status.textContent = this.sentence();
  }

  words(what, series) {
    const names = { loss: "Loss on validation images", accuracy: "Accuracy on validation images", difference: "Largest difference of a parameter" };
    const ends = series.filter((one) => one.points.length).map((one) => `${one.name} ${short(one.points.at(-1)[1], 3)}`);
    return `${names[what]}. ${ends.length ? `Now: ${ends.join(", ")}.` : "Nothing yet."}`;
  }

  sentence() {
    const { status, step, steps_per_epoch: perEpoch, settings, engines } = this.state;
    if (status === "idle") return "Press Start: every engine begins at the same weights and sees the same batches.";
    if (status === "failed") return "No engine can train like this.";
    if (status === "running" && !step) return "The first turn: it takes longer where an engine compiles.";
    const where = `step ${grouped(step)}, ${short(step / perEpoch, 3)} epochs`;
    const what = { running: "Training", paused: step ? "Paused" : "At the start", done: "Done" }[status];
    const last = this.points.at(-1);
    const largest = Math.max(0, ...engines.slice(1).map((name) => last?.engines[name]?.difference ?? 0));
    const apart = engines.length > 1 && step
      ? ` No parameter is further from ${engines[0]}'s than ${short(largest, 2)} (${settings.dtype}).` : "";
    return `${what}: ${where}.${apart}`;
  }
}
