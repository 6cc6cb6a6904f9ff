import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { readContainer, writeContainer } from '../../../../packages/runtime/src/system/files/container.ts';
import { saveCheckpoint } from '../../../../packages/runtime/src/training/checkpoints/checkpoint-file.ts';
import { gradloom, jsonLines, saysDropped, temporaryDirectory } from '../../../support/command-line.ts';
import { installedBlas } from '../../../support/installed-blas.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const own = ['--backend', 'wasm', '--threads', '1'];
const moons = ['train', '--dataset', 'moons:rows=60', '--hidden', '8', '--batch', '17', ...own];

/** At this rate the best epoch is not the last. */
const nine = '--epochs 9 --validation 0.2 --lr 5 --probe 3 --checkpoint-every 4 --keep 3'.split(' ');

const { path: made } = temporaryFolder();
const runs = new Map<string, { out: string; done: Record<string, unknown> }>();

/** A copy of a run of moons with these flags, which is trained once; returns its directory and the last line. */
async function trained(...flags: string[]) {
  const key = flags.join(' ');
  const { out: from, done } = runs.get(key) ?? (await train(flags, join(made, String(runs.size))));
  runs.set(key, { out: from, done });
  const out = join(temporaryDirectory(), 'run');
  cpSync(from, out, { recursive: true });
  return { out, done };
}

