import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { endOf, gradloom, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { counted, onlyInAll } from '../../support/count.ts';

/** Rounds of each pair. */
const ROUNDS = counted(1, 10);
/** Processes that do the same at once. */
const PROCESSES = counted(2, 3);
const TIME_LIMIT = 60_000 + 60_000 * ROUNDS;

/** Of runs that go on at once. */
const EPOCHS = String(counted(16, 60));

const moons = ['--dataset', 'moons:rows=60', '--hidden', '8', '--batch', '16', '--schedule', 'constant'];
const train = ['train', ...moons, '--backend', 'wasm', '--threads', '1', '--quiet', '--checkpoint-every', '2'];
/** Of runs of floats in every second round. */
const precisionOf = (round: number): string[] => (round % 2 === 1 ? ['--precision', 'float32'] : []);
const scale = ['scale', '--dataset', 'xor', '--max-threads', '1', '--rounds', '1', '--steps', '20'];

/** What a process says that came second. */
const REFUSED =
  /^gradloom \w+: [^\n]*(is in use by process \d+ \([^\n]*, expected a folder that no other run uses|expected a new or empty directory \(it holds)[^\n]*\n$/;

/**
 * Runs command lines at once, each in a process of its own; returns which ended well. Each other one was refused in a
 * sentence.
 */
async function endedWell(folder: string, ...lines: string[][]): Promise<boolean[]> {
  const ends = await Promise.all(lines.map((args) => endOf(startProgram(args, folder))));
  for (const { code, stderr } of ends) if (code !== 0) expect(stderr).toMatch(REFUSED);
  return ends.map(({ code }) => code === 0);
}

/** How many of the command lines ended well. */
const atOnce = async (folder: string, ...lines: string[][]): Promise<number> =>
  (await endedWell(folder, ...lines)).filter((isWell) => isWell).length;

const same = (args: string[]): string[][] => Array.from({ length: PROCESSES }, () => args);

async function expectWhole(out: string): Promise<void> {
  const { code, stdout } = await gradloom(['verify', out]);
  expect(code, stdout).toBe(0);
  expect(readdirSync(out).filter((name) => /lock|tmp|damaged/.test(name))).toEqual([]);
}

const seedOf = (out: string): unknown => JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')).options.seed;

test('of several runs into one new directory exactly one is written, and it is intact', {
  timeout: TIME_LIMIT,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = temporaryDirectory();
    const out = join(folder, 'deep', 'same');
    const runs = [1, 2, 3]
      .slice(0, PROCESSES)
      .map((seed) => [...train, ...precisionOf(round), '--epochs', '20', '--seed', String(seed), '--out', out]);
    expect(await atOnce(folder, ...runs)).toBe(1);
    await expectWhole(out);
    expect(seedOf(out)).toBe(JSON.parse(readFileSync(join(out, 'findings.json'), 'utf8')).result.seed);
  }
});

test('runs that go on in one directory at once, beside a report, leave what one alone would have', {
  timeout: TIME_LIMIT,
}, async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const folder = temporaryDirectory();
    const out = join(folder, 'run');
    const args = [...train, ...precisionOf(round)];
    await gradloom([...args, '--epochs', '3', '--out', out]);
    const resume = ['train', '--resume', out, '--epochs', EPOCHS, '--quiet'];
    const ended = await endedWell(folder, ...same(resume), ['report', out], ['verify', out]);
    expect(ended).toContain(true);
    // A report takes the folder, too: if it came first, all resumes were refused.
    if (!ended.slice(0, PROCESSES).includes(true)) expect((await gradloom(resume)).code).toBe(0);
    await expectWhole(out);
    const alone = join(folder, 'alone');
    await gradloom([...args, '--epochs', EPOCHS, '--out', alone]);
    for (const name of ['model.gradloom', 'steps.jsonl']) {
      expect(readFileSync(join(out, name))).toEqual(readFileSync(join(alone, name)));
    }
  }
});

// Each command that writes takes the same lock: own-files.test.ts.
test.each(onlyInAll(ROUNDS))(
  'reports, experiments and measurements into one directory at once leave it whole, %d times',
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const folder = temporaryDirectory();
      const out = join(folder, 'run');
      await gradloom([...train, '--epochs', '3', '--out', out]);
      const page = readFileSync(join(out, 'report.html'), 'utf8');
      expect(await atOnce(folder, ...same(['report', out]))).toBeGreaterThan(0);
      expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(page);
      await expectWhole(out);

      const numbers = join(folder, 'numbers');
      const experiment = (name: string) => ['experiment', name, '--out', numbers];
      expect(await atOnce(folder, experiment('neuron'), experiment('loss'), experiment('neuron'))).toBeGreaterThan(0);
      await expectWhole(numbers);
      expect(existsSync(join(numbers, 'report.html'))).toBe(true);

      const measured = join(folder, 'measured');
      expect(await atOnce(folder, [...scale, '--out', measured], [...scale, '--out', measured])).toBeGreaterThan(0);
      await expectWhole(measured);
    }
  },
  TIME_LIMIT,
);

describe('while a run goes on', () => {
  /** A run that has begun its steps, and would take long to end. */
  async function running(folder: string, args: string[]) {
    const child = startProgram([...args, '--epochs', '10000000', '--json'], folder);
    // It goes on taking lines: a full pipe would hold the run up.
    await once(createInterface({ input: child.stdout }), 'line');
    return child;
  }

  test('no other writes into its directory, all others read it, and a killed one gives way', {
    timeout: TIME_LIMIT,
  }, async () => {
    const folder = temporaryDirectory();
    const out = join(folder, 'run');
    const loud = train.filter((flag) => flag !== '--quiet');
    const first = await running(folder, [...loud, '--out', out]);
    const refused = async (pid: number | undefined, ...args: string[]) => {
      const { code, stdout, stderr } = await gradloom(args);
      expect(stderr).toMatch(REFUSED);
      expect(stderr).toContain(`in use by process ${pid} (train, since `);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    };
    await refused(first.pid, ...train, '--epochs', '3', '--out', out);
    await refused(first.pid, 'train', '--resume', out, '--quiet');
    first.kill('SIGKILL');
    await once(first, 'exit');

    const second = await running(folder, ['train', '--resume', out]);
    await refused(second.pid, 'train', '--resume', out, '--quiet');
    expect((await gradloom(['verify', out])).stdout).toContain(
      `process ${second.pid} (train) has been writing there since `,
    );
    const model = join(out, 'last.gradloom');
    // A run that was killed before its first checkpoint has begun again, and says so before it has one.
    await expect.poll(() => existsSync(model), { timeout: 30_000 }).toBe(true);
    const rows = join(folder, 'rows.txt');
    writeFileSync(rows, '[0.5,0.25]\n');
    const reading = [['evaluate', model], ['predict', model, rows], ['inspect', model], ['verify', out], ['doctor']];
    // Beside the run; in test:all also beside each other.
    const times = counted(1, 2);
    for (const args of reading) {
      expect(await atOnce(folder, ...new Array<string[]>(times).fill(args)), args.join(' ')).toBe(times);
    }
    second.kill('SIGINT');
    expect(await once(second, 'exit')).toEqual([130, null]);
    await expectWhole(out);
    expect((await gradloom(['report', out])).code).toBe(0);
  });
});
