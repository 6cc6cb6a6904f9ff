import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Elements, NetworkSpec } from '@gradloom/core';
import type { Container } from '@gradloom/core/internal';
import { type Checkpoint, loadCheckpoint, loadModel, openModelFile, saveModel } from '@gradloom/runtime';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readContainer, writeContainer } from '../../../../packages/runtime/src/system/files/container.ts';
import { saveCheckpoint } from '../../../../packages/runtime/src/training/checkpoints/checkpoint-file.ts';
import { checkpointedRun } from '../../../support/checkpointed-run.ts';
import { gradloom } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { nestedNetwork } from '../../../support/nested-network.ts';
import { randomDataset } from '../../../support/random-dataset.ts';
import { propertySeed } from '../../../support/seed.ts';
import { withStranger } from '../../../support/stranger.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const spec: NetworkSpec = { input: 3, layers: [{ kind: 'dense', out: 2 }] };
const rows = randomDataset({ rows: 12, inputs: 3, classes: 2 });
const folder = temporaryFolder();
const path = join(folder.path, 'checkpoint');

let checkpoint: Checkpoint;
let whole: Buffer;
let container: Container;
beforeAll(async () => {
  const sets = { train: rows, validation: rows, test: rows };
  const options = { batch: 5, epochs: 3, backend: 'wasm', schedule: 'plateau', threads: 1 } as const;
  const { checkpoints } = await checkpointedRun(spec, sets, options, 7);
  checkpoint = checkpoints[2]; // after those of the evaluations after steps 3 and 6
  saveCheckpoint(path, checkpoint);
  whole = readFileSync(path);
  container = readContainer('here', path, ['checkpoint']);
});

test('a written file is read again, and written again to the same bytes', () => {
  expect(loadCheckpoint(path)).toEqual(checkpoint);
  expect(checkpoint.progress).toMatchObject({ step: 7, samples: 29, threads: 1 });
  expect([...container.sections].map(([name, { length }]) => [name, length])).toEqual([
    ['parameters', 8],
    ['optimizer m', 8],
    ['optimizer v', 8],
    ['scalars', 2],
    ['scheduleState', 3],
    ['epochSums', 3],
    ['epochLosses', 2],
  ]);
  const second = join(folder.path, 'second');
  saveCheckpoint(second, loadCheckpoint(path));
  expect(readFileSync(second)).toEqual(whole);
});

test('a checkpoint is a model too, and a model no checkpoint', () => {
  expect(loadModel(path).parameters).toEqual(checkpoint.arrays.parameters);
  expect(openModelFile(path).checkpoint).toEqual(checkpoint);
  const model = join(folder.path, 'model');
  saveModel(model, loadModel(path));
  expect(openModelFile(model)).toMatchObject({ checkpoint: null, format: 2 });
  expect(() => loadCheckpoint(model)).toThrow(`loadCheckpoint: ${model} has the kind "model", expected checkpoint`);
});

/** The one sentence in which a file is refused. */
function sentenceOf(bytes: Uint8Array): string {
  const damaged = folder.write('damaged', bytes);
  try {
    loadCheckpoint(damaged);
  } catch (error) {
    return String(error);
  }
  return 'was read';
}

test('a network of as many levels as there may be is kept in checkpoints and models', async () => {
  const nested = nestedNetwork(16);
  const data = randomDataset({ rows: 8, inputs: 2, classes: 2 });
  const { checkpoints } = await checkpointedRun(nested, { train: data }, { batch: 4, epochs: 1, threads: 1 }, 2);
  const file = join(folder.path, 'nested');
  const [first] = checkpoints;
  saveCheckpoint(file, first);
  expect(loadCheckpoint(file)).toEqual(first);
  saveModel(file, loadModel(file));
  expect(loadModel(file).spec).toEqual(nested);
});

describe('a damaged file is refused in one sentence', () => {
  test('whichever byte changed', () => {
    for (let i = 0; i < whole.length; i += i < 24 ? 1 : counted(13, 1)) {
      const bytes = Buffer.from(whole);
      bytes[i] ^= 1 << (i % 8);
      expect(sentenceOf(bytes), `byte ${i}`).toMatch(
        /^Error: loadCheckpoint: [^\n]* (?:has|is) [^\n]*, expected [^\n]*$/,
      );
    }
  });

  test('wherever it was cut off', () => {
    for (let length = 0; length < whole.length; length += length < 24 ? 1 : counted(13, 1)) {
      expect(sentenceOf(whole.subarray(0, length)), `length ${length}`).toMatch(
        /^Error: loadCheckpoint: [^\n]* (?:has|is) [^\n]*, expected [^\n]*$/,
      );
    }
  });
});

