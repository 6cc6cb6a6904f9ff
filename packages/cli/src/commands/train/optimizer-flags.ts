import type { OptimizerSpec } from '@gradloom/core';
import { decayedParameters, type OptionTable, optimizerOptions } from '@gradloom/core/internal';
import { fraction, nonNegative, positive } from '../../options/numbers.ts';
import type { FileOption } from '../../options/option.ts';
import { keyOf, toggle } from '../../options/words.ts';

/** Names of all optimizers' options, as flags. */
type OptimizerFlag = Kebab<OptionOf<OptimizerSpec>>;
type OptionOf<Spec> = Spec extends { kind: string } ? Exclude<keyof Spec & string, 'kind' | 'lr'> : never;
type Kebab<Word extends string> = Word extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Kebab<Tail>}`
    : `-${Lowercase<Head>}${Kebab<Tail>}`
  : '';

const training = { group: 'Training', effect: 'result' } satisfies Pick<FileOption<unknown>, 'group' | 'effect'>;

/** A flag for each option of any optimizer; optimizers without the option refuse it. */
export const optimizerFlags = {
  momentum: { ...training, ...fraction, describe: describe('momentum') },
  nesterov: { ...training, ...toggle, describe: describe('nesterov') },
  beta1: { ...training, ...fraction, describe: describe('beta1') },
  beta2: { ...training, ...fraction, describe: describe('beta2') },
  epsilon: { ...training, ...positive, describe: describe('epsilon') },
  decay: { ...training, ...fraction, describe: describe('decay') },
  'weight-decay': { ...training, ...nonNegative, describe: describe('weightDecay') },
  decayed: { ...training, ...keyOf(decayedParameters), describe: describe('decayed') },
} satisfies Record<OptimizerFlag, FileOption<unknown>>;

/** The help lines of an option, with the names and defaults of the optimizers that have it. */
function describe(option: OptionOf<OptimizerSpec>): string {
  const owners = Object.entries<OptionTable>(optimizerOptions)
    .filter(([, table]) => Object.hasOwn(table, option))
    .map(([kind, table]) => ({ kind, ...table[option] }));
  const lines = [...new Set(owners.map(({ help }) => help))].map((line) => {
    const own = owners.filter(({ help }) => help === line);
    return { text: line?.replace('{}', namesOf(own.map(({ kind }) => kind))), shown: defaultsOf(own) };
  });
  return lines.map(({ text, shown }, i) => text + (shown === lines[i + 1]?.shown ? '' : shown)).join(', and ');
}

/** 'sgd and rmsprop', or 'all but sgd and lion' if that is shorter. */
function namesOf(kinds: readonly string[]): string {
  const others = Object.keys(optimizerOptions).filter((kind) => !kinds.includes(kind));
  return others.length < kinds.length ? `all but ${others.join(' and ')}` : kinds.join(' and ');
}

/** ' (default: 0; 0.01 for adamw)': the default of the first optimizer, and others that differ from it. */
function defaultsOf([first, ...others]: readonly { kind: string; standard: unknown }[]): string {
  if (typeof first.standard === 'boolean') return '';
  const different = others.filter(({ standard }) => standard !== first.standard);
  const shown = [first.standard, ...different.map(({ kind, standard }) => `${standard} for ${kind}`)];
  return ` (default: ${shown.join('; ')})`;
}
