import type { RecoveryEvent, RollbackEvent } from './reporter.ts';

/** 'a worker thread failed: …: new threads continue from step 120 (failures in a row: 1, at most 3)'. */
export const describeRecovery = ({ reason, step, failures, retries }: RecoveryEvent): string =>
  `${reason.replace(/^pool: /, '')}: new threads continue from step ${step} (failures in a row: ${failures}, at most ${retries})`;

/**
 * 'step 37, rows 16 to 31 of the batch: …: back to step 32, the start of its epoch, with 1/2 of the rate (rollback 1 of
 * 10)'.
 */
export const describeRollback = ({ reason, to, factor, rollbacks, limit }: RollbackEvent): string =>
  `${reason}: back to step ${to}, the start of its epoch, with 1/${1 / factor} of the learning rate (rollback ${rollbacks} of ${limit})`;
