import { createModel, type Dataset, loadNpy, splitDataset, standardizeImages, subset, train } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gatherRows } from '../../../../packages/runtime/src/data/gather.ts';
import { isSameRun, type RunIdentity } from '../../../../packages/runtime/src/training/checkpoints/same-run.ts';
import { firstDifference } from '../../../support/bits.ts';
import { encodeNpy } from '../../../support/encode-npy.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const y = folder.write('y.npy', encodeNpy('u1', [6], [0, 1, 0, 1, 0, 1]));

/** Six images of 2 x 2 pixels. */
const imagesOf = (bytes: readonly number[], channels: number, options = {}): Promise<Dataset> =>
  loadNpy(folder.write('x.npy', encodeNpy('u1', [6, 2, 2, channels], bytes)), y, options);

const cases = fc.constantFrom(1 as const, 3 as const).chain((channels) => {
  const length = 6 * 4 * channels;
  return fc.record({
    channels: fc.constant(channels),
    divisor: fc.constantFrom(255, 1, -0.1),
    bytes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: length, maxLength: length }),
  });
});

describe('standardized images', () => {
  test('have mean 0 and deviation 1 in each channel of the training rows, whatever the other rows are', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ channels: C, divisor, bytes }) => {
        const { train: rows, test = expect.unreachable() } = splitDataset(await imagesOf(bytes, C, { divisor }), {
          test: 0.3,
        });
        const { train } = standardizeImages({ train: rows, test });
        expect(standardizeImages({ train: rows, test: subset(test, Uint32Array.of(0)) }).train).toEqual(train);
        expect(train.inputs.array).toBe(rows.inputs.array);
        const x = new Float64Array(rows.inputs.array.length);
        gatherRows(x, train.inputs, null, 0, rows.rows);
        for (let c = 0; c < C; c++) {
          const channelValues = x.filter((_, i) => i % C === c);
          const mean = channelValues.reduce((sum, value) => sum + value, 0) / channelValues.length;
          const variance = channelValues.reduce((sum, value) => sum + (value - mean) ** 2, 0) / channelValues.length;
          const isConstant = new Set(rows.inputs.array.filter((_, i) => i % C === c)).size === 1;
          expect(mean).toBeCloseTo(0, 11);
          expect(variance).toBeCloseTo(isConstant ? 0 : 1, 10);
        }
      }),
      { seed: propertySeed, numRuns: 20 },
    );
  });

  test.each([Float64Array, Float32Array])(
    'have the bits in a model that they have in training: %o',
    async (Numbers) => {
      await fc.assert(
        fc.asyncProperty(cases, fc.boolean(), async ({ channels, divisor, bytes }, isScaled) => {
          const images = await imagesOf(bytes, channels, { divisor });
          const { train } = isScaled ? standardizeImages({ train: images }) : { train: images };
          const { columns } = train.inputs;
          const x = new Numbers(6 * columns);
          gatherRows(x, train.inputs, null, 0, 6);
          const round = Numbers === Float32Array ? Math.fround : Number;
          const scaled = bytes.map((byte, i) => {
            const value = round(byte / round(divisor));
            if (train.inputs.scale === undefined) return value;
            const { mean, deviation } = train.inputs.scale;
            return round(round(value - round(mean[i % channels])) / round(deviation[i % channels]));
          });
          expect(firstDifference(Float64Array.from(x), scaled)).toBeNull();
          const { preprocessing = expect.unreachable() } = train;
          const model = createModel({
            spec: { input: columns, layers: [{ kind: 'dense', out: 1 }] },
            parameters: new Numbers(columns + 1),
            preprocessing,
          });
          const pixels = Array.from({ length: 6 }, (_, n) =>
            Uint8Array.from(bytes.slice(n * columns, (n + 1) * columns)),
          );
          expect(firstDifference(model.encode(pixels), Float64Array.from(x))).toBeNull();
          const divided = Array.from({ length: 6 }, (_, n) => {
            const values = new Numbers(columns);
            gatherRows(values, images.inputs, null, n, 1);
            return [...values];
          });
          expect(firstDifference(model.encode(divided), Float64Array.from(x))).toBeNull();
        }),
        { seed: propertySeed, numRuns: 20 },
      );
    },
  );

  const bytes = Array.from({ length: 6 * 12 }, (_, i) => (i * i * 7) % 256);

  test('train to the same bits on all backends and threads, from memory and from a file', async () => {
    const plain = await imagesOf(bytes, 3);
    const { train: data } = standardizeImages({ train: plain });
    const { train: streamed } = standardizeImages({ train: await imagesOf(bytes, 3, { stream: true }) });
    expect(streamed.inputs.scale).toEqual(data.inputs.scale);
    const spec = { input: 12, layers: [{ kind: 'dense' as const, out: 2 }] };
    for (const precision of ['float64', 'float32'] as const) {
      const printOf = async (rows: Dataset, backend: 'auto' | 'reference' | 'wasm', threads: number) =>
        (await train(spec, { train: rows }, { precision, backend, threads, steps: 3, batch: 6 })).fingerprint;
      const prints = new Set([
        await printOf(data, 'reference', 1),
        await printOf(data, 'wasm', 2),
        await printOf(data, 'auto', 2),
        await printOf(streamed, 'auto', 1),
      ]);
      expect(prints.size).toBe(1);
      expect(prints).not.toContain(await printOf(plain, 'auto', 1));
    }
  });

  test('are bytes: other rows are refused', async () => {
    const floats = await loadNpy(folder.write('f.npy', encodeNpy('f4', [6, 2, 2], bytes.slice(0, 24))), y, {
      name: 'f',
    });
    expect(() => standardizeImages({ train: floats })).toThrow(
      'standardizeImages: scale has standard, expected none: rows of f are no images of bytes',
    );
  });

  test('make no other run of an older checkpoint, which does not know its images', async () => {
    const { preprocessing = expect.unreachable() } = await imagesOf(bytes, 3);
    const older = { spec: { input: 12, layers: [] }, loss: 'mse', record: { backend: { name: 'wasm' } } };
    expect(isSameRun({ ...older, preprocessing } as unknown as RunIdentity, older as unknown as RunIdentity)).toBe(
      true,
    );
  });
});
