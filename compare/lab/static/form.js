// From a drawing to MNIST's form, without a server: the twin of data/mnist_form.py for
// clean drawings, light ink on black. A test holds it to that file's pixels.
//
// What photographs need (paper, shadows, noise, hairlines) is not here: the exported
// page takes drawings and clean pictures, `python -m compare predict` takes the rest.

const SIDE = 28;
const BOX = 20;
const CENTRE = 14;
const DUST_SHARE = 0.03;
const [HEAVY, TALL] = [0.2, 0.5];

/** The stages of a drawing, grey levels row by row; null if there is no ink. */
export function findForm(grey, width, height) {
  if (hasTheForm(grey, width, height)) return { pixels: Array.from(grey), nSideBySide: 1, cropped: null, boxed: null };
  const core = coreOf(grey);
  if (core < 12) return null;
  const drawn = cropped(keepTheDigit(grey, width, height, core));
  const factor = BOX / Math.max(drawn.width, drawn.height);
  const boxed = resized(drawn, rint(drawn.width * factor), rint(drawn.height * factor));
  boxed.data = boxed.data.map((value) => Math.min(1, Math.max(0, value)));
  return { pixels: centred(boxed), nSideBySide: sideBySide(drawn), cropped: levels(drawn), boxed: levels(boxed) };
}

/** Half to even, as Python and NumPy round. */
function rint(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

function levels({ width, height, data }) {
  return { width, height, pixels: Array.from(data, (value) => rint(255 * value)) };
}

function hasTheForm(grey, width, height) {
  if (width !== SIDE || height !== SIDE || !grey.some((value) => value > 0)) return false;
  const box = bounds(grey, width, height);
  const [row, column] = centreOfMass(grey, width, height);
  const side = Math.max(box.bottom - box.top, box.right - box.left) + 1;
  return side === BOX && Math.max(Math.abs(row - CENTRE), Math.abs(column - CENTRE)) <= 0.5;
}

/** The level in the middle of strokes: Ridler and Calvard's threshold, 90th percentile. */
function coreOf(grey) {
  let threshold = 0.5 * grey.reduce((a, b) => Math.max(a, b), 0);
  for (let round = 0; round < 10; round++) {
    const [sums, counts] = [[0, 0], [0, 0]];
    for (const value of grey) {
      const above = value > threshold ? 1 : 0;
      sums[above] += value;
      counts[above] += 1;
    }
    if (!counts[0]) return 0;
    if (!counts[1]) break;
    threshold = 0.5 * (sums[1] / counts[1] + sums[0] / counts[0]);
  }
  const inside = Array.from(grey).filter((value) => value >= threshold).sort((a, b) => a - b);
  if (!inside.length) return 0;
  const place = 0.9 * (inside.length - 1);
  const low = Math.floor(place);
  return inside[low] + (place - low) * ((inside[low + 1] ?? inside[low]) - inside[low]);
}

/** Ink in 0 … 1, without dust and without what hangs in from the edge. */
function keepTheDigit(grey, width, height, core) {
  const { labels, n } = labelled(grey, width, height, 0.5 * core);
  const [masses, touches] = [new Float64Array(n + 1), new Uint8Array(n + 1)];
  labels.forEach((label, i) => {
    masses[label] += grey[i];
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x === 0 || y === 0 || x === width - 1 || y === height - 1) touches[label] = 1;
  });
  const shapes = Array.from({ length: n }, (_, i) => i + 1);
  const heaviest = Math.max(...shapes.map((label) => masses[label]));
  let inner = shapes.filter((label) => !touches[label]);
  if (Math.max(0, ...inner.map((label) => masses[label])) < 0.1 * heaviest) inner = shapes;
  const most = Math.max(...inner.map((label) => masses[label]));
  const kept = new Set(inner.filter((label) => masses[label] >= DUST_SHARE * most));
  const seeds = [];
  labels.forEach((label, i) => { if (kept.has(label)) seeds.push(i); });
  const whole = flooded(seeds, grey, width, height, 0.1 * core);
  const data = new Float64Array(width * height);
  whole.forEach((inside, i) => { if (inside) data[i] = Math.min(1, grey[i] / core); });
  return { width, height, data };
}

function* neighbours(i, width, height) {
  const [x, y] = [i % width, Math.floor(i / width)];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      yield row * width + column;
    }
  }
}

/** Everything above the floor that hangs together with the seeds. */
function flooded(seeds, grey, width, height, floor) {
  const inside = new Uint8Array(width * height);
  const waiting = [...seeds];
  for (const i of waiting) inside[i] = 1;
  while (waiting.length) {
    for (const j of neighbours(waiting.pop(), width, height)) {
      if (!inside[j] && grey[j] > floor) {
        inside[j] = 1;
        waiting.push(j);
      }
    }
  }
  return inside;
}

