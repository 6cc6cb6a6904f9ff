import { OptionError } from '@gradloom/core';
import { checkKeys, option } from '@gradloom/core/internal';
import { mebibytes } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';

/** Options of every synthetic dataset. */
export interface SyntheticOptions {
  /** N: number of rows. @default depends on the dataset: 4 for gates, 200 for spirals, else 100 */
  rows?: number;
  /** Standard deviation of the normal noise on the inputs, or on targets that are values. @default 0; 1 for blobs */
  noise?: number;
  /** Seed of the noise and the order of the rows. @default 0 */
  seed?: number;
}

/** Options of synthetic datasets with several classes. */
export interface ClassOptions extends SyntheticOptions {
  /** Number of classes, at most the number of rows. @default 2 for spirals, 3 for blobs */
  classes?: number;
}

/** Two inputs, a target and an index; twice, because a split copies the rows. */
const BYTES_A_ROW = 2 * (2 * 8 + 4 + 4);

/** The options with their defaults filled in. @throws Error naming the option, what it has and what it should have. */
export function withDefaults<T extends ClassOptions>(where: string, options: T, defaults: Required<T>): Required<T> {
  checkKeys(where, options, Object.keys(defaults));
  const settings = { ...defaults, ...options };
  checkRoom(where, option.positiveInteger.check(where, 'rows', settings.rows));
  option.nonNegative.check(where, 'noise', settings.noise);
  if (settings.classes !== undefined) option.positiveInteger.check(where, 'classes', settings.classes);
  return settings;
}

function checkRoom(where: string, rows: number): void {
  const neededBytes = rows * BYTES_A_ROW;
  const { bytes: freeBytes, bound } = memoryRoom();
  if (neededBytes <= freeBytes) return;
  const problem = `has ${rows}, which need ${mebibytes(neededBytes)} of memory, expected at most ${mebibytes(freeBytes)} (${bound})`;
  throw new OptionError(where, 'rows', problem);
}
