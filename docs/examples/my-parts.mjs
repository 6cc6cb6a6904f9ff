// Custom parts for own-parts.mjs. Each thread imports this module.
import { defineActivation, defineLoss, defineMetric } from '@gradloom/runtime';

/** z³. */
export const cube = defineActivation({ name: 'cube', formula: ({ z }) => z.power(3) });

/** The pinball loss: its minimum is the quantile τ of the targets. */
export const pinball = defineLoss({
  name: 'pinball',
  options: { tau: 0.5 },
  formula: ({ y, t, tau }) => t.minus(y).times(t.above(y).where(tau, tau - 1)),
});

/** The share of targets below the output. */
export const below = defineMetric({
  name: 'below',
  create() {
    let count = 0;
    let rows = 0;
    return {
      add(y, t, B, O) {
        for (let i = 0; i < B * O; i++) if (t[i] < y[i]) count++;
        rows += B * O;
      },
      value: () => count / rows,
    };
  },
});
