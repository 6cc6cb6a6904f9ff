import fc from 'fast-check';
import { type ActivationName, activations } from '../../../../packages/core/src/families/activations/index.ts';
import { activationOps } from '../../../../packages/core/src/program/ops/index.ts';
import { choice, type KernelCase, length } from './kernel-case.ts';

/** Forward and backward of an activation, in place where `shared` is 1. */
export function activationCase(name: ActivationName): KernelCase {
  const { alpha } = activations[name];
  const { forward, backward } = activationOps[name];
  return {
    ops: [forward, backward],
    dims: fc.tuple(length, choice, alpha === 0 ? fc.constant(0) : fc.constantFrom(0, alpha, 0.3, 2, 1e308)),
    arrays: ([n]) => ({ a: n, z: n, dz: n, da: n, za: n }),
    writes: ['a', 'z', 'dz', 'da'],
    emit(emit, { a, z, dz, da, za }, [n, shared, alpha]) {
      emit(forward, shared === 1 ? z : a, z, n, alpha);
      emit(backward, shared === 1 ? da : dz, da, za, n, alpha);
    },
  };
}
