// The board: mouse, pen, finger and keyboard draw; undo and clear. It knows no network.
//
// What is on the canvas is what counts: whoever puts pixels there and lifts the pen
// (pointerup) is answered like a hand.

const PEN = 22; // of 280: a digit across the board gets MNIST's strokes
const STEP = 14; // of the keyboard's pen

export class Board {
  /** `changed(grey, width, height)` is called while and after something is drawn. */
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.changed = changed;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.strokes = [];
    this.under = null; // a picture that strokes are drawn on
    this.pen = { x: canvas.width / 2, y: canvas.height / 2, down: false };
    this.pointer = null;
    this.waiting = false;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.end(event));
    canvas.addEventListener("pointercancel", (event) => this.end(event));
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.lift());
  }

  get isEmpty() {
    return !this.read().some((value) => value > 0);
  }

  clear() {
    this.strokes = [];
    this.under = null;
    this.lift();
    this.draw();
    this.report();
  }

  undo() {
    if (this.strokes.length) this.strokes.pop();
    else this.under = null;
    this.draw();
    this.report();
  }

  /** Show 28 × 28 grey levels; strokes go on top. */
  show(pixels) {
    const small = document.createElement("canvas");
    [small.width, small.height] = [28, 28];
    const image = small.getContext("2d").createImageData(28, 28);
    pixels.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
    small.getContext("2d").putImageData(image, 0, 0);
    this.strokes = [];
    this.under = small;
    this.draw();
  }

  /** The grey levels of the canvas. */
  read() {
    const { width, height } = this.canvas;
    const colours = this.context.getImageData(0, 0, width, height).data;
    const grey = new Uint8Array(width * height);
    for (let i = 0; i < grey.length; i++) grey[i] = Math.max(colours[4 * i], colours[4 * i + 1], colours[4 * i + 2]);
    return grey;
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) * this.canvas.width) / box.width,
      ((event.clientY - box.top) * this.canvas.height) / box.height,
    ];
  }

  begin(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    this.pointer = event.pointerId;
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch { /* a pointer that a program made up */ }
    this.strokes.push([this.place(event)]);
    this.drawEnd();
    this.soon();
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      this.strokes.at(-1).push(this.place(each));
      this.drawEnd();
    }
    this.soon();
  }

  end(event) {
    if (this.pointer !== null && event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.report();
  }

  /** Arrows move the pen, the space bar sets it down and lifts it, Backspace undoes. */
  key(event) {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      const { width, height } = this.canvas;
      this.pen.x = Math.min(width - PEN, Math.max(PEN, this.pen.x + dx));
      this.pen.y = Math.min(height - PEN, Math.max(PEN, this.pen.y + dy));
      if (this.pen.down) {
        this.strokes.at(-1).push([this.pen.x, this.pen.y]);
        this.draw();
        this.soon();
      }
    } else if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) {
        this.strokes.push([[this.pen.x, this.pen.y]]);
        this.draw();
      }
      this.report();
    } else if (event.key === "Backspace") {
      this.lift();
      this.undo();
    } else return;
    event.preventDefault();
    this.showPen();
  }

  lift() {
    this.pen.down = false;
    this.showPen();
  }

  /** Where the keyboard's pen is, for the mark beside the canvas. */
  showPen() {
    const style = this.canvas.parentElement.style;
    style.setProperty("--pen-x", `${(100 * this.pen.x) / this.canvas.width}%`);
    style.setProperty("--pen-y", `${(100 * this.pen.y) / this.canvas.height}%`);
    this.canvas.parentElement.classList.toggle("pen-down", this.pen.down);
  }

  draw() {
    const { context, canvas } = this;
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (this.under) {
      context.imageSmoothingEnabled = false;
      context.drawImage(this.under, 0, 0, canvas.width, canvas.height);
    }
    for (const stroke of this.strokes) this.line(stroke);
  }

  drawEnd() {
    this.line(this.strokes.at(-1).slice(-3));
  }

  /** A round pen along the points, smoothed through the middles between them. */
  line(points) {
    const { context } = this;
    context.strokeStyle = context.fillStyle = "#fff";
    [context.lineWidth, context.lineCap, context.lineJoin] = [PEN, "round", "round"];
    context.beginPath();
    if (points.length === 1) {
      context.arc(...points[0], PEN / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.moveTo(...points[0]);
    for (let i = 1; i + 1 < points.length; i++) {
      const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1));
    context.stroke();
  }

  /** Once in a frame, however many events it brings. */
  soon() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      if (!this.waiting) return;
      this.report();
    });
  }

  report() {
    this.waiting = false;
    this.changed(this.read(), this.canvas.width, this.canvas.height);
  }
}
