import { show } from '@gradloom/core/internal';
import { loadKoffi } from '../../system/native/koffi.ts';
import type { Connection, Link } from '../cluster.ts';
import { messagesOf, planRequests, type Requests, tagOf } from './exchange.ts';
import { receiveFailure } from './failures.ts';
import { openMpi } from './find-mpi.ts';
import { type Ledger, openLedger, TROUBLE } from './ledger.ts';
import { createMailbox } from './mailbox.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** Tests before a waiting thread yields its core, about 0.1 ms: a fast network is done by then. */
const SPINS = 300;

/** Tests between two checks of the clock and of failures of other ranks. */
const TESTS_PER_CHECK = 32;

/** Connects a thread to the other ranks of its process's cluster. @throws Error for another connection. */
export function openLink(connection: Connection): Link {
  if (!(connection?.ledger instanceof SharedArrayBuffer)) {
    throw new Error(`openLink: connection has ${show(connection)}, expected that of a cluster`);
  }
  const mpi = openMpi(connection.path);
  const ledger = openLedger(connection.ledger, connection.ranks, mpi.family.requestBytes);
  const waitFor = createWaiter(mpi, ledger, connection);
  return {
    plan(transfers, channel) {
      const messages = messagesOf(transfers);
      const requests = planRequests(mpi, messages, tagOf(channel), ledger.reserve(messages.length));
      return { ...requests, wait: (isAborted) => waitFor(requests, isAborted) };
    },
  };
}

/** Returns a function that waits for requests. It returns false if the run aborts, a rank fails or the time is up. */
function createWaiter(
  mpi: MpiLibrary,
  ledger: Ledger,
  { timeLimitMs }: Connection,
): (requests: Requests, isAborted: () => boolean) => boolean {
  const mailbox = createMailbox(mpi);
  const yieldCore = loadKoffi().load(null).func('int sched_yield()');
  return (requests, isAborted) => {
    if (requests.isDone()) return true;
    const startMs = performance.now();
    for (let tests = 1; !requests.isDone(); tests++) {
      if (tests % TESTS_PER_CHECK === 0) {
        if (isAborted() || ledger.trouble !== TROUBLE.none || receiveFailure(mailbox, ledger)) return false;
        if (ledger.isQuestioned) ledger.answerAwaited(requests.pending());
        if (performance.now() - startMs > timeLimitMs) {
          ledger.recordLate(requests.pending());
          return false;
        }
      }
      if (tests > SPINS) yieldCore();
    }
    return true;
  };
}
