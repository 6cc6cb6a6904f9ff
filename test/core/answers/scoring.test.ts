import { describe, expect, test } from 'vitest';
import { classify, createScoring, toProbabilities } from '../../../packages/core/src/answers/index.ts';
import { createLoss } from '../../../packages/core/src/model/losses/index.ts';
import { createRandom } from '../../../packages/core/src/random/index.ts';

const N = 200;

/** Outputs of N rows, the first two without an answer. */
function outputsOf(O: number, seed: number): Float64Array {
  const random = createRandom(seed);
  const y = Float64Array.from({ length: N * O }, () => 3 * random.normal());
  y[0] = Number.NaN;
  y[2 * O - 1] = Infinity;
  return y;
}

const binary: [loss: 'softmax-cross-entropy' | 'binary-cross-entropy' | 'mse', O: number][] = [
  ['softmax-cross-entropy', 2],
  ['binary-cross-entropy', 1],
  ['binary-cross-entropy', 2],
  ['mse', 1],
  ['mse', 2],
];

describe.each(binary)('two classes by %s with %d outputs', (name, O) => {
  const loss = createLoss(name);
  const scoring = createScoring({ loss, outputs: O, classes: 2, areBits: false });
  const y = outputsOf(O, 1);
  const t = new Float64Array(N * O);
  const scores = new Float64Array(N);
  scoring.read(scores, new Float64Array(N), y, t, N);

  test('without a threshold of its own, a row above the standard one is what the model answers', () => {
    const answers = Array.from(scores, (score) => (Number.isNaN(score) ? -1 : score > scoring.threshold ? 1 : 0));
    expect(answers).toEqual(classify(y, O, loss));
    expect(answers.slice(0, 2)).toEqual([-1, -1]);
  });

  test('with a threshold the model answers by it', () => {
    const threshold = scoring.threshold + 0.2;
    const decides = O === (loss.targets === 'classes' ? 2 : 1);
    const answers = Array.from(scores, (score) => (Number.isNaN(score) ? -1 : score > threshold ? 1 : 0));
    expect(classify(y, O, loss, threshold)).toEqual(decides ? answers : classify(y, O, loss));
  });

  test('scores are probabilities where the loss has them', () => {
    const p = y.slice();
    if (!scoring.hasProbabilities) return expect(name === 'mse' || O === 2).toBe(true);
    toProbabilities('test', loss, p, O);
    for (let n = 2; n < N; n++) expect(scores[n]).toBe(p[n * O + O - 1]);
  });
});

test.each([
  [1, 'classes'],
  [2, 'binary'],
  [3, 'classes'],
] as const)('%d classes are the task %s', (classes, task) => {
  const options = { loss: createLoss('softmax-cross-entropy'), outputs: classes, classes, areBits: false };
  expect(createScoring(options).task).toBe(task);
});

test('one output whose targets are 0 and 1 tells two classes apart, and one with other values does not', () => {
  const options = { loss: createLoss('mse'), outputs: 1, classes: null };
  expect(createScoring({ ...options, areBits: true }).task).toBe('binary');
  expect(createScoring({ ...options, areBits: false }).task).toBe('values');
});
