import type { Kernels } from '@gradloom/core';

/** `kernels` without functions for these operations, which then run by plain code. */
export const lacking = (kernels: Kernels, names: readonly string[]): Kernels => ({
  ...kernels,
  bind: (call) => (names.includes(call.op.name) ? null : kernels.bind(call)),
});
