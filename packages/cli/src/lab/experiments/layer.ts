import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { columns } from '../../terminal/text/columns.ts';
import { defineExperiment } from './experiment.ts';
import { chapterFigure, claim } from './finding.ts';
import { runRow } from './reference-passes.ts';

const I = 3;
const H = 4;
const O = 2;
const row = [0.5, -1, 2];

/** Numbers that are exact in binary, so that the products have no rounding error. */
const W1 = [0.5, -1, 0.25, 2, 1, 0.5, -0.75, 0.5, -0.5, 1.5, 1, -0.25]; // [I, H]
const b1 = [0.5, -0.25, 1, 0];
const W2 = [1, -0.5, 0.5, 2, -1, 0.25, 0.75, -1.5]; // [H, O]
const b2 = [0.25, -0.5];

export const layer = defineExperiment({
  describe: 'A layer of neurons, and why one without an activation adds nothing',
  options: {},
  run() {
    const hidden: NetworkSpec['layers'][number] = { kind: 'dense', out: H };
    const output: NetworkSpec['layers'][number] = { kind: 'dense', out: O };
    const [weights, biases] = buildNetwork({ input: I, layers: [hidden] }).tensors.map(({ length }) => length);
    const twoLayers = runRow({ input: I, layers: [hidden, output] }, [...W1, ...b1, ...W2, ...b2], row)[1];
    // W = W1 · W2, row by row, and b = b1 · W2 + b2, computed by running a layer.
    const product = { input: H, layers: [output] };
    const noBias = new Array<number>(O).fill(0);
    const W = Array.from({ length: I }, (_, i) => runRow(product, [...W2, ...noBias], W1.slice(i * H, (i + 1) * H))[0]);
    const b = runRow(product, [...W2, ...b2], b1)[0];
    const oneLayer = runRow({ input: I, layers: [output] }, [...W.flat(), ...b], row)[0];
    const withRelu = runRow(
      { input: I, layers: [hidden, { kind: 'activation', fn: 'relu' }, output] },
      [...W1, ...b1, ...W2, ...b2],
      row,
    )[2];
    const difference = Math.max(...oneLayer.map((value, o) => Math.abs(value - twoLayers[o])));
    const reluDifference = Math.max(...withRelu.map((value, o) => Math.abs(value - twoLayers[o])));
    return {
      sections: [
        {
          title: 'A layer is a row of neurons that see the same inputs: activation(Wx + b)',
          lines: [
            `  ${I} inputs, ${H} neurons: ${I} * ${H} = ${weights} weights and ${biases} biases.`,
            '  Here x is a row, so a layer is x W + b, and W is inputs by neurons.',
          ],
        },
        {
          title: 'Two layers without an activation between them are one layer',
          lines: columns([
            ...matrixRows('W1', W1, H),
            ['b1', b1.join('  ')],
            ...matrixRows('W2', W2, O),
            ['b2', b2.join('  ')],
            ...matrixRows('W1 W2', W.flat(), O),
            ['b1 W2 + b2', b.join('  ')],
            ['x', row.join('  ')],
            ['(x W1 + b1) W2 + b2', twoLayers.join('  ')],
            ['x (W1 W2) + (b1 W2 + b2)', `${oneLayer.join('  ')}   the same`],
            ['relu between the two', `${withRelu.join('  ')}   not a single layer`],
          ]),
        },
      ],
      findings: [
        chapterFigure('weights of 3 inputs and 4 neurons', '12', weights),
        chapterFigure('biases', '4', biases),
        claim('two linear layers are one', `differ by ${difference}`, difference === 0),
        claim('with relu between them they are not', `differ by ${reluDifference}`, reluDifference > 0),
      ],
      json: { weights, biases, x: row, W1, b1, W2, b2, twoLayers, W, b, oneLayer, withRelu },
    };
  },
});

/** One line per row of a matrix with `width` columns, with its name on the first. */
function matrixRows(name: string, matrix: readonly number[], width: number): string[][] {
  const count = matrix.length / width;
  return Array.from({ length: count }, (_, i) => {
    const values = matrix.slice(i * width, (i + 1) * width);
    return [i === 0 ? name : '', values.join('  ')];
  });
}
