import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LAST_FILE } from '@gradloom/runtime';
import type { Death } from './launchers.ts';

/** 'rank 2 of 4 has died: signal 9', or 'one of 4 ranks (process 4711 on host) has died: signal 9'. */
export function describeDeath({ rank, pid, host, how }: Death, ranks: number): string {
  const process = pid === null ? '' : ` (process ${pid}${host === null ? '' : ` on ${host}`})`;
  const who = rank === null ? `one of ${ranks} ranks${process}` : `rank ${rank} of ${ranks}`;
  return `${who} has died: ${how}`;
}

/** 'ended by SIGINT; the last checkpoint is runs/mnist-1/last.gradloom', for a run that writes to `out`. */
export const withCheckpoint = (sentence: string, out: string | null): string =>
  `${sentence}; ${describeCheckpoint(out === null ? null : join(out, LAST_FILE))}`;

/** 'the last checkpoint is runs/mnist-1/last.gradloom'. */
export const describeCheckpoint = (last: string | null): string =>
  last !== null && existsSync(last) ? `the last checkpoint is ${last}` : 'there is no checkpoint yet';

/**
 * Exit code of a training that ended because ranks did not arrive within the time limit (EX_TEMPFAIL of sysexits.h).
 * Unlike the other exit codes of this program, it allows a restart.
 */
export const LATE_CODE = 75;
