import { createHash, type Hash } from 'node:crypto';
import type { Pausable } from '@gradloom/core';
import { updateHash } from '../system/files/hash.ts';
import { littleEndianBytes } from '../system/files/little-endian.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { checkDataset } from './check-dataset.ts';
import type { DataMatrix, Dataset, FileRows } from './dataset.ts';
import { readStored } from './file-rows.ts';
import { type DataArray, sharedArrayLike } from './number-types.ts';

/**
 * SHA-256 of everything that training reads of a dataset: stored rows, targets, weights and lengths, sizes, divisors,
 * scales, classes.
 */
export function* datasetHash({ rows, inputs, targets, classes, weights, lengths, starts }: Dataset): Pausable<string> {
  const hash = createHash('sha256');
  // JSON omits what is undefined.
  hash.update(JSON.stringify({ rows, classes, starts }));
  yield* addMatrix(hash, inputs, rows, starts);
  yield* addMatrix(hash, targets, rows, starts);
  if (weights !== undefined) yield* addMatrix(hash, weights, rows);
  if (lengths !== undefined) {
    hash.update('lengths'); // not weights
    yield* addMatrix(hash, lengths, rows);
  }
  return hash.digest('hex');
}

/** Computes `datasetHash` without blocking the event loop. */
export const hashDataset = async (dataset: Dataset): Promise<string> =>
  inTurns(datasetHash(await inTurns(checkDataset('hashDataset', dataset))));

function* addMatrix(hash: Hash, matrix: DataMatrix, rows: number, starts?: number): Pausable<void> {
  const { array, columns, step, places, divisor, scale, file } = matrix;
  hash.update(JSON.stringify({ type: array.constructor.name, columns, step, divisor, scale }));
  if (places !== undefined) yield* updateHash(hash, littleEndianBytes(places));
  if (file === undefined) yield* updateHash(hash, littleEndianBytes(array));
  else if (starts !== undefined) yield* addFile(hash, array, 1, file, starts + columns - 1);
  else yield* addFile(hash, array, columns, file, rows);
}

/** Numbers of a file hashed at a time. */
const STRETCH = 1 << 17;

/** Hashes the same bytes as for rows in memory, so that a run may resume with or without `stream`. */
function* addFile(hash: Hash, like: DataArray, columns: number, file: FileRows, rows: number): Pausable<void> {
  const most = Math.max(1, Math.floor(STRETCH / columns));
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const stored = sharedArrayLike(like, count * columns);
    readStored(stored, columns, file, first, count);
    yield* updateHash(hash, littleEndianBytes(stored));
  }
}
