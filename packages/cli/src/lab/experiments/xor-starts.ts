import { columns } from '../../terminal/text/columns.ts';
import { plural } from '../../terminal/text/format.ts';
import type { Outcome } from './experiment.ts';
import { type Finding, paperFigure } from './finding.ts';
import { NUMPY } from './xor-run.ts';

/** Above this mean squared error, at least one of the four rows is wrong, or nearly wrong. */
const LEARNED_LOSS = 0.05;
const STUCK_SEED = 42; // a seed that never learns
const BAR = 40; // characters

/** The number of starts that never learn, and the losses of all. */
export function describeStarts(finalLosses: ReadonlyMap<number, number>): Outcome {
  const sortedLosses = [...finalLosses];
  const stuck = sortedLosses.filter(([, loss]) => loss > LEARNED_LOSS);
  const bins = new Map<string, number>();
  for (const [, loss] of [...sortedLosses].sort(([, a], [, b]) => a - b)) {
    const bin = loss > LEARNED_LOSS ? `${loss.toFixed(2)}, stuck` : `${loss.toExponential(0)}`;
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const maxCount = Math.max(...bins.values());
  const seeds = stuck.map(([seed]) => seed).join(', ');
  const loss42 = finalLosses.get(STUCK_SEED);
  const findings: Finding[] =
    loss42 === undefined ? [] : [paperFigure('final loss from seed 42', { printed: '0.1252', source: NUMPY }, loss42)];
  return {
    sections: [
      {
        title: `${plural(sortedLosses.length, 'start')} from different random weights, 10,000 epochs each`,
        lines: columns(
          [
            ['final loss', 'starts', ''],
            ...[...bins].map(([bin, count]) => [bin, String(count), '#'.repeat(Math.ceil((count / maxCount) * BAR))]),
          ],
          { right: [1] },
        ),
      },
      {
        title: `${stuck.length} of ${plural(sortedLosses.length, 'start')} never learn XOR`,
        lines: wrap(seeds === '' ? 'none of them' : `seeds ${seeds}`),
      },
    ],
    findings,
    json: {
      finalLosses: Object.fromEntries(finalLosses),
      neverLearn: stuck.map(([seed]) => seed),
      starts: sortedLosses.length,
      threshold: LEARNED_LOSS,
    },
  };
}

/** Lines of at most 76 characters, broken at spaces. */
function wrap(text: string): string[] {
  return (text.match(/.{1,76}(?:\s|$)/g) ?? []).map((line) => `  ${line.trimEnd()}`);
}
