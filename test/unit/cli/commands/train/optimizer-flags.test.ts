import { optimizerOptions } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { optimizerFlags } from '../../../../../packages/cli/src/commands/train/optimizer-flags.ts';
import { kebabCase } from '../../../../../packages/cli/src/options/flags-of.ts';
import { helpLine } from '../../../../../packages/cli/src/options/option.ts';

test('every option of an optimizer but the learning rate has a flag', () => {
  const options = Object.values(optimizerOptions).flatMap((table) => Object.keys(table));
  const flags = new Set(options.filter((option) => option !== 'lr').map(kebabCase));
  expect(new Set(Object.keys(optimizerFlags))).toEqual(flags);
});

test.each([
  ['one optimizer', 'nesterov', 'use Nesterov momentum with sgd'],
  ['three optimizers', 'momentum', 'momentum of sgd, rmsprop and muon (default: 0; 0.95 for muon)'],
  [
    'most optimizers',
    'epsilon',
    'added to the denominator, in all but sgd and lion (default: 1e-8; 1e-10 for adagrad)',
  ],
  [
    'optimizers in which it has two meanings',
    'beta1',
    'decay of the first moment in adam, adamw and muon, and share of the momentum in a step of lion (default: 0.9)',
  ],
  [
    'optimizers in which it has two meanings and two defaults',
    'beta2',
    'decay of the second moment in adam, adamw and muon (default: 0.999), and of the momentum in lion (default: 0.99)',
  ],
] as const)('the help of an option of %s names them with its defaults', (_of, flag, help) => {
  expect(helpLine(optimizerFlags[flag])).toBe(help);
});
