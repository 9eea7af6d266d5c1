// The steps of one update, in the order of textbook.py: what is computed from what.

/** [{equation, title, words, operands, result}] for a network of so many layers. */
export function stepsOf(nLayers) {
  const steps = [{ equation: 1, title: "a = X", words: "The pixels go in, each between 0 and 1.", operands: [], result: "X" }];
  const last = nLayers - 1;
  for (let layer = 0; layer < nLayers; layer++) {
    const a = layer ? `a${layer - 1}` : "X";
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
  for (let layer = last; layer >= 0; layer--) {
    const a = layer ? `a${layer - 1}` : "X";
    steps.push(
      { equation: 8, title: `dW = aᵀ dz, layer ${layer}`, words: "A weight counts as much as its input fired and its output erred.", operands: [a, `dz${layer}`], result: `dW${layer}` },
      { equation: 9, title: `db = Σ dz, layer ${layer}`, words: "A bias is a weight whose input is always 1.", operands: [`dz${layer}`], result: `db${layer}` },
    );
    if (layer > 0) {
      steps.push(
        { equation: 10, title: `da = dz Wᵀ, from layer ${layer}`, words: "The blame goes down the same wires that the signal came up.", operands: [`dz${layer}`, `W${layer}`], result: `da${layer - 1}` },
        { equation: 11, title: `dz = da ⊙ f'(z), layer ${layer - 1}`, words: "Only where the activation has a slope does it go on.", operands: [`da${layer - 1}`, `z${layer - 1}`], result: `dz${layer - 1}` },
      );
    }
  }
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

/** Where each equation's number stands in textbook.py: {number: line, counted from 0}. */
export function linesOf(textbook) {
  const places = {};
  textbook.split("\n").forEach((line, i) => {
    const found = line.match(/\s\((\d+)\)$/);
    if (found) places[Number(found[1])] = i;
  });
  return places;
}

/** The name of an array as the reference writes it. */
export function nameOf(key) {
  if (key.endsWith("_new")) return `${nameOf(key.slice(0, -4))} after the step`;
  const found = key.match(/^(dz|dW|db|da|z|a|W|b)(\d+)$/);
  return found ? `${found[1]} of layer ${found[2]}` : key;
}
