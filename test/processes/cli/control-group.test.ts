import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { saveModel } from '@gradloom/runtime';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { jsonLines } from '../../support/command-line.ts';
import { createControlGroup } from '../../support/control-group.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { needs, skipFor } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const group = createControlGroup();
afterAll(() => group?.remove());
const folder = temporaryFolder();
const MB = 1e6;

function requireGroup(context: TestContext): void {
  if (group === null) skipFor(context, 'group', 'none can be made below /sys/fs/cgroup');
}

/** How the program ended in a group of so many bytes: the system kills it where it takes one more. */
function within(
  bytes: number,
  args: readonly string[],
): Promise<{ end: number | string; stdout: string; stderr: string }> {
  group?.limit(bytes);
  const words = [
    '-c',
    `echo $$ > ${group?.processes} && exec "$@"`,
    'bash',
    process.execPath,
    programFile('program'),
    ...args,
  ];
  return new Promise((resolve) => {
    execFile('bash', words, { maxBuffer: 64 * MB }, (error, stdout, stderr) => {
      resolve({ end: error === null ? 0 : (error.signal ?? Number(error.code)), stdout, stderr });
    });
  });
}

describe('in a control group', needs('bash'), () => {
  const classes = 2000;
  let csv = '';
  beforeAll(() => {
    const rows = Array.from({ length: 17_000 }, (_, n) => `${n % 7},${n % 11},c${n % classes}`);
    csv = folder.write('rows.csv', `a,b,c\n${rows.join('\n')}\n`);
  });

  const refusal =
    /: the plan has \d+ MiB, expected at most \d+ MiB \(what the control group of this process has left\): /;

  test('a run is completed, on fewer threads if needed, or refused in a sentence: never killed', async (context) => {
    requireGroup(context);
    const network = ['--hidden', '16', '--steps', '5', '--batch', '64', '--backend', 'wasm', '--threads', '4'];
    const args = ['train', '--dataset', csv, '--validation', '0', '--test', '0.99', ...network, '--no-out', '--json'];
    const prints = new Set<unknown>();
    const threads: unknown[] = [];
    for (const limit of [70, 125, ...onlyInAll(150, 300), 800]) {
      const { end, stdout, stderr } = await within(limit * MB, args);
      const lines = end === 0 ? jsonLines(stdout) : [];
      const start = lines.find(({ event }) => event === 'start');
      if (start === undefined) expect({ end, stderr }).toEqual({ end: 2, stderr: expect.stringMatching(refusal) });
      else prints.add(lines.at(-1)?.fingerprint);
      const fewer = start !== undefined && start.threads !== 4;
      expect(/ of 4 threads, since more do not fit into \d+ MiB \(what the control/.test(stderr)).toBe(fewer);
      threads.push(start?.threads);
    }
    expect(threads[0]).toBeUndefined();
    expect(threads[1]).toBe(1);
    expect(threads.at(-1)).toBe(4);
    expect(prints.size).toBe(1);
  });

  test('an evaluation is completed or refused in the same way', async (context) => {
    requireGroup(context);
    const layers = [{ kind: 'dense' as const, out: classes }];
    const model = join(folder.path, 'model.gradloom');
    const parameters = Float64Array.from({ length: 3 * classes }, (_, p) => p / classes);
    saveModel(model, { spec: { input: 2, layers }, parameters });
    const outcomes = new Set<string>();
    const ends: unknown[] = [];
    const options = ['--threads', '4', '--backend', 'wasm', '--json', '--top-k', '3'];
    for (const limit of [60, ...onlyInAll(120), 260, ...onlyInAll(800)]) {
      const { end, stdout, stderr } = await within(limit * MB, ['evaluate', model, '--dataset', csv, ...options]);
      ends.push(end);
      if (end === 0) outcomes.add(stdout);
      else expect({ end, stderr }).toEqual({ end: 1, stderr: expect.stringMatching(refusal) });
    }
    expect([ends[0], ...ends.slice(-counted(1, 2))]).toEqual([1, 0, ...onlyInAll(0)]);
    expect(outcomes.size).toBe(1);
  });
});
