import { math } from '@gradloom/core';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, whole } from '../../terminal/text/format.ts';
import { defineExperiment } from './experiment.ts';
import { chapterFigure, claim } from './finding.ts';
import { lossOfRow } from './reference-passes.ts';

const prediction = [0.7, 0.2, 0.1];
const oneHot = [1, 0, 0];
const right = [0.99, 0.92, 0.5, 0.01]; // probabilities of the right class
const chapter = ['0.01', '0.083', '0.69', '4.605'];
const V = 128_000;

/** Cross-entropy of probabilities: their logarithms are logits, whose softmax gives them back. */
const crossEntropy = (p: readonly number[]): number => lossOfRow('softmax-cross-entropy', p.map(math.log), [0]).loss;

export const loss = defineExperiment({
  describe: 'How wrong is a prediction: squared error and cross-entropy',
  options: {},
  run() {
    const mse = lossOfRow('mse', prediction, oneHot).loss;
    const squares = prediction.map((p, c) => decimalOf(lossOfRow('mse', [p], [oneHot[c]]).loss));
    const surprises = right.map((p) => crossEntropy([p, 1 - p]));
    // The general form, - Σ t log p; all but the right class are multiplied by 0.
    const general = -oneHot.reduce((sum, t, c) => sum + t * math.log(prediction[c]), 0);
    const special = crossEntropy(prediction);
    const uniform = lossOfRow('softmax-cross-entropy', new Array<number>(V).fill(0), [0]).loss;
    return {
      sections: [
        {
          title: 'Squared error: the mean of (prediction - target)^2',
          lines: [
            `  of ${prediction.join(', ')} against ${oneHot.join(', ')}: (${squares.join(' + ')}) / ${squares.length} = ${mse.toFixed(6)}`,
          ],
        },
        {
          title: 'Cross-entropy: -log p of the right class',
          lines: [
            ...columns([
              ['p', '-log p', 'a # for each tenth of a nat, rounded up'],
              ...right.map((p, k) => [String(p), surprises[k].toFixed(4), '#'.repeat(Math.ceil(surprises[k] * 10))]),
            ]),
            '',
            '  Being sure and wrong costs most. Giving each of V classes equal probability',
            `  costs ln V: ${uniform.toFixed(4)} for a vocabulary of ${whole(V)}.`,
          ],
        },
      ],
      findings: [
        chapterFigure('mse of 0.7, 0.2, 0.1', '0.0467', mse),
        ...right.map((p, k) => chapterFigure(`cross-entropy at p = ${p}`, chapter[k], surprises[k])),
        claim(
          'the one-hot form is -log p',
          `differ by ${decimal(Math.abs(general - special))}`,
          Math.abs(general - special) < 1e-15,
        ),
        chapterFigure('uniform over 128,000 classes', '11.76', uniform),
        claim(
          'a uniform guess costs ln V',
          `differ by ${decimal(Math.abs(uniform - math.log(V)))}`,
          Math.abs(uniform - math.log(V)) < 1e-9,
        ),
      ],
      json: {
        mse,
        crossEntropies: Object.fromEntries(right.map((p, k) => [p, surprises[k]])),
        general,
        special,
        uniform,
        lnV: math.log(V),
      },
    };
  },
});

/** Without the rounding noise of float64. */
const decimalOf = (value: number): string => String(Number(value.toPrecision(10)));
