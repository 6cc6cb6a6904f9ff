import type { Elementwise } from './elementwise.ts';

/** Operations on whole vectors of parameters. */
export const vectorFormulas: Readonly<Record<string, Elementwise>> = {
  add: {
    ...{ inputs: ['sum', 'term'], outputs: ['sum'], sizes: [null, 'n'] },
    of: (f, sum, term) => [f.plus(sum, term)],
  },
  scale: {
    ...{ inputs: ['g'], numbers: ['factor'], outputs: ['g'], sizes: [null, 'n'], neutral: 1 },
    of: (f, g, factor) => [f.times(g, factor)],
  },
  averageWeights: {
    ...{ inputs: ['average', 'theta'], numbers: ['share'], outputs: ['average'], sizes: [null, 'n'] },
    of: (f, average, theta, s) => [f.flush(f.plus(f.times(f.minus(f.constant(1), s), average), f.times(s, theta)))],
  },
};
