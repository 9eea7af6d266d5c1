// The network by hand, once more: the equations of docs/ in JavaScript's float64.
//
// The names and the numbers in brackets are those of numpy_impl/textbook.py. A test
// holds every function to NumPy's results, to 1e-12.
// A matrix is {rows, columns, data}, row by row; W is (fan_in, fan_out).

export function matrix(rows, columns, data = new Float64Array(rows * columns)) {
  return { rows, columns, data };
}

/** Weights [[W, b], …] from one long array: W0, b0, W1, b1, …. */
export function fromFlat(layerSizes, flat) {
  const weights = [];
  let start = 0;
  for (let layer = 0; layer + 1 < layerSizes.length; layer++) {
    const [fanIn, fanOut] = [layerSizes[layer], layerSizes[layer + 1]];
    const W = matrix(fanIn, fanOut, Float64Array.from(flat.subarray(start, start + fanIn * fanOut)));
    start += fanIn * fanOut;
    const b = matrix(1, fanOut, Float64Array.from(flat.subarray(start, start + fanOut)));
    start += fanOut;
    weights.push([W, b]);
  }
  if (start !== flat.length) throw new Error(`${flat.length} numbers are no weights of ${layerSizes}`);
  return weights;
}

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z >= 0 ? 1 : e) / (1 + e);
}

// f(z) and its derivative f'(z)
export const ACTIVATIONS = {
  relu: [(z) => Math.max(z, 0), (z) => (z > 0 ? 1 : 0)],                    // (12)
  sigmoid: [sigmoid, (z) => sigmoid(z) * (1 - sigmoid(z))],                 // (13)
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],                          // (14)
  identity: [(z) => z, () => 1],                                            // (15)
};

export function map(A, f) {
  return matrix(A.rows, A.columns, A.data.map(f));
}

/** A B. */
export function multiply(A, B) {
  const C = matrix(A.rows, B.columns);
  for (let i = 0; i < A.rows; i++) {
    for (let k = 0; k < A.columns; k++) {
      const a = A.data[i * A.columns + k];
      if (a === 0) continue;
      for (let j = 0; j < B.columns; j++) C.data[i * B.columns + j] += a * B.data[k * B.columns + j];
    }
  }
  return C;
}

export function transpose(A) {
  const T = matrix(A.columns, A.rows);
  for (let i = 0; i < A.rows; i++) {
    for (let j = 0; j < A.columns; j++) T.data[j * A.rows + i] = A.data[i * A.columns + j];
  }
  return T;
}

function linear(a, W, b) {
  const z = multiply(a, W);
  for (let i = 0; i < z.data.length; i++) z.data[i] += b.data[i % z.columns];
  return z;
}

/** zs and inputs: zs[l] = inputs[l] W + b; the last of zs are the logits. */
export function forward(weights, X, activation) {
  const [f] = ACTIVATIONS[activation];
  const [zs, inputs] = [[], []];
  let a = X;                                                                // (1)
  for (const [W, b] of weights) {
    inputs.push(a);
    zs.push(linear(a, W, b));                                               // (2)
    a = map(zs.at(-1), f);                                                  // (3)
  }
  return { zs, inputs };
}

/** The probabilities of each row of logits. */
export function softmax(logits) {
  const p = matrix(logits.rows, logits.columns);
  for (let i = 0; i < logits.rows; i++) {
    const z = logits.data.subarray(i * logits.columns, (i + 1) * logits.columns);
    const largest = Math.max(...z);
    const e = z.map((value) => Math.exp(value - largest));
    const sum = e.reduce((total, value) => total + value, 0);
    e.forEach((value, k) => { p.data[i * p.columns + k] = value / sum; });  // (4)
  }
  return p;
}

/** −log p[y] of each row, from logits. */
export function losses(logits, y) {
  const found = matrix(1, logits.rows);
  for (let i = 0; i < logits.rows; i++) {
    const z = logits.data.subarray(i * logits.columns, (i + 1) * logits.columns);
    const largest = Math.max(...z);
    const sum = z.reduce((total, value) => total + Math.exp(value - largest), 0);
    found.data[i] = Math.log(sum) - (z[y[i]] - largest);                    // (5)
  }
  return found;
}

/** Every array of one training step, named as in compare/lab/textbook_step.py. */
export function trainingStep(weights, X, y, activation, learningRate) {
  const [, derivative] = ACTIVATIONS[activation];
  const { zs, inputs } = forward(weights, X, activation);
  const found = { X };
  zs.forEach((z, layer) => { found[`z${layer}`] = z; });
  inputs.slice(1).forEach((a, layer) => { found[`a${layer}`] = a; });
  found.p = softmax(zs.at(-1));
  found.losses = losses(zs.at(-1), y);
  const sum = found.losses.data.reduce((total, value) => total + value, 0);
  found.loss = matrix(1, 1, Float64Array.of(sum / y.length));               // (6)
  let dz = map(found.p, (value) => value);
  y.forEach((label, i) => { dz.data[i * dz.columns + label] -= 1; });
  dz = map(dz, (value) => value / y.length);                                // (7)
  for (let layer = weights.length - 1; layer >= 0; layer--) {
    found[`dz${layer}`] = dz;
    found[`dW${layer}`] = multiply(transpose(inputs[layer]), dz);           // (8)
    found[`db${layer}`] = sumOfRows(dz);                                    // (9)
    if (layer > 0) {
      const da = multiply(dz, transpose(weights[layer][0]));                // (10)
      found[`da${layer - 1}`] = da;
      const z = zs[layer - 1];
      dz = matrix(da.rows, da.columns, da.data.map((value, i) => value * derivative(z.data[i])));  // (11)
    }
  }
  weights.forEach(([W, b], layer) => {
    found[`W${layer}`] = W;
    found[`b${layer}`] = b;
    // The first step: the velocity is the gradient itself, (17).
    found[`W${layer}_new`] = moved(W, found[`dW${layer}`], learningRate);   // (19)
    found[`b${layer}_new`] = moved(b, found[`db${layer}`], learningRate);
  });
  return found;
}

/** The weights after the step. */
export function after(step, nLayers) {
  return Array.from({ length: nLayers }, (_, layer) => [step[`W${layer}_new`], step[`b${layer}_new`]]);
}

/** ∂(z_k − z_j)/∂x for one image: why k and not j? */
export function logitGradient(weights, X, activation, k, j) {
  const [, derivative] = ACTIVATIONS[activation];
  const { zs } = forward(weights, X, activation);
  const dlogits = matrix(1, zs.at(-1).columns);
  dlogits.data[k] = 1;
  dlogits.data[j] = -1;
  let da = multiply(dlogits, transpose(weights.at(-1)[0]));
  for (let layer = weights.length - 2; layer >= 0; layer--) {
    const dz = matrix(1, da.columns, da.data.map((value, i) => value * derivative(zs[layer].data[i])));
    da = multiply(dz, transpose(weights[layer][0]));
  }
  return da;
}

function sumOfRows(A) {
  const sums = matrix(1, A.columns);
  A.data.forEach((value, i) => { sums.data[i % A.columns] += value; });
  return sums;
}

/** θ − η g, of the shape of θ. */
export function moved(theta, g, learningRate) {
  return { ...theta, data: theta.data.map((value, i) => value - learningRate * g.data[i]) };
}
