// Break it: choose a mistake, see where its curves part, guess, and ask the checker.

import { Chart } from "lab/chart";
import { grouped, percent, short } from "lab/numbers";
import { make } from "lab/pictures";

// In float64, and relative to parameters of about 1, rounding stays far below this.
const APART = 1e-9;

export class Breaking {
  /** `ask(what, content)` posts to the server; `exercises` is a promise of the list. */
  constructor(elements, ask) {
    Object.assign(this, { elements, ask });
    this.points = [];
    this.state = { status: "idle", step: 0 };
    this.charts = {
      loss: new Chart(elements.loss, { x: "steps", y: "loss" }),
      difference: new Chart(elements.difference, { x: "steps", y: "max |Δθ|", logarithmic: true }),
    };
    elements.choice.addEventListener("change", () => this.choose());
    for (const what of ["start", "pause", "one", "rewind"]) {
      elements[what].addEventListener("click", () => this.act(what === "one" ? "step" : what));
    }
    elements.guess.addEventListener("change", () => this.buttons());
    elements.guessFirst.addEventListener("change", () => this.buttons());
    elements.reveal.addEventListener("click", () => this.diagnose());
  }

  fill(exercises) {
    const groups = new Map();
    for (const { number, level, symptom } of exercises) {
      if (!groups.has(level)) groups.set(level, make("optgroup", { label: level }));
      groups.get(level).append(make("option", { value: number }, `${number}. ${symptom}`));
    }
    this.elements.choice.replaceChildren(make("option", { value: "" }, "choose what was noticed …"), ...groups.values());
    if (this.state.number) this.elements.choice.value = this.state.number;
  }

  async choose() {
    const { choice, message, code, screen, guess } = this.elements;
    if (!choice.value) return;
    message.textContent = "Starting its network …";
    [code.textContent, screen.textContent, guess.value] = ["", "", ""];
    screen.hidden = true;
    choice.disabled = true;
    try {
      const { source } = await this.ask("choose", { number: Number(choice.value) });
      code.textContent = source;
      this.chosen = Number(choice.value);
      message.textContent = "";
    } catch (error) {
      message.textContent = error.message;
    }
    choice.disabled = false;
    this.buttons();
  }

  async act(what) {
    this.elements.message.textContent = "";
    try {
      await this.ask(what, {});
    } catch (error) {
      this.elements.message.textContent = error.message;
    }
  }

  /** The checker's own screen; in class, after the guess. */
  async diagnose() {
    const { reveal, screen, message, guess } = this.elements;
    reveal.disabled = true;
    message.textContent = "The checker is at work: it trains, and tries every mistake that it knows. Some seconds …";
    try {
      const { text } = await this.ask("diagnosis", {});
      const guessed = guess.value ? `Your guess: ${guess.value}.\n\n` : "";
      screen.textContent = guessed + text.trim();
      screen.hidden = false;
      message.textContent = "";
    } catch (error) {
      message.textContent = error.message;
    }
    this.buttons();
  }

  hear(news) {
    const { points, all, ...state } = news;
    this.state = state;
    if (all) this.points = points;
    else this.points.push(...points.filter((point) => !this.points.length || point.step > this.points.at(-1).step));
    this.buttons();
    this.draw();
  }

  buttons() {
    const { start, pause, one, rewind, reveal, guess, guessFirst, lesson } = this.elements;
    const runs = this.state.status === "running";
    const there = Boolean(this.chosen || this.state.number);
    start.disabled = one.disabled = runs || !there;
    pause.disabled = !runs;
    rewind.disabled = runs || !this.state.step;
    lesson.hidden = !there;
    reveal.disabled = !there || (guessFirst.checked && !guess.value);
  }

  draw() {
    const names = ["numpy", "broken"];
    const of = (what, who) => who.map((name) => ({
      name, look: names.indexOf(name) === 0 ? 0 : 2,
      points: this.points.filter((point) => point.engines[name]).map((point) => [point.step, point.engines[name][what]]),
    }));
    const parts = this.points.find((point) => (point.engines.broken?.difference ?? 0) > APART);
    const mark = parts ? parts.step : null;
    this.charts.loss.draw(of("loss", names), `Loss on validation images. ${this.sentence(parts)}`, mark);
    this.charts.difference.draw(of("difference", ["broken"]), `How far the parameters are apart. ${this.sentence(parts)}`, mark);
    this.elements.status.textContent = this.sentence(parts);
  }

  sentence(parts) {
    const { status, step, left_out: leftOut } = this.state;
    if (!step) return this.state.number ? "Both start from the same weights. Press Start, or take one step." : "";
    const last = this.points.at(-1).engines;
    const said = { running: "Training", paused: "Paused", done: "Done", failed: "Ended" }[status] ?? "";
    const ended = leftOut?.broken ? ` The broken network gave up: ${leftOut.broken}.` : "";
    const right = last.numpy ? ` Right: ${percent(last.numpy.accuracy)}` : "";
    const broken = last.broken ? `, broken: ${percent(last.broken.accuracy)} of the validation images.` : ".";
    const where = parts
      ? ` They part by step ${grouped(parts.step)}, where a parameter is ${short(parts.engines.broken.difference, 2)} away.`
      : " Not a parameter has moved away so far.";
    return `${said}: step ${grouped(step)}.${where}${right}${broken}${ended}`;
  }
}
