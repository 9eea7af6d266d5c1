// Questions to the engines while somebody draws: few at a time, the newest first to count.

// A second question goes out while the engines are still at the first: pen and page do not
// wait for them. More would only make each slower.
const MOST_IN_FLIGHT = 2;

export class Questions {
  /**
   * `send(question, hear)` asks and hears lines; `hear(line, question)` is told those of
   * the newest answer, `ended(question)` its end, `failed(error)` what went wrong, and
   * `free()` whenever a question is over.
   */
  constructor({ send, hear, ended, failed, free }) {
    Object.assign(this, { send, hear, ended, failed, free });
    this.inFlight = 0;
    this.next = null; // what is to be asked when there is room
    this.asked = 0; // counted, so that no older answer covers a newer one
    this.heard = 0;
  }

  /** Ask, or wait; of those that wait, the last one is asked. */
  ask(question) {
    if (this.inFlight < MOST_IN_FLIGHT) this.begin(question);
    else this.next = question;
  }

  async begin(question) {
    this.inFlight += 1;
    this.asked += 1;
    const number = this.asked;
    const isNewest = () => number >= this.heard;
    try {
      await this.send(question, (line) => {
        if (!isNewest()) return;
        this.heard = number;
        this.hear(line, question);
      });
      if (isNewest()) this.ended(question);
    } catch (error) {
      if (isNewest()) this.failed(error);
    }
    this.inFlight -= 1;
    const waiting = this.next;
    this.next = null;
    if (waiting) this.begin(waiting);
    this.free();
  }
}

/** Whether two drawings are the same, grey level by grey level. */
export function isSame(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
