import type { MemoryRoom } from '../system/memory/memory.ts';

/** Memory of a tab, at least: browsers do not tell how much they have. This replaces the module of `system/memory`. */
export const memoryRoom = (): MemoryRoom => ({ bytes: 1024 ** 3, bound: 'memory of a tab' });

/** @throws Error for arrays that a tab may have no memory for. */
export function refuseBeyondRoom(bytes: number): void {
  const room = memoryRoom();
  if (bytes > room.bytes) throw new RangeError(`arrays have ${bytes} bytes, expected at most ${room.bytes}`);
}
