import { describe, expect, test } from 'vitest';
import { createLoss } from '../../../../../packages/core/src/families/losses/index.ts';
import { answersOf } from '../../../../../packages/core/src/inference/answers/answers.ts';
import {
  classify,
  createScoring,
  scoreInto,
  toProbabilities,
} from '../../../../../packages/core/src/inference/answers/scoring.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';

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

test('a score at the threshold is of the first class', () => {
  expect(classify(Float64Array.of(0, 1e-9), 1, createLoss('binary-cross-entropy'), 0.5)).toEqual([0, 1]);
  expect(classify(Float64Array.of(0.7, 0.8), 1, createLoss('mse'), 0.7)).toEqual([0, 1]);
});

test('a model of unknown loss has values as outputs, and answers by its threshold too', () => {
  const y = Float64Array.of(0.4, 0.6, 0.8, Number.NaN);
  expect(classify(y, 1, null)).toEqual([0, 1, 1, -1]);
  expect(classify(y, 1, null, 0.7)).toEqual([0, 0, 1, -1]);
  const answers = answersOf(y, 1, { loss: null, labels: ['no', 'yes'], threshold: 0.7 });
  expect(answers.map(({ prediction }) => prediction)).toEqual(['no', 'no', 'yes', null]);
});

test('binary cross-entropy tells classes apart by index where they have no names', () => {
  const loss = createLoss('binary-cross-entropy');
  expect(answersOf(Float64Array.of(-Math.log(3)), 1, { loss })).toEqual([
    { prediction: '0', probabilities: { 0: expect.closeTo(0.75, 15), 1: expect.closeTo(0.25, 15) } },
  ]);
});

test.each(['softmax-cross-entropy', 'binary-cross-entropy', 'mse'] as const)(
  'by %s with three outputs a row without an answer has no score at all',
  (name) => {
    const loss = createLoss(name);
    const scores = new Float64Array(N * 3);
    const t = new Float64Array(N * 3);
    createScoring({ loss, outputs: 3, classes: 3, areBits: true }).read(
      scores,
      new Float64Array(N),
      outputsOf(3, 2),
      t,
      N,
    );
    const missing = Array.from(scores, Number.isNaN);
    expect(missing).toEqual(missing.map((_, i) => i < 6));
  },
);

test('rows scored in parts of any length are the rows scored at once', () => {
  const scoring = createScoring({ loss: createLoss('softmax-cross-entropy'), outputs: 3, classes: 3, areBits: false });
  const y = outputsOf(3, 4);
  const t = Float64Array.from({ length: N }, (_, n) => n % 3);
  const scored = (lengths: readonly number[]): number[] => {
    const values: number[] = [];
    const add = scoreInto(scoring, [
      { add: (scores, targets, B, O) => values.push(B, O, ...scores.slice(0, B * O), ...targets.slice(0, B)) },
    ]);
    let from = 0;
    for (const B of lengths) {
      add(y.slice(3 * from, 3 * (from + B)), t.slice(from, from + B), B, 3);
      from += B;
    }
    return values;
  };
  const alone = (first: number, B: number): number[] => {
    const [scores, targets] = [new Float64Array(3 * B), new Float64Array(B)];
    scoring.read(scores, targets, y.slice(3 * first, 3 * (first + B)), t.slice(first, first + B), B);
    return [B, 3, ...scores, ...targets];
  };
  expect(scored([40, 100, 60])).toEqual([...alone(0, 40), ...alone(40, 100), ...alone(140, 60)]);
});
