import { deserialize, serialize } from 'node:v8';
import { viewOf } from '@gradloom/core/internal';
import { ClusterError } from '../cluster-error.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** Small messages of the main thread, whose length the receiver does not know in advance. */
export interface Mailbox {
  /** Starts sending. */
  send(rank: number, tag: number, bytes: Uint8Array): void;
  /** The next message from a rank with a tag, if it has fully arrived. null stands for any rank or any tag. */
  receive(rank: number | null, tag: number | null): Message | null;
  /** Whether MPI has taken all sent messages; lets them progress. */
  isSent(): boolean;
}

export interface Message {
  readonly rank: number;
  readonly tag: number;
  readonly bytes: Uint8Array;
}

interface Sending {
  readonly bytes: Uint8Array; // kept alive until MPI has read them
  readonly request: Uint8Array<SharedArrayBuffer>;
}

/** A message whose bytes are still arriving. */
type Arriving = Message & Sending;

const ANY_TAG = -1; // -1 in all MPI implementations

export function createMailbox(mpi: MpiLibrary): Mailbox {
  const { world, byte } = mpi.handles;
  const { anySource, ignoreStatus, sourceWord } = mpi.family;
  const { MPI_Iprobe } = mpi.functions;
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const count = new Int32Array(new SharedArrayBuffer(4));
  const status = new Int32Array(new SharedArrayBuffer(64));
  let sending: Sending[] = [];
  let arriving: Arriving[] = [];
  const isDone = ({ request }: Sending): boolean => {
    mpi.call('MPI_Test', request, flag, ignoreStatus);
    return flag[0] !== 0;
  };
  /** Receives the message that `status` describes. */
  const startReceiving = (): Arriving => {
    mpi.call('MPI_Get_count', status, byte, count);
    const [from, tag, length] = [status[sourceWord], status[sourceWord + 1], count[0]];
    const bytes = sharedBytes(length);
    const request = sharedBytes(8);
    mpi.call('MPI_Irecv', bytes, length, byte, from, tag, world, request);
    return { rank: from, tag, bytes: viewOf(bytes, 0, length), request };
  };
  return {
    send(rank, tag, bytes) {
      const copy = sharedBytes(bytes.length);
      copy.set(bytes);
      const request = sharedBytes(8);
      mpi.call('MPI_Isend', copy, bytes.length, byte, rank, tag, world, request);
      sending.push({ bytes: copy, request });
    },
    receive(rank, tag) {
      // A message whose bytes are still arriving must not be overtaken by a later one.
      let message = arriving.find(
        (candidate) => (rank ?? candidate.rank) === candidate.rank && (tag ?? candidate.tag) === candidate.tag,
      );
      if (message === undefined) {
        const code = Number(MPI_Iprobe(rank ?? anySource, tag ?? ANY_TAG, world, flag, status));
        if (code !== 0) throw mpi.errorOf('MPI_Iprobe', code);
        if (flag[0] === 0) return null;
        message = startReceiving();
        arriving.push(message);
      }
      if (!isDone(message)) return null;
      arriving = arriving.filter((other) => other !== message);
      return { rank: message.rank, tag: message.tag, bytes: message.bytes.slice() };
    },
    isSent() {
      sending = sending.filter((message) => !isDone(message));
      return sending.length === 0;
    },
  };
}

/** Shared memory, since V8 may move the contents of a small array of its own. */
function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(Math.max(8, length)));
}

/** Serializes a value; NaN, -0, typed arrays and undefined survive. */
export function toBytes(value: unknown): Uint8Array {
  return serialize(value);
}

/** @throws ClusterError if another version of Node.js has written the bytes. */
export function fromBytes(bytes: Uint8Array, rank: number): unknown {
  try {
    return deserialize(bytes);
  } catch (cause) {
    const message = `cluster: rank ${rank} has sent data that Node.js ${process.versions.node} cannot read`;
    throw new ClusterError(`${message}, expected the same version of Node.js on all ranks`, [rank], { cause });
  }
}
