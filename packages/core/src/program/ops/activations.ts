import { activate, activateBackward } from '../../families/activations/activate.ts';
import { type Activation, type ActivationName, activations } from '../../families/activations/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { count, customOpName, defineOp, functionName, input, number, type Op, output } from '../op.ts';

/** a[n] = f(z), and dz[n] = da · f′; `za` is what the activation reads. */
export interface ActivationOps {
  readonly forward: Op<[a: Elements, z: Elements, n: number, alpha: number]>;
  readonly backward: Op<[dz: Elements, da: Elements, za: Elements, n: number, alpha: number]>;
}

/** The forward and backward operation of each activation. Only activations with a parameter take alpha. */
export const activationOps = Object.fromEntries(
  Object.entries(activations).map(([name, f]) => [name, activationOpsOf(functionName(name), f)]),
) as Readonly<Record<ActivationName, ActivationOps>>;

/** Operations of a user's own activation. */
export const customActivationOps = (name: string, f: Activation): ActivationOps =>
  activationOpsOf(customOpName(name), f);

function activationOpsOf(name: string, f: Activation): ActivationOps {
  const alpha = f.alpha === 0 ? {} : { alpha: number };
  return {
    forward: defineOp(`${name}Forward`, { a: output('n'), z: input('n'), n: count, ...alpha }, (a, z, n, alpha) =>
      activate(f, a, z, n, alpha),
    ),
    backward: defineOp(
      `${name}Backward`,
      { dz: output('n'), da: input('n'), za: input('n'), n: count, ...alpha },
      (dz, da, za, n, alpha) => activateBackward(f, dz, da, za, n, alpha),
    ),
  };
}
