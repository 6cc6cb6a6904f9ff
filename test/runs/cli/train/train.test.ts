import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines, temporaryDirectory } from '../../../support/command-line.ts';
import { encodeIdx } from '../../../support/encode-idx.ts';

const xor = ['train', '--dataset', 'xor', '--backend', 'reference', '--threads', '1'];

describe('--json', () => {
  test('prints objects alone, the last with exactly the fields that scripts rely on', async () => {
    const { code, stdout, stderr } = await gradloom([...xor, '--no-out', '--json', '--seed', '3', '--epochs', '50']);
    const lines = jsonLines(stdout);
    expect(lines.map(({ event }) => event)).toEqual(['start', ...Array(50).fill('epoch'), 'done']);
    expect(lines.at(-1)).toEqual({
      event: 'done',
      stopped: 'completed',
      steps: 50,
      epochs: 50,
      bestStep: null,
      bestEpoch: null,
      trainLoss: lines.at(-2)?.trainLoss,
      testLoss: expect.any(Number),
      testAccuracy: expect.any(Number),
      testLookedAt: false,
      testRmse: expect.any(Number),
      testR2: expect.any(Number),
      baselineAccuracy: 0.5,
      baselineRmse: null,
      linearAccuracy: null,
      linearRmse: null,
      remarks: ['the network is no better than always answering 0'],
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      threads: 1,
      leaves: 1,
      gradientThreads: 1,
      backend: 'reference',
      precision: 'float64',
      elapsedMs: expect.any(Number),
      samplesPerSecond: expect.any(Number),
      seed: 3,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('has the leaves of a batch at the start and in the end, and how many threads had rows', async () => {
    const out = join(temporaryDirectory(), 'run');
    const { stdout } = await gradloom([
      ...['train', '--dataset', 'moons', '--hidden', '2048', '--backend', 'wasm', '--batch', '20', '--steps', '2'],
      ...['--threads', '3', '--out', out, '--json'],
    ]);
    const lines = jsonLines(stdout);
    expect(lines.find(({ event }) => event === 'start')).toMatchObject({ batch: 20, leaves: 2 });
    expect(lines.at(-1)).toMatchObject({ threads: 3, leaves: 2, gradientThreads: 2 });
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    const rows = Array.from(page.matchAll(/<th scope="row">(threads[^<]*)<\/th><td>([^<]+)</g), ([, ...row]) => row);
    expect(rows).toEqual([
      ['threads', '3'],
      ['threads that had rows in a step', '2'],
    ]);
  });

  test('writes null for what does not apply', async () => {
    const { stdout } = await gradloom([...xor, '--no-out', '--json', '--test', '0', '--epochs', '2']);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ testLoss: null, testAccuracy: null });
    expect(jsonLines(stdout)[1]).toMatchObject({ validationLoss: null, validationAccuracy: null });
  });

  test('with --quiet is the last line alone', async () => {
    const { stdout } = await gradloom([...xor, '--no-out', '--json', '--quiet', '--epochs', '5']);
    expect(jsonLines(stdout).map(({ event }) => event)).toEqual(['done']);
  });

  test('carries warnings, which stderr has too', async () => {
    const { stdout, stderr } = await gradloom([
      ...xor.slice(0, -2),
      '--threads',
      '2',
      '--no-out',
      '--json',
      '--epochs',
      '2',
    ]);
    expect(jsonLines(stdout)).toContainEqual({
      event: 'warning',
      message: expect.stringMatching(
        /^--threads has 2, but this run has work for 1 thread: a batch has 1 leaf of rows \(a leaf is the rows that/,
      ),
    });
    expect(stderr).toMatch(/^gradloom train: warning: --threads has 2, /);
  });
});

describe('a run directory', () => {
  test('holds the configuration, a line an epoch and the model that the summary names', async () => {
    const out = join(temporaryDirectory(), 'new/run');
    const { stdout } = await gradloom([...xor, '--epochs', '20', '--out', out]);
    expect(readdirSync(out).sort()).toEqual([
      'best.gradloom',
      'boundary.svg',
      'config.json',
      'divisions.jsonl',
      'findings.json',
      'gradient-norm.svg',
      'last.gradloom',
      'learning-rate.svg',
      'loss.svg',
      'metrics.jsonl',
      'model.gradloom',
      'outputs.svg',
      'report.html',
      'steps.jsonl',
      'weights.svg',
    ]);
    const metrics = jsonLines(readFileSync(join(out, 'metrics.jsonl'), 'utf8'));
    expect(metrics.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    const model = loadModel(join(out, 'model.gradloom'));
    expect(stdout).toContain(`fingerprint    ${model.fingerprint}\n`);
    expect(stdout).toContain(`written to     ${out}\nreport         ${join(out, 'report.html')}\n`);
    expect(model.metadata).toMatchObject({ dataset: 'xor', classes: null, divisor: 1 });
  });

  test('has the divisions of the plane at the same steps, whether a step takes one batch or accumulates several', async () => {
    const folder = temporaryDirectory();
    const divisions = async (...batch: readonly string[]): Promise<string> => {
      const out = join(folder, batch.join('-'));
      const moons = ['--dataset', 'moons:rows=160', '--hidden', '4', '--epochs', '9', '--out', out];
      await gradloom(['train', ...moons, '--batch', ...batch]);
      return readFileSync(join(out, 'divisions.jsonl'), 'utf8');
    };
    const large = await divisions('32');
    expect(jsonLines(large).length).toBeGreaterThan(2);
    expect(await divisions('8', '--accumulate', '4')).toBe(large);
  });

  test('makes the run again, by its configuration and by its command', async () => {
    const folder = temporaryDirectory();
    const [first, second, third] = ['first', 'second', 'third'].map((name) => join(folder, name));
    const options = '--epochs 30 --hidden 3,2 --activation leaky-relu:alpha=0.2 --optimizer adam'.split(' ');
    await gradloom([
      ...xor,
      ...options,
      '--beta1',
      '0.8',
      '--warmup-steps',
      '4',
      '--seed',
      '9',
      '--out',
      first,
      '--quiet',
    ]);
    const config = join(first, 'config.json');
    await gradloom(['train', '--config', config, '--out', second, '--quiet']);
    const { command } = JSON.parse(readFileSync(config, 'utf8'));
    await gradloom([...command.split(' ').slice(1), '--out', third, '--quiet']);
    const [one, ...others] = [first, second, third].map((run) => loadModel(join(run, 'model.gradloom')).fingerprint);
    expect(others).toEqual([one, one]);
  });

  test('of a network file holds the network itself', async () => {
    const folder = temporaryDirectory();
    const spec = join(folder, 'net.json');
    writeFileSync(
      spec,
      JSON.stringify({
        layers: [
          { kind: 'dense', out: 1 },
          { kind: 'activation', fn: 'sigmoid' },
        ],
      }),
    );
    await gradloom([...xor, '--epochs', '5', '--spec', spec, '--out', join(folder, 'a'), '--quiet']);
    writeFileSync(spec, '');
    const { code } = await gradloom([
      'train',
      '--config',
      join(folder, 'a/config.json'),
      '--out',
      join(folder, 'b'),
      '--quiet',
    ]);
    expect(code).toBe(0);
    const [a, b] = ['a', 'b'].map((run) => loadModel(join(folder, run, 'model.gradloom')).fingerprint);
    expect(b).toBe(a);
  });

  test('finds its files again from any folder', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), encodeIdx('unsigned byte', [4, 1, 1], [0, 9, 0, 9]));
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), encodeIdx('unsigned byte', [4], [0, 1, 0, 1]));
    const typed = `./${relative(process.cwd(), folder)}`;
    const out = join(folder, 'run');
    const { code, stderr } = await gradloom(['train', '--dataset', typed, '--epochs', '1', '--out', out, '--quiet']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).options.dataset).toBe(folder);
    expect(loadModel(join(out, 'model.gradloom')).metadata.dataset).toBe(folder);
  });

  test('is never one that already holds files', async () => {
    const out = temporaryDirectory();
    writeFileSync(join(out, 'notes.txt'), '');
    const { code, stderr } = await gradloom([...xor, '--out', out]);
    expect(stderr).toBe(`gradloom train: --out has ${out}, expected a new or empty directory (it holds notes.txt)\n`);
    expect(code).toBe(2);
    expect(readdirSync(out)).toEqual(['notes.txt']);
  });

  test('is not made for a run that cannot begin', async () => {
    const out = join(temporaryDirectory(), 'run');
    await gradloom([...xor, '--loss', 'softmax-cross-entropy', '--out', out]);
    await gradloom([...xor, '--shards', '2', '--out', out]);
    expect(() => readdirSync(out)).toThrow('ENOENT');
  });

  test('holds the model before the first step that is not finite', async () => {
    const folder = temporaryDirectory();
    const out = join(folder, 'run');
    const { code, stderr } = await gradloom([
      ...xor,
      '--activation',
      'relu',
      '--output-activation',
      'identity',
      '--lr',
      '1e200',
      '--out',
      out,
    ]);
    expect(stderr).toMatch(
      /^gradloom train: step \d+, rows 0 to 3 of the batch: .* has .*, expected finite numbers.*; the model and checkpoint before that step are in /,
    );
    expect(code).toBe(1);
    expect(loadModel(join(out, 'model.gradloom')).parameters.every(Number.isFinite)).toBe(true);
  });
});

