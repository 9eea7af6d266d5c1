// One row for each engine: its digit, ten bars, its time. And whether they agree.

import { percent, seconds } from "lab/numbers";
import { make } from "lab/pictures";

export const OWN = "javascript";

export class Answers {
  constructor(body, agreement) {
    this.body = body;
    this.agreement = agreement;
    this.rows = new Map();
  }

  /** The rows of these engines, [{name, title, note}], empty. */
  build(engines, classNames) {
    this.classNames = classNames;
    this.rows.clear();
    this.body.replaceChildren(...engines.map((engine) => this.row(engine)));
    this.clear();
  }

  row({ name, title, note }) {
    const digit = make("output", { id: `answer-${name}`, className: "digit" });
    const bars = make("div", { className: "bars", role: "img" });
    const time = make("td", { className: "time" });
    const head = make("th", { scope: "row" }, title);
    const hint = make("span", { className: "hint", textContent: note ?? "" });
    head.append(hint);
    const columns = this.classNames.map((className) => {
      const bar = make("span", { className: "bar" });
      bars.append(make("span", { className: "column" }, bar, make("span", { className: "name" }, className.slice(0, 6))));
      return bar;
    });
    this.rows.set(name, { digit, bars, time, hint, columns, probs: null });
    return make("tr", {}, head, make("td", {}, digit), make("td", { className: "wide" }, bars), time);
  }

  clear() {
    for (const name of this.rows.keys()) this.empty(name);
    this.agreement.textContent = "";
  }

  empty(name) {
    const row = this.rows.get(name);
    if (!row) return;
    row.probs = null;
    row.digit.value = row.time.textContent = "";
    row.bars.ariaLabel = "no answer";
    for (const bar of row.columns) bar.style.height = "0";
  }

  note(name, text) {
    const row = this.rows.get(name);
    if (row) row.hint.textContent = text;
  }

  show(name, probs, time) {
    const row = this.rows.get(name);
    if (!row) return;
    row.probs = probs;
    const best = probs.indexOf(Math.max(...probs));
    row.digit.value = this.classNames[best];
    row.time.textContent = time === null ? "" : seconds(time);
    row.columns.forEach((bar, k) => {
      bar.style.height = `${100 * probs[k]}%`;
      bar.parentElement.classList.toggle("best", k === best);
      bar.parentElement.title = `${this.classNames[k]}: ${percent(probs[k])}`;
    });
    const order = [...probs.keys()].sort((a, b) => probs[b] - probs[a]).slice(0, 3);
    row.bars.ariaLabel = order.map((k) => `${this.classNames[k]}: ${percent(probs[k])}`).join(", ");
    this.compare();
  }

  compare() {
    const given = [...this.rows.values()].filter((row) => row.probs);
    if (given.length < 2) {
      this.agreement.textContent = "";
      return;
    }
    let largest = 0;
    for (const a of given) {
      for (const b of given) {
        a.probs.forEach((p, k) => { largest = Math.max(largest, Math.abs(p - b.probs[k])); });
      }
    }
    const digits = new Set(given.map((row) => row.digit.value));
    const difference = largest === 0 ? "none at all" : largest.toExponential(1).replace("-", "−");
    this.agreement.textContent = digits.size === 1
      ? `All ${given.length} say ${[...digits][0]}. The largest difference between two probabilities: ${difference}.`
      : `They do not agree: ${[...digits].join(", ")}. The largest difference between two probabilities: ${difference}.`;
  }
}
