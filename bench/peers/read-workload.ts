import { readFileSync } from 'node:fs';
import { buildNetwork } from '@gradloom/core';
import type { Workload } from './workloads.ts';

/** Numbers of a workload's files: x [rows, inputs] divided, t [rows], and the weights of each layer, W then b. */
export function readWorkload({ network, rows, x, divisor, t, theta }: Workload) {
  const { input, inputs, outputs } = buildNetwork(network);
  return {
    x: Float64Array.from(readFileSync(x).subarray(0, rows * inputs), (byte) => byte / divisor),
    t: Uint8Array.from(readFileSync(t).subarray(0, rows)),
    input,
    outputs,
    weights: readWeights({ network, theta }),
  };
}

/** The weights of each layer, W then b. */
export function readWeights({ network, theta }: Pick<Workload, 'network' | 'theta'>) {
  const values = readFileSync(theta);
  const start = new Float64Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  return buildNetwork(network).tensors.map(({ shape, offset, length }) => ({
    shape,
    values: start.subarray(offset, offset + length),
  }));
}
