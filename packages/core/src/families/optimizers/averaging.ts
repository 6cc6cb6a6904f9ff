import type { Optimizer } from './optimizer.ts';

/**
 * The optimizer with a moving average of the weights as its last slot: the mean of the weights behind each step, that
 * of i steps ago counting dⁱ. As a recurrence, a ← (1 - s)a + sθ with the share s = (1 - d) / (1 - dᵗ) behind step t.
 * The first share is 1: a is the weights behind the first step, and no start lingers in it, as zeros or the starting
 * weights would by dᵗ. [Polyak & Juditsky 1992](https://doi.org/10.1137/0330046)
 */
export function averaging(optimizer: Optimizer, decay: number): Optimizer {
  const { hyperLength, initialScalars } = optimizer;
  const power = initialScalars.length; // place of dᵗ
  return {
    ...optimizer,
    slots: [...optimizer.slots, 'average'],
    initialScalars: [...initialScalars, decay],
    advance(scalars) {
      optimizer.advance(scalars);
      scalars[power] *= decay;
    },
    hyperLength: hyperLength + 1,
    shareAt: hyperLength,
    hyper(hyper, rate, scalars) {
      optimizer.hyper(hyper, rate, scalars);
      hyper[hyperLength] = (1 - decay) / (1 - scalars[power]);
    },
  };
}
