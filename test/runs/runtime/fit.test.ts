import { readFileSync } from 'node:fs';
import { type Cell, dense, fit as fitRows, relu } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';

// test/fixtures/table.mjs
const path = `${import.meta.dirname}/../../fixtures/table.json`;
const rows: Record<string, Cell>[] = JSON.parse(readFileSync(path, 'utf8'));
const few = { steps: 20, threads: 1 };

test.each(['level', 'price'])(
  'has the bits of the command line, and answers its rows, with the target %s',
  async (target) => {
    const model = await fitRows(rows, { target, test: 0.2, ...few });
    const { stdout } = await gradloom([
      ...[
        'train',
        '--dataset',
        path,
        '--target',
        target,
        '--test',
        '0.2',
        '--steps',
        '20',
        '--threads',
        '1',
        '--json',
        '--no-out',
      ],
    ]);
    const { fingerprint, testLoss } = jsonLines(stdout).at(-1) ?? {};
    expect(model.fingerprint).toBe(fingerprint);
    expect(model.result.test?.loss).toBe(testLoss);
    const questions = rows.slice(0, 3).map(({ [target]: _, id: _id, ...row }) => row);
    // Rows as they were trained on, with the target and the id.
    expect(model.predict(rows.slice(0, 3))).toEqual(model.predict(questions));
  },
);

test('takes hidden layers, shares and options of train', async () => {
  const { spec, result } = await fitRows(rows, {
    hidden: [dense(7), relu()],
    validation: 0.3,
    test: 0,
    ...few,
    seed: 3,
  });
  expect(spec.layers.map((layer) => ('out' in layer ? layer.out : layer.kind))).toEqual([7, 'activation', 2]);
  expect([result.validation?.rows, result.test, result.seed]).toEqual([12, undefined, 3]);
});

describe('what does not fit is named', () => {
  test.each<[string, unknown, object?]>([
    ['fit: rows has 5, expected a list of objects', 5],
    ['fit: rows has no rows, expected at least one', []],
    ['fit: rows: row 1 has 4, expected an object such as', [{ a: 1, b: 2 }, 4]],
    [
      'fit: rows: row 1, column 2 ("b") has a list, expected a number',
      [
        { a: 1, b: 2 },
        { a: 1, b: [2] },
      ],
    ],
    ['fit: target has "c", expected one of "a", "b"', [{ a: 1, b: 2 }], { target: 'c' }],
    ['fit: batch has -1, expected a whole number of at least 1, or full', [{ a: 1, b: 2 }], { batch: -1 }],
    ['fit: option "stream" is unknown, expected', [{ a: 1, b: 2 }], { stream: true }],
  ])('%s', async (sentence, rows, options) => {
    await expect(fitRows(rows as never, options)).rejects.toThrow(sentence);
  });
});

/** Not a `type`: an interface has no index signature. */
interface House {
  readonly size: number;
  readonly city: string;
  readonly garden?: boolean;
  readonly price: number;
}

test('rows of an interface are trained on and predicted; the compiler refuses a value that is no cell', async () => {
  const houses: House[] = Array.from({ length: 40 }, (_, n) => ({
    size: n,
    city: n % 2 ? 'Oslo' : 'Rome',
    price: 3 * n,
  }));
  const model = await fitRows(houses, { ...few, target: 'price' });
  const [house] = houses;
  expect(model.predict([house])).toEqual(model.predict([{ size: 0, city: 'Rome' }]));
  expect([model.outputs([house]), model.classify([house])].map(({ length }) => length)).toEqual([1, 1]);
  const encoded: Float64Array = model.encode(houses);
  expect(model.outputs(encoded)).toHaveLength(40);
  const refused = () => {
    // @ts-expect-error: a date is no cell.
    model.predict([{ ...house, size: new Date(0) }]);
    // @ts-expect-error: rows are a list.
    model.predict(house);
    // @ts-expect-error: rows of `fit` have names.
    fitRows([[1, 2]]);
  };
  expect(refused).toThrow('rows has {"size":0');
});

test('a batch size takes the place of the default, by its long name as by its short one', async () => {
  const [long, short, standard] = await Promise.all(
    [{ batchSize: 7 }, { batch: 7 }, {}].map((sizeOptions) =>
      fitRows(rows, { ...few, ...sizeOptions, target: 'price' }),
    ),
  );
  expect(long.result.batch).toBe(7);
  expect(long.fingerprint).toBe(short.fingerprint);
  expect(long.fingerprint).not.toBe(standard.fingerprint);
});
