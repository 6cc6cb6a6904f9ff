import { ClusterError, namesOf } from '../cluster-error.ts';
import { requestAt, TAGS } from './exchange.ts';
import { REQUEST, type Slots } from './ledger.ts';
import { fromBytes, type Mailbox, toBytes } from './mailbox.ts';
import type { MpiLibrary } from './mpi-library.ts';
import type { PendingRequests } from './pending-requests.ts';
import { waitFor } from './wait-for.ts';

interface StopMessage<T> {
  readonly leaves: boolean; // leaves the cluster for good
  readonly value: T;
}

export interface StopContext {
  readonly mpi: MpiLibrary;
  readonly mailbox: Mailbox;
  readonly rank: number;
  readonly ranks: number;
  readonly timeLimitMs: number;
  readonly requests: Pick<PendingRequests, 'allSlots'>;
  /** The failure that stops the ranks, if any. */
  trouble(): ClusterError | null;
  /** Whether a rank has died and will not answer. */
  hasDeadRank(): boolean;
}

/**
 * All ranks end their pending messages: messages that no rank waits for are received and dropped, so that later
 * calls do not see them. Messages of one rank arrive in order, so its stop message separates what it sent before from
 * what it sends later. Returns the messages of all ranks, in order.
 */
export async function stopTogether<T>(context: StopContext, stopMessage: StopMessage<T>): Promise<StopMessage<T>[]> {
  const { mpi, mailbox, rank, ranks, timeLimitMs, requests } = context;
  const slots = requests.allSlots();
  for (const range of slots) cancelReceives(mpi, range);
  const bytes = toBytes(stopMessage);
  for (let other = 0; other < ranks; other++) if (other !== rank) mailbox.send(other, TAGS.stop, bytes);
  const messages: (StopMessage<T> | undefined)[] = Array.from({ length: ranks });
  messages[rank] = stopMessage;
  const missingRanks = (): number[] => [...messages.keys()].filter((other) => messages[other] === undefined);
  const readUntilStop = (other: number): void => {
    for (;;) {
      const message = mailbox.receive(other, null);
      if (message === null) return;
      if (message.tag !== TAGS.stop) continue;
      messages[other] = fromBytes(message.bytes, other) as StopMessage<T>;
      return;
    }
  };
  const isDone = (): boolean => {
    const error = context.hasDeadRank() ? context.trouble() : null;
    if (error !== null) throw error;
    for (const other of missingRanks()) readUntilStop(other);
    const haveEnded = slots.map((range) => endRequests(mpi, range)).every(Boolean);
    return mailbox.isSent() && haveEnded && missingRanks().length === 0;
  };
  await waitFor({ predicate: 'did not stop what was under way', isDone, missingRanks }, ranks, timeLimitMs);
  return messages as StopMessage<T>[];
}

/** @throws ClusterError if ranks leave. */
export function refuseLeavers(messages: readonly StopMessage<unknown>[]): void {
  const leavers = [...messages.keys()].filter((rank) => messages[rank].leaves);
  if (leavers.length === 0) return;
  const verb = leavers.length === 1 ? 'has left' : 'have left';
  throw new ClusterError(`cluster: ${namesOf(leavers, messages.length)} ${verb}`, leavers);
}

function cancelReceives(mpi: MpiLibrary, slots: Slots): void {
  const requestOf = requestAt(mpi, slots);
  for (const [slot, kind] of slots.kinds.entries()) {
    if (slots.started[slot] === 0) continue;
    if (kind === REQUEST.receive) mpi.call('MPI_Cancel', requestOf(slot));
  }
}

/** Lets the requests progress. Returns whether none of them is pending any more. */
function endRequests(mpi: MpiLibrary, slots: Slots): boolean {
  const requestOf = requestAt(mpi, slots);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  for (let slot = slots.started.indexOf(1); slot !== -1; slot = slots.started.indexOf(1, slot + 1)) {
    mpi.call('MPI_Test', requestOf(slot), flag, mpi.family.ignoreStatus);
    if (flag[0] !== 0) slots.started[slot] = 0;
  }
  return !slots.started.includes(1);
}
