import {
  createModel,
  type Dataset,
  dense,
  evaluateModel,
  gaussian,
  input,
  network,
  relu,
  train,
} from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { sharedArrays } from '../../../packages/runtime/src/data/number-types.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';

const pool = await poolOfFile(3);

/** Rows of 8 numbers, which are their own targets. */
function rowsOf(rows: number, factor: number): Dataset {
  const array = sharedArrays.float64(8 * rows);
  for (let i = 0; i < array.length; i++) array[i] = ((i * factor) % 17) / 17;
  const matrix = { array, columns: 8, divisor: 1 };
  return { name: 'rows', rows, classes: null, inputs: matrix, targets: matrix };
}

const h = input(8).through(dense(12), relu());
const [mean, logVariance] = [h.through(dense(3)), h.through(dense(3))];
const z = mean.plus(logVariance.times(0.5).exp().times(logVariance.through(gaussian())));
const spec = network(z.through(dense(12), relu(), dense(8)));

const data = { train: rowsOf(96, 5), validation: rowsOf(41, 7) };
const run = (threads: number) =>
  train(spec, data, { batch: 32, steps: 30, loss: 'mse', optimizer: { kind: 'adam', lr: 0.01 }, threads, pool });

test('an evaluation draws by the row: the same on any threads, and once more; answers take the mean', async () => {
  const first = await run(1);
  for (const threads of [2, 3]) {
    const { parameters, validation } = await run(threads);
    expect(parameters).toEqual(first.parameters);
    expect(validation?.loss).toBe(first.validation?.loss);
  }
  const again = await evaluateModel(spec, first.parameters, data.validation, { threads: 2 });
  expect(again.loss).toBe(first.validation?.loss);
  const x = Float64Array.from(data.validation.inputs.array);
  const model = createModel({ spec, parameters: first.parameters });
  const answers = model.outputs(x);
  expect(model.outputs(x)).toEqual(answers);
  const lossOfMeans = answers.reduce((sum, y, i) => sum + (y - x[i]) ** 2, 0) / answers.length;
  expect(again.loss).toBeGreaterThan(lossOfMeans); // the draws cost something
});
