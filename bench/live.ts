import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median } from '../packages/cli/src/lab/figures/range.ts';
import { count, orRefuse } from './options.ts';

// How much more processor time does a training take that is watched? Pairs of runs in turns: one without a page, and
// one with --live whose stream curl reads. Run alone on the machine.
// Usage: npm run bench:live -- [--pairs 10] [--epochs 100] [--threads 1]

const { values } = orRefuse(() =>
  parseArgs({
    options: {
      pairs: { type: 'string', default: '10' },
      epochs: { type: 'string', default: '100' },
      threads: { type: 'string', default: '1' }, // with more, the time that they wait for each other varies by more
    },
  }),
);
const pairs = count('pairs', values.pairs);
const epochs = count('epochs', values.epochs);
const threads = count('threads', values.threads);

const gradloom = join(import.meta.dirname, '../packages/cli/bin/gradloom.js');
const folder = mkdtempSync(join(tmpdir(), 'gradloom-live-'));

/** Processor seconds of a training process with all its threads, as bash reports them. */
async function train(out: string, isWatched: boolean): Promise<number> {
  const args = ['train', '--dataset', 'mnist', '--epochs', `${epochs}`, '--threads', `${threads}`, '--quiet'];
  const words = [process.execPath, gradloom, ...args, '--out', join(folder, out), ...(isWatched ? ['--live'] : [])];
  const timed = ['-c', 'TIMEFORMAT="cpu %U %S"; time "$@"', 'bash', ...words];
  const child = spawn('bash', timed, { stdio: ['ignore', 'ignore', 'pipe'] });
  let seconds = Number.NaN;
  for await (const line of createInterface({ input: child.stderr })) {
    const [url] = /http:\S+/.exec(line) ?? [];
    if (url !== undefined) spawn('curl', ['-sN', url.replace('/?', '/events?')], { stdio: 'ignore' });
    const [, user, system] = /^cpu (\S+) (\S+)$/.exec(line) ?? [];
    if (user !== undefined) seconds = Number(user) + Number(system);
  }
  if (child.exitCode === null) await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`bench: a training has ended with ${child.exitCode}, expected 0`);
  return seconds;
}

try {
  const shares: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const order = pair % 2 === 0 ? [false, true] : [true, false];
    const seconds = new Map<boolean, number>();
    for (const isWatched of order) seconds.set(isWatched, await train(`${pair}-${isWatched}`, isWatched));
    const [alone = Number.NaN, watched = Number.NaN] = [seconds.get(false), seconds.get(true)];
    shares.push(watched / alone - 1);
    console.log(
      `${alone.toFixed(2)} s alone, ${watched.toFixed(2)} s watched: ${(100 * (shares.at(-1) ?? 0)).toFixed(2)} %`,
    );
  }
  console.log(`median of ${pairs} pairs: ${(100 * median(shares)).toFixed(2)} % more processor time`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
