import { activations, mathOf, type NetworkSpec } from '@gradloom/core';
import { columns } from '../../terminal/text/columns.ts';
import { defineExperiment } from './experiment.ts';
import { chapterFigure } from './finding.ts';
import { runRow } from './reference-passes.ts';

const x = [0.5, 0.8];
const W = [0.6, -0.3];
const b = 0.1;

const spec = (fn: 'sigmoid' | 'relu'): NetworkSpec => ({
  input: 2,
  layers: [
    { kind: 'dense', out: 1 },
    { kind: 'activation', fn },
  ],
});

export const neuron = defineExperiment({
  describe: 'One neuron: a weighted sum, a bias, an activation',
  options: {},
  run() {
    const [weightedSum] = runRow({ input: 2, layers: [{ kind: 'dense', out: 1 }] }, [...W, 0], x)[0];
    const [[z], [sigmoid]] = runRow(spec('sigmoid'), [...W, b], x);
    const relu = runRow(spec('relu'), [...W, b], x)[1][0];
    const reluOfNegative = activations.relu.apply(mathOf('float64'), -0.5);
    return {
      sections: [
        {
          title: 'A neuron: weighted sum, bias, activation',
          lines: columns([
            ['inputs', x.join('  ')],
            ['weights', W.join('  ')],
            ['weighted sum', `${W.map((w, i) => `${w} * ${x[i]}`).join(' + ')} = ${weightedSum.toFixed(4)}`],
            ['plus the bias', `z = ${weightedSum.toFixed(4)} + ${b} = ${z.toFixed(4)}`],
            ['sigmoid', `1 / (1 + e^-z) = ${sigmoid.toFixed(6)}: between 0 and 1`],
            ['relu', `max(0, z) = ${relu.toFixed(4)}: unchanged, since it is above 0`],
          ]),
        },
      ],
      findings: [
        chapterFigure('weighted sum', '0.06', weightedSum),
        chapterFigure('z, with the bias', '0.16', z),
        chapterFigure('sigmoid(z)', '0.540', sigmoid),
        chapterFigure('relu(z)', '0.16', relu),
        chapterFigure('relu(-0.5)', '0', reluOfNegative),
      ],
      json: { inputs: x, weights: W, bias: b, weightedSum, z, sigmoid, relu, reluOfNegative },
    };
  },
});
