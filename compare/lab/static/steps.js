// The steps of one update, in the order of textbook.py: what is computed from what.

/** [{equation, title, words, operands, result}] for a network of so many layers, convolutions first. */
export function stepsOf(nLayers, nConvolutions = 0) {
  const steps = [{ equation: 1, title: "a = X", words: "The pixels go in, each between 0 and 1.", operands: [], result: "X" }];
  const last = nLayers - 1;
  const inputOf = (layer) => (layer === 0 ? "X" : layer < nConvolutions ? `p${layer - 1}` : layer === nConvolutions ? "flat" : `a${layer - 1}`);
  steps.push(...convolutionsForward(nConvolutions, inputOf));
  for (let layer = nConvolutions; layer < nLayers; layer++) {
    const a = inputOf(layer);
    steps.push({
      equation: 2, title: `z = a W + b, layer ${layer}`, operands: [a, `W${layer}`, `b${layer}`], result: `z${layer}`,
      words: layer < last ? "Each neuron adds up its weighted inputs and its bias." : "The last layer's sums are the logits, one for each class.",
    });
    if (layer < last) {
      steps.push({ equation: 3, title: `a = f(z), layer ${layer}`, words: "The activation decides how strongly each neuron fires.", operands: [`z${layer}`], result: `a${layer}` });
    }
  }
  steps.push(
    { equation: 4, title: "p = softmax(logits)", words: "Logits become probabilities: positive, and 1 in all.", operands: [`z${last}`], result: "p" },
    { equation: 5, title: "−log p[y]", words: "The loss of each image: how surprised the network is by the right class.", operands: ["p"], result: "losses" },
    { equation: 6, title: "loss: their mean", words: "One number that training makes smaller.", operands: ["losses"], result: "loss" },
    { equation: 7, title: "dz = (p − one-hot) / B", words: "Back again. At the logits, the gradient is what the network says minus what is right.", operands: ["p"], result: `dz${last}` },
  );
  for (let layer = last; layer >= nConvolutions; layer--) {
    const a = inputOf(layer);
    steps.push(
      { equation: 8, title: `dW = aᵀ dz, layer ${layer}`, words: "A weight counts as much as its input fired and its output erred.", operands: [a, `dz${layer}`], result: `dW${layer}` },
      { equation: 9, title: `db = Σ dz, layer ${layer}`, words: "A bias is a weight whose input is always 1.", operands: [`dz${layer}`], result: `db${layer}` },
    );
    if (layer > nConvolutions) {
      steps.push(
        { equation: 10, title: `da = dz Wᵀ, from layer ${layer}`, words: "The blame goes down the same wires that the signal came up.", operands: [`dz${layer}`, `W${layer}`], result: `da${layer - 1}` },
        { equation: 11, title: `dz = da ⊙ f'(z), layer ${layer - 1}`, words: "Only where the activation has a slope does it go on.", operands: [`da${layer - 1}`, `z${layer - 1}`], result: `dz${layer - 1}` },
      );
    }
  }
  steps.push(...convolutionsBackward(nConvolutions, inputOf));
  for (let layer = 0; layer < nLayers; layer++) {
    for (const name of ["W", "b"]) {
      steps.push({
        equation: 19, title: `θ ← θ − η v: ${name} of layer ${layer}`, words: "One step down. In the first step the velocity v is the gradient itself.",
        operands: [`${name}${layer}`, `d${name}${layer}`], result: `${name}${layer}_new`,
      });
    }
  }
  return steps;
}

function convolutionsForward(n, inputOf) {
  const steps = [];
  for (let layer = 0; layer < n; layer++) {
    steps.push(
      { equation: 25, title: `z = W ⋆ a, layer ${layer}`, words: "Each kernel is laid on every place of what it reads; products are added up over all channels.", operands: [inputOf(layer), `W${layer}`], result: `Wa${layer}` },
      { equation: 26, title: `z + b, layer ${layer}`, words: "One bias for a whole map.", operands: [`Wa${layer}`, `b${layer}`], result: `z${layer}` },
      { equation: 3, title: `a = f(z), layer ${layer}`, words: "The activation decides how strongly each place fires.", operands: [`z${layer}`], result: `a${layer}` },
      { equation: 30, title: `p = max of four, layer ${layer}`, words: "Of each 2 × 2 pixels, only the largest goes on.", operands: [`a${layer}`], result: `p${layer}` },
    );
  }
  if (n) steps.push({ equation: 32, title: "flat", words: "The maps in one row, channel by channel and row by row, for the dense layers.", operands: [`p${n - 1}`], result: "flat" });
  return steps;
}

function convolutionsBackward(n, inputOf) {
  const steps = [];
  if (n) steps.push({ equation: 10, again: true, title: `da = dz Wᵀ, from layer ${n}, as maps`, words: "The blame reaches the row of numbers, and with it the maps that they came from.", operands: [`dz${n}`, `W${n}`], result: `dp${n - 1}` });
  for (let layer = n - 1; layer >= 0; layer--) {
    steps.push(
      { equation: 31, title: `da: each dp to its winner, layer ${layer}`, words: "Three of four pixels changed nothing, and get 0. Of equal ones the first gets it.", operands: [`dp${layer}`, `a${layer}`], result: `da${layer}` },
      { equation: 11, again: true, title: `dz = da ⊙ f'(z), layer ${layer}`, words: "Only where the activation has a slope does it go on.", operands: [`da${layer}`, `z${layer}`], result: `dz${layer}` },
      { equation: 27, title: `dW = dz ⋆ a, layer ${layer}`, words: "A kernel was used at every place: its gradient is a sum over all of them.", operands: [`dz${layer}`, inputOf(layer)], result: `dW${layer}` },
      { equation: 28, title: `db = Σ dz, layer ${layer}`, words: "One bias for a whole map: the sum of the whole map.", operands: [`dz${layer}`], result: `db${layer}` },
    );
    if (layer) steps.push({ equation: 29, title: `da: dz with the kernels flipped, layer ${layer}`, words: "Every pixel that was read gets the blame of all places that read it.", operands: [`dz${layer}`, `W${layer}`], result: `dp${layer - 1}` });
  }
  return steps;
}

/** Where each equation's number stands in a file: {number: line, counted from 0}. */
export function linesOf(file) {
  const places = {};
  file.split("\n").forEach((line, i) => {
    const found = line.match(/\s\((\d+)\)(?: again.*)?$/);
    if (found) places[Number(found[1])] = i;
  });
  return places;
}

/** The name of an array as the reference writes it. */
export function nameOf(key) {
  if (key.endsWith("_new")) return `${nameOf(key.slice(0, -4))} after the step`;
  const found = key.match(/^(dz|dW|db|da|dp|Wa|z|a|p|W|b)(\d+)$/);
  return found ? `${found[1].replace("Wa", "W ⋆ a")} of layer ${found[2]}` : key;
}