function labelled(grey, width, height, floor) {
  const labels = new Int32Array(width * height);
  let n = 0;
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] || grey[start] <= floor) continue;
    n += 1;
    labels[start] = n;
    const waiting = [start];
    while (waiting.length) {
      for (const j of neighbours(waiting.pop(), width, height)) {
        if (!labels[j] && grey[j] > floor) {
          labels[j] = n;
          waiting.push(j);
        }
      }
    }
  }
  return { labels, n };
}

function bounds(data, width, height) {
  const box = { top: height, bottom: -1, left: width, right: -1 };
  for (let i = 0; i < data.length; i++) {
    if (!(data[i] > 0)) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
  }
  return box;
}

function cropped({ width, height, data }) {
  const box = bounds(data, width, height);
  const [w, h] = [box.right - box.left + 1, box.bottom - box.top + 1];
  const part = new Float64Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) part[y * w + x] = data[(y + box.top) * width + x + box.left];
  }
  return { width: w, height: h, data: part };
}

/** Average areas when making it smaller, interpolate (bicubic) when making it larger. */
function resized(picture, width, height) {
  [width, height] = [Math.max(1, width), Math.max(1, height)];
  const smaller = width < picture.width || height < picture.height;
  const filter = smaller ? [(x) => (x > -0.5 && x <= 0.5 ? 1 : 0), 0.5] : [bicubic, 2];
  const across = along(picture.data, picture.height, picture.width, width, filter);
  const turned = turn(across, picture.height, width);
  const down = along(turned, width, picture.height, height, filter);
  return { width, height, data: turn(down, width, height) };
}

function bicubic(x) {
  const [a, t] = [-0.5, Math.abs(x)];
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

/** Each of n rows of length `from`, resampled to length `to`, as Pillow does it. */
function along(data, n, from, to, [filter, support]) {
  const found = new Float64Array(n * to);
  const scale = from / to;
  const stretch = Math.max(1, scale);
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * stretch + 0.5));
    const weights = [];
    for (let x = first; x < end; x++) weights.push(filter((x - centre + 0.5) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    for (let row = 0; row < n; row++) {
      let value = 0;
      weights.forEach((weight, i) => { value += weight * data[row * from + first + i]; });
      found[row * to + place] = value / sum;
    }
  }
  return found;
}

function turn(data, rows, columns) {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  }
  return turned;
}

function centreOfMass(data, width, height) {
  let [mass, row, column] = [0, 0, 0];
  for (let i = 0; i < width * height; i++) {
    mass += data[i];
    row += data[i] * Math.floor(i / width);
    column += data[i] * (i % width);
  }
  return [row / mass, column / mass];
}

function centred({ width, height, data }) {
  const canvas = new Array(SIDE * SIDE).fill(0);
  const [row, column] = centreOfMass(data, width, height);
  const top = Math.min(Math.max(0, rint(CENTRE - row)), SIDE - height);
  const left = Math.min(Math.max(0, rint(CENTRE - column)), SIDE - width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) canvas[(y + top) * SIDE + x + left] = rint(255 * data[y * width + x]);
  }
  return canvas;
}

/** The shapes with empty columns between them, as heavy and tall as digits. */
function sideBySide({ width, height, data }) {
  const shapes = [];
  let current = null;
  for (let x = 0; x < width; x++) {
    let [count, top, bottom] = [0, height, -1];
    for (let y = 0; y < height; y++) {
      if (data[y * width + x] > 0.5) {
        count += 1;
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
      }
    }
    if (!count) {
      current = null;
      continue;
    }
    if (!current) shapes.push(current = { weight: 0, top: height, bottom: -1 });
    current.weight += count;
    current.top = Math.min(current.top, top);
    current.bottom = Math.max(current.bottom, bottom);
  }
  const heaviest = Math.max(...shapes.map((shape) => shape.weight));
  const tallest = Math.max(...shapes.map((shape) => shape.bottom - shape.top + 1));
  return shapes.filter((shape) => shape.weight >= HEAVY * heaviest
    && shape.bottom - shape.top + 1 >= TALL * tallest).length;
}

/** The form of a clean picture: its border is paper, and ink is what differs from it. */
export async function formOfPicture(file) {
  const bitmap = await createImageBitmap(file).catch(() => { throw new Error("This is no picture that the browser can read."); });
  const scale = Math.min(1, 280 / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, bitmap.width * scale), Math.max(1, bitmap.height * scale)];
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  const grey = Array.from({ length: width * height }, (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]);
  const paper = grey[0];
  return findForm(Uint8Array.from(grey, (value) => Math.abs(value - paper)), width, height);
}
