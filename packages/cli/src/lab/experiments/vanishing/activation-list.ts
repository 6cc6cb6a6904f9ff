import { option, show } from '@gradloom/core/internal';
import { type ActivationSpec, activationSpec } from '../../../options/activation.ts';
import { formatMember } from '../../../options/member.ts';
import { readValue } from '../../../options/option.ts';

/** A norm between the sums of a hidden layer and its activation. */
export type Norm = 'batch-norm';
const NORM: Norm = 'batch-norm';

/** An activation, the norm before it if there is one, and their label. */
export interface NamedActivation {
  readonly label: string;
  readonly spec: ActivationSpec;
  readonly norm?: Norm;
}

export const namedActivation = (spec: ActivationSpec): NamedActivation => ({ label: formatMember(spec), spec });

export const normalizedActivation = (spec: ActivationSpec): NamedActivation => ({
  label: `${NORM}+${formatMember(spec)}`,
  spec,
  norm: NORM,
});

/** 'sigmoid,relu,batch-norm+tanh,leaky-relu:alpha=0.2', each at most once. */
export const activationList = option.kind(
  (_where, name, raw): readonly NamedActivation[] => {
    const items: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : [raw];
    const list = items.map((item) => parseItem(name, item));
    const twice = list.find(({ label }, k) => list.findIndex((other) => other.label === label) < k);
    if (twice !== undefined) throw new Error(`${name} has ${show(raw)}, expected ${twice.label} only once`);
    return list;
  },
  { choices: activationSpec.choices ?? [] },
);

function parseItem(name: string, item: unknown): NamedActivation {
  if (typeof item !== 'string') return namedActivation(readValue(activationSpec, name, item));
  const text = item.trim();
  return text.startsWith(`${NORM}+`)
    ? normalizedActivation(readValue(activationSpec, name, text.slice(NORM.length + 1)))
    : namedActivation(readValue(activationSpec, name, text));
}
