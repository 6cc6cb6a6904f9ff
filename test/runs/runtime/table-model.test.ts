import { createRandom, math, type NetworkSpec, type TablePreprocessing } from '@gradloom/core';
import {
  conv1d,
  createModel,
  dense,
  loadModel,
  type ModelContents,
  relu,
  saveModel,
  sequential,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const path = `${folder.path}/model`;

const columns: TablePreprocessing['columns'] = [
  { name: 'age', type: 'numeric', center: 40, scale: 10, fill: 38, indicator: false },
  { name: 'city', type: 'categorical', categories: ['Bonn', 'Köln'], missing: false },
];

/** A network of 3 inputs with `out` outputs and normal weights. */
function model(out: number, target: TablePreprocessing['target'], loss: ModelContents['loss'] = 'mse'): ModelContents {
  const random = createRandom(1, 'weights');
  return {
    spec: { input: 3, layers: [{ kind: 'dense', out }] },
    parameters: Float64Array.from({ length: 3 * out + out }, () => random.normal()),
    loss,
    preprocessing: { version: 1, columns, target },
  };
}

const price = { name: 'price', type: 'values', center: 100, scale: 7 } as const;
const kind = { name: 'kind', type: 'classes', labels: ['a', 'b', '__proto__'] } as const;
const rows = [
  { age: 30, city: 'Köln' },
  { age: '', city: 'Bonn' },
];
const encoded = Float64Array.of(-1, 0, 1, -0.2, 1, 0);

test('a saved model predicts rows of the table as it predicts their encoding, bit by bit', () => {
  saveModel(path, model(3, [kind], 'softmax-cross-entropy'));
  const loaded = loadModel(path);
  const y = loaded.outputs(encoded);
  expect(Float64Array.from(loaded.outputs(rows).flat())).toEqual(y);
  expect(loaded.outputs(rows.map(({ age, city }) => [age, city]))).toEqual(loaded.outputs(rows));
  expect(loaded.classify(rows)).toEqual(loaded.classify(encoded));
  expect(loaded.preprocessing).toEqual(model(3, [kind]).preprocessing);
});

describe('answers', () => {
  test('are class names with the probability of each', () => {
    const made = createModel(model(3, [kind], 'softmax-cross-entropy'));
    const p = made.probabilities(rows);
    const [first, second] = made.predict(rows);
    expect(first.prediction).toBe(kind.labels[made.classify(rows)[0]]);
    expect(Object.entries(second.probabilities ?? {})).toEqual(kind.labels.map((label, c) => [label, p[1][c]]));
  });

  test('of one output with two classes have the probability of both', () => {
    const target = [{ ...kind, labels: ['no', 'yes'] }];
    const made = createModel(model(1, target, 'binary-cross-entropy'));
    const [[p]] = made.probabilities(rows);
    const [answer] = made.predict(rows);
    expect(answer).toEqual({ prediction: p > 0.5 ? 'yes' : 'no', probabilities: { no: 1 - p, yes: p } });
  });

  test('are values in units of the target, by name if there are several', () => {
    const one = createModel(model(1, [price]));
    const outputs = one.outputs(rows).flat();
    expect(one.predict(rows)).toEqual(outputs.map((y) => ({ prediction: y * 7 + 100 })));
    const two = createModel(model(2, [price, { ...price, name: 'tax', scale: 1 }]));
    const pairs = two.outputs(rows).flat();
    expect(two.predict(rows)).toEqual(
      rows.map((_, n) => ({ prediction: { price: pairs[2 * n] * 7 + 100, tax: pairs[2 * n + 1] + 100 } })),
    );
  });

  test('are exponentials where the logarithm was learned, and null beyond the doubles', () => {
    const [first, second] = createModel(model(1, [price]))
      .outputs(rows)
      .flat();
    const log = { ...price, transform: 'log' } as const;
    const one = createModel(model(1, [{ ...log, center: 1, scale: 2 }]));
    expect(one.predict(rows)).toEqual([first, second].map((y) => ({ prediction: math.exp(y * 2 + 1) })));
    expect(createModel(model(1, [{ ...log, center: 720, scale: 1e-9 }])).predict(rows)[0]).toEqual({
      prediction: null,
    });
  });

  test('take cells as the training file had them, and refuse others', () => {
    const format = { decimal: 'comma', thousands: 'point', unit: '€' } as const;
    const [age, city] = columns;
    const made = createModel({
      ...model(1, [price]),
      preprocessing: { version: 1, columns: [{ ...age, format } as typeof age, city], target: [price] },
    });
    const of = (cell: string | number) => made.predict([{ age: cell, city: 'Bonn' }]);
    expect([of('1.038,5 €'), of('€1038,5'), of('1.038,5')]).toEqual([of(1038.5), of(1038.5), of(1038.5)]);
    expect(() => of('1,038.5')).toThrow('column "age" has "1,038.5", expected a number such as 1.234,5 €');
  });

  test('of a model of plain numbers are outputs, or classes by name or index', () => {
    const { preprocessing: _, ...plain } = model(3, [kind], 'softmax-cross-entropy');
    const [best] = createModel(plain).classify(encoded);
    expect(createModel(plain).predict(encoded)[0].prediction).toBe(String(best));
    const labels = ['x', 'y', 'z'];
    expect(createModel({ ...plain, metadata: { labels } }).predict(encoded)[0].prediction).toBe(labels[best]);
    const values = createModel({ ...plain, loss: 'mse' });
    expect(values.predict([[1, 2, 3]])).toEqual([{ prediction: values.outputs([[1, 2, 3]])[0] }]);
  });

  test('without a finite output are null', () => {
    const made = createModel(model(1, [price]));
    expect(made.predict(Float64Array.of(Number.NaN, 0, 0))).toEqual([{ prediction: null }]);
  });

  test('say which categories and gaps few or no training rows had', () => {
    const notes: object[] = [];
    createModel(model(1, [price])).predict([{ age: null, city: 'Trier' }], { onNote: (note) => void notes.push(note) });
    expect(notes).toEqual([
      { column: 'age', value: null },
      { column: 'city', value: 'Trier' },
    ]);
  });

  test('may be asked for by the listener that hears of a category', () => {
    const made = createModel(model(1, [price]));
    const unknown = { age: null, city: 'Trier' };
    const notes: (string | number | null)[] = [];
    const answers = made.predict([unknown, ...rows, unknown], {
      onNote: ({ value }, row) => {
        made.predict(rows);
        notes.push(row, value);
      },
    });
    expect(answers).toEqual([unknown, ...rows, unknown].flatMap((row) => made.predict([row])));
    expect(notes).toEqual([0, null, 0, 'Trier', 2, null, 3, null, 3, 'Trier']);
  });
});

const refused: [rows: unknown, problem: string][] = [
  [[rows[0], { age: 'x', city: 'Bonn' }], 'predict: row 1, column "age" has "x", expected a number'],
  [[rows[0], 3], 'predict: row 1 has 3, expected an object by column name, or a list of cells'],
  [rows[0], 'predict: rows has {"age":30,"city":"Köln"}, expected an array of rows'],
  [[[1]], 'predict: row 0, column "city" is missing in a row of 1 cell, expected a row of 2 cells'],
];

test.each(refused)('%j is refused', (row, problem) => {
  expect(() => createModel(model(1, [price])).predict(row as typeof rows)).toThrow(problem);
});

test('a preprocessing that does not fit the network is refused', () => {
  const contents = model(1, [price]);
  const [first, second] = columns;
  const wider = { version: 1, columns: [{ ...first, indicator: true }, second], target: [price] } as const;
  expect(() => createModel({ ...contents, preprocessing: wider })).toThrow(
    "createModel: the network's input has 3, expected 4 (inputs from the columns of the table)",
  );
  expect(() => createModel(model(2, [price]))).toThrow("the network's output has 2, expected 1 (target columns)");
  expect(() => createModel(model(2, [kind]))).toThrow(`the network's output has 2, expected 3 (classes of "kind")`);
  const spec = sequential([1, 3], dense(3), relu(), conv1d(2, 1));
  expect(() =>
    createModel({ ...model(2, [kind]), spec: spec as NetworkSpec, parameters: new Float64Array(20) }),
  ).toThrow(
    `the network's output has [1, 2], expected 3 (classes of "kind"); dense(3->3) at layer 0 acts on the last axis of [1, 3]: put a flatten layer before it`,
  );
});
