import type { UpdateKernel } from '../families/optimizers/optimizer.ts';
import type { Call } from './op.ts';
import { meanUpdateOp, ops } from './ops/index.ts';

/** Whether a backend has a function for a call. */
export type Owns = (call: Call) => boolean;

/**
 * The program with pairs of calls joined into one where the backend has it, to the same bits but for arrays that nobody
 * reads afterwards: the mean of some rows of gradients and the update by it, which then never goes through memory.
 */
export function fuse(calls: readonly Call[], owns: Owns): Call[] {
  const fused: Call[] = [];
  for (const call of calls) {
    const before = fused.at(-1);
    const joined = before === undefined ? null : meanUpdate(before, call);
    if (joined !== null && owns(joined)) fused[fused.length - 1] = joined;
    else fused.push(call);
  }
  return fused;
}

/** The two as one; null where they are not the mean of a gradient and an update of all of its parameters by it. */
function meanUpdate(average: Call, { op, args }: Call): Call | null {
  if (average.op.name !== ops.averageRows.name || !('state' in op.operands)) return null;
  const [square, mean, first, S, row, n, share] = average.args;
  const [theta, g, state, count, hyper] = args;
  if (mean !== g || n !== count) return null;
  const update = op.reference as UpdateKernel;
  const fused = meanUpdateOp(op.name, update);
  return { op: fused as unknown as Call['op'], args: [square, theta, state, n, hyper, first, row, S, share] };
}
