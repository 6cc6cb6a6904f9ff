import type { Block, Bound, Call, FixedCall, Kernels } from '@gradloom/core';
import { ops } from '@gradloom/core/internal';

/**
 * Kernels that accept the same calls as `kernels`, alone and in blocks, but compute nothing: the time of a step is then
 * JavaScript outside of kernels. Only the counters that the loop over steps reads are advanced.
 */
export function idleKernels(kernels: Kernels): Kernels {
  const { blocks } = kernels;
  const counters = new Map<FixedCall, Count>();
  return {
    name: kernels.name,
    gatherBytes: () => {},
    bind(call): Bound | null {
      const bound = kernels.bind(call);
      // The joined call of link.ts is not an operation of a backend; without it, link.ts keeps the two calls apart.
      if (bound === null && call.op.name.endsWith('OfMean')) return null;
      const count = counterOf(call);
      if (bound === null || typeof bound === 'function') return count === null ? () => {} : () => count(1);
      if (count !== null) counters.set(bound[0], count);
      return bound;
    },
    blocks:
      blocks &&
      ((calls): Block => {
        const counts = calls.flatMap((call) => counters.get(call) ?? []);
        return {
          calls,
          run() {
            for (const count of counts) count(1);
          },
          repeat(times) {
            for (const count of counts) count(times);
            return times;
          },
        };
      }),
  };
}

type Count = (times: number) => void;

/** The counter that a call advances. */
function counterOf({ op, args }: Call): Count | null {
  const array = op.name === ops.recordStep.name ? args[0] : op.name === ops.loadHyper.name ? args[2] : null;
  if (!(array instanceof Float64Array)) return null;
  return (times) => {
    array[0] += times;
  };
}
