import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../support/command-line.ts';

const xor = ['train', '--dataset', 'xor', '--backend', 'reference', '--threads', '1', '--json'];

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (signal, code) => {
  test('once: ends with its model and a checkpoint of the last step, from which the run goes on to the same bits', async () => {
    const out = join(temporaryDirectory(), 'run');
    const child = startProgram([...xor, '--epochs', '10000000', '--out', out], temporaryDirectory());
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 2) child.kill(signal);
    const end = await endOf(child);
    expect(end).toMatchObject({ code, signal: null });
    expect(end.stderr).toBe(`gradloom train: ${signal}: ending with a checkpoint; a second signal ends at once\n`);
    const last = jsonLines(lines.join('\n')).at(-1);
    expect(last).toMatchObject({ event: 'done', fingerprint: loadModel(join(out, 'model.gradloom')).fingerprint });
    const steps = Number(last?.steps);
    expect(loadCheckpoint(join(out, 'last.gradloom')).progress.step).toBe(steps);
    const epochs = String(steps + 50);
    const again = await gradloom(['train', '--resume', out, '--epochs', epochs, '--json', '--quiet']);
    const straight = await gradloom([...xor, '--epochs', epochs, '--no-out', '--quiet']);
    expect(jsonLines(again.stdout)[0]).toMatchObject({
      steps: steps + 50,
      fingerprint: jsonLines(straight.stdout)[0].fingerprint,
    });
  });

  test('twice: ends at once, in the middle of a step that takes half a minute', async () => {
    const out = join(temporaryDirectory(), 'run');
    const large = ['--dataset', 'moons:rows=20000', '--hidden', '512,512', '--batch', 'full', '--steps', '3'];
    const flags = ['--backend', 'reference', '--threads', '1', '--json', '--out', out];
    const child = startProgram(['train', ...large, ...flags], temporaryDirectory());
    await once(child.stdout, 'data');
    child.kill(signal);
    await once(child.stderr, 'data');
    child.kill(signal);
    expect(await endOf(child)).toMatchObject({ code: null, signal });
  }, 180_000);
});
