import type { Network } from '@gradloom/core';
import { badLoss, badOverflow, type Fault } from './diagnose.ts';
import { allFinite } from './finite.ts';
import type { RunSetup } from './protocol.ts';

/** The first step of a run that is not finite. */
export interface BadStep extends Fault {
  readonly step: number;
}

export interface BadSpan {
  network: Network;
  setup: RunSetup;
  theta: Float64Array; // [P] of the run
  first: number; // step of the span
  last: number; // step that it ended with
  isSeen: boolean; // the loss or norm of the last is not finite
  replay: (end: number) => Promise<void>; // brings back the state before step `end`, from that before `first`
}

/**
 * Goes back to the state before the first bad step of a span, and says what is bad in it: the last of the span where its loss
 * or norm is, unless an update before had taken a weight out of range, which no loss has to show.
 */
export async function findBadStep({ network, setup, theta, first, last, isSeen, replay }: BadSpan): Promise<BadStep> {
  let before = first; // the weights are finite before this step
  let after = last + 1;
  if (isSeen) {
    await replay(last);
    if (allFinite(theta)) return { step: last, ...badLoss(setup, network, theta, last) };
    after = last;
  }
  // A weight that is not finite stays so: what lies between is halved.
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    await replay(middle);
    if (allFinite(theta)) before = middle;
    else after = middle;
  }
  await replay(before + 1);
  const overflow = badOverflow(network, theta, before);
  await replay(before);
  return { step: before, ...overflow };
}
