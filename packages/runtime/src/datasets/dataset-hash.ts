import { createHash, type Hash } from 'node:crypto';
import type { Pausable } from '@gradloom/core';
import { updateHash } from '../files/hash.ts';
import { littleEndianBytes } from '../files/little-endian.ts';
import { inTurns } from '../turns/in-turns.ts';
import type { DataMatrix, Dataset } from './dataset.ts';

/**
 * SHA-256 of everything that training reads of a dataset: stored rows, targets and weights, shapes, divisors, classes.
 */
export function* datasetHash({ rows, inputs, targets, classes, weights }: Dataset): Pausable<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ rows, classes }));
  yield* addMatrix(hash, inputs);
  yield* addMatrix(hash, targets);
  if (weights !== undefined) yield* addMatrix(hash, weights);
  return hash.digest('hex');
}

/** Likewise, without blocking the process. */
export const hashDataset = (dataset: Dataset): Promise<string> => inTurns(datasetHash(dataset));

function* addMatrix(hash: Hash, { array, columns, divisor }: DataMatrix): Pausable<void> {
  hash.update(JSON.stringify({ type: array.constructor.name, columns, divisor }));
  yield* updateHash(hash, littleEndianBytes(array));
}
