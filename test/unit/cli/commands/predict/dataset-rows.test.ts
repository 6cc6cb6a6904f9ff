import { expect, test } from 'vitest';
import { datasetRows } from '../../../../../packages/cli/src/commands/predict/run-predict.ts';
import { sharedArrays } from '../../../../../packages/runtime/src/data/number-types.ts';

test.each(['float64', 'float32'] as const)('rows of a dataset are divided as a run of %s divides them', (type) => {
  const round = type === 'float32' ? Math.fround : Number;
  const divisor = 0.3; // another number as a float, which changes bits of quotients
  const array = sharedArrays.uint8(512);
  for (let k = 0; k < 512; k++) array[k] = k % 251;
  const inputs = { array, columns: 2, divisor };
  const targets = { array: sharedArrays.int32(256), columns: 1, divisor: 1 };
  const dataset = { name: 'bytes', rows: 256, inputs, targets, classes: 2 };
  const [{ x }] = datasetRows(dataset, [{ first: 3, last: 255 }], type);
  const expected = Float64Array.from(array.subarray(6), (byte) => round(byte / round(divisor)));
  expect(x).toEqual(expected);
});
