import type { Kernels } from './kernels.ts';

/** `resolve`, cached for the last kernels: a look-up in a table of kernels takes longer than a small kernel. */
export function resolveOnce<T>(resolve: (kernels: Kernels) => T): (kernels: Kernels) => T {
  let known: Kernels | undefined;
  let resolved: T;
  return (kernels) => {
    if (kernels !== known) {
      resolved = resolve(kernels);
      known = kernels;
    }
    return resolved;
  };
}
