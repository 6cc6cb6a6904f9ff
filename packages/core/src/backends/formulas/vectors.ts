import type { Elementwise } from './elementwise.ts';

/** Operations on whole vectors of parameters. */
export const vectorFormulas: Readonly<Record<string, Elementwise>> = {
  add: {
    ...{ inputs: ['sum', 'term'], outputs: ['sum'], sizes: [null, 'n'] },
    of: (f, sum, term) => [f.add(sum, term)],
  },
  scale: {
    ...{ inputs: ['g'], numbers: ['factor'], outputs: ['g'], sizes: [null, 'n'], neutral: 1 },
    of: (f, g, factor) => [f.multiply(g, factor)],
  },
  averageWeights: {
    ...{ inputs: ['average', 'theta'], numbers: ['smoothing'], outputs: ['average'], sizes: [null, 'n'] },
    of: (f, average, theta, s) => [
      f.flush(f.add(f.multiply(f.subtract(f.constant(1), s), average), f.multiply(s, theta))),
    ],
  },
};
