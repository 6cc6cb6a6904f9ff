import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
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

test('a playground tells how much of the training of its digits is done, and a signal ends both', async () => {
  const cache = temporaryDirectory();
  const child = startProgram(['playground'], temporaryDirectory(), { env: { XDG_CACHE_HOME: cache } });
  const [url] = await once(createInterface({ input: child.stdout }), 'line');
  const { body } = await fetch(String(url).replace('/?', '/digits.json?'));
  const shares: number[] = [];
  let error = '';
  for await (const line of createInterface({ input: Readable.fromWeb(body as ReadableStream) })) {
    const message = JSON.parse(line);
    if ('share' in message && message.share > 0 && !shares.some((share) => share > 0)) child.kill('SIGTERM');
    if ('share' in message) shares.push(message.share);
    else error = message.error;
  }
  expect(error).toBe('The server has ended (SIGTERM) before its model.');
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBeGreaterThan(0);
  expect(shares.at(-1)).toBeLessThan(1);
  expect(await endOf(child)).toMatchObject({ code: 0, signal: null });
  expect(readdirSync(cache)).toEqual([]); // no half of a model
}, 180_000);
