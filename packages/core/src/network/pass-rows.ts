import { bytesOfElements, type ElementType } from '../math/element-type.ts';
import { defaultLeafRows, MAX_NODE_ROWS } from '../math/tree/index.ts';
import type { Layer } from './layers/index.ts';
import type { Network } from './network.ts';
import { positionsOf, sizeOf } from './shape.ts';

/** Bytes of activations at positions that a pass may have. */
const PASS_BYTES = 4194304;

/**
 * Maximum number of rows that pass through a network at once: 256, or fewer for rows of many positions, so that the
 * outputs of a layer are still in a cache when the next layer reads them. In training, passes wait for each other at
 * each batch-norm: only the layers from one to the next count there. No bit depends on it.
 */
export function maxPassRows({ allLayers }: Network, type: ElementType, training = false): number {
  const defaultOf = ({ out }: Layer): number => (positionsOf(out) === 1 ? 0 : sizeOf(out));
  let [numbers, maxNumbers] = [0, 0]; // of a row, between two barriers
  for (const { layer } of allLayers) {
    numbers += layer.positionNumbers ?? defaultOf(layer);
    maxNumbers = Math.max(maxNumbers, numbers);
    if (training && layer.couplesRows === true) numbers = 0;
  }
  const rows = Math.floor(PASS_BYTES / Math.max(1, bytesOfElements(type, maxNumbers)));
  return Math.max(1, Math.min(MAX_NODE_ROWS, rows));
}

/** Leaves that a batch of rows with positions has at least, for as many threads. */
const MIN_LEAVES = 32;

/**
 * Rows of a leaf of a batch (see `leafRows`). Where layers have weights for every position of a row, gradients are
 * summed by the tree within a row, and a row is work enough for a thread: leaves then have so few rows that a batch has
 * at least 32 leaves, or one row each.
 */
export function leafRowsOf({ allLayers }: Network, batch: number): number {
  const hasPositions = allLayers.some(
    ({ layer: { in: inputs, tensors } }) => tensors.length > 0 && inputs.some((shape) => positionsOf(shape) > 1),
  );
  let rows = defaultLeafRows(batch);
  while (hasPositions && rows > 1 && rows * MIN_LEAVES > batch) rows /= 2;
  return rows;
}
