import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { saveModel } from '@gradloom/runtime';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { readText } from '../../../packages/cli/src/options/read-text.ts';
import { gradloom } from '../../support/command-line.ts';
import { encodeIdx } from '../../support/encode-idx.ts';
import { linkedModule } from '../../support/linked-module.ts';
import { needs } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';

// Spaces, letters of other alphabets, a quote and a bracket: all of it in every path below.
const folder = mkdtempSync(join(tmpdir(), "gradloom ä 数 [it's] "));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

const model = at('model.gradloom');
saveModel(model, {
  spec: { input: 2, layers: [{ kind: 'dense', out: 1 }] },
  parameters: Float64Array.of(1, 2, 3),
  loss: 'mse',
});

const training = ['--steps', '1', '--no-out', '--backend', 'reference', '--threads', '1', '--json'];
const train = (...flags: string[]): string[] => ['train', ...flags, ...training];

/** Everything that reads a file: the name that it must have, and the command line. */
const readers: Record<string, { name: string; args: (path: string) => string[] }> = {
  'an IDX file': { name: 'train-images-idx3-ubyte', args: (path) => train('--dataset', path) },
  'an IDX file of labels': { name: 'train-labels-idx1-ubyte', args: (path) => train('--dataset', imagesBeside(path)) },
  'a gzipped IDX file': { name: 'train-images-idx3-ubyte.gz', args: (path) => train('--dataset', path) },
  'an npy file': { name: 'a.npy', args: (path) => train('--dataset', path) },
  'an npz file': { name: 'a.npz', args: (path) => train('--dataset', path) },
  'a CSV file': { name: 'a.csv', args: (path) => train('--dataset', path) },
  'a gzipped CSV file': { name: 'a.csv.gz', args: (path) => train('--dataset', path) },
  'lines of JSON': { name: 'a.jsonl', args: (path) => train('--dataset', path) },
  'an array of JSON': { name: 'a.json', args: (path) => train('--dataset', path) },
  'a Parquet file': { name: 'a.parquet', args: (path) => train('--dataset', path) },
  'a text': { name: 'a.txt', args: (path) => train('--dataset', path) },
  'a text of bytes': { name: 'a.txt', args: (path) => train('--dataset', path, '--tokenizer', 'bytes') },
  'a JSON config': { name: 'a.json', args: (path) => train('--dataset', 'xor', '--config', path) },
  'a YAML config': { name: 'a.yaml', args: (path) => train('--dataset', 'xor', '--config', path) },
  'a module of parts': { name: 'parts.mjs', args: (path) => train('--dataset', 'xor', '--module', path) },
  'a network': { name: 'net.json', args: (path) => train('--dataset', 'xor', '--spec', path) },
  'a checkpoint': { name: 'last.gradloom', args: (path) => ['train', '--resume', path, '--no-out', '--quiet'] },
  'a model to evaluate': { name: 'm.gradloom', args: (path) => ['evaluate', path, '--dataset', 'xor'] },
  'a model to inspect': { name: 'm.gradloom', args: (path) => ['inspect', path] },
  'a model to compare with': { name: 'm.gradloom', args: (path) => ['inspect', model, '--diff', path] },
  'a model to predict with': { name: 'm.gradloom', args: (path) => ['predict', path] },
  'a model to export': { name: 'm.gradloom', args: (path) => ['export', path, at('exported.npz')] },
  'weights to import': { name: 'w.safetensors', args: (path) => importOf(path) },
  'an archive of weights to import': { name: 'w.npz', args: (path) => importOf(path) },
  'rows to predict': { name: 'rows.jsonl', args: (path) => ['predict', model, path] },
};

function importOf(path: string): string[] {
  const spec = '{ "input": 2, "layers": [{ "kind": "dense", "out": 1 }] }';
  return ['import', path, '--spec', spec, '--out', at('imported.gradloom')];
}

function imagesBeside(labels: string): string {
  const images = labels.replace('labels-idx1', 'images-idx3');
  writeFileSync(images, encodeIdx('unsigned byte', [2, 1, 1], [0, 1]));
  return images;
}

/** A place for a file of one test. */
function placeFor(reader: string, kind: string): string {
  const caseFolder = at(`${reader} ${kind}`);
  mkdirSync(caseFolder, { recursive: true });
  writeFileSync(join(caseFolder, 'train-labels-idx1-ubyte'), encodeIdx('unsigned byte', [2], [0, 1]));
  return join(caseFolder, readers[reader].name);
}

const strange: Record<string, (path: string) => void> = {
  'is not there': () => {},
  'is empty': (path) => writeFileSync(path, ''),
  'is a directory': (path) => mkdirSync(path),
  'has 5 GB of zeros': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 5e9);
  },
  'is a FIFO that nobody writes to': (path) => {
    execFileSync('mkfifo', [path]);
    // Whoever waited for somebody to write, or to read, would find one after a while, and fail the test rather than
    // hang.
    const writer = spawn('sh', ['-c', 'sleep 20; : <> "$0"', path], { detached: true, stdio: 'ignore' });
    onTestFinished(() => void process.kill(-Number(writer.pid), 'SIGKILL'));
  },
  'is a device without an end': (path) => symlinkSync('/dev/zero', path),
};

const MOST_BYTES = 2e8;

