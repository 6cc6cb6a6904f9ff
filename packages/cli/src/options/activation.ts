import { type ActivationName, activations, layers } from '@gradloom/core';
import { type Member, parseMember } from './member.ts';
import type { Kind } from './option.ts';

/** An activation and its options, without the size, which follows from its place. */
export interface ActivationSpec extends Member {
  kind: ActivationName;
}

/** 'relu', or 'leaky-relu:alpha=0.2'. */
export const activationSpec: Kind<ActivationSpec> = {
  parse(name, raw) {
    const member = parseMember(name, raw, activations);
    const { kind, ...options } = member;
    const spec = { ...options, kind: kind as ActivationName };
    try {
      layers.activation({ ...options, fn: spec.kind }, { input: 1, index: 0 });
    } catch (error) {
      const sentence = error instanceof Error ? error.message.replace(/^[^:]*: /, '') : String(error);
      throw new Error(`${name} ${kind}: ${sentence}`, { cause: error });
    }
    return spec;
  },
  choices: Object.keys(activations),
};
