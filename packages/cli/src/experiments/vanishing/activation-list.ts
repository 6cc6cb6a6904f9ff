import { activations, show } from '@gradloom/core';
import { type ActivationSpec, activationSpec } from '../../options/activation.ts';
import { formatMember } from '../../options/member.ts';
import type { Kind } from '../../options/option.ts';

/** An activation, and the text that names it. */
export interface NamedActivation {
  readonly label: string;
  readonly spec: ActivationSpec;
}

export const named = (spec: ActivationSpec): NamedActivation => ({ label: formatMember(spec), spec });

/** 'sigmoid,relu,leaky-relu:alpha=0.2': those that pass a gradient, each once. */
export const activationList: Kind<readonly NamedActivation[]> = {
  parse(name, raw) {
    const parts: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : [raw];
    const list = parts.map((part) => named(activationSpec.parse(name, typeof part === 'string' ? part.trim() : part)));
    const flat = list.find(({ spec }) => activations[spec.kind].maxSlope === 0);
    if (flat !== undefined) {
      throw new Error(`${name} has ${flat.label}, expected activations with a gradient (its slope is 0 everywhere)`);
    }
    const twice = list.find(({ label }, k) => list.findIndex((other) => other.label === label) < k);
    if (twice !== undefined) throw new Error(`${name} has ${show(raw)}, expected ${twice.label} only once`);
    return list;
  },
  choices: Object.keys(activations).filter((kind) => activations[kind as keyof typeof activations].maxSlope > 0),
};
