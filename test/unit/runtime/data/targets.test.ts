import { buildNetwork, createLoss, type LayerSpec, type LossSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { datasetFromRows, splitDataset } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { checkInput } from '../../../../packages/runtime/src/data/check-input.ts';
import { sharedArrays } from '../../../../packages/runtime/src/data/number-types.ts';
import { checkFit, countedPositions, gatherTargets } from '../../../../packages/runtime/src/data/targets.ts';
import { planWeighing } from '../../../../packages/runtime/src/training/run/row-weights.ts';

const inputs = [[0], [1], [2], [3]];
const classes = datasetFromRows({ inputs, targets: [2, 0, 1, 2], classes: 3, name: 'three classes' });
const values = datasetFromRows({
  inputs,
  targets: [
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ],
  name: 'values',
});
const order = Uint32Array.of(3, 1, 0, 2);

function targets(dataset: typeof classes, columns: number, kind: 'classes' | 'values', first: number, count: number) {
  const out = new Float64Array(count * columns);
  const form = { columns, targets: kind, heads: null, row: new Float64Array(0), sources: new WeakMap() };
  gatherTargets(out, dataset, form, order, first, count);
  return [...out];
}

test('a loss of classes gets one index a row, in the order of the epoch', () => {
  expect(targets(classes, 1, 'classes', 1, 3)).toEqual([0, 2, 1]);
});

test('a loss of values gets classes as one-hot rows, or as one number where the network has one output', () => {
  expect(targets(classes, 3, 'values', 0, 3)).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 1]);
  expect(targets(classes, 1, 'values', 0, 3)).toEqual([2, 0, 2]);
});

test('values stay values', () => {
  expect(targets(values, 2, 'values', 0, 2)).toEqual([7, 8, 3, 4]);
});

test.each<[string, LossSpec, number, number, typeof classes]>([
  ["the network's input has 2, expected 1", 'mse', 2, 2, values],
  ["the network's output has 3, expected 2 (numbers per target of values)", 'mse', 1, 3, values],
  ["the network's output has 2, expected 3 (classes of three classes)", 'softmax-cross-entropy', 1, 2, classes],
  ["the network's output has 1, expected 3 (classes of three classes)", 'mse', 1, 1, classes],
  ['the target of values has values, expected class indices', 'softmax-cross-entropy', 1, 2, values],
])('what does not fit is refused: %s', (sentence, loss, input, out, dataset) => {
  const network = buildNetwork({ input, layers: [{ kind: 'dense', out }] });
  expect(() => complete(checkFit('here', network, createLoss(loss), dataset))).toThrow(sentence);
});

const ofPositions = datasetFromRows({
  inputs: [[1, 2, 3, 4]],
  targets: [[0, -1, 2, 1]],
  classes: 3,
  shape: [4, 1],
  name: 'texts',
});

test.each<[string, LossSpec, LayerSpec[], typeof classes]>([
  [
    "the network's output has 3, expected [4, 3] (classes of each position of texts)",
    'softmax-cross-entropy',
    [{ kind: 'flatten' }, { kind: 'dense', out: 3 }],
    ofPositions,
  ],
  [
    "the network's output has [4, 2], expected [4, 3] (classes of each position of texts)",
    'softmax-cross-entropy',
    [{ kind: 'dense', out: 2 }],
    ofPositions,
  ],
  [
    "the network's output has [4, 3], expected 3 (classes of one); dense(1->3) at layer 0 acts on the last axis of [4, 1]: put a flatten",
    'softmax-cross-entropy',
    [{ kind: 'dense', out: 3 }],
    { ...ofPositions, name: 'one', targets: { ...classes.targets, array: classes.targets.array.subarray(0, 1) } },
  ],
  [
    'the loss has mse, expected softmax-cross-entropy (each position of texts has a class)',
    'mse',
    [{ kind: 'dense', out: 3 }],
    ofPositions,
  ],
])('targets that do not fit positions are refused: %s', (sentence, loss, layers, dataset) => {
  const network = buildNetwork({ input: [4, 1], layers });
  expect(() => complete(checkFit('here', network, createLoss(loss), dataset))).toThrow(sentence);
});

