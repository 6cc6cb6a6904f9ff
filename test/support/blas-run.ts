import type { Kernels } from '@gradloom/core';
import { ops } from '@gradloom/core/internal';
import { runOp } from './run-op.ts';

export interface Shape {
  B: number;
  I: number;
  O: number;
}

/** The arrays of a dense layer and its three products. */
export interface BlasRun {
  readonly x: Float64Array; // [B, I]
  readonly W: Float64Array; // [I, O]
  readonly b: Float64Array; // [O]
  readonly dy: Float64Array; // [B, O]
  readonly y: Float64Array; // [B, O] out
  readonly dx: Float64Array; // [B, I] out
  readonly dW: Float64Array; // [I, O] out
  readonly db: Float64Array; // [O] out
}

/**
 * The arrays for `shape` in a separate shared memory, `shift` doubles after its start; the outputs are filled with NaN.
 */
export function allocateRun({ B, I, O }: Shape, shift = 0): BlasRun {
  const lengths = [B * I, I * O, O, B * O, B * O, B * I, I * O, O];
  const all = new Float64Array(new SharedArrayBuffer(8 * lengths.reduce((sum, length) => sum + length, shift)));
  let end = shift;
  const [x, W, b, dy, y, dx, dW, db] = lengths.map((length) => {
    end += length;
    return all.subarray(end - length, end);
  });
  for (const output of [y, dx, dW, db]) output.fill(Number.NaN);
  return { x, W, b, dy, y, dx, dW, db };
}

/** y, dx, dW and db, in this order. */
export function runProducts(kernels: Kernels, run: BlasRun, { B, I, O }: Shape): Float64Array[] {
  runOp(kernels, ops.affine, run.y, run.x, run.W, run.b, B, I, O);
  runOp(kernels, ops.affineBackwardInput, run.dx, run.dy, run.W, B, I, O);
  runOp(kernels, ops.affineBackwardWeights, run.dW, run.db, run.x, run.dy, B, B, false, I, O);
  return [run.y, run.dx, run.dW, run.db];
}
