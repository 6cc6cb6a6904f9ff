import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adaptModel,
  buildNetwork,
  conv2d,
  dense,
  flatten,
  relu,
  reshape,
  residual,
  selfAttention,
  sequential,
  swiglu,
} from '@gradloom/core';
import { stateLength } from '@gradloom/core/internal';
import { createModel, exportModel, importModel, loadModel, type TrainOptions, train } from '@gradloom/runtime';
import { resolveBackend } from '@gradloom/runtime/internal';
import { describe, expect, test } from 'vitest';
import { checkpointedRun, reproducibleFields } from '../../support/checkpointed-run.ts';
import { maxError } from '../../support/errors.ts';
import { oracle } from '../../support/oracle.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const pool = await poolOfFile(5);
const folder = temporaryFolder();

const spec = sequential(
  24,
  { ...dense(36), name: 'stem' },
  reshape([6, 6, 1]),
  { ...conv2d(4, 3, { padding: 1 }), name: 'conv' },
  { ...residual(selfAttentionOfImage(), relu()), name: 'block' },
  flatten(),
  { ...dense(60), name: 'wide' },
  relu(),
  dense(4),
);

/** Rows of an image as positions of a sequence. */
function selfAttentionOfImage() {
  return residual(reshape([36, 4]), selfAttention(2, { causal: false }), swiglu(4), reshape([6, 6, 4]));
}

const data = { train: randomDataset({ rows: 75, inputs: 24, classes: 4 }) };
const others = { train: randomDataset({ rows: 60, inputs: 24, classes: 3, seed: 2 }) };
const base = {
  batch: 25,
  steps: 4,
  seed: 1,
  backend: 'reference',
  pool,
  optimizer: { kind: 'adamw', weightDecay: 0.1 },
  ema: 0.9,
  clipNorm: 0.5,
} as const satisfies TrainOptions;
const before = await train(spec, data, { ...base, steps: 2 });
const start = adaptModel(before, { outputs: 3, lora: { rank: 3, alpha: 6 } });
const options = { ...base, from: start };
const tuned = await train(start.spec, others, { ...options, threads: 1 });

describe('a run with low-rank additions', () => {
  test('changes these and the new head alone, which alone have a state', () => {
    const { tensors, gradientRanges, parameterCount } = buildNetwork(start.spec);
    for (const { name, layer, offset, length, isFrozen } of tensors) {
      const [is, was] = [tuned, start].map(({ parameters }) => parameters.slice(offset, offset + length));
      const learns = /lora[AB]$/.test(name) || layer === buildNetwork(start.spec).allLayers.length - 1;
      expect(isFrozen).toBe(!learns);
      if (learns) expect(is).not.toEqual(was);
      else expect(is).toEqual(was);
    }
    expect(stateLength(gradientRanges)).toBeLessThan(parameterCount);
  });

  test('has the same bits on any threads and backend, and resumes to them', async () => {
    const runs = [
      [2, 'reference'],
      [5, 'wasm'],
      [3, 'native'],
    ] as const;
    for (const [threads, backend] of runs) {
      const same = await train(start.spec, others, { ...options, threads, backend });
      expect(same.parameters).toEqual(tuned.parameters);
    }
    const { checkpoints } = await checkpointedRun(start.spec, others, { ...options, threads: 2 }, 2);
    for (const resume of checkpoints) {
      const resumed = await train(start.spec, others, { ...base, threads: 3, resume });
      expect(reproducibleFields(resumed)).toEqual(reproducibleFields(tuned));
    }
  });

  test('has the bits of whole steps, where a spec alone has them', async () => {
    const alone = await train(start.spec, others, { ...base, threads: 3 });
    expect(alone.parameters).toEqual(oracle(start.spec, others.train, base, resolveBackend('reference')).parameters);
  });

  test('goes on where it was, and can be merged to learn as a whole', async () => {
    const { lora } = adaptModel(tuned).spec.layers[0];
    expect(lora).toEqual({ rank: 3, alpha: 6 });
    expect(adaptModel(tuned)).toMatchObject({ spec: tuned.spec, parameters: tuned.parameters });
    const merged = adaptModel(tuned, { mergeLora: true });
    expect(merged.spec).toEqual(adaptModel(before, { outputs: 3 }).spec);
    const again = adaptModel(tuned, { mergeLora: true, lora: { layers: ['wide', 'block'] } });
    const adapted = buildNetwork(again.spec).allLayers.filter(({ spec }) => spec.lora !== undefined);
    expect(adapted.map(({ path }) => path)).toEqual(['3.0.1', '3.0.2', '5']);
  });

  test.each([1, 2, 3, 5])('answers as merged at first where new additions of rank %i follow', (rank) => {
    const rows = Array.from({ length: 3 }, (_, n) => Array.from({ length: 24 }, (_, i) => Math.cos(n * 24 + i)));
    const merged = createModel(adaptModel(tuned, { mergeLora: true }));
    const again = createModel(adaptModel(tuned, { mergeLora: true, lora: rank }));
    expect(again.outputs(rows)).toEqual(merged.outputs(rows));
  });
});

