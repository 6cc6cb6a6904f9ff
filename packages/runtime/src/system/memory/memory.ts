import { OptionError } from '@gradloom/core';

/** A part of the memory of a run. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
  readonly option?: string; // options that determine its size, besides the layers
}

/** Available memory, and its limit in words. */
export interface MemoryRoom {
  readonly bytes: number;
  readonly bound: string;
  readonly option?: string; // option that sets this limit
}

export const bytesOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.bytes, 0);

/** @throws OptionError with the size of each part if they need more than is available. */
export function checkMemory(parts: readonly Part[], room: MemoryRoom): void {
  const bytes = bytesOf(parts);
  if (bytes <= room.bytes) return;
  const { option } = parts.reduce((largest, part) => (part.bytes > largest.bytes ? part : largest));
  const sums = new Map<string, number>();
  for (const part of parts) sums.set(part.name, (sums.get(part.name) ?? 0) + part.bytes);
  const sizes = [...sums]
    .filter(([, size]) => size >= 1024 ** 2)
    .map(([name, size]) => `${name} ${mebibytes(size)}`)
    .join(', ');
  const problem = `has ${mebibytes(bytes)}, expected at most ${mebibytes(room.bytes)} (${room.bound}): ${sizes}`;
  const options = ['layers', option, room.option].filter((name) => name !== undefined);
  throw new OptionError('train', options, problem, { about: 'the plan' });
}

export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
