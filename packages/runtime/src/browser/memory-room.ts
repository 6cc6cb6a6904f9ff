import type { MemoryRoom } from '../system/memory/memory.ts';

/** Browsers do not tell how much memory they have; a tab gets at least this much. Replaces the module of this name. */
export const memoryRoom = (): MemoryRoom => ({ bytes: 1024 ** 3, bound: 'memory of a tab' });

/** @throws Error for arrays that a tab may have no memory for. */
export function refuseBeyondRoom(bytes: number): void {
  const room = memoryRoom();
  if (bytes > room.bytes) throw new RangeError(`arrays have ${bytes} bytes, expected at most ${room.bytes}`);
}
