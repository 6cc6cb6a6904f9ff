import { viewOf } from '@gradloom/core/internal';
import type { SharedNumbers, Transfer } from '../cluster.ts';
import { ClusterError } from '../cluster-error.ts';
import { REQUEST, type Slots } from './ledger.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** Largest message: MPI counts in 32 bits. */
export const PIECE_BYTES = 2 ** 30;

/** Requests that are started and tested together. */
export interface Requests {
  start(): void;
  /** Whether all are done or were never started; lets them progress. */
  isDone(): boolean;
  /** The ranks whose messages are not done, in order. */
  pending(): number[];
}

/** Cuts transfers into messages, receives first, so that memory waits for the data that arrives. */
export function messagesOf(transfers: readonly Transfer[], pieceBytes = PIECE_BYTES): Transfer[] {
  const pieces = transfers.flatMap(({ kind, peer, numbers }): Transfer[] =>
    cutBytes(numbers, pieceBytes).map((piece) => ({ kind, peer, numbers: piece })),
  );
  const messagesOfKind = (direction: Transfer['kind']): Transfer[] => pieces.filter(({ kind }) => kind === direction);
  return [...messagesOfKind('receive'), ...messagesOfKind('send')];
}

/** Makes one persistent request per message, in the given slots. MPI keeps the order of messages with the same tag. */
export function planRequests(mpi: MpiLibrary, messages: readonly Transfer[], tag: number, slots: Slots): Requests {
  const { byte, world } = mpi.handles;
  const requestOf = requestAt(mpi, slots);
  for (const [slot, { kind, peer, numbers }] of messages.entries()) {
    const make = kind === 'send' ? 'MPI_Send_init' : 'MPI_Recv_init';
    mpi.call(make, numbers, numbers.byteLength, byte, peer, tag, world, requestOf(slot));
    slots.kinds[slot] = REQUEST[kind];
  }
  const requests = messages.map((_, slot) => requestOf(slot));
  const { MPI_Start } = mpi.functions;
  return {
    ...testsOf(
      mpi,
      slots,
      messages.map(({ peer }) => peer),
    ),
    start() {
      if (slots.started[0] === 1) throw new ClusterError('cluster: an exchange is started while it is under way');
      slots.started.fill(1);
      // One by one: MPI_Startall may start them in any order, but order decides which message is which.
      for (const request of requests) {
        const code = Number(MPI_Start(request));
        if (code !== 0) throw mpi.errorOf('MPI_Start', code);
      }
    },
  };
}

/** Tests the requests in these slots. `peers` has the rank of each. */
export function testsOf(mpi: MpiLibrary, slots: Slots, peers: readonly number[]): Pick<Requests, 'isDone' | 'pending'> {
  const { MPI_Testall } = mpi.functions;
  const { ignoreStatus } = mpi.family;
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const { requests, started } = slots;
  const count = peers.length;
  return {
    isDone() {
      if (count === 0 || started[0] === 0) return true;
      const code = Number(MPI_Testall(count, requests, flag, ignoreStatus));
      if (code !== 0) throw mpi.errorOf('MPI_Testall', code);
      if (flag[0] === 0) return false;
      started.fill(0);
      return true;
    },
    pending() {
      const handleAt = handleReader(mpi, slots);
      const ranks = new Set<number>();
      for (const [slot, peer] of peers.entries()) {
        if (started[slot] === 0) continue;
        mpi.call('MPI_Request_get_status', handleAt(slot), flag, ignoreStatus);
        if (flag[0] === 0) ranks.add(peer);
      }
      return [...ranks].sort((a, b) => a - b);
    },
  };
}

/** Frees requests that are not pending. */
export function freeRequests(mpi: MpiLibrary, slots: Slots): void {
  const requestOf = requestAt(mpi, slots);
  for (const [slot, kind] of slots.kinds.entries()) {
    if (kind === REQUEST.send || kind === REQUEST.receive) mpi.call('MPI_Request_free', requestOf(slot));
    slots.kinds[slot] = REQUEST.none;
  }
}

/** The memory of one request, for functions that take its address. */
export function requestAt(mpi: MpiLibrary, slots: Slots): (slot: number) => Uint8Array<SharedArrayBuffer> {
  const { requestBytes } = mpi.family;
  return (slot) => viewOf(slots.requests, slot * requestBytes, requestBytes);
}

/** The request handle, for functions that take its value. */
function handleReader(mpi: MpiLibrary, { requests }: Slots): (slot: number) => unknown {
  const view = new DataView(requests.buffer, requests.byteOffset, requests.byteLength);
  return mpi.family.requestBytes === 8
    ? (slot) => view.getBigUint64(slot * 8, true)
    : (slot) => view.getInt32(slot * 4, true);
}

function cutBytes(numbers: SharedNumbers, pieceBytes: number): Uint8Array<SharedArrayBuffer>[] {
  const pieces: Uint8Array<SharedArrayBuffer>[] = [];
  for (let from = 0; from < numbers.byteLength; from += pieceBytes) {
    const bytes = Math.min(pieceBytes, numbers.byteLength - from);
    pieces.push(new Uint8Array(numbers.buffer, numbers.byteOffset + from, bytes));
  }
  return pieces;
}

/** Tags keep messages of different meaning apart. MPI promises tags up to 32,767. */
export const TAGS = { failure: 1, stop: 2, gather: 3, broadcast: 4, move: 5, ready: 6, late: 9 };

const FIRST_CHANNEL = 16;
const LAST_TAG = 32_767;

/** The MPI tag of a channel. @throws RangeError if the channel is out of range. */
export function tagOf(channel: number): number {
  const last = LAST_TAG - FIRST_CHANNEL;
  if (Number.isInteger(channel) && channel >= 0 && channel <= last) return FIRST_CHANNEL + channel;
  throw new RangeError(`cluster: channel has ${channel}, expected an integer from 0 to ${last}`);
}
