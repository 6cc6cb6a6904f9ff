import { copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@gradloom/core';
import { lockFolder } from '@gradloom/runtime/internal';
import { beforeAll, describe, expect, test } from 'vitest';
import { isWhole, verifyFolder } from '../../../../packages/cli/src/commands/verify/verify-folder.ts';
import { RUN_FILES } from '../../../../packages/cli/src/files/run-files/names.ts';
import { seal } from '../../../../packages/cli/src/files/run-files/seal.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { counted } from '../../../support/count.ts';
import { propertySeed } from '../../../support/seed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder().path;
const [run, other, longer] = ['run', 'other', 'longer'].map((name) => join(folder, name));
const shape = ['--dataset', 'moons:rows=60', '--hidden', '4', '--batch', '16', '--validation', '0.2'];
const train = ['train', ...shape, '--schedule', 'constant', '--backend', 'wasm', '--threads', '1', '--quiet'];
beforeAll(async () => {
  await gradloom([...train, '--epochs', '4', '--out', run]);
  await gradloom([...train, '--epochs', '4', '--seed', '1', '--out', other]);
  await gradloom([...train, '--epochs', '6', '--out', longer]);
});

function copyOf(from: string): string {
  const out = join(temporaryDirectory(), 'run');
  cpSync(from, out, { recursive: true });
  return out;
}

interface Found {
  ok: boolean;
  notes: string[];
  files: { name: string; about: string; notes: string[]; faults: string[] }[];
}

/** What --json says of a folder, its exit code compared with it. */
async function verify(path: string): Promise<Found> {
  const { code, stdout, stderr } = await gradloom(['verify', path, '--json']);
  const [report] = jsonLines(stdout) as unknown as Found[];
  expect({ code, stderr, ok: report.files.every(({ faults }) => faults.length === 0) }).toEqual({
    code: report.ok ? 0 : 1,
    stderr: '',
    ok: report.ok,
  });
  return report;
}

const faultsOf = ({ files }: Found, name: string): string[] => files.find((file) => file.name === name)?.faults ?? [];
const faulty = ({ files }: Found): string[] => files.filter(({ faults }) => faults.length > 0).map(({ name }) => name);

describe('a run that is whole', () => {
  test('has each of its files named, and nothing is written', async () => {
    const before = readdirSync(run).map((name) => readFileSync(join(run, name), 'hex'));
    const report = await verify(run);
    expect(report.files.map(({ name }) => name)).toEqual(RUN_FILES);
    expect(report).toMatchObject({ ok: true, notes: [] });
    expect(readdirSync(run).map((name) => readFileSync(join(run, name), 'hex'))).toEqual(before);
    const { stdout } = await gradloom(['verify', run]);
    for (const name of RUN_FILES) expect(stdout).toMatch(new RegExp(`^${name} +ok  `, 'm'));
    expect(stdout).toContain(`${run}: all 8 files are undamaged and belong together\n`);
  });

  test('may have a network whose layers are written in short', async () => {
    const out = join(temporaryDirectory(), 'run');
    const spec = '{"layers": [{"kind": "dense", "out": 3}, {"kind": "relu"}, {"kind": "dense", "out": 2}]}';
    await gradloom(['train', '--dataset', 'moons:rows=60', '--spec', spec, '--epochs', '1', '--out', out]);
    expect(faulty(await verify(out))).toEqual([]);
  });

  test('may be stopped, killed or going on: what a crash leaves is noted, and no fault', async () => {
    const out = copyOf(run);
    copyFileSync(join(run, 'metrics.jsonl'), join(out, 'metrics.jsonl'));
    writeFileSync(join(out, 'metrics.jsonl'), `${readFileSync(join(out, 'metrics.jsonl'), 'utf8')}{"event":"ep`);
    writeFileSync(join(out, 'last.gradloom.1-1-00000000.tmp'), 'half');
    const lock = lockFolder('test', temporaryDirectory(), 'train');
    lock.release();
    const report = await verify(out);
    expect(report.ok).toBe(true);
    expect(report.files[1].notes).toEqual(['ends in half a line (a crash leaves one)']);
    expect(report.notes).toEqual([expect.stringContaining('left half written: last.gradloom.1-1-00000000.tmp')]);
    // Of a longer run, the checkpoint of the shorter one: not yet come to its end.
    const early = copyOf(longer);
    for (const name of ['last', 'best']) copyFileSync(join(run, `${name}.gradloom`), join(early, `${name}.gradloom`));
    for (const name of ['findings.json', 'model.gradloom']) copyFileSync(join(run, name), join(early, name));
    const held = lockFolder('test', early, 'train');
    const live = await verify(early);
    held.release();
    expect(live.notes).toEqual([expect.stringMatching(/^process \d+ \(train\) has been writing there since /)]);
  });

  test('may be killed after a resume with more epochs, before the first checkpoint of it', async () => {
    const out = copyOf(run);
    for (const name of ['config.json', 'metrics.jsonl', 'steps.jsonl', 'divisions.jsonl']) {
      copyFileSync(join(longer, name), join(out, name));
    }
    const { ok, files } = await verify(out);
    const notes = files.filter(({ name }) => /^(metrics|steps)/.test(name)).flatMap(({ notes }) => notes);
    const beyond = 'goes beyond the newest checkpoint (step 12): a resume repeats those steps';
    expect({ ok, notes }).toEqual({ ok: true, notes: [beyond, beyond] });
  });

  test('may be written meanwhile: a fault that a later look does not find is none', async () => {
    const out = copyOf(run);
    copyFileSync(join(other, 'model.gradloom'), join(out, 'model.gradloom'));
    const held = lockFolder('test', out, 'train');
    // The first look has been when it returns.
    const during = verifyFolder(out);
    copyFileSync(join(run, 'model.gradloom'), join(out, 'model.gradloom'));
    expect(isWhole(await during)).toBe(true);
    copyFileSync(join(other, 'model.gradloom'), join(out, 'model.gradloom'));
    expect(faulty(await verify(out))).toContain('model.gradloom');
    held.release();
  });

  test('of an earlier end, whose run has gone on, is noted', async () => {
    const out = copyOf(longer);
    for (const name of ['findings.json', 'model.gradloom']) copyFileSync(join(run, name), join(out, name));
    const { ok, files } = await verify(out);
    const { notes } = files.find(({ name }) => name === 'findings.json') ?? { notes: [] };
    expect({ ok, notes }).toEqual({
      ok: true,
      notes: ['is from an earlier end of the run, which has continued to step 18'],
    });
  });
});

describe('is a fault', () => {
  test.each(RUN_FILES)('a bit flipped at any place of %s', async (name) => {
    const random = createRandom(propertySeed, `flips in ${name}`);
    const out = copyOf(run);
    const path = join(out, name);
    const whole = readFileSync(path);
    for (let n = 0; n < counted(6, 24); n++) {
      const bytes = Buffer.from(whole);
      const at = random.integer(bytes.length);
      bytes[at] ^= 1 << random.integer(8);
      writeFileSync(path, bytes);
      const { ok, files } = await verify(out);
      const { faults = [], notes = [] } = files.find((file) => file.name === name) ?? {};
      // In the key of a checksum it leaves a file without one, whose values are as they were.
      const isSaid = faults.length > 0 || notes.includes('has no checksum (an earlier version wrote it)');
      expect({ isSaid, ok: ok && faults.length > 0 }, `byte ${at} of ${name}`).toEqual({ isSaid: true, ok: false });
    }
  });

  // How the plane was divided on the way is nowhere else.
  test.each(RUN_FILES.filter((name) => name !== 'divisions.jsonl'))('%s of a run with another seed', async (name) => {
    const out = copyOf(run);
    copyFileSync(join(other, name), join(out, name));
    // What is in the configuration is looked for in the checkpoints.
    expect(faulty(await verify(out))).toContain(name === 'config.json' ? 'last.gradloom' : name);
  });

  test.each(RUN_FILES)('%s that is missing, although the other files refer to it', async (name) => {
    const out = copyOf(run);
    rmSync(join(out, name));
    const expected = ['findings.json', 'divisions.jsonl', 'model.gradloom', 'last.gradloom'].includes(name);
    const faults = faulty(await verify(out));
    expect(faults.length > 0 || expected, `${faults}`).toBe(true);
  });

  test('a line that is missing, duplicated or moved, although each is intact', async () => {
    const out = copyOf(run);
    for (const name of ['metrics.jsonl', 'steps.jsonl']) {
      const path = join(out, name);
      const text = readFileSync(path, 'utf8');
      const lines = text.trimEnd().split('\n');
      const [first, second, third, ...rest] = lines;
      for (const changed of [
        ...[[second, third, ...rest], [first, third, ...rest], lines.slice(0, -1)],
        ...[
          [first, first, second, third, ...rest],
          [second, first, third, ...rest],
        ],
      ]) {
        writeFileSync(path, changed.map((line) => `${line}\n`).join(''));
        expect(faulty(await verify(out))).toEqual([name]);
      }
      writeFileSync(path, text);
    }
  });

  test('a model of the other type of numbers', async () => {
    const out = copyOf(run);
    const floats = join(temporaryDirectory(), 'floats.gradloom');
    await gradloom(['export', out, floats, '--precision', 'float32']);
    copyFileSync(floats, join(out, 'model.gradloom'));
    const report = await verify(out);
    expect(faultsOf(report, 'model.gradloom')).toContain(
      'has precision "float32", expected "float64" (of config.json)',
    );
  });

  test('another training loss than the checkpoint has, options that train does not take', async () => {
    const out = copyOf(run);
    const path = join(out, 'metrics.jsonl');
    const text = readFileSync(path, 'utf8');
    const [first, ...rest] = text.trimEnd().split('\n');
    const { sum: _, ...figures } = JSON.parse(first);
    writeFileSync(path, [seal(JSON.stringify({ ...figures, trainLoss: 0.5 })), ...rest, ''].join('\n'));
    expect(faultsOf(await verify(out), 'metrics.jsonl')).toEqual([
      expect.stringMatching(
        /^has the training loss 0\.5 in line 1, expected \d\S* \(epoch 1 of the newest checkpoint\)$/,
      ),
    ]);
    writeFileSync(path, text);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8'));
    const { sum: __, ...changedConfig } = { ...config, options: { ...config.options, lr: -1 } };
    writeFileSync(join(out, 'config.json'), seal(JSON.stringify(changedConfig)));
    expect(faultsOf(await verify(out), 'config.json')[0]).toMatch(/lr has -1, expected /);
    writeFileSync(
      join(out, 'config.json'),
      seal(JSON.stringify({ ...changedConfig, options: { ...config.options, seed: 7, 'clip-norm': 1 } })),
    );
    expect(faultsOf(await verify(out), 'last.gradloom')).toEqual([
      expect.stringMatching(/^has seed 0, expected 7 \(of config\.json\)$/),
      'has clip-norm none, expected 1 (of config.json)',
    ]);
  });
});

test('documents of experiments and of scale are read, and a damaged one is named', async () => {
  const out = join(temporaryDirectory(), 'numbers');
  await gradloom(['experiment', 'all', '--only', 'neuron,loss', '--out', out]);
  const report = await verify(out);
  expect(report.files.map(({ name }) => name)).toEqual(['experiments.json', 'neuron.json', 'loss.json']);
  expect(report.ok).toBe(true);
  writeFileSync(join(out, 'neuron.json'), '{');
  expect(faulty(await verify(out))).toEqual(['neuron.json']);
  rmSync(join(out, 'loss.json'));
  expect(faulty(await verify(out))).toEqual(['neuron.json', 'loss.json']);
  writeFileSync(join(out, 'scale.json'), '{}');
  expect(faulty(await verify(out))).toContain('scale.json');
});

test.each([
  ['a configuration without anything', 'config.json', '{"a":1}', ['has no network, expected that of the run']],
  ['lines of something else', 'metrics.jsonl', '{"a":1}\n', ['has no step in line 1, expected a number']],
  ['findings of nothing', 'findings.json', '{}', []],
  [
    'a lock that cannot be read',
    'gradloom.lock',
    '{}',
    ['cannot be read as a lock, expected a lock file (delete it if no run uses the folder)'],
  ],
])('%s is one fault of that file, and the others are checked', async (_, name, text, sentences) => {
  const out = copyOf(run);
  writeFileSync(join(out, name), text);
  const report = await verify(out);
  const faults = faultsOf(report, name);
  expect(faults).toEqual(expect.arrayContaining(sentences));
  if (name !== 'config.json' && name !== 'metrics.jsonl') expect(faults).toHaveLength(1);
  expect(report.files.map(({ name }) => name)).toEqual(expect.arrayContaining([...RUN_FILES]));
});

test.each([
  [[], 2, 'the run is missing, expected one such as runs/mnist-1'],
  [
    ['nowhere'],
    1,
    'nowhere does not exist, expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  ],
  [
    [folder],
    1,
    `no run found in ${JSON.stringify(folder)}, expected a directory that train, search, lr-find, explain, experiment or scale wrote`,
  ],
  [
    [join(folder, 'run', 'config.json')],
    1,
    'config.json is a file, expected a directory that train, search, lr-find, explain, experiment or scale wrote',
  ],
  [['a', 'b'], 2, 'the word "b" is not needed, expected one run'],
])('verify %j is refused', async (words, code, sentence) => {
  const { stderr, ...end } = await gradloom(['verify', ...words]);
  expect(stderr).toContain(sentence);
  expect(end).toEqual({ code, stdout: '' });
});
