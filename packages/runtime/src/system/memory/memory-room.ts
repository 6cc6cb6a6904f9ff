import { freemem, totalmem } from 'node:os';
import { OptionError } from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { cgroupMemory } from './cgroup-memory.ts';
import { type MemoryRoom, mebibytes } from './memory.ts';

let memoryLimit: number | null = null;

/**
 * Sets a memory limit for this process. Datasets and runs are then checked against it, in addition to free memory and
 * control groups. It limits what Gradloom uses on top of what the process already has, and never changes a result.
 * @param bytes the limit; null, the default, for none
 * @throws OptionError if it is not a whole number of at least 1, or less than the process already uses.
 */
export function limitMemory(bytes: number | null): void {
  if (bytes === null) {
    memoryLimit = null;
    return;
  }
  const limitBytes = option.positiveInteger.check('limitMemory', 'memoryLimit', bytes);
  const usedBytes = process.memoryUsage.rss();
  if (limitBytes < usedBytes) {
    const has =
      limitBytes < SMALL_BYTES ? `${limitBytes} ${limitBytes === 1 ? 'byte' : 'bytes'}` : mebibytes(limitBytes);
    const problem = `has ${has}, expected more than the ${mebibytes(usedBytes)} that this process already takes`;
    throw new OptionError('limitMemory', 'memoryLimit', problem);
  }
  memoryLimit = limitBytes;
}

/** Smaller allocations are not checked: reading the free memory takes as long as filling a quarter of them. */
const SMALL_BYTES = 1 << 20;

/** There is no memory for an array. A caller that knows its purpose rewords the message. */
export class RoomError extends RangeError {
  override readonly name = 'RoomError';
  readonly has: string;
  readonly expected: string;

  constructor(bytes: number, { bytes: free, bound }: MemoryRoom) {
    const has = `${mebibytes(bytes)} of numbers`;
    const expected = `at most ${mebibytes(free)} (${bound})`;
    super(`memory: an array has ${has}, expected ${expected}`);
    this.has = has;
    this.expected = expected;
  }
}

/** @throws RoomError if this many bytes do not fit into the memory that this process may still take. */
export function refuseBeyondRoom(bytes: number): void {
  if (bytes <= SMALL_BYTES) return;
  const room = memoryRoom();
  if (bytes > room.bytes) throw new RoomError(bytes, room);
}

/** Memory that this process may still use. */
export const memoryRoom = (): MemoryRoom => shareOfRoom(1);

/** Same as `memoryRoom`, divided among `sharers` processes. */
export function shareOfRoom(sharers: number): MemoryRoom {
  const perRank = sharers === 1 ? '' : `, for each of ${sharers} ranks`;
  // On macOS all memory of the machine: what it counts as used includes file caches, which it frees on demand.
  const free = process.platform === 'darwin' ? totalmem() : freemem();
  const rooms: MemoryRoom[] = [
    { bytes: free / sharers, bound: `what this machine has free${perRank}` },
    { bytes: cgroupMemory() / sharers, bound: `what the control group of this process has left${perRank}` },
  ];
  if (memoryLimit !== null) {
    const usedBytes = process.memoryUsage.rss();
    const bound = `what the limit of ${mebibytes(memoryLimit)} leaves a process that has ${mebibytes(usedBytes)}`;
    rooms.push({ bytes: Math.max(0, memoryLimit - usedBytes), bound, option: 'memoryLimit' });
  }
  return rooms.reduce((least, room) => (room.bytes < least.bytes ? room : least));
}
