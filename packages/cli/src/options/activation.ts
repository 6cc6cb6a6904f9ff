import { type Activation, type ActivationName, activations, layers } from '@gradloom/core';
import { checkKeys, option, show } from '@gradloom/core/internal';
import { customParts } from './custom-parts.ts';
import { inMember, type Member, parseMember } from './member.ts';
import { defined } from './option.ts';

/** An activation and its options, without the size, which depends on its position. */
export interface ActivationSpec extends Member {
  kind: ActivationName;
}

/** An activation with a derivative of 0 everywhere would leave the weights before it unchanged. */
const isTrainable = ({ maxSlope }: Activation): boolean => maxSlope > 0;
const trainable = Object.keys(activations).filter((kind) => isTrainable(activations[kind as ActivationName]));

/** 'relu', or 'leaky-relu:alpha=0.2'. */
export const activationSpec = option.kind(
  (_where, name, raw): ActivationSpec => {
    const parts = customParts();
    const table: Readonly<Record<string, Activation>> = { ...activations, ...parts?.activations };
    const { kind, ...options } = parseMember(name, raw, table);
    if (!isTrainable(table[kind])) {
      throw new Error(`${name} has ${show(kind)}, which has no gradient, expected one of ${trainable.join(', ')}`);
    }
    const spec = { ...options, kind: kind as ActivationName };
    try {
      checkKeys('activation', options, table[spec.kind].alpha === 0 ? [] : ['alpha']); // 0: it has none
      layers.activation({ ...options, fn: spec.kind }, { input: [1], ...defined({ customParts: parts }) });
    } catch (error) {
      throw inMember(name, spec, error);
    }
    return spec;
  },
  { choices: trainable },
);
