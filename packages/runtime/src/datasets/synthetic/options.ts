import { OptionError } from '@gradloom/core';
import { number, onlyKeys, positiveInteger } from '@gradloom/core/internal';
import { mebibytes } from '../../memory.ts';
import { memoryRoom } from '../../memory-room.ts';

export interface SyntheticOptions {
  rows?: number; // N
  noise?: number; // standard deviation of the normal noise on the inputs; on the targets where these are values
  seed?: number; // default 0
}

export interface ClassOptions extends SyntheticOptions {
  classes?: number;
}

/** Of two inputs, a target and its place in the order; and once more for the parts that a set is split into. */
const BYTES_A_ROW = 2 * (2 * 8 + 4 + 4);

/** The options with their defaults filled in. @throws Error naming the option, what it has and what it should have. */
export function withDefaults<T extends ClassOptions>(where: string, options: T, defaults: Required<T>): Required<T> {
  onlyKeys(where, options, Object.keys(defaults));
  const filled = { ...defaults, ...options };
  checkRoom(where, positiveInteger(where, 'rows', filled.rows));
  number(where, 'noise', filled.noise, 'of at least 0', (noise) => noise >= 0);
  if (filled.classes !== undefined) positiveInteger(where, 'classes', filled.classes);
  return filled;
}

function checkRoom(where: string, rows: number): void {
  const needed = rows * BYTES_A_ROW;
  const { bytes: free, bound } = memoryRoom();
  if (needed <= free) return;
  const problem = `has ${rows}, which take ${mebibytes(needed)}, expected at most ${mebibytes(free)} of them (${bound})`;
  throw new OptionError(where, 'rows', problem);
}
