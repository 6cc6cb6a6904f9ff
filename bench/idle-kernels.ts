import type { Call, Kernels } from '@gradloom/core';
import { ops } from '@gradloom/core/internal';

/**
 * Kernels that accept the same calls as `kernels`, alone and in blocks, but compute nothing: the time of a step is then
 * JavaScript outside of kernels. Only the counters that the loop over steps reads are advanced.
 */
export function idleKernels(kernels: Kernels): Kernels {
  const { blocks } = kernels;
  const counters: { words: Int32Array; count: Count }[] = [];
  return {
    name: kernels.name,
    gatherBytes: () => {},
    bind(call) {
      if (kernels.bind(call) === null) {
        if (blocks?.encode(call)) return null;
        // The joined call of link.ts is not an operation of a backend; without it, link.ts keeps the two calls apart.
        if (call.op.name.endsWith('OfMean')) return null;
      }
      const count = counterOf(call);
      return count === null ? () => {} : () => count(1);
    },
    blocks: blocks && {
      callWords: blocks.callWords,
      single: (call) => {
        const count = counterOf(call);
        return count === null ? () => {} : () => count(1);
      },
      encode(call) {
        const words = blocks.encode(call);
        const count = counterOf(call);
        if (words !== null && count !== null) counters.push({ words: Int32Array.from(words), count });
        return words;
      },
      block(tape, calls) {
        const tapeWords = new Int32Array(tape.buffer, tape.byteOffset, 2 * tape.length);
        const counts: Count[] = [];
        for (let k = 0; k < calls; k++) {
          const at = k * blocks.callWords;
          const own = counters.find(({ words }) => words.every((word, w) => tapeWords[at + w] === word));
          if (own !== undefined) counts.push(own.count);
        }
        return {
          run() {
            for (const count of counts) count(1);
          },
          repeat(times) {
            for (const count of counts) count(times);
            return times;
          },
          words: blocks.block(tape, calls).words,
        };
      },
    },
  };
}

type Count = (times: number) => void;

/** The counter that a call advances. */
function counterOf({ op, args }: Call): Count | null {
  const array = op.name === ops.noteStep.name ? args[0] : op.name === ops.takeHyper.name ? args[2] : null;
  if (!(array instanceof Float64Array)) return null;
  return (times) => {
    array[0] += times;
  };
}
