// Arrays as pictures. Light and dark carry the meaning: from dark (negative) over grey
// (zero) to pale (positive), or from black to white, so that colour is never needed.

// The ends and the middle of cividis, which is made for all kinds of colour vision.
const NEGATIVE = [0, 34, 78];
const ZERO = [124, 123, 120];
const POSITIVE = [254, 232, 56];

/** Draw grey levels 0 … 255, as light ink on black. */
export function drawInk(canvas, pixels, width, height) {
  paint(canvas, width, height, (i) => [pixels[i], pixels[i], pixels[i]]);
}

/** Draw signed values, NaN as a gap; returns the largest |value|, one end of the scale. */
export function drawSigned(canvas, values, rows, columns, largest = largestOf(values)) {
  const end = largest || 1;
  paint(canvas, columns, rows, (i) => (Number.isNaN(values[i]) ? null : colourOf(values[i] / end)));
  return largest;
}

/** Draw how strongly something fires, from dark to pale; without values, grey. */
export function drawFires(canvas, values, rows, columns, largest = largestOf(values ?? [])) {
  paint(canvas, columns, rows, (i) => (values ? fires(values[i] / (largest || 1)) : ZERO));
}

/** Black where nothing fires, to pale; what is below 0 (tanh) is dark blue. */
export function fires(share) {
  if (share < 0) return colourOf(share);
  const dark = [28, 30, 34];
  return POSITIVE.map((end, i) => Math.round(dark[i] + share * (end - dark[i])));
}

/** Whether writing on this colour must be light. */
export function isDark([red, green, blue]) {
  return red + green + blue < 380;
}

export function largestOf(values) {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  return largest;
}

/** The colour of a value in −1 … 1. */
export function colourOf(value) {
  const share = Math.min(1, Math.abs(value));
  const end = value < 0 ? NEGATIVE : POSITIVE;
  return ZERO.map((zero, i) => Math.round(zero + share * (end[i] - zero)));
}

function paint(canvas, width, height, colour) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const found = colour(i);
    if (found) image.data.set([...found, 255], 4 * i); // else nothing is there
  }
  context.putImageData(image, 0, 0);
}

/** A new element: tag, properties, children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
