import { createOptimizer, type OptimizerName, type OptimizerSpec, OptionError } from '@gradloom/core';
import { optimizerOptions } from '@gradloom/core/internal';
import type { Preset } from '../../files/datasets/presets.ts';
import { camelCase } from '../../options/letter-case.ts';
import type { Member } from '../../options/member.ts';
import { optimizerFlags } from './optimizer-flags.ts';
import type { TrainValues } from './options.ts';

/**
 * The optimizer with its flags. Options of the dataset apply if it has the same kind; flags override them.
 * @throws OptionError for a flag that the optimizer does not have.
 */
export function optimizerSpec(values: TrainValues, preset: Preset): Exclude<OptimizerSpec, string> & Member {
  const kind = values.optimizer?.kind ?? preset.optimizer.kind;
  const spec: Member = { ...(kind === preset.optimizer.kind ? preset.optimizer : {}), ...values.optimizer, kind };
  if (values.lr !== undefined) spec.lr = values.lr;
  for (const flag of Object.keys(optimizerFlags) as (keyof typeof optimizerFlags)[]) {
    if (values[flag] === undefined) continue;
    if (!takes(kind, flag)) throw new OptionError('train', camelCase(flag), foreignFlag(kind, flag));
    spec[camelCase(flag)] = values[flag];
  }
  createOptimizer(spec as OptimizerSpec);
  return spec as Exclude<OptimizerSpec, string> & Member;
}

const takes = (kind: OptimizerName, flag: string): boolean => Object.hasOwn(optimizerOptions[kind], camelCase(flag));

function foreignFlag(kind: OptimizerName, flag: string): string {
  const own = Object.keys(optimizerFlags).filter((other) => takes(kind, other));
  const owners = (Object.keys(optimizerOptions) as OptimizerName[]).filter((other) => takes(other, flag));
  return `is no option of ${kind}, expected ${['lr', ...own].map((name) => `--${name}`).join(', ')} (--${flag} belongs to ${owners.join(', ')})`;
}
