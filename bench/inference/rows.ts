import { readFileSync } from 'node:fs';
import type { InferenceWorkload } from './workloads.ts';

/** The first rows of a workload, of its type, with their shape. */
export function readRows({ x, divisor, network, type }: InferenceWorkload, rows: number) {
  const shape = [rows, ...[network.input].flat()];
  const bytes = readFileSync(x).subarray(
    0,
    shape.reduce((product, size) => product * size, 1),
  );
  const doubles = Float64Array.from(bytes, (byte) => byte / divisor);
  return { shape, values: type === 'float32' ? Float32Array.from(doubles) : doubles };
}

/** Sum of the absolute outputs of a row, in the mean: all programs must agree on it. */
export function sizeOfRow(outputs: Float32Array | Float64Array, rows: number): number {
  let sum = 0;
  for (const value of outputs) sum += Math.abs(value);
  return sum / rows;
}