describe('a file that was made to do harm, with a SHA-256 that is right, is refused in one sentence', () => {
  type Draft = { content: Record<string, unknown>; sections: Map<string, Elements> };
  /** The file as `change` makes it. */
  function forged(change: (draft: Draft) => void): () => Checkpoint {
    const draft: Draft = { content: structuredClone({ ...container.content }), sections: new Map(container.sections) };
    change(draft);
    const file = join(folder.path, 'forged');
    writeContainer('forged', file, 'checkpoint', draft.content, draft.sections);
    return () => loadCheckpoint(file);
  }
  const part = (name: string, values: object) =>
    forged(({ content }) => Object.assign(content[name] as object, values));
  const section = (name: string, length: number) =>
    forged(({ sections }) => sections.set(name, new Float64Array(length)));

  test.each<[string, () => () => Checkpoint]>([
    ['has checkpoint version 3, expected 2', () => forged(({ content }) => Object.assign(content, { version: 3 }))],
    ['has checkpoint version undefined', () => forged(({ content }) => delete content.version)],
    ['(buildNetwork: spec is missing', () => forged(({ content }) => delete content.spec)],
    ['buildNetwork: spec has null', () => forged(({ content }) => Object.assign(content, { spec: null }))],
    [
      'section parameters has 8 numbers, expected 4000000000012',
      () =>
        part('spec', {
          layers: [
            { kind: 'dense', out: 3 },
            { kind: 'dense', out: 1e12 },
          ],
        }),
    ],
    ['loss: kind has', () => forged(({ content }) => Object.assign(content, { loss: { kind: 'constructor' } }))],
    ['metadata has null', () => forged(({ content }) => Object.assign(content, { metadata: null }))],
    ['record has null', () => forged(({ content }) => Object.assign(content, { record: null }))],
    ['record.totalSteps has -1', () => part('record', { totalSteps: -1 })],
    ['record.stepsPerEpoch has 0', () => part('record', { stepsPerEpoch: 0 })],
    ['record.backend has []', () => part('record', { backend: [] })],
    ['record.backend.library has null', () => part('record', { backend: { name: 'blas', library: null } })],
    ['record.backend.library has {"name"', () => part('record', { backend: { name: 'blas', library: { name: 'x' } } })],
    ['record.data has 1', () => part('record', { data: 1 })],
    ['optimizer: kind has', () => part('record', { optimizer: { kind: '__proto__' } })],
    ['option "lr2" is unknown', () => part('record', { optimizer: { kind: 'adam', lr2: 1 } })],
    ['schedule: kind has', () => part('record', { schedule: { kind: 'toString' } })],
    ['progress has []', () => forged(({ content }) => Object.assign(content, { progress: [] }))],
    ['progress.step has 1.5', () => part('progress', { step: 1.5 })],
    ['progress.step has 1000', () => part('progress', { step: 1000 })],
    ['progress.samples has "many"', () => part('progress', { samples: 'many' })],
    ['progress.elapsedMs has null', () => part('progress', { elapsedMs: null })],
    ['progress.validation has {"loss":"low"}', () => part('progress', { validation: { loss: 'low' } })],
    ['progress.best has []', () => part('progress', { best: [] })],
    ['section epochLosses has 2 numbers, expected 1', () => part('progress', { step: 5 })],
    ['section optimizer m has 9 numbers, expected 8', () => section('optimizer m', 9)],
    ['section scalars has 0 numbers, expected 2', () => section('scalars', 0)],
    ['section "more" is unknown', () => section('more', 1)],
    ['section parameters has 0 numbers, expected 8', () => forged(({ sections }) => sections.delete('parameters'))],
  ])('%s', (sentence, load) => {
    expect(load()).toThrow(sentence);
    expect(load()).toThrow(/^loadCheckpoint: [^\n]* (?:has|is) [^\n]*, expected [^\n]*$/);
  });

  test.each<[string, number, (head: Buffer) => void]>([
    ['bytes that are all zero', 5e9, (head) => head.fill(0)],
    ['more than its header says', 5e9, () => {}],
    ['a header of 4 GB', 5e9, (head) => head.writeUInt32LE(0xfffffff0, 12)],
  ])('a file of 5 GB with %s, without memory for it', (_what, size, change) => {
    const file = join(folder.path, 'sparse');
    const head = Buffer.from(whole);
    change(head);
    const handle = openSync(file, 'w');
    writeSync(handle, head);
    ftruncateSync(handle, size);
    closeSync(handle);
    const before = process.resourceUsage().maxRSS;
    expect(() => loadCheckpoint(file)).toThrow(/^loadCheckpoint: [^\n]* (?:has|is) [^\n]*, expected [^\n]*$/);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(64 * 1024); // KiB
  });
});

test('a header with a foreign value and a correct SHA-256 gives a checkpoint that can be described, or one sentence', async () => {
  const { kind, content, sections } = container;
  const path = join(folder.path, 'strange.gradloom');
  await fc.assert(
    fc.asyncProperty(withStranger(content), async (strange) => {
      if (typeof strange !== 'object' || strange === null || Array.isArray(strange)) return;
      try {
        writeContainer('here', path, kind, strange, sections);
      } catch (error) {
        // What a file cannot hold is no file.
        expect(String(error)).toContain('__proto__');
        return;
      }
      let isWhole = true;
      try {
        loadCheckpoint(path);
      } catch (error) {
        isWhole = false;
        expect(String(error)).toMatch(/^Error: loadCheckpoint: [^\n]* has [^\n]*expected [^\n]*$/);
        expect(String(error)).not.toMatch(/TypeError|undefined \(|not iterable|not a function|Cannot read/);
      }
      const { code, stdout, stderr } = await gradloom(['inspect', path]);
      if (!isWhole) expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      if (code === 0) expect(stderr).toBe('');
      else expect(stderr).toMatch(/^gradloom inspect: [^\n]*expected [^\n]*\n$/);
    }),
    { seed: propertySeed, numRuns: counted(50, 300) },
  );
});
