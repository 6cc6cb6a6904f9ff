import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createModel, saveModel } from '@gradloom/runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';
import { needs } from '../../../support/needs.ts';
import { programFile } from '../../../support/program-file.ts';
import { createScreen } from '../../../support/screen.ts';
import { textModel } from '../../../support/serving.ts';

const COLUMNS = 80;
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`);
const PANEL = /[█░▁▂▃▄▅▆▇]/;
const moons = ['train', '--dataset', 'moons:rows=2000', '--hidden', '64,64', '--batch', '256', '--backend', 'wasm'];
const endless = [...moons, '--threads', '2', '--epochs', '1000000', '--no-out'];

/** The program in a real terminal of 80 columns; it prints to `text`, and reads what is typed. */
function startOnTerminal(args: readonly string[], env: Record<string, string> = {}) {
  const words = [process.execPath, programFile('program'), ...args];
  const line = `stty cols ${COLUMNS} rows 24; exec ${words.map((word) => `'${word}'`).join(' ')}`;
  const { NO_COLOR: _, ...outer } = process.env;
  const child: ChildProcessWithoutNullStreams = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: temporaryDirectory(),
    env: { ...outer, TERM: 'xterm', SHELL: '/bin/bash', ...env },
  });
  onTestFinished(() => void child.kill());
  const closed = once(child, 'close');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    /** Waits until what was printed matches. */
    async shows(pattern: RegExp): Promise<void> {
      while (!pattern.test(text)) {
        if (child.exitCode !== null) throw new Error(`the program has ended: ${text}`);
        await Promise.race([once(child.stdout, 'data'), closed]);
      }
    },
    type: (keys: string) => child.stdin.write(keys),
    /** Exit code, all that was printed, and what of it a screen shows in the end. */
    async end() {
      const [code] = await closed;
      const screen = createScreen(COLUMNS);
      screen.stream.write(text);
      return { code, text, lines: await screen.lines(), cursor: await screen.cursor() };
    },
  };
}

const CONTROL_C = '\u0003';

// A process that starts from the sources takes its time on a busy machine.
const TIME_LIMIT = 180_000;

describe('on a real terminal', { ...needs('script', 'bash'), timeout: TIME_LIMIT }, () => {
  test('a finished run removes its panel, and leaves the lines that a pipe would have', async () => {
    const run = startOnTerminal([...moons, '--threads', '2', '--epochs', '250', '--no-out']);
    const { code, text, lines } = await run.end();
    expect(code).toBe(0);
    expect(text).toMatch(/threads .*1 .*█?░?.* %/);
    expect(lines[0]).toMatch(/^moons: 1,600 training/);
    expect(
      lines
        .slice(4)
        .filter((line) => line !== '')
        .map((line) => line.split(/ {2}| \d/)[0]),
    ).toEqual([
      ...lines
        .slice(4)
        .filter((line) => line.startsWith('epoch'))
        .map(() => 'epoch'),
      ...['test accuracy', 'Trained', 'test accuracy', 'test loss', 'training loss', 'steps', 'samples/s', 'threads'],
      ...['backend', 'fingerprint', 'written to'],
    ]);
    expect(lines.join()).not.toMatch(PANEL);
  });

  test('Ctrl-C takes the panel away, and what it says stays above the summary', async () => {
    const run = startOnTerminal(endless);
    await run.shows(/threads.* %/);
    run.type(CONTROL_C);
    const { code, lines } = await run.end();
    expect(code).toBe(130);
    expect(lines.join()).not.toMatch(PANEL);
    const said = lines.indexOf('gradloom train: SIGINT: ending; a second signal ends at once');
    expect(lines.slice(said + 1, said + 4)).toEqual([
      '',
      expect.stringMatching(/^test accuracy .* %; always answering [01]: /),
      expect.stringMatching(/^Stopped after /),
    ]);
    expect(lines.join()).not.toContain('^C');
  });

  test('a second Ctrl-C ends at once, and the next output starts on a new line', async () => {
    const run = startOnTerminal([
      'train',
      '--dataset',
      'moons:rows=2000',
      ...'--hidden 512,512 --batch full --epochs 1000 --no-out'.split(' '),
    ]);
    await run.shows(/threads.* %/);
    run.type(CONTROL_C);
    await run.shows(/a second signal ends at once/);
    run.type(CONTROL_C);
    const { text, cursor, lines } = await run.end();
    expect(text).not.toContain('\u001b[?25l');
    // The terminal itself shows what was typed.
    expect(['', '^C']).toContain(lines[cursor.line] ?? '');
  });

  test('a run that fails prints so below its output, without a panel', async () => {
    const folder = temporaryDirectory();
    const out = join(folder, 'run');
    const run = startOnTerminal([...endless.slice(0, -1), '--checkpoint-every', '100', '--out', out]);
    // The first checkpoint would make the folder anew.
    while (!existsSync(join(out, 'last.gradloom'))) await setImmediate();
    await run.shows(PANEL);
    renameSync(out, join(folder, 'away'));
    await run.shows(/warning: the checkpoint of/);
    run.type(CONTROL_C);
    const { code, lines } = await run.end();
    expect(code).toBe(1);
    expect(lines.join()).not.toMatch(PANEL);
    const said = lines.filter((line) => line.startsWith('gradloom train:'));
    expect(said).toEqual([
      expect.stringMatching(/^gradloom train: warning: the checkpoint of step \d+ could not be written, /),
      expect.stringMatching(/^gradloom train: SIGINT/),
      expect.stringMatching(/^gradloom train: .*model\.gradloom cannot be/),
    ]);
  });

  test.each([
    ['TERM=dumb', ['--epochs', '40'], { TERM: 'dumb' }],
    ...onlyInAll<[string, string[], Record<string, string>]>(
      ['--quiet', ['--quiet', '--epochs', '40'], {}],
      ['--json', ['--json', '--epochs', '40'], {}],
    ),
  ])('%s draws nothing', async (_name, more, env) => {
    const { code, text } = await startOnTerminal([...moons, '--no-out', ...more], env).end();
    expect(code).toBe(0);
    expect(text).not.toMatch(PANEL);
  });

  test('NO_COLOR takes the colours, not the panel', async () => {
    const { text } = await startOnTerminal([...moons, '--threads', '1', '--epochs', '150', '--no-out'], {
      NO_COLOR: '1',
    }).end();
    expect(text).toMatch(/threads {2}1 /);
    expect(text).not.toMatch(COLOUR);
  });

  test('text is shown as it is written, and Ctrl-C ends it', async () => {
    const path = join(temporaryDirectory(), 'model.gradloom');
    saveModel(path, textModel);
    const text = `ab${[...createModel(textModel).generate('ab', { tokens: 60 })].join('')}`;
    const whole = await startOnTerminal(['generate', path, '--prompt', 'ab', '--tokens', '60']).end();
    expect(whole).toMatchObject({ code: 0, text: `${text.replaceAll('\n', '\r\n')}\r\n` });
    const endless = startOnTerminal(['generate', path, '--tokens', '1000000000']);
    await endless.shows(/[ab].*[ab]/s);
    endless.type(CONTROL_C);
    expect((await endless.end()).code).toBe(130);
  });
});