describe('without --out', () => {
  test('a run takes the number after the highest of its name', async () => {
    const folder = temporaryDirectory();
    for (const name of ['xor-2', 'xor-9', 'xor-old', 'moons-40'])
      mkdirSync(join(folder, 'runs', name), { recursive: true });
    const before = process.cwd();
    process.chdir(folder);
    try {
      const runs = await Promise.all([1, 2].map(() => gradloom([...xor, '--epochs', '2', '--quiet'])));
      expect(runs.map(({ stdout }) => stdout).sort()).toEqual([join('runs', 'xor-10\n'), join('runs', 'xor-11\n')]);
    } finally {
      process.chdir(before);
    }
  });

  test('--no-out writes nothing and says so', async () => {
    const { stdout } = await gradloom([...xor, '--epochs', '2', '--no-out']);
    expect(stdout).toContain('written to     nothing (--no-out)');
    expect(stdout).not.toContain('Next');
    expect((await gradloom([...xor, '--epochs', '2', '--no-out', '--quiet'])).stdout).toBe('');
  });
});

test('the next commands evaluate, predict and serve the run', async () => {
  const out = join(temporaryDirectory(), 'run');
  const { stdout } = await gradloom([...xor, '--epochs', '2', '--out', out]);
  const commands = [...stdout.split('\nNext\n')[1].matchAll(/^ {2}[^#].* (\w+) (\S+)( .*)?$/gm)];
  expect(commands.map(([, command, path]) => [command, path])).toEqual(
    ['evaluate', 'predict', 'serve'].map((command) => [command, out]),
  );
});

describe('colours and progress', () => {
  test('stay away from pipes', async () => {
    const { stdout, stderr } = await gradloom([...xor, '--no-out'], { env: { FORCE_COLOR: '1' } });
    // A slow machine has lines of epochs on stderr.
    expect(stdout + stderr).not.toContain('\u001B');
  });

  test('obey NO_COLOR on a terminal', async () => {
    const plain = await gradloom([...xor, '--no-out'], { terminal: 80, env: { NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001B');
    const coloured = await gradloom([...xor, '--no-out'], { terminal: 80 });
    expect(coloured.stdout).toContain('\u001B[1m');
  });
});

test('two indices of an embedding are no point of a plane: there is no picture of what lies between them', async () => {
  const folder = temporaryDirectory();
  const [csv, spec, out] = ['words.csv', 'net.json', 'run'].map((name) => join(folder, name));
  writeFileSync(csv, `a,b,y\n${Array.from({ length: 20 }, (_, n) => `${n % 5},${n % 3},${n % 2}`).join('\n')}\n`);
  const layers = [{ kind: 'embedding', vocabulary: 5, width: 3 }, { kind: 'flatten' }, { kind: 'dense', out: 1 }];
  writeFileSync(spec, JSON.stringify({ layers }));
  const args = ['train', '--dataset', csv, '--spec', spec, '--epochs', '2', '--backend', 'reference', '--threads', '1'];
  const asIndices = ['--scale', 'none', '--targets', 'values'];
  const { code, stderr } = await gradloom([...args, ...asIndices, '--quiet', '--out', out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readdirSync(out)).toContain('report.html');
  expect(readdirSync(out)).not.toContain('boundary.svg');
});
