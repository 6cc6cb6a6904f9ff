import { createHash, type Hash } from 'node:crypto';
import type { Pausable } from '@gradloom/core';
import { updateHash } from '../system/files/hash.ts';
import { littleEndianBytes } from '../system/files/little-endian.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { checkDataset } from './check-dataset.ts';
import type { DataMatrix, Dataset } from './dataset.ts';
import { storedPieces } from './file-rows.ts';

/** SHA-256 of all that training reads of a dataset: rows, targets, weights, lengths, divisors, scales, classes. */
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
  const { array, columns, step, places, divisor, scale } = matrix;
  hash.update(JSON.stringify({ type: array.constructor.name, columns, step, divisor, scale }));
  if (places !== undefined) yield* updateHash(hash, littleEndianBytes(places));
  // A file has the same bytes as an array, so that a run may resume with or without `stream`.
  for (const piece of storedPieces(matrix, rows, starts)) yield* updateHash(hash, littleEndianBytes(piece));
}
