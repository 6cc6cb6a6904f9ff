import { readFileSync, writeFileSync } from 'node:fs';
import { dense, limitMemory } from '@gradloom/runtime';
import { afterEach, expect, test } from 'vitest';
import { readValue } from '../../../packages/cli/src/options/option.ts';
import { memorySize } from '../../../packages/cli/src/options/run-options.ts';
import { gradloom, jsonLines, temporaryDirectory } from '../../support/command-line.ts';

afterEach(() => limitMemory(null));

test.each([
  ['1', 1],
  [300, 300],
  ['300MB', 3e8],
  ['300 mb', 3e8],
  ['2GiB', 2 * 1024 ** 3],
  ['1.5kib', 1536],
  ['0.5KB', 500],
  ['1TB', 1e12],
])('%j is a size of %d bytes', (raw, bytes) => {
  expect(readValue(memorySize, '--memory-limit', raw)).toBe(bytes);
});

test.each(['', '0', '-1MB', '300M', '99999999TB', 'MB', '1e9', '0.1', 1.5, 0, true, null, ['1MB']])(
  '%j is none',
  (raw) => {
    expect(() => readValue(memorySize, '--memory-limit', raw)).toThrow(
      /^--memory-limit has .*, expected a size such as 300MB/,
    );
  },
);

const MiB = 1024 ** 2;
/** So much more than this process has. */
const more = (mebibytes: number): string => String(process.memoryUsage.rss() + mebibytes * MiB);

const run = ['train', '--dataset', 'moons:rows=3000', '--hidden', '400,400', '--steps', '3', '--batch', '128'];

test('a limit lowers the threads with a word, or refuses the run by its flag, and changes no bit', async () => {
  const prints = new Set<unknown>();
  const threads: unknown[] = [];
  for (const limit of [40, 170, 2000]) {
    const args = [...run, '--threads', '8', '--backend', 'wasm', '--no-out', '--json', '--memory-limit', more(limit)];
    const { code, stdout, stderr } = await gradloom(args);
    if (limit === 40) {
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^gradloom train: --hidden 400,400 with --memory-limit \d+: the plan has \d+ MiB, expected at most \d+ MiB \(what the limit of \d+ MiB leaves a process that has \d+ MiB\): /,
      );
      continue;
    }
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    const start = lines.find(({ event }) => event === 'start');
    threads.push(start?.threads);
    expect(Number(start?.plannedBytes)).toBeLessThan((limit + 8) * MiB);
    prints.add(lines.at(-1)?.fingerprint);
    const fewer = / warning: runs on \d of 8 threads, since more do not fit into \d+ MiB \(what the limit of/.test(
      stderr,
    );
    expect(fewer).toBe(start?.threads !== 8);
  }
  expect(threads[0]).not.toBe(8);
  expect(threads[1]).toBe(8);
  expect(prints.size).toBe(1);
});

test('a training that fits without the texts that its model writes has none, says so, and ends alike', async () => {
  const folder = temporaryDirectory();
  const path = (name: string, contents: string): string => {
    writeFileSync(`${folder}/${name}`, contents);
    return `${folder}/${name}`;
  };
  const layers = [{ kind: 'embedding', vocabulary: 3, width: 2 }, dense(2190), dense(2190), dense(3)];
  const dataset = ['--dataset', path('text.txt', 'abc'.repeat(100)), '--context', '4', '--validation', '0'];
  const network = ['--spec', path('net.json', JSON.stringify({ layers })), '--optimizer', 'sgd', '--threads', '1'];
  const run = ['train', ...dataset, ...network, '--steps', '2', '--backend', 'wasm', '--no-out', '--json'];
  const runIn = async (mebibytes: number) => {
    const { stdout, stderr } = await gradloom([...run, '--memory-limit', more(mebibytes)]);
    const lines = jsonLines(stdout);
    const texts = lines.filter(({ event }) => event === 'text').length;
    const planned = Number(lines.find(({ event }) => event === 'start')?.plannedBytes) / MiB;
    return { texts, planned, print: lines.at(-1)?.fingerprint, stderr };
  };
  const whole = await runIn(2000);
  const spared = await runIn(Math.round(whole.planned - 18));
  expect(whole).toMatchObject({ texts: 1, stderr: '' });
  expect(spared).toMatchObject({ texts: 0, print: whole.print });
  expect(spared.planned).toBeLessThan(whole.planned - 32);
  expect(spared.stderr).toMatch(
    /warning: writes no texts while it trains, since the \d+ MiB for them do not fit into \d+ MiB \(what the limit of/,
  );
});

test('a limit applies to one command: neither the run nor the next command keeps it', async () => {
  const out = `${temporaryDirectory()}/run`;
  const args = ['train', '--dataset', 'xor', '--epochs', '5', '--threads', '1', '--out', out];
  expect((await gradloom([...args, '--memory-limit', more(300)])).code).toBe(0);
  expect((await gradloom(['train', '--config', `${out}/config.json`, '--no-out'])).code).toBe(0);
  expect(readFileSync(`${out}/config.json`, 'utf8')).not.toContain('memory-limit');
  limitMemory(process.memoryUsage.rss() + MiB);
  expect((await gradloom(['train', '--dataset', 'xor', '--epochs', '5', '--no-out'])).code).toBe(0);
});

test('a limit below what the process already takes is refused by every command that has the flag', async () => {
  const model = `${temporaryDirectory()}/run`;
  await gradloom(['train', '--dataset', 'xor', '--epochs', '5', '--out', model]);
  for (const args of [
    ['train', '--dataset', 'xor', '--no-out'],
    ['evaluate', model],
    ['predict', model, '--rows', '0'],
    ['scale', '--dataset', 'xor'],
    ['experiment', 'neuron'],
  ]) {
    expect(await gradloom([...args, '--memory-limit', '10MB'])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^gradloom ${args[0]}: --memory-limit has 10 MiB, expected more than the \\d+ MiB that this process already takes\n$`,
        ),
      ),
    });
  }
});
