import { createRandom, metrics } from '@gradloom/core';
import {
  createModel,
  datasetFromRows,
  dense,
  embedding,
  evaluateModel,
  type OutputReader,
  sequential,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';

const [N, T, V] = [600, 5, 4];
const random = createRandom(8, 'positions');
const lengths = Array.from({ length: N }, () => 1 + random.integer(T));
const inputs = lengths.map((length) => Array.from({ length: T }, (_, p) => (p < length ? random.integer(V) : 0)));
/** The next word; padding and one position in seven do not count. */
const targets = inputs.map((row, n) =>
  row.map((word, p) => (p >= lengths[n] || (n + p) % 7 === 0 ? -1 : (word + 1) % V)),
);
const weights = lengths.map((length) => length);
const texts = { inputs, targets, lengths, classes: V, name: 'texts' };
const dataset = datasetFromRows(texts);
const spec = sequential(T, embedding(V, 6), dense(V));
const options = { batch: 40, epochs: 8, seed: 2, optimizer: { kind: 'adam', lr: 0.03 } } as const;

describe.each(['softmax-cross-entropy', { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 }] as const)(
  'a network of the next word under %j',
  (loss) => {
    test('learns it at each position, and evaluations count positions alone', async () => {
      const run = train(spec, { train: dataset, validation: dataset }, { ...options, loss, threads: 2 });
      const { parameters, validation } = await run;
      const counted = targets.flat().filter((target) => target >= 0).length;
      expect(validation).toMatchObject({ rows: N, positions: counted, accuracy: 1 });
      const model = createModel({ spec, parameters, loss });
      const answers = model.classify(inputs, { lengths });
      expect(answers).toHaveLength(N * T);
      expect(targets.flat().every((target, p) => target < 0 || answers[p] === target)).toBe(true);
      expect(model.predict([inputs[0]], { lengths: [2] })).toEqual([
        { prediction: [0, 1].map((p) => String((inputs[0][p] + 1) % V)) },
      ]);
      // Readers see the positions that count, with the same figures.
      const [accuracy, perplexity] = [
        metrics.accuracy({ targets: 'classes' }),
        metrics.perplexity({ targets: 'classes' }),
      ];
      const soft: OutputReader = {
        add(y, t, B, O) {
          expect([O, t.subarray(0, B).every((label) => label >= 0)]).toEqual([V, true]);
          const p = y.slice(0, B * O);
          for (let n = 0; n < B; n++) {
            const row = p.subarray(n * O, (n + 1) * O);
            const sum = row.reduce((all, value) => all + Math.exp(value), 0);
            row.forEach((value, o) => {
              row[o] = Math.exp(value) / sum;
            });
          }
          perplexity.add(p, t, B, O);
        },
      };
      const again = await evaluateModel(spec, parameters, dataset, { loss, threads: 1, readers: [accuracy, soft] });
      expect(again).toEqual(validation);
      expect(accuracy.value()).toBe(1);
      expect(Math.abs(perplexity.value() / (again.perplexity ?? Number.NaN) - 1)).toBeLessThan(1e-12);
      if (loss === 'softmax-cross-entropy') {
        expect(Math.abs(Math.log(again.perplexity ?? Number.NaN) - again.loss)).toBeLessThan(1e-12);
      }
    });
  },
);

test('the weighted loss of an evaluation is over positions, by the weights of their rows', async () => {
  const weighed = datasetFromRows({ ...texts, weights });
  const run = train(spec, { train: weighed, validation: weighed }, { ...options, epochs: 1, threads: 2 });
  const { parameters, validation } = await run;
  const model = createModel({ spec, parameters, loss: 'softmax-cross-entropy' });
  const p = model.probabilities(Float64Array.from(inputs.flat()));
  let [sum, all] = [0, 0];
  for (const [position, target] of targets.flat().entries()) {
    if (target < 0) continue;
    const weight = weights[Math.floor(position / T)];
    sum -= weight * Math.log(p[position * V + target]);
    all += weight;
  }
  expect(Math.abs((validation?.weightedLoss ?? Number.NaN) / (sum / all) - 1)).toBeLessThan(1e-12);
});

test('positions with an output that is not finite are counted, and are wrong', async () => {
  // Outputs of word 0 are infinite.
  const parameters = new Float64Array(V * 6 + 6 * V + V)
    .fill(1e300)
    .fill(1, 6, V * 6)
    .fill(1e10, V * 6);
  const { unanswered, accuracy = 1, positions } = await evaluateModel(spec, parameters, dataset, { threads: 2 });
  const counted = targets.flatMap((row, n) => row.flatMap((target, p) => (target < 0 ? [] : [inputs[n][p]])));
  expect([positions, unanswered]).toEqual([counted.length, counted.filter((word) => word === 0).length]);
  // The first of equal outputs is that of word 0, which follows the last.
  expect(accuracy * counted.length).toBeCloseTo(counted.filter((word) => word === V - 1).length, 9);
});

test('an evaluation in which no position counts has the loss 0, and a step changes no weight', async () => {
  const none = datasetFromRows({ ...texts, targets: targets.map((row) => row.map(() => -1)) });
  const parameters = new Float64Array(V * 6 + 6 * V + V).fill(0.5);
  expect(await evaluateModel(spec, parameters, none, { threads: 1 })).toEqual({
    rows: N,
    positions: 0,
    loss: 0,
    accuracy: 0,
    perplexity: 1,
  });
  const run = train(spec, { train: none }, { ...options, epochs: 1, parameters, threads: 2 });
  expect((await run).parameters).toEqual(parameters);
});
