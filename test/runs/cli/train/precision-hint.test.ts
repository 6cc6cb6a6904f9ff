import { datasetFromRows, type NetworkSpec, type TrainOptions, train } from '@gradloom/runtime';
import { expect, test } from 'vitest';
import { precisionHint } from '../../../../packages/cli/src/commands/train/precision-hint.ts';

const shape = [8, 8, 1] as const;
const inputs = Array.from({ length: 256 }, (_, n) => Array.from({ length: 64 }, (_, i) => ((n * i) % 7) / 7));
const rows = { inputs, targets: inputs.map((_, n) => (n % 2 === 0 ? 'even' : 'odd')) };
const spec: NetworkSpec = {
  input: shape,
  layers: [
    { kind: 'conv2d', out: 32, kernel: 3, padding: 'same' },
    { kind: 'relu' },
    { kind: 'conv2d', out: 32, kernel: 3, padding: 'same' },
    { kind: 'flatten' },
    { kind: 'dense', out: 2 },
  ],
};
const long: TrainOptions = { loss: 'softmax-cross-entropy', batch: 64, epochs: 1_000_000, seed: 0 };

/** The hint for a run, and the options of the trials that it took. */
async function hintFor(options: TrainOptions, isImages = true): Promise<[string | null, TrainOptions[]]> {
  const data = datasetFromRows({ ...rows, ...(isImages ? { shape } : {}) });
  const trials: TrainOptions[] = [];
  const counted = ((...run: Parameters<typeof train>) => {
    trials.push(run[2] as TrainOptions);
    return train(...run);
  }) as typeof train;
  const network = isImages ? spec : { input: 64, layers: [{ kind: 'dense' as const, out: 2 }] };
  return [await precisionHint({ spec: network, sets: { train: data }, options }, counted), trials];
}

test('a long run of images in float64 by default is told the time of both precisions, as both are measured', async () => {
  // A stall of the machine while floats are measured may hide what they save.
  for (let trial = 1, hint = null; hint === null; trial++) {
    expect(trial).toBeLessThanOrEqual(5);
    let trials: TrainOptions[];
    [hint, trials] = await hintFor(long);
    expect(trials.map(({ precision }) => precision)).toEqual([undefined, 'float32']);
    if (hint !== null) {
      expect(hint).toMatch(/^measured: training for 1,000,000 epochs takes .*, and .* with --precision float32$/);
    }
  }
});

test.each([
  ['that asks for a precision', { ...long, precision: 'float64' as const }, true],
  ['that is short', { ...long, epochs: 1 }, true],
  ['of rows that are no images', long, false],
])('a run %s is not measured', async (_, options, isImages) => {
  expect(await hintFor(options, isImages)).toEqual([null, []]);
});