test('what counts by classes of rows is refused for classes of positions', () => {
  const problem = '(each position of a row of texts has a class of its own)';
  expect(() => complete(planWeighing('balanced', ofPositions, null))).toThrow(
    `train: classWeight has "balanced", expected none ${problem}`,
  );
  expect(() => splitDataset(ofPositions, { stratify: true })).toThrow(
    `splitDataset: stratify is true, expected false ${problem}`,
  );
});

test('lengths are refused where a layer that reads them has another number of positions', () => {
  const padded = datasetFromRows({ inputs: [[1, 2, 3, 4]], targets: [0], shape: [4, 1], lengths: [3], name: 'padded' });
  const end = [{ kind: 'global-avg-pool' as const }, { kind: 'dense' as const, out: 1 }];
  complete(checkInput('here', buildNetwork({ input: [4, 1], layers: end }), padded));
  const halved = buildNetwork({ input: [4, 1], layers: [{ kind: 'max-pool', size: 2 }, ...end] });
  expect(() => complete(checkInput('here', halved, padded))).toThrow(
    'here: lengths of padded are given, expected none (global-avg-pool at layer 1 has 2 positions of a row, and the rows have 4)',
  );
});

test('bytes that are read as shares of 255 get the hint that an embedding needs them as they are', () => {
  const network = buildNetwork({ input: 1, layers: [{ kind: 'embedding', vocabulary: 4, width: 2 }] });
  const bytes = { array: new Uint8Array(new SharedArrayBuffer(4)).fill(3), columns: 1 };
  const dataset = (divisor: number) => ({ ...classes, name: 'letters', inputs: { ...bytes, divisor } });
  complete(checkInput('here', network, dataset(1)));
  expect(() => complete(checkInput('here', network, dataset(255)))).toThrow(
    /^here: letters: the index at row 0, place 0 has 0\.0117\d+, expected a whole number from 0 to 3 \(of embedding\(.*\); its numbers are divided by 255: divisor=1 takes them as they are\)$/,
  );
});

test('an embedding of a part of the row is compared with the indices of this part alone', () => {
  const network = (vocabulary: number) =>
    buildNetwork({
      input: { cells: 1, words: 2 },
      layers: [
        { kind: 'embedding', vocabulary, width: 1, of: 'words' },
        { kind: 'flatten' },
        { kind: 'concat', of: ['cells', '3'] },
        { kind: 'dense', out: 1 },
      ],
    });
  const rows = datasetFromRows({
    inputs: [
      [0.5, 1, 2],
      [-7, 4, 0],
    ],
    targets: [0, 1],
    name: 'rows',
  });
  complete(checkInput('here', network(5), rows));
  expect(() => complete(checkInput('here', network(4), rows))).toThrow(
    'here: rows: the index at row 1, place 1 has 4, expected a whole number from 0 to 3 (of embedding(4x1))',
  );
});

test('what fits passes', () => {
  const network = (out: number) => buildNetwork({ input: 1, layers: [{ kind: 'dense', out }] });
  complete(checkFit('here', network(3), createLoss('softmax-cross-entropy'), classes));
  complete(checkFit('here', network(3), createLoss('mse'), classes));
  complete(checkFit('here', network(2), createLoss('mse'), values));
});

test('positions that count are those of each row, wherever it starts, and such rows are not split at random', () => {
  const [array, positions] = [sharedArrays.int32(5), sharedArrays.int32(2)];
  array.set([-1, 0, 1, -1, -1]);
  positions.set([2, 0]);
  const row = { inputs: [0, 0, 0], targets: [0, 0, 0] };
  const { targets: plain, ...others } = datasetFromRows({
    inputs: [row.inputs, row.inputs],
    targets: [row.targets, row.targets],
    classes: 2,
  });
  const windows = { ...others, targets: { ...plain, array, step: 1 } };
  const moved = { ...others, targets: { ...windows.targets, places: positions } };
  expect(complete(countedPositions({ ...windows, rows: 3 }))).toEqual(Uint32Array.of(2, 2, 1));
  expect(complete(countedPositions(moved))).toEqual(Uint32Array.of(1, 2));
  expect(() => splitDataset(moved, { test: 0.5 })).toThrow(
    'has windows of one text or series, expected rows that share',
  );
});
