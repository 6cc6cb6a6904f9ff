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
  momentum: { ...training, ...fraction, describe: 'of sgd and rmsprop (0)' },
  nesterov: { ...training, ...toggle, describe: 'sgd looks ahead along the momentum' },
  beta1: {
    ...training,
    ...fraction,
    describe: "decay of the first moment of adam and adamw; of lion, the momentum's share in a step (0.9)",
  },
  beta2: {
    ...training,
    ...fraction,
    describe: "decay of the second moment of adam and adamw (0.999); of lion's momentum (0.99)",
  },
  epsilon: {
    ...training,
    ...positive,
    describe: 'added to the root of all but sgd and lion (1e-8; 1e-10 for adagrad)',
  },
  decay: { ...training, ...fraction, describe: 'of the mean square of rmsprop (0.99)' },
  'weight-decay': {
    ...training,
    ...nonNegative,
    describe: 'L2 of the parameters that --decayed names, decoupled in adamw and lion (0; 0.01 for adamw)',
  },
  decayed: {
    ...training,
    ...keyOf(decayedParameters),
    describe: 'what weight decay takes: all parameters, or weights, not biases and norms (all)',
  },
} satisfies Record<OptimizerFlag, FileOption<unknown>>;
