// The convolutional layers by hand, once more: equations 25 to 32 of docs/, in float64.
//
// The names and the numbers in brackets are those of numpy_impl/textbook_conv.py. A test
// holds every function to NumPy's results, to 1e-12.
// Maps are {channels, height, width, data}, channel by channel and row by row;
// W is {outChannels, inChannels, size, data}, one kernel for each pair of channels.

import { ACTIVATIONS, matrix } from "lab/network";

const POOL = 2;

export function maps(channels, height, width, data = new Float64Array(channels * height * width)) {
  return { channels, height, width, data };
}

/** The sizes of each convolution: what it reads, what it makes, what is left of that. */
export function sizesOf(convLayers, [channels, height, width]) {
  let [inChannels, inHeight, inWidth] = [channels, height, width];
  return convLayers.map(([outChannels, size]) => {
    const made = { height: inHeight - size + 1, width: inWidth - size + 1 };
    const pooled = { height: Math.floor(made.height / POOL), width: Math.floor(made.width / POOL) };
    const sizes = { inChannels, inHeight, inWidth, outChannels, size, ...made, pooled };
    [inChannels, inHeight, inWidth] = [outChannels, pooled.height, pooled.width];
    return sizes;
  });
}

/** z[o, y, x] = b[o] + Σ over c, i, j of W[o, c, i, j] a[c, y + i, x + j]. */
export function convolve(a, W, b) {
  const { outChannels, inChannels, size } = W;
  const z = maps(outChannels, a.height - size + 1, a.width - size + 1);
  for (let o = 0; o < outChannels; o++) {
    const start = o * z.height * z.width;
    for (let c = 0; c < inChannels; c++) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const w = W.data[((o * inChannels + c) * size + i) * size + j];
          for (let y = 0; y < z.height; y++) {
            const from = (c * a.height + y + i) * a.width + j;
            for (let x = 0; x < z.width; x++) z.data[start + y * z.width + x] += w * a.data[from + x];  // (25)
          }
        }
      }
    }
    for (let k = 0; k < z.height * z.width; k++) z.data[start + k] += b.data[o];  // (26)
  }
  return z;
}

/** da of the maps that were read, `like` them: every product goes back where it came from. */
export function convolveBackward(dz, W, like) {
  const { outChannels, inChannels, size } = W;
  const da = maps(like.channels, like.height, like.width);
  for (let o = 0; o < outChannels; o++) {
    for (let c = 0; c < inChannels; c++) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          const w = W.data[((o * inChannels + c) * size + i) * size + j];
          for (let y = 0; y < dz.height; y++) {
            const to = (c * da.height + y + i) * da.width + j;
            const from = (o * dz.height + y) * dz.width;
            for (let x = 0; x < dz.width; x++) da.data[to + x] += w * dz.data[from + x];  // (29)
          }
        }
      }
    }
  }
  return da;
}

/** dW, like W: the maps that were read, weighted by dz at each place. */
export function kernelGradient(dz, a, W) {
  const { outChannels, inChannels, size } = W;
  const data = new Float64Array(W.data.length);
  let at = 0;
  for (let o = 0; o < outChannels; o++) {
    for (let c = 0; c < inChannels; c++) {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          let sum = 0;
          for (let y = 0; y < dz.height; y++) {
            const from = (c * a.height + y + i) * a.width + j;
            const fromZ = (o * dz.height + y) * dz.width;
            for (let x = 0; x < dz.width; x++) sum += dz.data[fromZ + x] * a.data[from + x];
          }
          data[at++] = sum;                                                 // (27)
        }
      }
    }
  }
  return { ...W, data };
}

/** db: the sum of each map. */
export function sumOfMaps({ channels, height, width, data }) {
  const sums = matrix(1, channels);
  data.forEach((value, i) => { sums.data[Math.floor(i / (height * width))] += value; });  // (28)
  return sums;
}

/** Where each pool's largest pixel stands in a.data; of equal ones the first, as in PyTorch. */
export function winners(a) {
  const [rows, columns] = [Math.floor(a.height / POOL), Math.floor(a.width / POOL)];
  const found = new Int32Array(a.channels * rows * columns);
  let at = 0;
  for (let c = 0; c < a.channels; c++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        let best = (c * a.height + POOL * y) * a.width + POOL * x;
        for (const step of [1, a.width, a.width + 1]) {
          const other = (c * a.height + POOL * y) * a.width + POOL * x + step;
          if (a.data[other] > a.data[best]) best = other;
        }
        found[at++] = best;
      }
    }
  }
  return found;
}

/** The largest of each 2 × 2 pixels; an odd last row or column belongs to no pool. */
export function maxPool(a) {
  const data = Float64Array.from(winners(a), (place) => a.data[place]);     // (30)
  return maps(a.channels, Math.floor(a.height / POOL), Math.floor(a.width / POOL), data);
}

/** da: each dp goes to the pixel that was the largest, all others get 0. */
export function maxPoolBackward(dp, a) {
  const da = maps(a.channels, a.height, a.width);
  winners(a).forEach((place, k) => { da.data[place] = dp.data[k]; });       // (31)
  return da;
}

/** [{a, z, fired, pooled}] of each convolution: read, summed, after f, after pooling. */
export function forwardMaps(convolutions, image, activation) {
  const [f] = ACTIVATIONS[activation];
  let a = image;
  return convolutions.map(([W, b]) => {
    const z = convolve(a, W, b);
    const fired = maps(z.channels, z.height, z.width, z.data.map(f));
    const layer = { a, z, fired, pooled: maxPool(fired) };
    a = layer.pooled;
    return layer;
  });
}

/** From the gradient of the last pooled maps to that of the image. */
export function backwardMaps(convolutions, layers, gradient, activation) {
  const [, derivative] = ACTIVATIONS[activation];
  let da = gradient;
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const { a, z, fired, pooled } = layers[layer];
    const dp = maps(pooled.channels, pooled.height, pooled.width, da);
    const d = maxPoolBackward(dp, fired);
    const dz = maps(z.channels, z.height, z.width, d.data.map((value, i) => value * derivative(z.data[i])));  // (11)
    da = convolveBackward(dz, convolutions[layer][0], a).data;
  }
  return da;
}
