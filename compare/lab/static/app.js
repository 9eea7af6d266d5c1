// Puts the parts together: the drawing and the network are what they share.

import { Answers, OWN } from "lab/answers";
import { Board } from "lab/board";
import { Breaking } from "lab/breaking";
import { findForm, formOfPicture } from "lab/form";
import { Inside } from "lab/inside";
import { countOf, nameOfSizes, networkOf, probabilities } from "lab/model";
import { grouped } from "lab/numbers";
import { drawInk } from "lab/pictures";
import { Questions, isSame } from "lab/questions";
import * as server from "lab/server";
import { Stepping, bytesOf } from "lab/stepping";
import { Training } from "lab/training";

const config = JSON.parse(document.getElementById("config").textContent);
const LONGEST_WAIT = 100; // ms for the layers to be painted
const byId = (id) => document.getElementById(id);
const all = (selector) => [...document.querySelectorAll(selector)];

function unpacked({ dtype, data }) {
  const { buffer } = bytesOf(data);
  return Float64Array.from(dtype === "float32" ? new Float32Array(buffer) : new Float64Array(buffer));
}

// --- what the parts share -------------------------------------------------------------

let model = config.model;
let network = networkOf(model, unpacked(config.weights));
let source = "model"; // or "training"
let pixels = null; // 784 grey levels in MNIST's form
let label = null; // of a test image

const message = byId("message");
const answers = new Answers(byId("answers"), byId("agreement"));
const inside = new Inside({
  layers: byId("layers"), empty: byId("inside-empty"), hint: byId("inside-hint"),
  neuron: {
    detail: byId("neuron-detail"), title: byId("neuron-title"), weights: byId("neuron-weights"), scale: byId("neuron-scale"),
    sum: byId("neuron-sum"), inputs: byId("neuron-inputs"), outputs: byId("neuron-outputs"),
  },
  channel: {
    detail: byId("channel-detail"), title: byId("channel-title"), words: byId("channel-words"), kernels: byId("channel-kernels"),
    scale: byId("channel-scale"), maps: byId("channel-maps"), read: byId("channel-read"), readName: byId("channel-read-name"),
    window: byId("channel-window"), map: byId("channel-map"), spot: byId("channel-spot"), sum: byId("channel-sum"),
    pool: byId("channel-pool"), numbers: byId("channel-numbers"),
  },
  reasons: {
    why: byId("why"), whyNot: byId("why-not"), reasons: byId("reasons"), gradient: byId("gradient"), product: byId("product"),
    speaks: byId("speaks"), difference: byId("difference-scale"),
  },
});
const stepping = new Stepping({
  source: byId("textbook"), file: byId("step-file"), back: byId("step-back"), next: byId("step-next"), list: byId("step-list"),
  again: byId("step-again"), which: all("input[name=step-network]"), label: byId("step-label"), rate: byId("step-rate"),
  forImage: byId("step-image"), note: byId("step-note"), proof: byId("step-proof"), stage: byId("step-stage"),
  title: byId("step-title"), words: byId("step-words"), operands: byId("step-operands"), from: byId("step-from"), result: byId("step-result"),
}, config, unpacked, config.server ? (request) => server.post("step", request) : null);

function setNetwork(next) {
  network = next;
  inside.setNetwork(network);
  inside.refresh();
  stepping.setNetwork(network, source);
  answerHere();
}

function setPixels(found) {
  pixels = found;
  answerHere();
  inside.setDrawing(pixels);
  stepping.setDrawing(pixels, label);
  if (questions.inFlight) lookInsideLater();
  else inside.refresh();
}

let looking = null;

/** The layers take longest to paint: first come the answers that are on their way. */
function lookInsideLater() {
  looking ??= setTimeout(lookInside, LONGEST_WAIT);
}

function lookInside() {
  if (looking === null) return;
  clearTimeout(looking);
  looking = null;
  inside.refresh();
}

function answerHere() {
  if (!pixels) {
    answers.clear();
    return;
  }
  const start = performance.now();
  const probs = Array.from(probabilities(network, pixels));
  answers.show(OWN, probs, (performance.now() - start) / 1000);
}

function describeNetwork() {
  byId("described").textContent = `${nameOfSizes(network)}, ${network.activation}, ${grouped(countOf(network))} parameters`;
}

// --- the drawing on its way -----------------------------------------------------------

function showForm(form) {
  const stages = [["cropped", form.cropped], ["boxed", form.boxed], ["centred", { width: 28, height: 28, pixels: form.pixels }]];
  for (const [id, stage] of stages) {
    const canvas = byId(id);
    if (stage) drawInk(canvas, stage.pixels, stage.width, stage.height);
    else drawInk(canvas, [0], 1, 1);
    canvas.classList.toggle("missing", !stage);
  }
  const several = form.n_side_by_side > 1;
  message.textContent = several
    ? `${form.n_side_by_side} shapes side by side: this network knows one digit at a time, and sees them squeezed into one.`
    : label === null ? "" : `Test image ${grouped(current.index)}: its label is ${model.class_names[label]}.`;
}

