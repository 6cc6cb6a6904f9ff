import { readFileSync } from 'node:fs';
import type { Workload } from './workloads.ts';

/** Numbers of a workload's files: x [rows, I] divided, t [rows], and W [in, out] and b [out] of each layer. */
export function readWorkload({ widths, x, divisor, t, theta }: Workload) {
  const values = readFileSync(theta);
  const start = new Float64Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
  let offset = 0;
  const take = (length: number): Float64Array => {
    offset += length;
    return start.subarray(offset - length, offset);
  };
  const layers = widths.slice(1).map((O, l) => ({ I: widths[l], O, W: take(widths[l] * O), b: take(O) }));
  return {
    x: Float64Array.from(readFileSync(x), (byte) => byte / divisor),
    t: Uint8Array.from(readFileSync(t)),
    layers,
  };
}
