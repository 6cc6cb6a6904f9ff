import type { Kernels } from '@gradloom/core';

/** `kernels` without functions for these operations, which then run by plain code. */
export function lacking(kernels: Kernels, names: readonly string[]): Kernels {
  const { blocks } = kernels;
  if (blocks === null) return kernels;
  const encode: typeof blocks.encode = (call) => (names.includes(call.op.name) ? null : blocks.encode(call));
  return { ...kernels, blocks: { ...blocks, encode } };
}
