import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createRandom, type ElementType } from '@gradloom/core';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import {
  endOf,
  gradloom,
  jsonLines,
  saysDropped,
  startProgram,
  temporaryDirectory,
} from '../../support/command-line.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { propertySeed } from '../../support/seed.ts';

/** Kills of each kind. */
const KILLS = counted(2, 100);

/** Types of the runs that are killed again and again. */
const longRuns: readonly ElementType[] = ['float64', ...onlyInAll('float32' as const)];

const TIME_LIMIT = 60_000 + 60_000 * KILLS;

const random = createRandom(propertySeed, 'kills');

/** A run whose every second step writes a checkpoint, the larger the longer it takes. */
const trainArgs = (hidden: string, epochs: number, precision: ElementType): string[] => [
  ...['train', '--dataset', 'moons:rows=60', '--hidden', hidden, '--batch', '17', '--validation', '0.2'],
  ...['--epochs', String(epochs), '--checkpoint-every', '2', '--backend', 'wasm', '--threads', '2', '--json'],
  ...['--precision', precision],
];

/** What an undisturbed run ends with. */
async function undisturbed(args: string[]) {
  const out = join(temporaryDirectory(), 'calm');
  await gradloom([...args, '--out', out]);
  return { out, fingerprint: loadModel(join(out, 'model.gradloom')).fingerprint };
}

const metrics = (out: string) =>
  jsonLines(readFileSync(join(out, 'metrics.jsonl'), 'utf8')).map((line) => ({ ...line, elapsedMs: 0, sum: '' }));

/** Of runs this short a line is a single step. */
const stepLines = (out: string) => jsonLines(readFileSync(join(out, 'steps.jsonl'), 'utf8'));

/** How a killed run is gone on with: where not even its configuration was written, it is started again. */
function nextArgs(args: string[], out: string): string[] {
  if (existsSync(join(out, 'config.json'))) return ['train', '--resume', out, '--json'];
  rmSync(out, { recursive: true, force: true });
  return [...args, '--out', out];
}

/** Whatever has the name of a checkpoint is whole, and the best one is no older than the newest says. */
function expectWhole(out: string): void {
  const [last, best] = ['last.gradloom', 'best.gradloom'].map((name) =>
    existsSync(join(out, name)) ? loadCheckpoint(join(out, name)).progress : null,
  );
  if (last?.best !== undefined) expect(best?.best?.step).toBeGreaterThanOrEqual(last.best.step);
}

async function expectSameEnd(out: string, calm: { out: string; fingerprint: string }): Promise<void> {
  expect(loadModel(join(out, 'model.gradloom')).fingerprint).toBe(calm.fingerprint);
  expect(metrics(out)).toEqual(metrics(calm.out));
  expect(stepLines(out)).toEqual(stepLines(calm.out));
  expect(readdirSync(out).sort()).toEqual(readdirSync(calm.out).sort());
}

describe('SIGKILL', () => {
  test(
    'at any call that changes the run directory, also within a write: files are intact, and a resume ends in the same bits',
    async () => {
      const runs = await Promise.all(
        (['float64', 'float32'] as const).map(async (precision) => {
          const args = trainArgs('8', 4, precision);
          return { args, calm: await undisturbed(args) };
        }),
      );
      const folder = temporaryDirectory();
      let killed = 0;
      for (let n = 0; n < KILLS; n++) {
        const { args, calm } = runs[n % runs.length];
        const out = join(folder, String(n));
        const call = 1 + random.integer(60);
        const env = { GRADLOOM_TEST_KILL: `${call}:${out}` };
        const end = await endOf(startProgram([...args, '--out', out], folder, { preload: 'kill-at-call', env }));
        if (end.signal === 'SIGKILL') killed++;
        else expect(end.code, end.stderr).toBe(0);
        expectWhole(out);
        const { code, stderr } = await gradloom(nextArgs(args, out));
        expect({ code, stderr }, `call ${call}`).toEqual({ code: 0, stderr: expect.stringMatching(saysDropped) });
        await expectSameEnd(out, calm);
      }
      expect(killed).toBeGreaterThanOrEqual(KILLS / 2);
    },
    TIME_LIMIT,
  );

  test.each(longRuns)(
    'at random moments, many times in one run: it still ends in the same bits, %s',
    async (precision) => {
      // A checkpoint of 2 MB, or of 1, takes longer than the two steps before it.
      const args = trainArgs('300,300', 12, precision);
      const calm = await undisturbed(args);
      const out = join(temporaryDirectory(), 'run');
      let killed = 0;
      for (let n = 0; n < KILLS / longRuns.length; n++) {
        const child = startProgram(nextArgs(args, out), temporaryDirectory());
        const ended = endOf(child);
        createInterface({ input: child.stdout }).once('line', () =>
          setTimeout(() => child.kill('SIGKILL'), random.integer(150)),
        );
        const { signal, code, stderr } = await ended;
        if (signal === 'SIGKILL') killed++;
        else expect(code, stderr).toBe(0);
        expectWhole(out);
      }
      const { code, stderr } = await gradloom(nextArgs(args, out));
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(saysDropped) });
      await expectSameEnd(out, calm);
      expect(killed).toBeGreaterThan(0);
    },
    TIME_LIMIT,
  );
});
