import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import { type BackendChoice, type Checkpoint, loadCheckpoint, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkpointedRun } from '../../../support/checkpointed-run.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { needs } from '../../../support/needs.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

const folder = join(import.meta.dirname, '../../../fixtures/checkpoints');
const fingerprints = JSON.parse(readFileSync(join(folder, 'fingerprints.json'), 'utf8'));

/** Goes on with a copy of a checkpoint of an earlier version. */
async function goOn(name: string, ...flags: string[]) {
  const own = temporaryDirectory();
  const file = join(own, `${name}.gradloom`);
  copyFileSync(join(folder, `${name}.gradloom`), file);
  return {
    out: join(own, 'run'),
    ...(await gradloom(['train', '--resume', file, '--out', join(own, 'run'), ...flags])),
  };
}

describe('a checkpoint of the version before products were fused', () => {
  test.each(['wasm-xor', 'reference-xor'])('goes on unfused, to the weights of its whole run: %s', async (name) => {
    for (const backend of [[], ['--backend', 'auto'], ['--backend', 'wasm'], ['--backend', 'reference']]) {
      const { code, stdout, stderr, out } = await goOn(name, ...backend, '--json', '--quiet');
      expect(code, stderr).toBe(0);
      expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: fingerprints[name], unfused: true });
      expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ unfused: true });
    }
  });

  test('goes on to the weights of its whole run on native, where no product was small', needs('native'), async () => {
    for (const threads of ['1', '3']) {
      const { stdout } = await goOn('native-large', '--threads', threads, '--json', '--quiet');
      expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: fingerprints['native-large'], backend: 'native' });
      expect(jsonLines(stdout).at(-1)).not.toHaveProperty('unfused');
    }
    // which plain code has as well
    const { stdout } = await goOn('native-large', '--backend', 'reference', '--json', '--quiet');
    expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: fingerprints['native-large'] });
  });

  test('is refused in a sentence where small products were unfused and others fused', async () => {
    const { code, stderr } = await goOn('native-small', '--backend', 'reference');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gradloom train: the checkpoint has backend native of a version whose products .*\n$/);
  });

  test('is refused on native in a sentence if its products are unfused', async () => {
    const { code, stderr } = await goOn('wasm-xor', '--backend', 'native');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^gradloom train: --backend has native, but products of the checkpoint are unfused, expected reference, wasm or auto\n/,
    );
  });

  test('and the run that goes on with it say that they are unfused', async () => {
    const { stdout, out } = await goOn('wasm-xor');
    expect(stdout).toMatch(/^backend +wasm, unfused, float64$/m);
    for (const file of [join(folder, 'wasm-xor.gradloom'), join(out, 'last.gradloom'), join(out, 'model.gradloom')]) {
      expect((await gradloom(['inspect', file])).stdout).toMatch(/^products +unfused$/m);
      expect(jsonLines((await gradloom(['inspect', file, '--json'])).stdout)[0]).toMatchObject({ fused: false });
    }
    const { stderr } = await gradloom(['evaluate', join(out, 'model.gradloom')]);
    expect(stderr).toBe(
      'gradloom evaluate: warning: the model was trained with unfused products, this evaluation has fused ones: they differ by rounding\n',
    );
  });
});

test('a run with fused products says nothing of them, but its files record it', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { stdout } = await gradloom(['train', '--dataset', 'xor', '--epochs', '3', '--backend', 'wasm', '--out', out]);
  expect(stdout).toMatch(/^backend +wasm, float64$/m);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8') + readFileSync(join(out, 'findings.json'), 'utf8');
  expect(lines).not.toContain('unfused');
  expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).not.toHaveProperty('unfused');
  expect(loadCheckpoint(join(out, 'last.gradloom')).record.backend).toEqual({ name: 'wasm', fused: true });
  for (const file of ['model.gradloom', 'last.gradloom']) {
    expect((await gradloom(['inspect', join(out, file)])).stdout).toMatch(/^products +fused$/m);
    expect((await gradloom(['evaluate', join(out, file)])).stderr).toBe('');
  }
});

const spec: NetworkSpec = {
  input: 4,
  layers: [
    { kind: 'dense', out: 70 },
    { kind: 'activation', fn: 'tanh' },
    { kind: 'dense', out: 3 },
  ],
};
const data = { train: randomDataset({ rows: 40, inputs: 4, classes: 3 }) };
const options = { batch: 16, epochs: 4, optimizer: 'adam' } satisfies TrainOptions;
const goesOn = async (resume: Checkpoint, backend: BackendChoice, threads: number) =>
  (await train(spec, data, { ...options, resume, backend, threads })).fingerprint;

test(
  'reference, wasm and native go on with checkpoints of each other to one fingerprint',
  needs('native'),
  async () => {
    const backends = ['reference', 'wasm', 'native'] as const;
    const found = new Set<string>();
    for (const backend of backends) {
      const { result, checkpoints } = await checkpointedRun(spec, data, { ...options, backend, threads: 1 }, 2);
      found.add(result.fingerprint);
      expect(result.backend).toEqual({ name: backend, fused: true });
      for (const other of backends) found.add(await goesOn(checkpoints[1], other, 2));
    }
    expect(found.size).toBe(1);
  },
);
