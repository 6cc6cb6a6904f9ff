import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_FILE } from '@gradloom/runtime';
import type { Death } from './launchers.ts';

/** 'rank 2 of 4 has died (signal 9); the last checkpoint is runs/mnist-1/last.gradloom'. */
export function describeDeath({ rank, pid, host, how }: Death, ranks: number, out: string | null): string {
  const process = pid === null ? '' : ` (process ${pid}${host === null ? '' : ` on ${host}`})`;
  const who = rank === null ? `one of ${ranks} ranks${process}` : `rank ${rank} of ${ranks}`;
  return `${who} has died: ${how}; ${describeCheckpoint(lastIn(out))}`;
}

/**
 * 'a rank was late; the last checkpoint is runs/mnist-1/last.gradloom'. The waiting ranks have already named the late
 * one.
 */
export const describeLate = (out: string | null): string => `a rank was late; ${describeCheckpoint(lastIn(out))}`;

/** 'ended by SIGINT; the last checkpoint is runs/mnist-1/last.gradloom'. */
export const describeSignal = (name: string, out: string | null): string =>
  `ended by ${name}; ${describeCheckpoint(lastIn(out))}`;

const lastIn = (out: string | null): string | null => (out === null ? null : join(out, LAST_FILE));

/** 'the last checkpoint is runs/mnist-1/last.gradloom'. */
export const describeCheckpoint = (last: string | null): string =>
  last !== null && existsSync(last) ? `the last checkpoint is ${last}` : 'there is no checkpoint yet';

/**
 * Exit code of a training that ended because ranks did not arrive within the time limit (EX_TEMPFAIL of sysexits.h).
 * Unlike other own exit codes it allows a restart.
 */
export const LATE_CODE = 75;
