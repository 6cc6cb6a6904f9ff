import type { Kernels, Op } from '@gradloom/core';
import { createList, runCalls } from '@gradloom/core/internal';

/** Runs one operation once with the function that `kernels` have for it. */
export function runOp<Args extends readonly unknown[]>(kernels: Kernels, op: Op<Args>, ...args: Args): void {
  const { calls, emit } = createList();
  emit(op, ...args);
  runCalls(calls, kernels);
}
