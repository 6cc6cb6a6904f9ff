import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BackendChoice,
  type Checkpoint,
  dense,
  loadCheckpoint,
  sequential,
  type TrainOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { checkpointedRun } from '../../../support/checkpointed-run.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { needs } from '../../../support/needs.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

const earlier = join(import.meta.dirname, '../../../fixtures/earlier');
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

interface EarlierRun {
  readonly words: readonly string[]; // of train
  readonly fingerprint: string; // of the whole run
  readonly predict: { readonly args: readonly string[]; readonly stdin: string; readonly answers: readonly string[] };
}
const unfused: Record<string, EarlierRun> = readJson(join(earlier, 'unfused/runs.json'));
const fused: Record<string, EarlierRun> = readJson(join(earlier, 'fused/runs.json'));

/** Resumes a copy of a checkpoint of an earlier version. */
async function goOn(path: string, ...flags: string[]) {
  const folder = temporaryDirectory();
  const checkpoint = join(folder, 'checkpoint.gradloom');
  const out = join(folder, 'run');
  copyFileSync(join(earlier, `${path}.gradloom`), checkpoint);
  return { out, ...(await gradloom(['train', '--resume', checkpoint, '--out', out, ...flags])) };
}

describe('with files of the version before its parts were renamed', () => {
  const folder = join(earlier, 'fused');
  const located = (words: readonly string[]) =>
    words.map((word) => (existsSync(join(folder, word)) ? join(folder, word) : word));
  /** Lines of metrics.jsonl without what differs from run to run. */
  const figures = (path: string) =>
    jsonLines(readFileSync(path, 'utf8')).map(({ elapsedMs: _time, sum: _sum, ...rest }) => rest);

  test.each(Object.entries(fused))('a checkpoint goes on to the weights of its whole run: %s', async (name, run) => {
    const [flag, dataset] = located(run.words); // as a path on this machine
    const data = flag === '--dataset' ? [flag, dataset] : [];
    const { code, stdout, stderr, out } = await goOn(`fused/${name}`, ...data, '--no-linear', '--json', '--quiet');
    expect(code, stderr).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: run.fingerprint });
    if (name !== 'options') return;
    const lines = figures(join(folder, 'metrics.jsonl')).filter(({ step }) => Number(step) > 20);
    expect(figures(join(out, 'metrics.jsonl'))).toEqual(lines);
  });

  test.each(Object.entries(fused))('a model gives its recorded answers, to the bit: %s', async (name, { predict }) => {
    const { args, stdin, answers } = predict;
    const words = ['predict', join(folder, `${name}-model.gradloom`), ...located(args), '--json'];
    const { code, stdout, stderr } = await gradloom(words, { stdin });
    expect(code, stderr).toBe(0);
    expect(stdout.split('\n').slice(0, answers.length)).toEqual(answers);
  });

  test.each(Object.entries(fused))('specs and options train to the same weights: %s', async (_name, run) => {
    const flags = ['--no-out', '--threads', '2', '--json', '--quiet'];
    const { stdout, stderr } = await gradloom(['train', ...located(run.words), ...flags]);
    expect(jsonLines(stdout).at(-1), stderr).toMatchObject({ fingerprint: run.fingerprint });
  });

  test('the config of a run repeats it, with the same figures and the same config', async () => {
    const out = join(temporaryDirectory(), 'run');
    const config = join(folder, 'config.json');
    const { code, stderr } = await gradloom(['train', '--config', config, '--no-linear', '--out', out, '--quiet']);
    expect(code, stderr).toBe(0);
    expect(figures(join(out, 'metrics.jsonl'))).toEqual(figures(join(folder, 'metrics.jsonl')));
    const { machine, runtime, versions, started, sum, ...recorded } = readJson(config);
    expect(readJson(join(out, 'config.json'))).toMatchObject(recorded);
  });
});

describe('a checkpoint of the version before products were fused', () => {
  test.each(['wasm-xor', 'reference-xor'])('goes on unfused, to the weights of its whole run: %s', async (name) => {
    for (const backend of [[], ['--backend', 'auto'], ['--backend', 'wasm'], ['--backend', 'reference']]) {
      const { code, stdout, stderr, out } = await goOn(`unfused/${name}`, ...backend, '--json', '--quiet');
      expect(code, stderr).toBe(0);
      expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: unfused[name].fingerprint, unfused: true });
      expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'))).toMatchObject({ unfused: true });
    }
  });

  test('goes on to the weights of its whole run on native, where no product was small', needs('native'), async () => {
    for (const threads of ['1', '3']) {
      const { stdout } = await goOn('unfused/native-large', '--threads', threads, '--json', '--quiet');
      expect(jsonLines(stdout).at(-1)).toMatchObject({
        fingerprint: unfused['native-large'].fingerprint,
        backend: 'native',
      });
      expect(jsonLines(stdout).at(-1)).not.toHaveProperty('unfused');
    }
    // which plain code has as well
    const { stdout } = await goOn('unfused/native-large', '--backend', 'reference', '--json', '--quiet');
    expect(jsonLines(stdout).at(-1)).toMatchObject({ fingerprint: unfused['native-large'].fingerprint });
  });

  test('is refused in a sentence where small products were unfused and others fused', async () => {
    const { code, stderr } = await goOn('unfused/native-small', '--backend', 'reference');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gradloom train: the checkpoint has backend native of a version whose products .*\n$/);
  });

  test('is refused on native in a sentence if its products are unfused', async () => {
    const { code, stderr } = await goOn('unfused/wasm-xor', '--backend', 'native');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^gradloom train: --backend has native, but products of the checkpoint are unfused, expected reference, wasm or auto\n/,
    );
  });

  test('and the run that goes on with it say that they are unfused', async () => {
    const { stdout, out } = await goOn('unfused/wasm-xor');
    expect(stdout).toMatch(/^backend +wasm, unfused, float64$/m);
    for (const file of [
      join(earlier, 'unfused/wasm-xor.gradloom'),
      join(out, 'last.gradloom'),
      join(out, 'model.gradloom'),
    ]) {
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

const spec = sequential(4, dense(70), tanh(), dense(3));
const data = { train: randomDataset({ rows: 40, inputs: 4, classes: 3 }) };
const options = { batch: 16, epochs: 4, optimizer: 'adam' } satisfies TrainOptions;
const goesOn = async (resume: Checkpoint, backend: BackendChoice, threads: number) =>
  (await train(spec, data, { ...options, resume, backend, threads })).fingerprint;

test(
  'reference, wasm and native go on with checkpoints of each other to one fingerprint',
  needs('native'),
  async () => {
    const backends = ['reference', 'wasm', 'native'] as const;
    const fileNames = new Set<string>();
    for (const backend of backends) {
      const { result, checkpoints } = await checkpointedRun(spec, data, { ...options, backend, threads: 1 }, 2);
      fileNames.add(result.fingerprint);
      expect(result.backend).toEqual({ name: backend, fused: true });
      for (const other of backends) fileNames.add(await goesOn(checkpoints[1], other, 2));
    }
    expect(fileNames.size).toBe(1);
  },
);
