import type { Elements, ElementType, Kernels } from '@gradloom/core';
import { bytesOfElements, elementView, ops } from '@gradloom/core/internal';
import { runOp } from './run-op.ts';

export interface Shape {
  B: number;
  I: number;
  O: number;
}

/** The arrays of a dense layer and its three products. */
export interface BlasRun {
  readonly x: Elements; // [B, I]
  readonly W: Elements; // [I, O]
  readonly b: Elements; // [O]
  readonly dy: Elements; // [B, O]
  readonly y: Elements; // [B, O] out
  readonly dx: Elements; // [B, I] out
  readonly dW: Elements; // [I, O] out
  readonly db: Elements; // [O] out
}

/**
 * Allocates the arrays for `shape` in a separate shared memory, `shift` elements after its start; the outputs are
 * filled with NaN.
 */
export function allocateRun({ B, I, O }: Shape, shift = 0, type: ElementType = 'float64'): BlasRun {
  const lengths = [B * I, I * O, O, B * O, B * O, B * I, I * O, O];
  const total = lengths.reduce((sum, length) => sum + length, shift);
  const all = elementView(type, new SharedArrayBuffer(bytesOfElements(type, total)), 0, total);
  let end = shift;
  const [x, W, b, dy, y, dx, dW, db] = lengths.map((length) => {
    end += length;
    return all.subarray(end - length, end);
  });
  for (const output of [y, dx, dW, db]) output.fill(Number.NaN);
  return { x, W, b, dy, y, dx, dW, db };
}

/** y, dx, dW and db, in this order. */
export function runProducts(kernels: Kernels, run: BlasRun, { B, I, O }: Shape): Elements[] {
  runOp(kernels, ops.affine, run.y, run.x, run.W, run.b, B, I, O, O);
  runOp(kernels, ops.affineBackwardInput, run.dx, run.dy, run.W, B, I, O);
  runOp(kernels, ops.affineBackwardWeights, run.dW, run.db, run.x, run.dy, B, B, false, I, O);
  return [run.y, run.dx, run.dW, run.db];
}