describe.each(Object.keys(strange))('what %s is refused in one sentence, and takes no memory', (kind) => {
  // Rows are read as they come: no rows are none, and a FIFO is waited for, as `cat` waits. An empty module is one
  // without parts, which is said with its name alone.
  const isRefused = (reader: string) =>
    !/FIFO|empty/.test(kind) ||
    !(reader === 'rows to predict' || (reader === 'a module of parts' && /empty/.test(kind)));

  test.each(Object.keys(readers).filter(isRefused))(
    'as %s',
    kind.includes('FIFO') ? needs('mkfifo') : {},
    async (reader) => {
      const path = placeFor(reader, kind);
      rmSync(path, { force: true });
      strange[kind](path);
      const before = process.memoryUsage().rss;
      const { code, stdout, stderr } = await gradloom(readers[reader].args(path));
      expect(process.memoryUsage().rss - before).toBeLessThan(MOST_BYTES);
      expect(stderr).toMatch(/^gradloom \w+: [^\n]*expected [^\n]*\n$/);
      expect(stderr).toContain(path);
      if (kind.includes('FIFO')) expect(stderr).toContain('not a regular file');
      expect(code).not.toBe(0);
      expect(stdout).toBe('');
    },
  );
});

test('a FIFO in a folder of images is not waited for', needs('mkfifo'), async () => {
  const path = at('pets/a/1.png');
  mkdirSync(dirname(path), { recursive: true });
  strange['is a FIFO that nobody writes to'](path);
  const { code, stderr } = await gradloom(train('--dataset', at('pets')));
  expect(stderr).toContain(`${path} is not a regular file, expected a PNG`);
  expect(code).toBe(1);
});

describe('a FIFO in the place of a file that is written is not waited for', () => {
  const kind = 'is a FIFO that nobody writes to';
  const resume = (out: string, ...flags: string[]) => ['train', '--resume', out, ...flags, '--quiet'];
  const writers: Record<string, { name: string; args: (out: string) => string[] }> = {
    'metrics of a run that goes on': { name: 'metrics.jsonl', args: (out) => resume(out) },
    'metrics of a run that goes on elsewhere': {
      name: 'metrics.jsonl',
      args: (out) => resume(join(out, 'last.gradloom'), '--out', at('elsewhere')),
    },
    'metrics to report': { name: 'metrics.jsonl', args: (out) => ['report', out] },
    'the configuration to report': { name: 'config.json', args: (out) => ['report', out] },
    'findings to report': { name: 'findings.json', args: (out) => ['report', out] },
    'the page of an earlier report': { name: 'report.html', args: (out) => ['report', out] },
    'what an experiment has found': { name: 'xor.json', args: (out) => ['experiment', 'xor', '--out', out] },
  };

  test.each(Object.keys(writers))('as %s', needs('mkfifo'), async (writer) => {
    const { name, args } = writers[writer];
    const out = at(`run of ${writer}`);
    await gradloom([...train('--dataset', 'xor').filter((flag) => flag !== '--no-out'), '--out', out]);
    const path = join(out, name);
    rmSync(path, { force: true });
    strange[kind](path);
    const { code, stderr } = await gradloom(args(out));
    expect(stderr).toMatch(/^gradloom \w+: [^\n]*is not a regular file, expected [^\n]*\n$/);
    expect(stderr).toContain(path);
    expect(code).toBe(1);
  });
});

/** Runs a line of bash in which $0 is the program and $1 the model. */
function bash(line: string): { code: number | null; stdout: string; stderr: string } {
  const gradloomOf = `gradloom() { "${process.execPath}" "${programFile('program')}" "$@"; }`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${gradloomOf}\n${line}`, 'bash', model], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { code: status, stdout, stderr };
}

describe('a pipe is read', needs('bash', 'mkfifo'), () => {
  test('as rows to predict, by its name or as a FIFO, and no rows are a mistake', () => {
    const rows = "printf '[1, 1]\\n[0, 0]\\n'";
    const answers = { code: 0, stdout: '0\t6.000\n1\t3.000\n', stderr: '' };
    expect(bash(`${rows} | gradloom predict "$1" /dev/stdin`)).toEqual(answers);
    expect(bash(`mkfifo rows; ${rows} > rows & gradloom predict "$1" rows`)).toEqual(answers);
    expect(bash('gradloom predict "$1" < /dev/null')).toMatchObject({ code: 2, stdout: '' });
  });

  test('as options and as a network, by /dev/stdin or of another process', () => {
    const config = `printf 'seed: 5' | gradloom ${train('--dataset', 'xor', '--config', '/dev/stdin').join(' ')}`;
    expect(JSON.parse(bash(config).stdout.split('\n')[0])).toMatchObject({ options: { seed: 5 } });
    const spec = `<(printf '{"layers": [{"kind": "dense", "out": 1}]}')`;
    const out = bash(
      `gradloom ${train('--dataset', 'xor', '--spec').join(' ').replace('--spec', `--spec ${spec}`)}`,
    ).stdout;
    expect(JSON.parse(out.split('\n')[0]).options.spec.layers).toHaveLength(1);
  });

  test('and a linked module is still found at its path afterwards', () => {
    const { place, find } = linkedModule();
    const path = at('options');
    execFileSync('mkfifo', [path]);
    const file = openSync(path, 'r+');
    onTestFinished(() => closeSync(file));
    writeSync(file, 'seed: 5');
    expect(() => readText('--config', `/dev/fd/${file}`, 6)).toThrow('has more than 6 bytes');
    expect(find()).toBe(place);
  });

  test('never as a file whose size must be known', () => {
    const { code, stderr } = bash('gradloom inspect /dev/stdin < <(cat "$1")');
    expect(stderr).toBe('gradloom inspect: /dev/stdin is not a regular file, expected a Gradloom file\n');
    expect(code).toBe(1);
  });
});
