import { totalmem } from 'node:os';
import { OptionError } from '@gradloom/core';

/** Something that a run keeps in memory. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
  readonly option?: string; // that its size follows from, beside the layers
}

/**
 * Bytes that this process may still take, within the limit of its container. macOS counts memory that holds files as taken
 * though it gives it away: there it is all of the machine's.
 */
export const freeMemory = (): number => (process.platform === 'darwin' ? totalmem() : process.availableMemory());

/** @throws OptionError with the size of each part where they need more than `limit` bytes together. */
export function checkMemory(parts: readonly Part[], limit: number, what: string): void {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes <= limit) return;
  const { option } = parts.reduce((most, part) => (part.bytes > most.bytes ? part : most));
  const sums = new Map<string, number>();
  for (const part of parts) sums.set(part.name, (sums.get(part.name) ?? 0) + part.bytes);
  const sizes = [...sums]
    .filter(([, size]) => size >= 1024 ** 2)
    .map(([name, size]) => `${name} ${mebibytes(size)}`)
    .join(', ');
  const problem = `has ${mebibytes(bytes)}, expected at most ${mebibytes(limit)} (${what}): ${sizes}`;
  throw new OptionError('train', ['layers', ...(option === undefined ? [] : [option])], problem, { about: 'the plan' });
}

export const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
