import { buildNetwork } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import { type Dataset, datasetFromRows, loadDataset, loadIdx, loadNpz, subset } from '@gradloom/runtime';
import { checkInput } from '@gradloom/runtime/internal';
import { encode } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { encodeIdx } from '../../../support/encode-idx.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { encodeZip } from '../../../support/encode-zip.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const count = (length: number): number[] => Array.from({ length }, (_, i) => i % 256);
const labels = [0, 1];
const idxLabels = folder.write('labels', encodeIdx('unsigned byte', [2], labels));

const idx = (...shape: number[]): Promise<Dataset> => {
  const pixels = count(shape.reduce((product, extent) => product * extent));
  return loadIdx(folder.write(`images-${shape.join('x')}`, encodeIdx('unsigned byte', shape, pixels)), idxLabels);
};
const npz = async (...shape: number[]): Promise<Dataset> => {
  const pixels = count(shape.reduce((product, extent) => product * extent));
  const bytes = encodeZip([
    { name: 'x.npy', bytes: encodeNpy('u1', shape, pixels) },
    { name: 'y.npy', bytes: encodeNpy('i4', [2], labels) },
  ]);
  return (await loadNpz(folder.write(`${shape.join('x')}.npz`, bytes))).train;
};
const pngs = async (channels: 1 | 3, options = {}): Promise<Dataset> => {
  for (const name of ['cats', 'dogs']) {
    const data = Uint8Array.from(count(3 * 2 * channels));
    folder.write(`pets-${channels}/${name}/1.png`, encode({ width: 2, height: 3, channels, data }));
  }
  return (await loadDataset(`${folder.path}/pets-${channels}`, options)).train;
};

describe('the shape of a row', () => {
  test.each<[string, () => Promise<Dataset>, number[]]>([
    ['IDX of three dimensions is a grey image', () => idx(2, 3, 4), [3, 4, 1]],
    ['IDX of four dimensions is that of its rows', () => idx(2, 3, 4, 3), [3, 4, 3]],
    ['NumPy is that of its rows', () => npz(2, 3, 4), [3, 4]],
    ['NumPy of four dimensions, too', () => npz(2, 3, 4, 3), [3, 4, 3]],
    ['grey PNG files is [height, width, 1]', () => pngs(1), [3, 2, 1]],
    ['PNG files in colour is [height, width, 3]', () => pngs(3), [3, 2, 3]],
    ['resized PNG files is that of the option', () => pngs(3, { size: '5x4', channels: 1 }), [4, 5, 1]],
  ])('of %s, and bytes stay bytes', async (_, load, shape) => {
    const dataset = await load();
    const { inputs } = subset(dataset, Uint32Array.of(1));
    expect(inputs).toMatchObject({ shape, columns: shape.reduce((product, extent) => product * extent), divisor: 255 });
    expect(inputs.array).toBeInstanceOf(Uint8Array);
  });

  test('of plain rows is a list, unless it is given', async () => {
    const rows = { inputs: [count(6)], targets: [1] };
    expect((await npz(2, 6)).inputs).not.toHaveProperty('shape');
    expect(datasetFromRows(rows).inputs).not.toHaveProperty('shape');
    expect(datasetFromRows({ ...rows, shape: [3, 2] }).inputs.shape).toEqual([3, 2]);
    expect(() => datasetFromRows({ ...rows, shape: [3, 3] })).toThrow(
      'datasetFromRows: inputs.shape has [3, 3], expected the extents of a row of 6 numbers',
    );
  });

  test('is read anew by a spec of the same axes, or of one; another number is refused with both shapes', async () => {
    const dataset = { ...(await npz(2, 3, 4)), name: 'cards' };
    const check = (input: number | number[]) => {
      const network = buildNetwork({ input, layers: [{ kind: 'relu' }] });
      complete(checkInput('here', network, dataset));
    };
    for (const input of [12, [12], [3, 4, 1]]) check(input);
    expect(() => check([3, 5, 1])).toThrow(
      "here: the network's input has [3, 5, 1], expected 12 or [3, 4] (a row of cards)",
    );
  });
});

test('a row keeps its axes: channels that come first in the spec alone are refused, axes of length 1 do not count', () => {
  const rows = { inputs: [count(12)], targets: [1] };
  const check = (shape: number[] | undefined, input: number | number[]) => {
    const dataset = datasetFromRows(shape === undefined ? rows : { ...rows, shape });
    return () => complete(checkInput('train', buildNetwork({ input, layers: [{ kind: 'flatten' }] }), dataset));
  };
  expect(check([2, 2, 3], [3, 2, 2])).toThrow("the network's input has [3, 2, 2], expected 12 or [2, 2, 3]");
  expect(check([2, 6], [6, 2])).toThrow("the network's input has [6, 2], expected 12 or [2, 6]");
  for (const [shape, input] of [
    [
      [3, 4],
      [3, 4, 1],
    ],
    [[3, 4, 1], 12],
    [undefined, [2, 2, 3]],
    [
      [1, 12],
      [3, 4],
    ],
  ] as const) {
    expect(check(shape === undefined ? undefined : [...shape], Array.isArray(input) ? [...input] : 12)).not.toThrow();
  }
});