async function train(flags: readonly string[], out: string) {
  const schedule = flags.includes('--schedule') ? [] : ['--schedule', 'constant'];
  const { code, stdout, stderr } = await gradloom([...moons, ...schedule, '--json', '--quiet', '--out', out, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { out, done: jsonLines(stdout)[0] };
}

async function resumed(path: string, ...flags: string[]) {
  const { code, stdout, stderr } = await gradloom(['train', '--resume', path, '--json', '--quiet', ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(saysDropped) });
  return jsonLines(stdout)[0];
}

/** The lines of metrics.jsonl without their times, which their checksums depend on. */
const metrics = (out: string) =>
  jsonLines(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).map((line) => ({ ...line, elapsedMs: 0, sum: '' }));

const withoutTimes = (done: object) => ({ ...done, elapsedMs: 0, samplesPerSecond: 0, threads: 0, gradientThreads: 0 });

/** Puts a run back to where it stood at its best checkpoint, with all that a killed process may leave behind it. */
function putBack(out: string): number {
  copyFileSync(join(out, 'best.gradloom'), join(out, 'last.gradloom'));
  rmSync(join(out, 'model.gradloom'));
  writeFileSync(join(out, 'last.gradloom.1-00000000.tmp'), 'half');
  return loadCheckpoint(join(out, 'last.gradloom')).progress.step;
}

describe('--resume', () => {
  test('of a run that is done prints its last line again, and changes nothing', async () => {
    const { out, done } = await trained('--epochs', '4');
    // These two say when it was done, and on how many threads.
    const changing = new Set(['config.json', 'report.html']);
    const files = () =>
      readdirSync(out).map((name) => [name, changing.has(name) ? '' : readFileSync(join(out, name), 'hex')]);
    const before = files();
    expect(await resumed(out, '--threads', '2')).toEqual(done);
    expect(files()).toEqual(before);
  });

  test('of a stopped run ends like an uninterrupted one: results, weights, and every step of the metrics once', async () => {
    const straight = await trained(...nine);
    const out = join(temporaryDirectory(), 'copy');
    cpSync(straight.out, out, { recursive: true });
    const step = putBack(out);
    const { steps } = straight.done;
    expect(step).toBeLessThan(Number(steps));
    expect(withoutTimes(await resumed(out, '--threads', '2'))).toEqual(withoutTimes(straight.done));
    expect(metrics(out)).toEqual(metrics(straight.out));
    expect(readFileSync(join(out, 'model.gradloom'))).toEqual(readFileSync(join(straight.out, 'model.gradloom')));
    expect(readdirSync(out).sort()).toEqual(readdirSync(straight.out).sort());
  });

  test('with --out leaves the run as it is, and goes on elsewhere', async () => {
    const { out, done } = await trained(...nine);
    const before = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
    const other = join(temporaryDirectory(), 'other');
    expect(withoutTimes(await resumed(join(out, 'best.gradloom'), '--out', other))).toEqual(withoutTimes(done));
    expect(metrics(other)).toEqual(metrics(out));
    expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).toBe(before);
    expect(withoutTimes(await resumed(join(out, 'best.gradloom'), '--no-out'))).toEqual(withoutTimes(done));
  });

  test('with --keep leaves as many checkpoints by their steps as a run that was never stopped, and goes on from each', async () => {
    const straight = await trained(...nine);
    const kept = readdirSync(straight.out).filter((name) => name.startsWith('step-'));
    expect(kept.length).toBe(3);
    expect(kept.at(-1)).toBe(`step-${String(straight.done.steps).padStart(6, '0')}.gradloom`);
    const out = join(temporaryDirectory(), 'copy');
    cpSync(straight.out, out, { recursive: true });
    putBack(out);
    expect(withoutTimes(await resumed(out))).toEqual(withoutTimes(straight.done));
    expect(readdirSync(out).sort()).toEqual(readdirSync(straight.out).sort());
    for (const name of kept) {
      expect(withoutTimes(await resumed(join(out, name), '--no-out'))).toEqual(withoutTimes(straight.done));
    }
  });

  test('with more epochs goes on beyond the end, as a run of that length from the start', async () => {
    const { out } = await trained('--epochs', '3');
    const { out: long, done } = await trained('--epochs', '7');
    expect(withoutTimes(await resumed(out, '--epochs', '7'))).toEqual(withoutTimes(done));
    expect(metrics(out)).toEqual(metrics(long));
    const { options } = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    expect(options.epochs).toBe(7);
    expect(await resumed(out)).toMatchObject({ epochs: 7 });
  });

  test('of a run that has no checkpoint yet starts from its configuration', async () => {
    const { out, done } = await trained('--epochs', '3', '--lr', '0.03');
    const whole = metrics(out);
    for (const name of readdirSync(out)) if (name.endsWith('.gradloom')) rmSync(join(out, name));
    writeFileSync(join(out, 'metrics.jsonl'), '{"event":"epoch","epoch":1,"st');
    expect(withoutTimes(await resumed(out))).toEqual(withoutTimes(done));
    expect(metrics(out)).toEqual(whole);
  });

  test('of rows that test themselves does so again', async () => {
    const out = join(temporaryDirectory(), 'run');
    const { stdout } = await gradloom([
      'train',
      '--dataset',
      'xor',
      '--epochs',
      '5',
      ...own,
      '--json',
      '--quiet',
      '--out',
      out,
    ]);
    expect(await resumed(out)).toEqual(jsonLines(stdout)[0]);
    expect(await resumed(out, '--epochs', '6')).toMatchObject({ epochs: 6, testAccuracy: expect.any(Number) });
  });
});

describe('--resume refuses', () => {
  test('flags that would make it another run, each with both values', async () => {
    const { out } = await trained(
      '--epochs',
      '3',
      '--optimizer',
      'adam',
      '--schedule',
      'cosine',
      '--warmup-steps',
      '2',
    );
    const refused = async (flags: string, sentence: string) => {
      const { code, stderr, stdout } = await gradloom(['train', '--resume', out, ...flags.split(' ')]);
      expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(sentence) });
      expect(stderr).toMatch(/^gradloom train: --[^\n]*, expected [^\n]*\n$/);
    };
    await refused('--batch 8', '--batch has 8, expected 17: --resume continues the same run');
    await refused(
      '--lr 0.5 --hidden 4,4 --seed 3',
      '--hidden has 4,4, expected 8; --lr has 0.5, expected 0.02; --seed has 3, expected 0',
    );
    await refused('--optimizer sgd', '--optimizer has sgd, expected adam:lr=0.02');
    await refused('--warmup-steps 3', '--warmup-steps has 3, expected 2');
    await refused('--schedule step:gamma=0.5', '--schedule has step:gamma=0.5, expected cosine:warmup-steps=2');
    await refused('--dropout 0.5', '--dropout has 0.5, expected 0');
    await refused(
      '--clip-norm 1 --no-shuffle',
      '--clip-norm has 1, expected none; --no-shuffle has true, expected none',
    );
    await refused('--dataset circles', '--dataset has circles, expected moons:rows=60');
    await refused('--epochs 5', '--epochs has 5, expected 3 (the rates of schedule cosine depend on it)');
    await refused('--config x.json', '--resume is given with --config');
    expect(await resumed(out, '--batch', '17', '--lr', '0.02', '--schedule', 'cosine', '--epochs', '3')).toMatchObject({
      steps: 9,
    });
  });

  test('a dropout beside a network file, whose layers say it', async () => {
    const spec = '{"layers": [{"kind": "dropout", "rate": 0.5}, {"kind": "dense", "out": 2}]}';
    const out = join(temporaryDirectory(), 'run');
    await gradloom(['train', '--dataset', 'moons:rows=60', '--spec', spec, '--epochs', '1', ...own, '--out', out]);
    expect(await gradloom(['train', '--resume', out, '--dropout', '0'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'gradloom train: --dropout has 0, expected none: --resume continues the same run\n',
    });
  });

  test.each([
    ['{', 'config.json is not valid JSON at line 1, column 2, expected a closing brace'],
    ['{}', 'config.json without options, expected the configuration of a run'],
    ['{"options": {"lr": 1e999}}', ': lr has Infinity, expected a finite number of at least 0'],
    ['{"options": {"shards": 4}}', ': shards has 4, expected no such key (a batch is now cut by its size alone: '],
    ['{"options": {"__proto__": {"lr": 5}}}', ': key "__proto__" is unknown, expected options of --help'],
  ])('a run whose own file is damaged, as a fault of the file: %s', async (text, sentence) => {
    const out = temporaryDirectory();
    writeFileSync(join(out, 'config.json'), text);
    const { code, stderr } = await gradloom(['train', '--resume', out]);
    expect(stderr).toContain(sentence);
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 1, lines: 2 });
  });

  test('fewer steps than it has done, named by the flag', async () => {
    const { out } = await trained('--epochs', '3');
    const sentence = async (...flags: string[]) => (await gradloom(['train', '--resume', out, ...flags])).stderr;
    expect(await sentence('--epochs', '1')).toMatch(
      /^gradloom train: --epochs has 1, expected at least 3 \(the checkpoint has done 9 steps of 3 an epoch\)/,
    );
    expect(await sentence('--steps', '6')).toMatch(/^gradloom train: --steps has 6, expected at least 9 \(those of /);
  });

  test('another BLAS than at its start: a fault of the machine, not of the flags', async (context) => {
    const { identity } = installedBlas(context);
    const out = join(temporaryDirectory(), 'run');
    await gradloom([
      'train',
      '--dataset',
      'moons:rows=60',
      '--backend',
      'blas',
      '--schedule',
      'constant',
      '--epochs',
      '3',
      '--out',
      out,
      '--quiet',
    ]);
    const last = join(out, 'last.gradloom');
    const { record, ...rest } = loadCheckpoint(last);
    const library = { ...identity, version: '0.0.1' };
    saveCheckpoint(last, { ...rest, record: { ...record, backend: { name: 'blas', library, fused: true } } });
    const { code, stderr } = await gradloom(['train', '--resume', out, '--epochs', '4']);
    expect(stderr).toMatch(/^gradloom train: --blas has "\w+ \S+ for .*", expected "\w+ 0\.0\.1 for .*\n$/);
    expect(code).toBe(1);
    expect((await gradloom(['train', '--resume', out, '--epochs', '4', '--batch', '3'])).code).toBe(2);
  });

  test('a run of an earlier version with shards: one sentence, which advises no older checkpoint', async () => {
    const { out } = await trained('--epochs', '3');
    for (const name of ['last.gradloom', 'best.gradloom']) {
      const path = join(out, name);
      const { content, sections } = readContainer('test', path, ['checkpoint']);
      const record = { ...(content.record as object), shards: 4 };
      writeContainer('test', path, 'checkpoint', { ...content, version: 1, record }, sections);
    }
    expect(await gradloom(['train', '--resume', out])).toEqual({
      code: 1,
      stdout: '',
      stderr: `gradloom train: ${join(out, 'last.gradloom')} has checkpoint version 1, expected 2 (its run cut batches into shards, as an earlier version did: it cannot go on, train again)\n`,
    });
  });

  test('other rows at the same path', async () => {
    const folder = temporaryDirectory();
    const { images, labels } = idxPair();
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), labels);
    const out = join(temporaryDirectory(), 'run');
    const args = [
      'train',
      '--dataset',
      folder,
      '--hidden',
      'none',
      '--steps',
      '3',
      '--schedule',
      'constant',
      ...own,
      '--out',
      out,
      '--quiet',
    ];
    expect((await gradloom(args)).stderr).toBe('');
    images[images.length - 1] ^= 1;
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    const { code, stderr } = await gradloom(['train', '--resume', out, '--steps', '5']);
    expect(stderr).toMatch(
      /^gradloom train: --dataset has train rows of SHA-256 .*, expected train rows of SHA-256 .*: a resume continues the same run\n$/,
    );
    expect(code).toBe(2);
  });

  test('a folder that is no run, is damaged, or would be overwritten', async () => {
    const { out } = await trained('--epochs', '3');
    const last = join(out, 'last.gradloom');
    const sentence = async (path: string) => (await gradloom(['train', '--resume', path])).stderr;
    expect(await sentence(join(out, 'none'))).toContain('none does not exist, expected a run or a checkpoint');
    expect(await sentence(temporaryDirectory())).toContain(
      'expected a run with last.gradloom or config.json (start it again)',
    );
    expect(await sentence(last)).toContain('a file, expected --out or --no-out with it');
    expect(await sentence(join(out, 'model.gradloom'))).toContain('has the kind "model", expected checkpoint');
    const bytes = readFileSync(last);
    bytes[bytes.length - 100] ^= 4;
    rmSync(last);
    writeFileSync(last, bytes);
    expect(await sentence(out)).toMatch(
      /last\.gradloom has a wrong checksum.*; an older one is .*best\.gradloom \(--resume it with --out\)/,
    );
    expect(loadModel(join(out, 'best.gradloom')).parameters.length).toBeGreaterThan(0);
  });
});