describe('a model with additions', () => {
  const model = createModel({ ...tuned, metadata: { labels: ['a', 'b', 'c'] } });
  const rows = Array.from({ length: 7 }, (_, n) => Array.from({ length: 24 }, (_, i) => Math.sin(n * 24 + i)));
  const expected = model.outputs(rows).flat();
  const file = (name: string) => join(folder.path, name);

  test('is exported with them in its weights, to the layers of before', async () => {
    for (const name of ['merged.gradloom', 'merged.safetensors']) {
      await exportModel(file(name), model);
      const read = name.endsWith('gradloom') ? loadModel(file(name)) : createModel(await importModel(file(name)));
      expect(maxError(read.outputs(rows).flat(), expected)).toBeLessThan(1e-12);
      expect(read.parameters.length).toBe(before.parameters.length - 61); // of the head
    }
    const merged = loadModel(file('merged.gradloom'));
    for (const [name, contents] of [
      ['own.onnx', model],
      ['merged.onnx', merged],
    ] as const) {
      await exportModel(file(name), contents);
    }
    expect(readFileSync(file('own.onnx'))).toEqual(readFileSync(file('merged.onnx')));
    expect(merged.spec).toEqual(adaptModel(before, { outputs: 3 }).spec);
  });

  test('or beside its weights, to the same bits', async () => {
    for (const name of ['apart.gradloom', 'apart.safetensors']) {
      await exportModel(file(name), model, { mergeLora: false });
      const read = name.endsWith('gradloom') ? loadModel(file(name)) : createModel(await importModel(file(name)));
      expect(read.parameters).toEqual(model.parameters);
      expect(read.spec).toEqual(model.spec);
      expect(read.outputs(rows).flat()).toEqual(expected);
    }
    const apart = exportModel(file('apart.onnx'), model, { mergeLora: false });
    await expect(apart).rejects.toThrow(
      'exportModel: mergeLora does not fit onnx, which has no low-rank additions, expected one of safetensors, npz',
    );
  });
});

test.each([
  [{ lora: 0 }, 'adaptModel: lora has 0, expected a rank of at least 1, or an object such as { rank: 8, alpha: 16 }'],
  [{ lora: { rank: 2, beta: 1 } }, 'adaptModel: lora: option "beta" is unknown, expected rank, alpha, layers'],
  [
    { lora: { layers: ['4'] } },
    'adaptModel: lora.layers has "4", flatten(6x6x4->144) at layer 4, expected a layer with',
  ],
  [
    { lora: { layers: ['none'] } },
    'adaptModel: lora.layers has "none", expected names or paths of layers: "0", "stem"',
  ],
])('%j is refused', (wrong, message) => {
  expect(() => adaptModel(before, wrong as object)).toThrow(message);
});

test('so are additions to a kind of layer that cannot have them, and twice', () => {
  expect(() => buildNetwork(sequential([4, 2], { kind: 'gru', out: 3, lora: 2 }, dense(2)))).toThrow(
    'buildNetwork: layer 0: gru: lora is given for gru(2->3), expected a layer with weights of its own',
  );
  expect(() => adaptModel(tuned, { lora: 2 })).toThrow(
    'adaptModel: lora is given for a network that has such additions',
  );
});
