import type { Pool } from '../../engine/threads/pool.ts';
import type { RunSetup } from '../../engine/threads/protocol.ts';
import { runOnTeam } from '../../engine/threads/span.ts';
import type { DiagnosisTask } from './diagnose.ts';
import type { Fault } from './first-finding.ts';

/** The first step of a run that is not finite. */
export interface BadStep extends Fault {
  readonly step: number;
}

export interface BadSpan {
  first: number; // first step of the span
  last: number; // last step of the span
  isSeen: boolean; // the loss or norm of the last step is not finite
  replay: (end: number) => Promise<void>; // restores the state before step `end` by replaying from `first`
  stateIsFinite: () => Promise<boolean>; // whether all weights and all numbers of the optimizer's state are finite
  diagnose: (step: number, of: DiagnosisTask['of']) => Promise<Fault>; // see diagnose.ts
}

/**
 * Goes back to the state before the first bad step of a span, and describes the problem. If its loss or norm is not
 * finite, the last step is bad, unless an earlier update already took a weight or a number of the optimizer's state out
 * of range, which the loss may not show.
 */
export async function findBadStep(span: BadSpan): Promise<BadStep> {
  const { first, last, isSeen, replay, stateIsFinite, diagnose } = span;
  let before = first; // last step known to start with a finite state
  let after = last + 1;
  if (isSeen) {
    await replay(last);
    if (await stateIsFinite()) return { step: last, ...(await diagnose(last, 'loss')) };
    after = last;
  }
  // Bisection, since a number that is not finite stays so.
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    await replay(middle);
    if (await stateIsFinite()) before = middle;
    else after = middle;
  }
  await replay(before + 1);
  const overflow = await diagnose(before, 'update');
  await replay(before);
  return { step: before, ...overflow };
}

/** Lets a thread diagnose a step: see diagnose.ts. */
export async function diagnoseStep(pool: Pool, setup: RunSetup, step: number, of: DiagnosisTask['of']): Promise<Fault> {
  const [fault] = await runOnTeam(
    pool,
    setup,
    1,
    (place): DiagnosisTask => ({ kind: 'diagnosis', ...place, step, of }),
  );
  return fault;
}
