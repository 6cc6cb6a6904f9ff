import { type NoOptions, noOptions } from '../family.ts';
import { elementwiseLoss } from './elementwise.ts';
import type { Loss } from './loss.ts';

/**
 * y itself, mean over outputs: the network computes the loss, such as the divergence of a variational autoencoder. It
 * has no targets.
 */
export function output(options: NoOptions = {}): Loss {
  noOptions('output', options);
  const loss = elementwiseLoss({ name: 'output', value: (_math, y) => y, derivative: () => 1, over: 'mean' });
  return { ...loss, targets: 'none' };
}
