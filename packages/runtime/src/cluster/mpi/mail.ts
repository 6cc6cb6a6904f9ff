import { deserialize, serialize } from 'node:v8';
import { ClusterError } from '../cluster-error.ts';
import type { MpiLibrary } from './mpi-library.ts';

/** Small messages of the main thread, whose length the receiver does not know beforehand. */
export interface Mail {
  /** Starts to send. */
  send(rank: number, tag: number, bytes: Uint8Array): void;
  /** The next message of a rank with a tag, if it is there. null takes one of any rank, or with any tag. */
  take(rank: number | null, tag: number | null): Letter | null;
  /** Whether all that was sent is on its way without us; moves it on. */
  isSent(): boolean;
}

export interface Letter {
  readonly rank: number;
  readonly tag: number;
  readonly bytes: Uint8Array;
}

interface Sending {
  readonly bytes: Uint8Array; // held until MPI has read them
  readonly request: Uint8Array<SharedArrayBuffer>;
}

const ANY_TAG = -1; // in all families

export function createMail(mpi: MpiLibrary): Mail {
  const { world, byte } = mpi.handles;
  const { anySource, ignoreStatus, sourceWord } = mpi.family;
  const { MPI_Iprobe } = mpi.functions;
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const count = new Int32Array(new SharedArrayBuffer(4));
  const status = new Int32Array(new SharedArrayBuffer(64));
  let sending: Sending[] = [];
  const isDone = ({ request }: Sending): boolean => {
    mpi.call('MPI_Test', request, flag, ignoreStatus);
    return flag[0] !== 0;
  };
  return {
    send(rank, tag, bytes) {
      const copy = sharedBytes(bytes.length);
      copy.set(bytes);
      const request = sharedBytes(8);
      mpi.call('MPI_Isend', copy, bytes.length, byte, rank, tag, world, request);
      sending.push({ bytes: copy, request });
    },
    take(rank, tag) {
      const code = Number(MPI_Iprobe(rank ?? anySource, tag ?? ANY_TAG, world, flag, status));
      if (code !== 0) throw mpi.refuse('MPI_Iprobe', code);
      if (flag[0] === 0) return null;
      mpi.call('MPI_Get_count', status, byte, count);
      const from = { rank: status[sourceWord], tag: status[sourceWord + 1] };
      return { ...from, bytes: receiveNow(mpi, count[0], from.rank, from.tag) };
    },
    isSent() {
      sending = sending.filter((one) => !isDone(one));
      return sending.length === 0;
    },
  };
}

/** Receives a message that has arrived. */
function receiveNow(mpi: MpiLibrary, length: number, rank: number, tag: number): Uint8Array {
  const bytes = sharedBytes(length);
  const request = sharedBytes(8);
  const flag = new Int32Array(new SharedArrayBuffer(4));
  mpi.call('MPI_Irecv', bytes, length, mpi.handles.byte, rank, tag, mpi.handles.world, request);
  do mpi.call('MPI_Test', request, flag, mpi.family.ignoreStatus);
  while (flag[0] === 0);
  return bytes.slice(0, length);
}

/** Memory that V8 does not move, as it may move that of a small array of its own. */
function sharedBytes(length: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(Math.max(8, length)));
}

/** A value as bytes: NaN, -0, typed arrays and undefined stay what they are. */
export function toBytes(value: unknown): Uint8Array {
  return serialize(value);
}

/** @throws ClusterError where another version of Node.js has written them. */
export function fromBytes(bytes: Uint8Array, rank: number): unknown {
  try {
    return deserialize(bytes);
  } catch (cause) {
    const message = `cluster: rank ${rank} has sent what Node.js ${process.versions.node} cannot read`;
    throw new ClusterError(`${message}, expected the same version of Node.js on all ranks`, [rank], { cause });
  }
}
