import type { Call, Kernels } from '@gradloom/core';

/** `kernels`, with the names of the operations that they handled and those left to plain code. */
export function watchCalls(kernels: Kernels) {
  const made = new Set<string>();
  const left = new Set<string>();
  const { blocks } = kernels;
  const encode = (call: Call) => {
    const words = blocks?.encode(call) ?? null;
    (words === null ? left : made).add(call.op.name);
    return words;
  };
  const watched: Kernels = {
    ...kernels,
    bind(call) {
      const own = kernels.bind(call);
      if (own !== null) made.add(call.op.name);
      else if (blocks === null) left.add(call.op.name);
      return own;
    },
    blocks: blocks === null ? null : { ...blocks, encode },
  };
  return { kernels: watched, made, left };
}
