// One training step of a convolutional network, for one image: every array of it.
//
// The dense layers are those of network.js. The names are those of
// compare/lab/textbook_conv_step.py, which a test holds this file to.

import { convolve, convolveBackward, forwardMaps, kernelGradient, maps, maxPoolBackward, sumOfMaps } from "lab/convolution";
import { ACTIVATIONS, matrix, moved, multiply, trainingStep, transpose } from "lab/network";

const NUMBERED = /^(dz|dW|db|da|z|a|W|b)(\d+)(_new)?$/;

/** X, Wa0, z0, a0, p0, …, flat, …, loss, …, dp0, da0, dz0, dW0, …; convolutions count first. */
export function convolutionalStep(network, X, y, learningRate) {
  const { convolutions, weights, image, activation } = network;
  const pixels = maps(...image, X.data);
  const layers = forwardMaps(convolutions, pixels, activation);
  const { data } = layers.at(-1).pooled;
  const flat = matrix(1, data.length, data);                                // (32)
  const dense = trainingStep(weights, flat, y, activation, learningRate);
  const found = { X: pixels, flat, ...numberedFrom(convolutions.length, dense) };
  layers.forEach(({ a, z, fired, pooled }, layer) => {
    const [W, b] = convolutions[layer];
    found[`Wa${layer}`] = convolve(a, W, matrix(1, b.columns));             // (25)
    Object.assign(found, { [`z${layer}`]: z, [`a${layer}`]: fired, [`p${layer}`]: pooled });
  });
  const da = multiply(dense.dz0, transpose(weights[0][0]));                 // (10)
  backward(network, layers, da.data, learningRate, found);
  return found;
}

function numberedFrom(first, dense) {
  const { X, ...others } = dense;
  return Object.fromEntries(Object.entries(others).map(([key, array]) => [
    key.replace(NUMBERED, (_, name, layer, end = "") => `${name}${first + Number(layer)}${end}`), array,
  ]));
}

function backward({ convolutions, activation }, layers, gradient, learningRate, found) {
  const [, derivative] = ACTIVATIONS[activation];
  let data = gradient;
  for (let layer = layers.length - 1; layer >= 0; layer--) {
    const { a, z, fired, pooled } = layers[layer];
    const [W, b] = convolutions[layer];
    const dp = maps(pooled.channels, pooled.height, pooled.width, data);
    const da = maxPoolBackward(dp, fired);                                  // (31)
    const dz = { ...da, data: da.data.map((value, i) => value * derivative(z.data[i])) };  // (11)
    const dW = kernelGradient(dz, a, W);                                    // (27)
    const db = sumOfMaps(dz);                                               // (28)
    const arrays = { dp, da, dz, dW, db, W, b };
    for (const [name, array] of Object.entries(arrays)) found[`${name}${layer}`] = array;
    found[`W${layer}_new`] = moved(W, dW, learningRate);                    // (19)
    found[`b${layer}_new`] = moved(b, db, learningRate);
    if (layer) ({ data } = convolveBackward(dz, W, a));                     // (29)
  }
}
