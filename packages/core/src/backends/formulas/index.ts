import { activations } from '../../families/activations/index.ts';
import { functionName } from '../../program/ops/names.ts';
import { activationFormulas } from './activations.ts';
import type { Elementwise } from './elementwise.ts';
import { layerFormulas } from './layers.ts';
import { channelFormulas } from './norms.ts';
import { vectorFormulas } from './vectors.ts';

/** All elementwise operations with machine code, by operation name. */
export const elementwise: Readonly<Record<string, Elementwise>> = {
  ...activationOps(),
  ...layerFormulas,
  ...vectorFormulas,
  ...channelFormulas,
};

function activationOps(): Record<string, Elementwise> {
  const entries: [string, Elementwise][] = [];
  for (const [name, { apply, derivative }] of Object.entries(activationFormulas)) {
    const numbers = activations[name as keyof typeof activations].alpha === 0 ? [] : ['alpha'];
    const shared = { numbers, sizes: [null, 'n'] } as const;
    const op = functionName(name);
    entries.push(
      [`${op}Forward`, { ...shared, inputs: ['z'], outputs: ['a'], of: (m, z, alpha) => [apply(m, z, alpha)] }],
      [
        `${op}Backward`,
        {
          ...shared,
          inputs: ['da', 'za'],
          outputs: ['dz'],
          of: (m, da, za, alpha) => [m.flush(m.multiply(da, derivative(m, za, alpha)))],
        },
      ],
    );
  }
  return Object.fromEntries(entries);
}
