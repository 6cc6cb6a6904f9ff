import fc from 'fast-check';
import { activate, activateBackward } from '../../../packages/core/src/activations/activate.ts';
import { type ActivationName, activations } from '../../../packages/core/src/activations/index.ts';
import type { ActivationKernel } from '../../../packages/core/src/kernels/kernels.ts';
import { choice, type KernelCase, length } from './kernel-case.ts';

/** Forward and backward of an activation, in place where `shared` is 1. */
export function activationCase(name: ActivationName): KernelCase {
  const f = activations[name];
  const plain: ActivationKernel = {
    forward: (a, z, n, alpha) => activate(f, a, z, n, alpha),
    backward: (dz, da, za, n, alpha) => activateBackward(f, dz, da, za, n, alpha),
  };
  return {
    dims: fc.tuple(length, choice),
    arrays: ([n]) => ({ a: n, z: n, dz: n, da: n, za: n }),
    writes: ['a', 'z', 'dz', 'da'],
    run({ fast }, { a, z, dz, da, za }, [n, shared]) {
      const kernel = fast.activations[name] ?? plain;
      kernel.forward(shared === 1 ? z : a, z, n, f.alpha);
      kernel.backward(shared === 1 ? da : dz, da, za, n, f.alpha);
      return undefined;
    },
  };
}
