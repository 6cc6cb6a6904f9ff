import { expect, test } from 'vitest';
import { startProgram, temporaryDirectory } from '../../support/command-line.ts';

const long = ['train', '--dataset', 'mnist', '--network', 'convnet', '--epochs', '1000', '--no-out'];

/** What a run prints on stderr before its first line on stdout. It is ended then. */
async function beforeRun(args: readonly string[]): Promise<string> {
  const child = startProgram(args, temporaryDirectory());
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  try {
    for await (const _ of child.stdout) return text;
    return text;
  } finally {
    child.kill('SIGKILL');
  }
}

// A stall of the machine while floats are measured may hide what they save.
test('a long run of images says first what float32 would save, unless it asks for a precision', {
  retry: 3,
}, async () => {
  expect(await beforeRun(long)).toMatch(
    /^gradloom train: measured: training for 1,000 epochs takes [\d.]+ .*, and [\d.]+ .* with --precision float32\n$/,
  );
  expect(await beforeRun([...long, '--precision', 'float64'])).toBe('');
});
