import {
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '@gradloom/runtime/internal';
import { beforeAll, describe, expect, test } from 'vitest';
import { RUN_FILES } from '../../../../packages/cli/src/files/run-files/names.ts';
import { thisProcess } from '../../../../packages/runtime/src/system/files/process-identity.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { needs } from '../../../support/needs.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder().path;
const run = join(folder, 'run');
const model = ['--dataset', 'moons:rows=60', '--hidden', '4', '--batch', '16', '--schedule', 'constant'];
const train = ['train', ...model, '--backend', 'wasm', '--threads', '1', '--epochs', '3', '--quiet'];
beforeAll(async () => {
  await gradloom([...train, '--out', run]);
});

/** A run of its own for a test that changes it. */
function copyOfRun(): string {
  const out = join(temporaryDirectory(), 'run');
  cpSync(run, out, { recursive: true });
  return out;
}

const contents = (path: string) => readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'hex')]);

test('a directory in the place of live.json is refused by name before the run goes on', async () => {
  const out = copyOfRun();
  mkdirSync(join(out, 'live.json'));
  const refused = await gradloom(['train', '--resume', out, '--epochs', '5', '--quiet', '--live']);
  expect(refused).toMatchObject({
    code: 1,
    stderr: `gradloom train: ${join(out, 'live.json')} is a directory, expected a file that can be overwritten\n`,
  });
  expect(readdirSync(out)).toEqual([...readdirSync(run), 'live.json'].sort());
});

describe('a link', needs('links'), () => {
  test.each(RUN_FILES)('in the place of %s is refused by name, and what it leads to stays', async (name) => {
    const out = copyOfRun();
    const target = join(out, '..', 'target');
    const bytes = readFileSync(join(out, name));
    for (const text of [bytes, Buffer.from('precious\n')]) {
      writeFileSync(target, text);
      rmSync(join(out, name));
      symlinkSync(target, join(out, name));
      const before = contents(out);
      const { code, stderr } = await gradloom(['train', '--resume', out, '--epochs', '5', '--quiet']);
      expect(stderr).toBe(
        `gradloom train: ${join(out, name)} is a symbolic link, expected a file that can be overwritten (links are not followed, since their target may not belong to the run)\n`,
      );
      expect(code).toBe(1);
      expect(readFileSync(target)).toEqual(text);
      expect(contents(out)).toEqual(before);
    }
  });

  test('to nothing is refused too', async () => {
    const out = copyOfRun();
    rmSync(join(out, 'metrics.jsonl'));
    symlinkSync(join(out, '..', 'made'), join(out, 'metrics.jsonl'));
    expect((await gradloom(['train', '--resume', out])).stderr).toContain('metrics.jsonl is a symbolic link');
    expect(readdirSync(join(out, '..'))).toEqual(['run']);
  });

  test('beside a checkpoint that goes on elsewhere is refused, a checkpoint that is named may be one', async () => {
    const out = copyOfRun();
    const link = join(out, '..', 'link.gradloom');
    symlinkSync(join(out, 'last.gradloom'), link);
    const elsewhere = (at: string) => ['train', '--resume', link, '--epochs', '5', '--quiet', '--out', join(out, at)];
    expect(await gradloom(elsewhere('../one'))).toMatchObject({ code: 0 });
    symlinkSync(join(out, 'steps.jsonl'), join(out, '..', 'steps.jsonl'));
    expect((await gradloom(elsewhere('../two'))).stderr).toContain('steps.jsonl is a symbolic link');
  });

  test('in the place of a page, a picture or a document is refused, and what it leads to stays', async () => {
    const out = copyOfRun();
    const target = join(out, '..', 'target');
    writeFileSync(target, 'precious\n');
    const refuses = async (name: string, ...args: string[]) => {
      const path = join(out, name);
      rmSync(path, { force: true });
      symlinkSync(target, path);
      const { code, stderr } = await gradloom(args);
      expect(stderr).toContain(`${path} is a symbolic link, expected a file `);
      expect({ code, text: readFileSync(target, 'utf8') }).toEqual({ code: 1, text: 'precious\n' });
      rmSync(path);
    };
    await refuses('loss.svg', 'report', out);
    await refuses('report.html', 'report', out);
    await refuses('neuron.json', 'experiment', 'neuron', '--out', out);
    await refuses('experiments.json', 'experiment', 'neuron', '--out', out);
  });
});