describe('--checkpoint-every', () => {
  test.each([
    ['4', [4, 8, 12]],
    ['2e', [6, 12]],
    ['0.000001s', expect.arrayContaining([12])],
    ['9s', [12]],
  ])('%s writes after steps %o', async (every, steps) => {
    const out = join(temporaryDirectory(), 'run');
    const { stdout } = await gradloom([...moons, '--epochs', '4', '--json', '--checkpoint-every', every, '--out', out]);
    const written = jsonLines(stdout).filter(({ event }) => event === 'checkpoint');
    expect(written.map(({ step }) => step)).toEqual(steps);
    expect(written.at(-1)).toMatchObject({ path: join(out, 'last.gradloom') });
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).options['checkpoint-every']).toBe(every);
  });

  test.each(['0', '-1', '1.5', '2x', 'e', '1.5e', '0s', 'always'])('%s is none', async (every) => {
    const { code, stderr } = await gradloom([...moons, '--checkpoint-every', every]);
    expect(stderr).toMatch(
      /^gradloom train: --checkpoint-every has .*, expected steps \(50\), epochs \(2e\) or seconds \(30s\) above 0\n$/,
    );
    expect(code).toBe(2);
  });
});

/** 40 images of 2 x 2 bytes, of two classes. */
function idxPair(): { images: Buffer; labels: Buffer } {
  const images = Buffer.alloc(16 + 160, 7);
  images.set([0, 0, 8, 3, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2]);
  const labels = Buffer.alloc(8 + 40);
  labels.set([0, 0, 8, 1, 0, 0, 0, 40]);
  for (let n = 0; n < 40; n++) labels[8 + n] = n % 2;
  return { images, labels };
}
