import { decimal, percent, whole } from '../../../terminal/text/format.ts';
import { table } from '../../../terminal/text/table.ts';
import type { Outcome } from '../experiment.ts';
import { claim, type Finding, paperClaim } from '../finding.ts';
import { fitFactor } from '../vanishing/start-factors.ts';
import { remedyTable } from './remedy-nets.ts';
import type { RemedyResult, Setting } from './small-set.ts';

/** An accuracy this far above chance means that a network has learned something, from any seed. */
const MIN_MARGIN = 0.1;

interface Row extends RemedyResult {
  readonly factor: number | null; // factor of dL/dz per layer; null if it is too small to measure
  readonly ratio: number; // ratio of the first hidden layer's dL/dz to the last one's
}

/** A row for each network at its best rate; `claims` says whether findings are claimed. */
export function describeRemedies(setting: Setting, results: readonly RemedyResult[], claims: boolean): Outcome {
  const { set, depth, width, steps, batch, seed } = setting;
  const rows = results.map((result): Row => {
    const { rmsDz } = result.best.outcome;
    return { ...result, factor: fitFactor(rmsDz).factor, ratio: rmsDz[0] / rmsDz[rmsDz.length - 1] };
  });
  const hasUnbracketed = rows.some(({ bracketed }) => !bracketed);
  return {
    sections: [
      {
        title: `${depth} hidden layers of ${width}, ${whole(steps)} steps of gradient descent, each at its best rate`,
        lines: [
          `  ${set.train.name}: ${whole(set.train.rows)} rows to train on in batches of ${batch}, ${whole(set.test.rows)} to test on.`,
          "  'per layer' is the factor of dL/dz from each layer back to the one before it,",
          "  'in all' from the last hidden layer to the first, both at the start.",
          '',
          ...table(
            ['hidden layers', 'per layer', 'in all', 'rate', 'loss', 'test accuracy'],
            rows.map(({ name, factor, ratio, best, bracketed }) => [
              name,
              factor?.toFixed(3) ?? '-',
              decimal(ratio),
              `${best.lr}${bracketed ? '  ' : ' *'}`,
              decimal(best.outcome.loss),
              percent(best.outcome.accuracy),
            ]),
            { right: [1, 2, 3, 4, 5] },
          ),
          '',
          '  A network that always answers the most frequent class is right in',
          `  ${percent(set.chance)} of the test rows; at no higher accuracy, nothing was learned.`,
          ...(hasUnbracketed ? ['  * The best rate is the lowest or highest that was tried.'] : []),
        ],
      },
    ],
    findings: claims ? findingsOf(rows, set.chance) : [],
    json: {
      depth,
      width,
      steps,
      batch,
      seed,
      dataset: set.train.name,
      rows: set.train.rows,
      testRows: set.test.rows,
      chance: set.chance,
      remedies: Object.fromEntries(
        rows.map(({ name, factor, ratio, best, bracketed, trials }) => [
          name,
          {
            factorPerLayer: factor,
            firstOverLast: ratio,
            rmsDz: best.outcome.rmsDz,
            rate: best.lr,
            bracketed,
            finalLoss: best.outcome.loss,
            testAccuracy: best.outcome.accuracy,
            trials: trials.map(({ lr, outcome: { loss, accuracy } }) => ({ rate: lr, loss, accuracy })),
          },
        ]),
      ),
    },
  };
}

function findingsOf(rows: readonly Row[], chance: number): Finding[] {
  const rowOf = (name: string): Row => rows.find((row) => row.name === name) ?? rows[0];
  const bound = rowOf('sigmoid').factor ?? Number.NaN;
  const usualFactor = rowOf('tanh, usual init').factor ?? Number.NaN;
  const start = [
    claim('sigmoid: dL/dz per layer is at most 0.25', bound.toFixed(3), bound <= 0.25),
    // sqrt(n Var W) with Var W = 1 / 3n, for tanh near 0; 19 draws of 32 x 32 weights stay within 5 % of it.
    paperClaim(
      'tanh, usual init: dL/dz per layer',
      { printed: 'sqrt(1/3) = 0.577', source: 'Glorot and Bengio 2010, from n Var W = 1/3' },
      usualFactor.toFixed(3),
      Math.abs(usualFactor / Math.sqrt(1 / 3) - 1) < 0.1,
    ),
  ];
  const end = rows.flatMap(({ name, best, trials }) => {
    const { learns } = remedyTable[name];
    if (learns === undefined) return [];
    // "Learns" means at its best rate; "stays at chance" means at every rate.
    const accuracies = trials.map(({ outcome }) => outcome.accuracy).filter(Number.isFinite);
    const accuracy = learns ? best.outcome.accuracy : Math.max(...accuracies);
    const agrees = learns ? accuracy > chance + MIN_MARGIN : accuracy < chance + MIN_MARGIN;
    return [claim(`${name}: ${learns ? 'learns' : 'never learns'}`, percent(accuracy), agrees)];
  });
  return [...start, ...end];
}
