import { activations } from '@gradloom/core';
import { columns } from '../../report/columns.ts';
import { decimal, percent, whole } from '../../report/format.ts';
import { lineChart } from '../../report/line-chart.ts';
import { logBars } from '../../report/log-bars.ts';
import { table } from '../../report/table.ts';
import type { Paint } from '../../terminal/paint.ts';
import type { Section } from '../experiment.ts';
import type { Comparison, Setup, Trained } from './compare.ts';
import type { DeepData } from './deep-data.ts';

/** Rows of a picture; of more layers, some are shown. */
const MOST_ROWS = 40;

export function sectionsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData, paint: Paint): Section[] {
  return [
    slopeOfSigmoid(),
    ...pictures(comparisons, setup, paint),
    factors(comparisons, setup),
    ...(['first', 'last'] as const).map((when) => perLayer(comparisons, setup, when)),
    alongTraining(comparisons),
    moves(comparisons),
    ends(comparisons, setup, data),
    rates(comparisons),
    ...(setup.moreSeeds.length === 0 ? [] : [starts(comparisons)]),
  ];
}

function slopeOfSigmoid(): Section {
  const { apply, derivative } = activations.sigmoid;
  const slopeAt = (z: number): [number, number] => [z, derivative(z, apply(z))];
  const points = Array.from({ length: 121 }, (_, k) => (k - 60) / 10).map(slopeAt);
  const [z, most] = points.reduce((best, point) => (point[1] > best[1] ? point : best));
  const bound = [10, 20, 48].map((n) => `${most}^${n} = ${(most ** n).toExponential(1)}`).join(', ');
  return {
    title: 'Each layer multiplies by a slope, and that of sigmoid is at most 0.25',
    lines: [
      ...lineChart([{ name: "sigmoid'", points }], { x: 'z', y: 'slope of sigmoid', height: 8 }),
      '',
      `  Highest at z = ${z}: ${most}. Slopes alone leave of a gradient at most`,
      `  ${bound}.`,
    ],
  };
}

function pictures(comparisons: readonly Comparison[], setup: Setup, paint: Paint): Section[] {
  const depth = setup.hidden.length;
  const layers = shownLayers(depth, MOST_ROWS);
  const thinned = layers.length < depth ? `, ${layers.length} of ${depth} layers` : '';
  const picture = (title: string, sizeOf: 'rmsDz' | 'rmsDW'): Section => ({
    title,
    lines: logBars(
      comparisons.map(({ label, looks }) => ({ name: label, values: layers.map((h) => looks[0].layers[h][sizeOf]) })),
      { rows: layers.map((h) => String(h + 1)), head: 'layer', paint },
    ),
  });
  return [
    picture(`At the start: dL/dz, from the input down to the output${thinned}`, 'rmsDz'),
    picture(`At the start: dL/dW of the same layers${thinned}`, 'rmsDW'),
  ];
}

/** Indices of at most `most` layers, the first and the last among them. */
function shownLayers(depth: number, most: number): number[] {
  if (depth <= most) return Array.from({ length: depth }, (_, h) => h);
  return Array.from({ length: most }, (_, k) => Math.round((k * (depth - 1)) / (most - 1)));
}

function factors(comparisons: readonly Comparison[], { init, hidden }: Setup): Section {
  const gain = Math.sqrt(hidden[0]) * (comparisons[0].looks[0].layers.at(-1)?.rmsW ?? Number.NaN);
  const rows = comparisons.map(({ label, kind, looks, start: { measured, expected } }) => {
    const { layers } = looks[0];
    const [first, last] = [layers[0], layers[layers.length - 1]];
    return [
      label,
      optional(measured.factor),
      optional(expected.factor),
      decimal(activations[kind].maxSlope),
      optional(first.rmsDz / last.rmsDz),
      optional(first.rmsDW / last.rmsDW),
    ];
  });
  const small = comparisons.filter(({ start }) => start.measured.layersTooSmall > 0);
  return {
    title: `dL/dz of a layer over that of the next, at the start, from ${typeof init === 'string' ? init : init.kind}`,
    lines: [
      ...table(['', 'measured', 'theory', 'max slope', 'dz 1st/last', 'dW 1st/last'], rows, {
        right: [1, 2, 3, 4, 5],
      }).map((line) => `  ${line}`),
      '',
      "  Theory: sqrt(n Var(W) E[f'(z)^2]), z normal, its variance carried from layer",
      `  to layer. The weights count beside the slopes: sqrt(n Var(W)) is ${decimal(gain)} here.`,
      ...small.map(
        ({ label, start: { measured } }) =>
          `  ${label}: ${measured.layersTooSmall} layers are below 1e-150 or 0 and left out of the fit.`,
      ),
    ],
  };
}

