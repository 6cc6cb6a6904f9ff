import type { Kernels } from '@gradloom/core';

/** `kernels`, with the names of the operations that they handled and those left to plain code. */
export function watchCalls(kernels: Kernels) {
  const made = new Set<string>();
  const left = new Set<string>();
  const watched: Kernels = {
    ...kernels,
    bind(call) {
      const bound = kernels.bind(call);
      (bound === null ? left : made).add(call.op.name);
      return bound;
    },
  };
  return { kernels: watched, made, left };
}
