import { type ActivationName, activations, layers, onlyKeys } from '@gradloom/core';
import { withoutPlace } from '../failure.ts';
import { type Member, parseMember } from './member.ts';
import type { Kind } from './option.ts';

/** An activation and its options, without the size, which follows from its place. */
export interface ActivationSpec extends Member {
  kind: ActivationName;
}

/** 'relu', or 'leaky-relu:alpha=0.2'. */
export const activationSpec: Kind<ActivationSpec> = {
  parse(name, raw) {
    const { kind, ...options } = parseMember(name, raw, activations);
    const spec = { ...options, kind: kind as ActivationName };
    try {
      onlyKeys('activation', options, ['alpha']);
      layers.activation({ ...options, fn: spec.kind }, { input: 1 });
    } catch (error) {
      throw new Error(`${name} ${kind}: ${withoutPlace(error)}`, { cause: error });
    }
    return spec;
  },
  choices: Object.keys(activations),
};