function perLayer(comparisons: readonly Comparison[], setup: Setup, when: 'first' | 'last'): Section {
  const shown = shownLayers(setup.hidden.length, 5);
  const head = ['', 'layer', 'dL/dz', 'dL/da', 'dL/dW', 'mean a', 'std a', 'flat', 'dead'];
  const rows = comparisons.flatMap(({ label, looks }) => {
    const look = looks[when === 'first' ? 0 : looks.length - 1];
    return shown.map((h, k) => {
      const { rmsDz, rmsDa, rmsDW, activationMean, activationStd, flat, dead } = look.layers[h];
      const sizes = [rmsDz, rmsDa, rmsDW].map((size) => size.toExponential(1));
      const shares = [flat, dead].map((share) => `${Math.round(100 * share)} %`);
      return [k === 0 ? label : '', String(h + 1), ...sizes, short(activationMean), short(activationStd), ...shares];
    });
  });
  const last = Math.max(...comparisons.map(({ looks }) => looks.at(-1)?.step ?? 0));
  return {
    title:
      when === 'first'
        ? 'At the start: gradients and outputs (flat: next to no slope)'
        : `The same before step ${last + 1}`,
    lines: table(head, rows, { right: [1, 2, 3, 4, 5, 6, 7, 8], width: 78 }).map((line) => `  ${line}`),
  };
}

function alongTraining(comparisons: readonly Comparison[]): Section {
  return {
    title: 'While training at the same rate: dL/dz of the first hidden layer',
    lines: lineChart(
      comparisons.map(({ label, looks }) => ({
        name: label,
        points: looks.map(({ step, layers }): [number, number] => [step, layers[0].rmsDz]),
      })),
      { x: 'step', y: 'dL/dz', log: true },
    ),
  };
}

function moves(comparisons: readonly Comparison[]): Section {
  const rows = comparisons.map(({ label, moved, common }) => [
    label,
    ...[moved[0], moved[moved.length - 2], moved[moved.length - 1]].map((share) =>
      common.diverged === null ? asShare(share) : 'diverged',
    ),
  ]);
  return {
    title: 'How far the weights went, in parts of their size at the start',
    lines: table(['', 'first hidden layer', 'last hidden layer', 'output'], rows, { right: [1, 2, 3] }).map(
      (line) => `  ${line}`,
    ),
  };
}

function ends(comparisons: readonly Comparison[], { length }: Setup, { test, chance }: DeepData): Section {
  const cells = ({ rate, test: found, diverged }: Trained): string[] =>
    found === null
      ? [String(rate), diverged === null ? '' : 'diverged', '']
      : [String(rate), decimal(found.loss), found.accuracy === undefined ? '' : percent(found.accuracy)];
  const rows = comparisons.map(({ label, common, best }) => [label, ...cells(common), ...cells(best)]);
  const head = ['', 'same rate', 'loss', 'accuracy', 'best rate', 'loss', 'accuracy'];
  return {
    title: `After ${whole(length.steps)} steps of ${length.batch} rows: ${whole(test.rows)} test rows`,
    lines: [
      ...table(head, rows, { right: [1, 2, 3, 4, 5, 6], width: 78 }).map((line) => `  ${line}`),
      ...(chance === null ? [] : ['', `  The same answer to every row is right in up to ${percent(chance)} of them.`]),
    ],
  };
}

/** Activations beside each other in a table of rates; more stand below. */
const ABREAST = 4;

function rates(comparisons: readonly Comparison[]): Section {
  const cell = ({ sweep }: Comparison, rate: number): string => {
    const trial = sweep.trials.find((own) => own.rate === rate);
    if (trial === undefined) return '';
    const { validation } = trial.run;
    if (validation === null) return 'diverged  ';
    const figure = validation.accuracy === undefined ? decimal(validation.loss) : percent(validation.accuracy);
    return `${figure}${trial === sweep.best ? ' *' : '  '}`;
  };
  const groups = Array.from({ length: Math.ceil(comparisons.length / ABREAST) }, (_, g) =>
    comparisons.slice(g * ABREAST, (g + 1) * ABREAST),
  );
  const tables = groups.map((group) => {
    const tried = new Set(group.flatMap(({ sweep }) => sweep.trials.map(({ rate }) => rate)));
    const rows = [...tried]
      .sort((a, b) => a - b)
      .map((rate) => [String(rate), ...group.map((comparison) => cell(comparison, rate))]);
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

function starts(comparisons: readonly Comparison[]): Section {
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
    range(
      seeds.map(({ test }) => test?.accuracy ?? test?.loss),
      (value) => short(value),
    ),
  ]);
  return {
    title: `From ${comparisons[0].seeds.length} starts, at the same rate`,
    lines: columns([['', 'dL/dz, factor', 'right test rows, or loss'], ...rows]),
  };
}

/** No figure where there is nothing to divide by. */
const optional = (value: number | null): string => (value === null || !Number.isFinite(value) ? '-' : decimal(value));
const short = (value: number): string =>
  Math.abs(value) >= 0.001 && Math.abs(value) < 1000 ? value.toFixed(3) : value === 0 ? '0' : value.toExponential(1);
const asShare = (share: number): string =>
  !Number.isFinite(share) ? '-' : share >= 1e-4 && share < 100 ? percent(share) : `${(share * 100).toExponential(1)} %`;
