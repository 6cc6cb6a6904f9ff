import type { OptimizerSpec } from '@gradloom/core';
import { decayedParameters } from '@gradloom/core/internal';
import { fraction, nonNegative, positive } from '../options/numbers.ts';
import type { FileOption } from '../options/option.ts';
import { keyOf, toggle } from '../options/words.ts';

/** Names of all optimizers' options, as flags. */
type OptimizerFlag = Kebab<OptionOf<OptimizerSpec>>;
type OptionOf<Spec> = Spec extends { kind: string } ? Exclude<keyof Spec & string, 'kind' | 'lr'> : never;
type Kebab<Word extends string> = Word extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Kebab<Tail>}`
    : `-${Lowercase<Head>}${Kebab<Tail>}`
  : '';

const training = { group: 'Training', effect: 'result' } satisfies Pick<FileOption<unknown>, 'group' | 'effect'>;

/** A flag for each option of any optimizer; an optimizer that has no such option refuses it. */
export const optimizerFlags = {
  momentum: { ...training, ...fraction, describe: 'momentum of sgd and rmsprop (default: 0)' },
  nesterov: { ...training, ...toggle, describe: 'use Nesterov momentum with sgd' },
  beta1: {
    ...training,
    ...fraction,
    describe: 'decay of the first moment in adam and adamw, and share of the momentum in a step of lion (default: 0.9)',
  },
  beta2: {
    ...training,
    ...fraction,
    describe:
      'decay of the second moment in adam and adamw (default: 0.999), and of the momentum in lion (default: 0.99)',
  },
  epsilon: {
    ...training,
    ...positive,
    describe: 'added to the denominator, in all but sgd and lion (default: 1e-8; 1e-10 for adagrad)',
  },
  decay: { ...training, ...fraction, describe: 'decay of the mean square in rmsprop (default: 0.99)' },
  'weight-decay': {
    ...training,
    ...nonNegative,
    describe:
      'L2 penalty on the parameters that --decayed names, decoupled in adamw and lion (default: 0; 0.01 for adamw)',
  },
  decayed: {
    ...training,
    ...keyOf(decayedParameters),
    describe: 'parameters that weight decay applies to: all, or weights (no biases or norms) (default: all)',
  },
} satisfies Record<OptimizerFlag, FileOption<unknown>>;