function nothingDrawn(sentence = "") {
  for (const id of ["cropped", "boxed", "centred"]) drawInk(byId(id), [0], 1, 1);
  message.textContent = sentence;
  setPixels(null);
}

let current = null; // the test image that is shown
let repeats = false; // whether the drawing on show is to be asked about once more
let drawn = null; // the last drawing that was asked about

function answerDrawing(grey, width, height) {
  // To lift the pen changes nothing: its answer is there, or on its way.
  if (drawn && drawn.source === source && isSame(drawn.grey, grey)) return;
  drawn = { grey, source };
  ask({ bytes: grey, address: `width=${width}&height=${height}`, begun: performance.now(), grey, width, height });
}

/** What has the form already; `quiet` if it is on show and only the network is another. */
function answerPixels(found, quiet = false) {
  ask({ bytes: Uint8Array.from(found), address: "width=28&height=28&as=pixels", begun: performance.now(), pixels: found, quiet });
}

function ask(question) {
  if (question.pixels && !question.quiet) drawn = null;
  if (config.server) questions.ask(question);
  else answerAlone(question);
}

const questions = new Questions({
  send: (question, heard) => server.postForLines(`answer?${question.address}&network=${source}`, question.bytes, heard),
  hear,
  ended(question) {
    if (pixels && !question.quiet) byId("latency").textContent = `${Math.round(performance.now() - question.begun)} ms from the stroke to the last answer`;
  },
  failed(error) {
    drawn = null;
    nothingDrawn(error.message);
  },
  free() {
    lookInside();
    if (repeats && !questions.inFlight) answerAgain();
  },
});

function hear(line, question) {
  if (line.empty) nothingDrawn();
  else if (line.form) {
    if (question.quiet) return;
    showForm(line.form);
    setPixels(line.form.pixels);
    byId("latency").textContent = "";
  } else if (line.reason) answers.note(line.name, line.reason);
  else if (pixels) answers.show(line.name, line.probs, line.seconds);
  if (line.name) document.documentElement.dataset.answered = String(performance.now() - question.begun);
}

function answerAlone(question) {
  if (question.quiet) return;
  if (question.pixels) {
    showForm({ pixels: question.pixels, n_side_by_side: 1, cropped: null, boxed: null });
    setPixels(question.pixels);
    return;
  }
  const form = question.grey.some((value) => value > 0) ? findForm(question.grey, question.width, question.height) : null;
  if (!form) {
    nothingDrawn();
    return;
  }
  showForm({ ...form, n_side_by_side: form.nSideBySide });
  setPixels(form.pixels);
}

const board = new Board(byId("board"), (grey, width, height) => {
  label = current = null;
  answerDrawing(grey, width, height);
});

byId("clear").addEventListener("click", () => board.clear());
byId("undo").addEventListener("click", () => board.undo());
byId("pick").addEventListener("click", pickTestImage);

async function pickTestImage() {
  try {
    const image = config.server
      ? await server.get(`image?index=${Math.floor(Math.random() * config.n_images)}`)
      : config.images[Math.floor(Math.random() * config.images.length)];
    board.show(image.pixels);
    [current, label] = [image, image.label];
    answerPixels(image.pixels);
  } catch (error) {
    message.textContent = error.message;
  }
}

byId("picture").addEventListener("change", (event) => takePicture(event.target.files[0]));
const frame = byId("board").parentElement;
frame.addEventListener("dragover", (event) => event.preventDefault());
frame.addEventListener("drop", (event) => {
  event.preventDefault();
  takePicture(event.dataTransfer.files[0]);
});

async function takePicture(file) {
  if (!file) return;
  label = current = null;
  try {
    if (config.server) {
      const form = await server.postBytes("picture", file);
      board.show(form.pixels);
      showForm(form);
      answerPixels(form.pixels);
    } else await takePictureAlone(file);
  } catch (error) {
    message.textContent = error.message;
  }
  byId("picture").value = "";
}

/** The page does without the server what the server does with it. */
async function takePictureAlone(file) {
  const form = await formOfPicture(file);
  if (!form) {
    nothingDrawn("Nothing stands out from the background.");
    return;
  }
  board.show(form.pixels);
  showForm({ ...form, n_side_by_side: form.nSideBySide });
  setPixels(form.pixels);
}

/** The same drawing, another network: after what is on its way, which it must not cover. */
function answerAgain() {
  repeats = questions.inFlight > 0;
  if (pixels && !repeats) answerPixels(pixels, true);
}

// --- the engines ----------------------------------------------------------------------