test('another name of a file, as of a backup by hard links, keeps what it had when the run goes on', async () => {
  const out = copyOfRun();
  const backup = temporaryDirectory();
  for (const name of RUN_FILES) linkSync(join(out, name), join(backup, name));
  const before = contents(backup);
  expect(await gradloom(['train', '--resume', out, '--epochs', '5', '--quiet'])).toMatchObject({ code: 0 });
  expect(contents(backup)).toEqual(before);
  expect(readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n')).toHaveLength(6);
});

describe('a folder that another process writes to', () => {
  const writers: Record<string, (out: string) => string[]> = {
    'train --out': (out) => [...train, '--out', out],
    'train --resume': (out) => ['train', '--resume', out, '--epochs', '5'],
    report: (out) => ['report', out],
    'report --out': (out) => ['report', run, '--out', out],
    experiment: (out) => ['experiment', 'neuron', '--out', out],
    'experiment all': (out) => ['experiment', 'all', '--only', 'neuron', '--out', out],
    scale: (out) => ['scale', '--dataset', 'xor', '--max-threads', '1', '--rounds', '1', '--out', out],
  };

  test.each(Object.keys(writers))('is refused to %s, in one sentence, and stays as it is', async (name) => {
    const out = copyOfRun();
    const lock = lockFolder('test', out, 'train');
    const before = contents(out);
    const { code, stdout, stderr } = await gradloom(writers[name](out));
    expect(stderr).toMatch(
      /^gradloom \w+: \S+run is in use by this process \(train, since \S+\), expected a folder that no other run uses \(wait for it, or take another folder\)\n$/,
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(contents(out)).toEqual(before);
    lock.release();
  });

  test.each([
    ['evaluate'],
    ['inspect'],
    ['predict', '--rows', '0'],
    ['verify'],
    ['train', '--no-out', '--quiet', '--resume'],
  ])('is read by %s', async (name, ...flags) => {
    const out = copyOfRun();
    const lock = lockFolder('test', out, 'train');
    const { code, stderr } = await gradloom([name, ...flags, out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    lock.release();
  });
});

test('what a run leaves that was killed before it wrote anything is no reason to refuse its directory', async () => {
  const out = temporaryDirectory();
  const dead = { ...thisProcess(), token: '0'.repeat(16), by: 'train', since: '2026-01-01T00:00:00.000Z', start: '1' };
  writeFileSync(join(out, 'gradloom.lock'), JSON.stringify(dead));
  writeFileSync(join(out, 'config.json.2147483647-1-00000000.tmp'), '{');
  expect(await gradloom([...train, '--out', out])).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(out).sort()).toEqual(readdirSync(run).sort());
});

test('a configuration that was changed is not gone on from where there is no checkpoint', async () => {
  const out = copyOfRun();
  for (const name of ['last', 'best', 'model']) rmSync(join(out, `${name}.gradloom`));
  const path = join(out, 'config.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"seed": 0', '"seed": 1'));
  const { code, stderr } = await gradloom(['train', '--resume', out]);
  expect(stderr).toMatch(
    /^gradloom train: --resume has .*config\.json, which was changed after it was written, expected/,
  );
  expect(code).toBe(1);
});

test.each([
  ['metrics.jsonl', '"epoch":2', '"epoch":3', ' line 2'],
  ['config.json', '"seed": 0', '"seed": 1', ''],
  ['findings.json', '"seed":0', '"seed":1', ''],
])(
  'a report of a run whose %s was changed is refused, though each value in it may be',
  async (name, original, replacement, at) => {
    const out = copyOfRun();
    const path = join(out, name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(original, replacement));
    const { code, stderr } = await gradloom(['report', out]);
    expect(stderr).toMatch(/^gradloom report: [^\n]* has a wrong checksum, expected the [^\n]*\n$/);
    expect(stderr).toContain(`${path}${at} has`);
    expect(code).toBe(1);
  },
);

test.each(['metrics.jsonl', 'steps.jsonl', 'findings.json', 'config.json', 'last.gradloom'])(
  'a link in the place of %s is not followed where a run is verified or reported',
  async (name) => {
    const out = copyOfRun();
    const [path, target] = [join(out, name), join(out, '..', 'target')];
    renameSync(path, target);
    symlinkSync(target, path);
    const verified = await gradloom(['verify', out]);
    expect(verified.stdout).toContain(`${name}`);
    expect(verified.stdout).toContain('is a symbolic link');
    expect(verified.code).toBe(1);
    if (name.endsWith('.gradloom')) return;
    const { code, stderr } = await gradloom(['report', out]);
    expect(stderr).toMatch(/^gradloom report: [^\n]* is a symbolic link, expected [^\n]*\n$/);
    expect(code).toBe(1);
  },
);

test('a resume says in one line what is damaged, and in --json as a warning; what is whole stays', async () => {
  const out = copyOfRun();
  const path = join(out, 'metrics.jsonl');
  const [first, second, third] = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, `${first}\n${second.replace('"epoch":2', '"epoch":3')}\n${third}\n`);
  const before = readFileSync(path);
  const { code, stdout, stderr } = await gradloom(['train', '--resume', out, '--epochs', '5', '--json']);
  const message = 'metrics.jsonl has damaged line 2, now left out; the damaged file is kept as metrics.jsonl.damaged-1';
  expect({ code, stderr }).toEqual({ code: 0, stderr: `gradloom train: warning: ${message}\n` });
  expect(jsonLines(stdout)).toContainEqual({ event: 'warning', message });
  expect(jsonLines(readFileSync(path, 'utf8')).map(({ epoch }) => epoch)).toEqual([1, 3, 4, 5]);
  expect(readFileSync(`${path}.damaged-1`)).toEqual(before);
  expect((await gradloom(['verify', out])).stdout).toContain(
    'note   lacks epoch 2, which a resume left out as damaged (see metrics.jsonl.damaged-1)\n',
  );
  expect((await gradloom(['verify', out])).code).toBe(0);
});

test('a resume says what it drops because the run does it again', async () => {
  const out = copyOfRun();
  const path = join(out, 'steps.jsonl');
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"event":"steps","first":12`);
  const { code, stderr } = await gradloom(['train', '--resume', out, '--epochs', '5', '--quiet']);
  expect(stderr).toBe(
    'gradloom train: warning: deleted, because the run continues from step 9: half a line of steps.jsonl\n',
  );
  expect(code).toBe(0);
});
