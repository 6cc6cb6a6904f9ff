import { columns } from '../../../terminal/text/columns.ts';
import { decimal, percent, whole } from '../../../terminal/text/format.ts';
import { lineChart } from '../../../terminal/text/line-chart.ts';
import { table } from '../../../terminal/text/table.ts';
import type { Section } from '../experiment.ts';
import type { Comparison, Setup, TestedRun } from './compare.ts';
import type { DeepData } from './deep-data.ts';

/** Maximum number of activations side by side in a table of rates; further ones have tables below it. */
const MAX_ACROSS = 4;

export function trainingSection(comparisons: readonly Comparison[]): Section {
  return {
    title: 'While training at the same rate: dL/dz of the first hidden layer',
    lines: lineChart(
      comparisons.map(({ label, probes }) => ({
        name: label,
        points: probes.map(({ step, layers }): [number, number] => [step, layers[0].rmsDz]),
      })),
      { x: 'step', y: 'dL/dz', log: true },
    ),
  };
}

export function weightChangeSection(comparisons: readonly Comparison[]): Section {
  const rows = comparisons.map(({ label, relativeChanges, atCommonRate }) => [
    label,
    ...[relativeChanges[0], ...relativeChanges.slice(-2)].map((share) =>
      atCommonRate.diverged === null ? asShare(share) : 'diverged',
    ),
  ]);
  return {
    title: 'Change of the weights, relative to their size at the start',
    lines: table(['', 'first hidden layer', 'last hidden layer', 'output'], rows, { right: [1, 2, 3] }).map(
      (line) => `  ${line}`,
    ),
  };
}

export function resultSection(
  comparisons: readonly Comparison[],
  { runOptions, hasLongRun }: Setup,
  { train, test, chance }: DeepData,
): Section {
  const cells = ({ lr, test, diverged }: TestedRun): string[] =>
    test === null
      ? [String(lr), diverged === null ? '' : 'diverged', '']
      : [String(lr), decimal(test.loss), test.accuracy === undefined ? '' : percent(test.accuracy)];
  const batch = runOptions.batch === 'full' ? train.rows : runOptions.batch;
  const epochs = (runOptions.steps * batch) / train.rows;
  const rows = comparisons.map(({ label, atCommonRate, atBestRate }) => [
    label,
    ...cells(atCommonRate),
    ...cells(atBestRate),
  ]);
  const head = ['', 'same rate', 'loss', 'accuracy', 'best rate', 'loss', 'accuracy'];
  return {
    title: `After ${whole(runOptions.steps)} steps of ${runOptions.batch} rows (${epochs.toFixed(2)} epochs), on ${whole(test.rows)} test rows`,
    lines: [
      ...table(head, rows, { right: [1, 2, 3, 4, 5, 6], width: 78 }).map((line) => `  ${line}`),
      ...(chance === null
        ? []
        : [
            '',
            '  A network that always answers the most frequent class is right in',
            `  ${percent(chance)} of the rows; at no higher accuracy, nothing was learned.`,
          ]),
      ...(hasLongRun ? [] : ['  These runs are short: --long also trains for ten epochs.']),
    ],
  };
}

export function ratesSection(comparisons: readonly Comparison[]): Section {
  const cell = ({ sweep }: Comparison, lr: number): string => {
    const trial = sweep.trials.find((other) => other.lr === lr);
    if (trial === undefined) return '';
    const { validation } = trial.outcome;
    if (validation === null) return 'diverged  ';
    const figure = validation.accuracy === undefined ? decimal(validation.loss) : percent(validation.accuracy);
    return `${figure}${trial === sweep.best ? ' *' : '  '}`;
  };
  const groups = Array.from({ length: Math.ceil(comparisons.length / MAX_ACROSS) }, (_, g) =>
    comparisons.slice(g * MAX_ACROSS, (g + 1) * MAX_ACROSS),
  );
  const tables = groups.map((group) => {
    const triedRates = new Set(group.flatMap(({ sweep }) => sweep.trials.map(({ lr }) => lr)));
    const rows = [...triedRates]
      .sort((a, b) => a - b)
      .map((lr) => [String(lr), ...group.map((comparison) => cell(comparison, lr))]);
    const head = ['rate', ...group.map(({ label }) => `${label}  `)];
    return table(head, rows, { right: head.map((_, c) => c), width: 78 }).map((line) => `  ${line}`);
  });
  return {
    title: 'Every rate tried, on the validation rows; * has the lowest loss',
    lines: [
      ...tables.flatMap((lines, k) => (k === 0 ? lines : ['', ...lines])),
      ...comparisons
        .filter(({ sweep }) => !sweep.bracketed)
        .map(({ label }) => `  ${label}: * is the lowest or highest rate tried; one beyond may be better.`),
    ],
  };
}

export function startsSection(comparisons: readonly Comparison[], { test }: DeepData): Section {
  const range = (values: readonly (number | null | undefined)[], format: (value: number) => string): string => {
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length === 0) return '';
    return `${format(Math.min(...numbers))} to ${format(Math.max(...numbers))}`;
  };
  const rows = comparisons.map(({ label, seeds }) => [
    label,
    range(
      seeds.map(({ factor }) => factor),
      decimal,
    ),
    test.classes === null
      ? range(
          seeds.map((seed) => seed.test?.loss),
          decimal,
        )
      : range(
          seeds.map((seed) => seed.test?.accuracy),
          percent,
        ),
  ]);
  return {
    title: `From ${comparisons[0].seeds.length} starts, at the same rate`,
    lines: columns([['', 'dL/dz, factor', test.classes === null ? 'loss' : 'accuracy'], ...rows]),
  };
}

function asShare(share: number): string {
  if (!Number.isFinite(share)) return '-';
  if (share === 0) return '0 %';
  // Not `percent`, which is for parts of a whole: a weight may change by more than its own size.
  if (share >= 1 && share < 100) return `${(share * 100).toFixed(2)} %`;
  return share >= 1e-4 && share < 1 ? percent(share) : `${(share * 100).toExponential(1)} %`;
}
