import { complete } from '@gradloom/core/internal';
import { datasetFromRows, type RowsOptions } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkDataset } from '../../../../packages/runtime/src/data/check-dataset.ts';

const inputs = [
  [1, 2],
  [3, 4],
  [5, 6],
];

test('rows lie one after the other in shared memory', () => {
  const dataset = datasetFromRows({ inputs, targets: [0, 1, 1], classNames: ['no', 'yes'], name: 'answers' });
  expect(dataset).toMatchObject({ name: 'answers', rows: 3, classes: 2, labels: ['no', 'yes'] });
  expect(dataset.inputs).toMatchObject({ columns: 2, divisor: 1, array: Float64Array.of(1, 2, 3, 4, 5, 6) });
  expect(dataset.inputs.array.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(dataset.targets).toMatchObject({ columns: 1, array: Float64Array.of(0, 1, 1) });
});

test('targets that are names become indices, in the order of fit or of classNames', () => {
  const targets = ['yes', 'no', 'yes'];
  const sorted = datasetFromRows({ inputs, targets });
  expect(sorted).toMatchObject({ classes: 2, labels: ['no', 'yes'], targets: { array: Float64Array.of(1, 0, 1) } });
  const classNames = ['yes', 'no', 'maybe'];
  const dataset = datasetFromRows({ inputs, targets, classNames });
  expect(dataset).toMatchObject({ classes: 3, labels: classNames, targets: { array: Float64Array.of(0, 1, 0) } });
  expect(datasetFromRows({ inputs, targets: ['10', '9', '9'] }).labels).toEqual(['9', '10']);
});

test('without classes, targets are values: a number a row, or several', () => {
  expect(datasetFromRows({ inputs, targets: [0.5, 1, 2] })).toMatchObject({ classes: null, targets: { columns: 1 } });
  expect(
    datasetFromRows({
      inputs,
      targets: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    }).targets.columns,
  ).toBe(2);
});

test.each<[string, RowsOptions]>([
  ['rows has 0, expected a whole number of at least 1', { inputs: [], targets: [] }],
  ['targets has 2 rows, expected 3', { inputs, targets: [1, 2] }],
  ['inputs has 1 numbers in row 1, expected 2', { inputs: [[1, 2], [3], [4, 5]], targets: [1, 2, 3] }],
  ['inputs has "a" in row 0, column 1, expected a number', { inputs: JSON.parse('[[1, "a"]]'), targets: [1] }],
  ['inputs.columns has 0, expected a whole number', { inputs: [[], [], []], targets: [1, 2, 3] }],
  ['label of row 2 has 2, expected a whole number from 0 to 1', { inputs, targets: [0, 1, 2], classes: 2 }],
  ['label of row 0 has -1, expected a whole number from 0 to 1', { inputs, targets: [-1, 1, 0], classes: 2 }],
  ['label of row 1 has 0.5, expected a whole number from 0 to 1', { inputs, targets: [0, 0.5, 1], classes: 2 }],
  [
    'label of row 1, position 1, has 2, expected a whole number from -1 to 1 (2 classes; -1 does not count)',
    {
      inputs,
      targets: [
        [0, -1],
        [0, 2],
        [0, 1],
      ],
      classes: 2,
    },
  ],
  ['classes has 0, expected a whole number', { inputs, targets: [0, 0, 0], classes: 0 }],
  ['lengths has 2 numbers, expected 3', { inputs, targets: [0, 1, 1], lengths: [1, 2] }],
  [
    'length of row 1 has 0, expected a whole number from 1 to 2 (positions of a row)',
    { inputs, targets: [0, 1, 1], lengths: [2, 0, 1] },
  ],
  ['length of row 0 has 3, expected a whole number from 1 to 2', { inputs, targets: [0, 1, 1], lengths: [3, 2, 1] }],
  [
    'lengths are given, expected none (rows of 2 or [1, 2, 1] are no sequences)',
    { inputs, targets: [0, 1, 1], lengths: [2, 2, 1], shape: [1, 2, 1] },
  ],
  ['classNames has 1 name, expected 2', { inputs, targets: [0, 1, 1], classes: 2, classNames: ['no'] }],
])('what does not fit is refused: %s', (sentence, options) => {
  expect(() => datasetFromRows(options)).toThrow(`datasetFromRows: ${sentence}`);
});

describe('a dataset made by hand', () => {
  const good = datasetFromRows({ inputs, targets: [0, 1, 1], classes: 2 });

  test('passes where it fits', () => {
    expect(complete(checkDataset('here', good))).toBe(good);
  });

  test.each([
    ['inputs has 6 numbers, expected 8 (4 x 2)', { ...good, rows: 4 }],
    ['inputs.divisor has 0, expected a number other than 0', { ...good, inputs: { ...good.inputs, divisor: 0 } }],
    ['inputs.columns has 1.5', { ...good, inputs: { ...good.inputs, columns: 1.5 } }],
  ])('is refused where it does not: %s', (sentence, dataset) => {
    expect(() => complete(checkDataset('here', dataset))).toThrow(`here: ${sentence}`);
  });

  test('is refused where its memory is not shared', () => {
    const typed = new Float64Array(6) as Float64Array<never>;
    expect(() => complete(checkDataset('here', { ...good, inputs: { array: typed, columns: 2, divisor: 1 } }))).toThrow(
      'here: inputs has memory of its own, expected a SharedArrayBuffer',
    );
  });
});
