import { decimal, percent } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import type { Section } from '../experiment.ts';
import { type Finding, holds, unclaimed } from '../finding.ts';
import { type Comparison, EPSILON, type Setup, TINY_EPSILON } from './compare.ts';

/** Size of Adam's first step relative to the rate, |g| / (|g| + ε), for a gradient of this size. */
const shareOf = (gradient: number, epsilon: number): number => gradient / (gradient + epsilon);

/** Why no rate helps: Adam divides by √v + ε, and the gradients of the first layers are below ε. */
export function epsilonSection({ label, looks, withTinyEpsilon }: Comparison, { hidden }: Setup): Section[] {
  if (withTinyEpsilon === null) return [];
  const { layers } = looks[0];
  const shown = [...new Set([0, 4, 9, 14, hidden.length - 1])].filter((h) => h < hidden.length);
  return [
    {
      title: `Why no rate helps ${label}: Adam's epsilon`,
      lines: [
        '  Adam divides by sqrt(v) + epsilon. If a gradient g is far above epsilon, the',
        '  first step is the full rate; if far below, almost 0: |g| / (|g| + epsilon).',
        '',
        ...table(
          ['hidden layer', 'dL/dW', `step, epsilon ${EPSILON}`, `step, epsilon ${TINY_EPSILON}`],
          shown.map((h) => [
            String(h + 1),
            layers[h].rmsDW.toExponential(1),
            ...[EPSILON, TINY_EPSILON].map((epsilon) => asPercent(shareOf(layers[h].rmsDW, epsilon))),
          ]),
          { right: [0, 1, 2, 3] },
        ).map((line) => `  ${line}`),
        '',
        `  With epsilon ${TINY_EPSILON}, the same network from the same weights at rate ${withTinyEpsilon.rate}`,
        `  has ${accuracyOf(withTinyEpsilon)} test accuracy. It stays at chance only with the usual epsilon:`,
        '  the first layers have a gradient, but Adam treats it as 0.',
      ],
    },
  ];
}

export function epsilonFindings({ label, looks, withTinyEpsilon }: Comparison): Finding[] {
  if (withTinyEpsilon === null) return [];
  const share = shareOf(looks[0].layers[0].rmsDW, EPSILON);
  return [
    holds(`${label}: Adam's first step in hidden layer 1 is below 1 % of its rate`, asPercent(share), share < 0.01),
    unclaimed(
      `${label}, epsilon ${TINY_EPSILON}, rate ${withTinyEpsilon.rate}`,
      accuracyOf(withTinyEpsilon),
      'with another epsilon, it depends on the start',
    ),
  ];
}

const accuracyOf = ({ test }: NonNullable<Comparison['withTinyEpsilon']>): string =>
  test?.accuracy === undefined ? 'none' : percent(test.accuracy);

const asPercent = (share: number): string => `${decimal(100 * share)} %`;
