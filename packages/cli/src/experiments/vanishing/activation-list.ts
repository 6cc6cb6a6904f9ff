import { show } from '@gradloom/core/internal';
import { type ActivationSpec, activationSpec } from '../../options/activation.ts';
import { formatMember } from '../../options/member.ts';
import type { Kind } from '../../options/option.ts';

/** An activation and its label. */
export interface NamedActivation {
  readonly label: string;
  readonly spec: ActivationSpec;
}

export const named = (spec: ActivationSpec): NamedActivation => ({ label: formatMember(spec), spec });

/** 'sigmoid,relu,leaky-relu:alpha=0.2', each once. */
export const activationList: Kind<readonly NamedActivation[]> = {
  parse(name, raw) {
    const parts: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : [raw];
    const list = parts.map((part) => named(activationSpec.parse(name, typeof part === 'string' ? part.trim() : part)));
    const twice = list.find(({ label }, k) => list.findIndex((other) => other.label === label) < k);
    if (twice !== undefined) throw new Error(`${name} has ${show(raw)}, expected ${twice.label} only once`);
    return list;
  },
  choices: activationSpec.choices ?? [],
};
