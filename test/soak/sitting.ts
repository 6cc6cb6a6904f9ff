import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Random } from '@gradloom/core';
import type { PlannedFault } from '../support/fault.ts';
import { endOf, startProgram } from '../support/start-program.ts';

/** A process that takes part in a run: how it is to be disturbed, and how it ended. */
export interface Sitting {
  readonly disturbance: Disturbance;
  readonly ended: 'well' | 'stopped' | 'killed' | 'badly' | 'not at all';
  readonly recoveries: number; // threads that failed, after which it went on
  readonly rollbacks: number;
  readonly message: string; // what it printed to stderr, where it ended badly
}

const signals = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;
const others = ['none', 'thread exits', 'thread throws'] as const;
export const disturbances = [...signals, ...others];
export type Disturbance = (typeof disturbances)[number];

/** A run meets two signals or so before it comes to its end. */
const SIGNALS = 0.7;

/** Nothing trains for so long, however busy the machine. */
const LIMIT_MS = 120_000;

/** Of the signals one in five comes at any time from the start of the process on; the others while it trains. */
const EARLY = 0.2;
const START_MS = 4000;
const TRAINING_MS = 2500;

/** Exit codes of a run that was told to stop. */
const STOPPED = new Set([130, 143]);

/** Starts a run, or goes on with it, on 1 to 4 threads. */
export async function sit(out: string, args: readonly string[], random: Random): Promise<Sitting> {
  const kinds = random.uniform() < SIGNALS ? signals : others;
  const disturbance = kinds[random.integer(kinds.length)];
  const marks = mkdtempSync(join(tmpdir(), 'gradloom-marks-'));
  // One thread alone meets nobody at a barrier, where faults come.
  const least = disturbance.startsWith('thread') ? 2 : 1;
  const threads = ['--threads', String(least + random.integer(5 - least))];
  const child = startProgram([...nextArgs(out, args), ...threads, '--json'], tmpdir(), {
    preload: 'fault',
    env: { GRADLOOM_TEST_FAULT: JSON.stringify(plannedFault(disturbance, marks, random)) },
  });
  let timer: NodeJS.Timeout | undefined;
  const isEarly = random.uniform() < EARLY;
  const afterMs = random.integer(isEarly ? START_MS : TRAINING_MS);
  const disturb = () => {
    timer = setTimeout(() => child.kill(disturbance as NodeJS.Signals), afterMs);
  };
  if (disturbance.startsWith('SIG')) isEarly ? disturb() : child.stdout.once('data', disturb);
  let isStuck = false;
  const limit = setTimeout(() => {
    isStuck = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  const { code, signal, stdout, stderr } = await endOf(child);
  clearTimeout(timer);
  clearTimeout(limit);
  rmSync(marks, { recursive: true });
  const ended = isStuck
    ? 'not at all'
    : code === 0
      ? 'well'
      : STOPPED.has(code ?? 0)
        ? 'stopped'
        : signal === disturbance
          ? 'killed'
          : 'badly';
  const count = (event: string) => stdout.split(`{"event":"${event}"`).length - 1;
  return {
    disturbance,
    ended,
    recoveries: count('recovery'),
    rollbacks: count('rollback'),
    message: ended === 'badly' ? stderr : '',
  };
}

/** A run of which not even the configuration was written is started again. */
function nextArgs(out: string, args: readonly string[]): string[] {
  if (existsSync(join(out, 'config.json'))) return ['train', '--resume', out];
  rmSync(out, { recursive: true, force: true });
  return ['train', ...args, '--backend', 'wasm', '--out', out];
}

/** Up to two failures: three in a row may be. */
function plannedFault(disturbance: Disturbance, marks: string, random: Random): Partial<PlannedFault> {
  const [arrivals, times] = [1 + random.integer(10 ** (1 + random.integer(4))), 1 + random.integer(2)];
  if (disturbance === 'thread exits') return { kind: 'exit', arrivals, times, marks };
  return disturbance === 'thread throws' ? { kind: 'throw', arrivals, times, marks } : {};
}
