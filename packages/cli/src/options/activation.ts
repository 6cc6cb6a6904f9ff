import { type ActivationName, activations, layers } from '@gradloom/core';
import { onlyKeys, show } from '@gradloom/core/internal';
import { inMember, type Member, parseMember } from './member.ts';
import type { Kind } from './option.ts';

/** An activation and its options, without the size, which depends on its position. */
export interface ActivationSpec extends Member {
  kind: ActivationName;
}

/** With a derivative of 0 everywhere, no weight below it would change. */
const isTrainable = (kind: string): boolean => activations[kind as ActivationName].maxSlope > 0;
const trainable = Object.keys(activations).filter(isTrainable);

/** 'relu', or 'leaky-relu:alpha=0.2'. */
export const activationSpec: Kind<ActivationSpec> = {
  parse(name, raw) {
    const { kind, ...options } = parseMember(name, raw, activations);
    if (!isTrainable(kind)) {
      throw new Error(`${name} has ${show(kind)}, which has no gradient, expected one of ${trainable.join(', ')}`);
    }
    const spec = { ...options, kind: kind as ActivationName };
    try {
      onlyKeys('activation', options, activations[spec.kind].alpha === 0 ? [] : ['alpha']);
      layers.activation({ ...options, fn: spec.kind }, { input: [1] });
    } catch (error) {
      throw inMember(name, spec, error);
    }
    return spec;
  },
  choices: trainable,
};
