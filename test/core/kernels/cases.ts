import { activationCase } from './activation-case.ts';
import type { KernelCase } from './kernel-case.ts';
import { lossCase } from './loss-case.ts';
import { productCases } from './product-cases.ts';
import { updateCases } from './update-cases.ts';
import { vectorCases } from './vector-cases.ts';

/** Every kernel by its name; those of `fast` as '<family>.<name>'. */
export const cases: Record<string, KernelCase> = {
  ...productCases,
  ...vectorCases,
  ...updateCases,
  'activations.relu': activationCase('relu'),
  'activations.sigmoid': activationCase('sigmoid'),
  'activations.tanh': activationCase('tanh'),
  'activations.gelu': activationCase('gelu'),
  'losses.mse': lossCase('mse'),
  'losses.softmax-cross-entropy': lossCase('softmax-cross-entropy'),
};