const OWN_ROW = { name: OWN, title: "JavaScript", note: "this page, float64" };

function showEngines(engines) {
  const known = new Map(engines.map((engine) => [engine.name, engine]));
  const rows = config.engines.map((name) => ({ name, title: name, note: noteOf(known.get(name)) }));
  answers.build([...rows, OWN_ROW], network.classNames);
  if (pixels) answerAgain();
}

function noteOf(engine) {
  if (!engine || engine.status === "starting") return "starting …";
  return engine.reason;
}

// --- with a server --------------------------------------------------------------------

let training = null;
let breaking = null;

function connect() {
  training = new Training({
    start: byId("train-start"), pause: byId("train-pause"), one: byId("train-step"), rewind: byId("train-rewind"),
    form: byId("train-settings"), network: byId("train-network"), message: byId("train-message"), status: byId("train-status"),
    table: byId("train-table"), body: byId("train-rows"),
    loss: byId("chart-loss"), accuracy: byId("chart-accuracy"), difference: byId("chart-difference"),
  }, (what, settings) => server.post(`training/${what}`, settings), networkMoved);
  training.suggest(model);
  breaking = new Breaking({
    choice: byId("break-choice"), start: byId("break-start"), pause: byId("break-pause"), one: byId("break-step"),
    rewind: byId("break-rewind"), message: byId("break-message"), status: byId("break-status"),
    loss: byId("break-loss"), difference: byId("break-difference"), code: byId("break-code"), lesson: byId("break-lesson"),
    guess: byId("break-guess"), guessFirst: byId("break-guess-first"), reveal: byId("break-reveal"), screen: byId("break-screen"),
  }, (what, content) => server.post(`breaking/${what}`, content));
  server.get("exercises").then((exercises) => breaking.fill(exercises), (error) => { byId("break-message").textContent = error.message; });
  server.listen(async () => {
    byId("connection").textContent = "";
    const state = await server.get("state");
    showEngines(state.engines);
    training.hear(state.training);
    breaking.hear(state.breaking);
    if (JSON.stringify(state.model) !== JSON.stringify(config.model)) await modelChanged(state.model);
  }, hearNews, () => {
    byId("connection").textContent = "The laboratory has been closed: this page can still draw and look inside.";
  });
}

function hearNews({ kind, content }) {
  if (kind === "engine") {
    answers.note(content.name, noteOf(content));
    if (content.status === "ready") answerAgain();
  } else if (kind === "model") modelChanged(content);
  else if (kind === "training") training.hear(content);
  else if (kind === "breaking") breaking.hear(content);
}

async function modelChanged(description) {
  model = description;
  if (source !== "model") return;
  const flat = await server.getFloats("weights?network=model");
  try {
    setNetwork(networkOf(model, flat));
  } catch {
    return; // sizes and weights of two models: the news of the second are on their way
  }
  describeNetwork();
  showEngines((await server.get("state")).engines);
}

let fetching = false;
let moved = false;

/** The network in training is another one now: answer with it, a few times a second. */
async function networkMoved() {
  byId("use-training").disabled = false;
  moved = true;
  if (source !== "training" || fetching) return;
  fetching = true;
  while (moved && source === "training") {
    moved = false;
    await useTraining();
    await new Promise((resolve) => { setTimeout(resolve, 150); });
  }
  fetching = false;
}

async function useTraining() {
  const { settings } = training.state;
  if (!settings.hidden_layers) {
    byId("use-model").click();
    byId("use-training").disabled = true;
    return;
  }
  const description = {
    layer_sizes: [784, ...settings.hidden_layers, model.class_names.length], conv_layers: settings.conv_layers,
    activation: settings.activation, class_names: model.class_names,
  };
  try {
    const flat = await server.getFloats("weights?network=training");
    setNetwork(networkOf(description, flat));
    describeNetwork();
    answerAgain();
  } catch { /* settings and weights of two trainings: the next news bring both */ }
}

for (const radio of all("input[name=network]")) {
  radio.addEventListener("change", async () => {
    source = radio.value;
    if (source === "training") await useTraining();
    else await modelChanged(model);
    answerAgain();
  });
}

byId("load-model")?.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  const said = byId("load-message");
  said.textContent = "";
  if (!file) return;
  try {
    const description = await server.postBytes("model", file);
    said.textContent = `Loaded: ${nameOfSizes({ layerSizes: description.layer_sizes, convLayers: description.conv_layers })}, trained on ${description.data_source} by ${description.written_by}.`;
  } catch (error) {
    said.textContent = error.message;
  }
  event.target.value = "";
});

// --- begin ----------------------------------------------------------------------------

describeNetwork();
showEngines([]);
inside.setNetwork(network);
stepping.setNetwork(network, source);
nothingDrawn();
if (config.server) connect();
document.documentElement.dataset.ready = "true";
