import { columns } from '../../../terminal/text/columns.ts';
import { decimal } from '../../../terminal/text/format.ts';
import { lineChart } from '../../../terminal/text/line-chart.ts';
import type { Descender, DescentResult } from '../descend.ts';
import type { Outcome } from '../experiment.ts';
import { CHAPTER, chapterSlip, claim, type Verdict, verdictDefinitions, verdictOf } from '../finding.ts';

const rates = [1e-7, 1e-5, 0.001, 0.01, 0.1, 0.2, 0.3, 1, 3, 10];
const plottedRates = [1e-7, 0.001, 0.1, 0.2];
const STEPS = 1000;

/** One problem at many rates, from the same weights. */
export async function compareLearningRates({ descend }: Descender, seed: number): Promise<Outcome> {
  const runs: (DescentResult & { rate: number; verdict: Verdict })[] = [];
  for (const lr of rates) {
    const run = await descend({ optimizer: { kind: 'sgd', lr }, batch: 'full', epochs: STEPS, seed });
    runs.push({ ...run, rate: lr, verdict: verdictOf(run.losses, run.finalLoss) });
  }
  const runAt = (rate: number) => runs.find((run) => run.rate === rate) ?? runs[0];
  const [tiny, small, right, huge] = [1e-7, 0.001, 0.1, 10].map(runAt);
  const share = right.finalLoss / right.losses[0];
  return {
    sections: [
      {
        title: `sin x by a net 1-16-1, ${STEPS} steps of gradient descent from the same weights`,
        lines: [
          ...columns([
            ['rate', 'first loss', 'highest', 'at the end', ''],
            ...runs.map(({ rate, losses, finalLoss, verdict }) => [
              String(rate),
              decimal(losses[0]),
              decimal(Math.max(...losses)),
              Number.isFinite(finalLoss) ? decimal(finalLoss) : `not finite after ${losses.length} steps`,
              verdict,
            ]),
          ]),
          '',
          ...columns(verdictDefinitions),
          '',
          `  The chapter, ${CHAPTER}, calls 0.1`,
          '  too large and 0.001 just right. Here 0.1 is the best of these and 0.001 too',
          '  small: which rate is right depends on the problem.',
        ],
      },
      {
        title: `Rates ${plottedRates.join(', ')}`,
        lines: lineChart(
          runs
            .filter(({ rate }) => plottedRates.includes(rate))
            .map(({ rate, losses }) => ({ name: String(rate), points: losses.map((loss, k) => [k, loss]) })),
          { x: 'step', y: 'loss', log: true },
        ),
      },
    ],
    findings: [
      claim('rate 1e-7 crawls', tiny.verdict, tiny.verdict === 'crawls'),
      chapterSlip(
        'rate 0.001',
        'just right',
        small.verdict,
        small.verdict === 'slow',
        'this problem needs a larger one',
      ),
      chapterSlip(
        'rate 0.1',
        'too large',
        `${right.verdict}, ${(100 * share).toFixed(1)} % left`,
        right.verdict === 'learns' && right.finalLoss < small.finalLoss,
        'which is too large depends on the problem',
      ),
      claim('rate 10 diverges', huge.verdict, huge.verdict === 'diverges'),
    ],
    json: {
      rates: Object.fromEntries(
        runs.map(({ rate, verdict, finalLoss, losses }) => [rate, { verdict, finalLoss, losses }]),
      ),
    },
  };
}
