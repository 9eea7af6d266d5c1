// A network as the page knows it, dense or convolutional: its sizes and its weights, what
// one image does in it, and why it is one class and not another.

import { backwardMaps, forwardMaps, maps, sizesOf } from "lab/convolution";
import { forward, fromFlat, logitGradient, matrix, softmax } from "lab/network";

export const IMAGE = [1, 28, 28];

/** A network from its description and its weights, one after another: W0, b0, W1, …. */
export function networkOf(description, flat, image = IMAGE) {
  const { layer_sizes: layerSizes, conv_layers: convLayers = [] } = description;
  const sizes = sizesOf(convLayers, image);
  let start = 0;
  const take = (count) => Float64Array.from(flat.subarray(start, start += count));
  const convolutions = sizes.map(({ outChannels, inChannels, size }) => [
    { outChannels, inChannels, size, data: take(outChannels * inChannels * size ** 2) },
    matrix(1, outChannels, take(outChannels)),
  ]);
  const last = sizes.at(-1);
  const denseSizes = last ? [last.outChannels * last.pooled.height * last.pooled.width, ...layerSizes.slice(1)] : layerSizes;
  return {
    layerSizes, convLayers, image, sizes, convolutions, denseSizes,
    weights: fromFlat(denseSizes, flat.subarray(start)),
    activation: description.activation,
    classNames: description.class_names,
  };
}

/** 784 → 8 × 5×5 → 16 × 5×5 → 64 → 10. */
export function nameOfSizes({ layerSizes: [first, ...others], convLayers }) {
  return [first, ...convLayers.map(([channels, size]) => `conv ${channels} (${size}×${size})`), ...others].join(" → ");
}

export function countOf({ convolutions, weights }) {
  return [...convolutions, ...weights].reduce((sum, [W, b]) => sum + W.data.length + b.data.length, 0);
}

/** What an image, grey levels 0 … 255, does in every layer. */
export function passOf(network, pixels) {
  const X = matrix(1, pixels.length, Float64Array.from(pixels, (value) => value / 255));
  const layers = forwardMaps(network.convolutions, maps(...network.image, X.data), network.activation);
  const flat = layers.length ? matrix(1, network.denseSizes[0], layers.at(-1).pooled.data) : X;  // (32)
  const { zs, inputs } = forward(network.weights, flat, network.activation);
  return {
    X, maps: layers, zs, inputs: inputs.map((a) => a.data),
    activations: inputs.slice(1).map((a) => a.data),
    probs: softmax(zs.at(-1)).data,
  };
}

/** The probabilities of one image, grey levels 0 … 255. */
export function probabilities(network, pixels) {
  return passOf(network, pixels).probs;
}

/** ∂(z_k − z_j)/∂x, pixel by pixel: why k and not j? */
export function whyNot(network, pass, k, j) {
  const flat = matrix(1, network.denseSizes[0], pass.inputs[0]);
  const da = logitGradient(network.weights, flat, network.activation, k, j).data;
  return backwardMaps(network.convolutions, pass.maps, da, network.activation);
}
