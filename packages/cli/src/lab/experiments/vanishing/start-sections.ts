import { activations, mathOf } from '@gradloom/core';
import type { Paint } from '../../../terminal/paint.ts';
import { decimal } from '../../../terminal/text/format.ts';
import { lineChart } from '../../../terminal/text/line-chart.ts';
import { logBars } from '../../../terminal/text/log-bars.ts';
import { table } from '../../../terminal/text/table.ts';
import { shownRows } from '../../../terminal/text/thin.ts';
import type { Section } from '../experiment.ts';
import type { Comparison, Setup } from './compare.ts';

/** Maximum number of rows of a chart; with more layers, only some are shown. */
const MAX_ROWS = 40;

export function sigmoidSlopeSection(): Section {
  const { apply, derivative } = activations.sigmoid;
  const math = mathOf('float64');
  const slopeAt = (z: number): [number, number] => [z, derivative(math, z, apply(math, z))];
  const points = Array.from({ length: 121 }, (_, k) => (k - 60) / 10).map(slopeAt);
  const [z, maxSlope] = points.reduce((best, point) => (point[1] > best[1] ? point : best));
  const bound = [10, 20, 48].map((n) => `${maxSlope}^${n} = ${(maxSlope ** n).toExponential(1)}`).join(', ');
  return {
    title: 'Each layer multiplies by a slope, and that of sigmoid is at most 0.25',
    lines: [
      ...lineChart([{ name: "sigmoid'", points }], { x: 'z', y: 'slope of sigmoid', height: 8 }),
      '',
      `  Highest at z = ${z}: ${maxSlope}. After n layers, slopes alone leave at most`,
      `  ${bound} of a gradient.`,
    ],
  };
}

/** Charts with a row of bars for each layer. */
export function gradientChartSections(comparisons: readonly Comparison[], setup: Setup, paint: Paint): Section[] {
  const depth = setup.hidden.length;
  const layers = shownRows(depth, MAX_ROWS);
  const omissionText = layers.length < depth ? `, ${layers.length} of ${depth} layers` : '';
  const picture = (title: string, sizeOf: 'rmsDz' | 'rmsDW'): Section => ({
    title,
    lines: logBars(
      comparisons.map(({ label, probes }) => ({ name: label, values: layers.map((h) => probes[0].layers[h][sizeOf]) })),
      { rows: layers.map((h) => String(h + 1)), head: 'hidden', paint },
    ),
  });
  return [
    picture(`At the start: dL/dz of the hidden layers, from the input down${omissionText}`, 'rmsDz'),
    picture(`At the start: dL/dW of the same layers${omissionText}`, 'rmsDW'),
  ];
}

export function factorSection(comparisons: readonly Comparison[], { init, hidden }: Setup): Section {
  const gain = Math.sqrt(hidden[0]) * (comparisons[0].probes[0].layers.at(-1)?.rmsW ?? Number.NaN);
  const rows = comparisons.map(({ label, kind, probes, start: { measured, expected } }) => {
    const { layers } = probes[0];
    const [first, last] = [layers[0], layers[layers.length - 1]];
    return [
      label,
      orDash(measured.factor),
      orDash(expected.factor),
      decimal(activations[kind].maxSlope),
      orDash(first.rmsDz / last.rmsDz),
      orDash(first.rmsDW / last.rmsDW),
    ];
  });
  const narrow = comparisons.filter(
    ({ start, isNormed }) => start.measured.factor !== null && start.effect === null && !isNormed,
  );
  const hasNorms = comparisons.some(({ isNormed }) => isNormed);
  const tooSmall = comparisons.filter(({ start }) => start.measured.layersTooSmall > 0);
  return {
    title: `At the start: factor of dL/dz from layer to layer, ${typeof init === 'string' ? init : init.kind}`,
    lines: [
      ...table(['', 'measured', 'theory', 'max slope', 'dz 1st/last', 'dW 1st/last'], rows, {
        right: [1, 2, 3, 4, 5],
      }).map((line) => `  ${line}`),
      '',
      "  Theory: sqrt(n Var(W) E[f'(z)^2]) with normal z, whose variance is followed",
      `  through the layers. The weights count too: sqrt(n Var(W)) is ${decimal(gain)} here.`,
      '  It is exact for infinite width. The findings give its range for networks of',
      `  ${hidden[0]} units, plus and minus three standard errors.`,
      ...(hasNorms
        ? [
            "  With batch-norm it is sqrt(E[f'(u)^2] / Var[f(u)]), u normal with variance 1:",
            '  the size of the weights cancels. No range is claimed.',
          ]
        : []),
      ...narrow.map(({ label }) => `  ${label}: with ${hidden[0]} units, chance matters too much to claim anything.`),
      ...tooSmall.map(
        ({ label, start: { measured } }) =>
          `  ${label}: ${measured.layersTooSmall} layers have gradients below 1e-150 and are left out of the fit.`,
      ),
    ],
  };
}

/** Statistics of some layers, at the first probe or the last. */
export function layerSection(comparisons: readonly Comparison[], setup: Setup, when: 'first' | 'last'): Section {
  const shownLayers = shownRows(setup.hidden.length, 5);
  const head = ['', 'layer', 'dL/dz', 'dL/da', 'dL/dW', 'mean', 'std', 'flat', 'dead'];
  const rows = comparisons.flatMap(({ label, probes }) => {
    const probe = probes[when === 'first' ? 0 : probes.length - 1];
    return shownLayers.map((h, k) => {
      const { rmsDz, rmsDa, rmsDW, activationMean, activationStd, flat, dead } = probe.layers[h];
      const sizes = [rmsDz, rmsDa, rmsDW].map((size) => size.toExponential(1));
      const shares = [flat, dead].map((share) => `${Math.round(100 * share)} %`);
      return [k === 0 ? label : '', String(h + 1), ...sizes, short(activationMean), short(activationStd), ...shares];
    });
  });
  const lastStep = Math.max(...comparisons.map(({ probes }) => probes.at(-1)?.step ?? 0));
  return {
    title:
      when === 'first'
        ? 'At the start: gradients and outputs of the hidden layers'
        : `The same before step ${lastStep + 1}`,
    lines: [
      ...table(head, rows, { right: [1, 2, 3, 4, 5, 6, 7, 8], width: 78 }).map((line) => `  ${line}`),
      ...(when === 'first'
        ? [
            '',
            '  dL/dz, dL/da and dL/dW are root mean squares; mean and std are those of',
            '  the outputs a = f(z). flat: outputs whose slope is',
            "  below 1 % of the activation's largest slope; dead: units flat in all rows.",
          ]
        : []),
    ],
  };
}

/** A number as text; '-' if there is none. */
const orDash = (value: number | null): string => (value === null || !Number.isFinite(value) ? '-' : decimal(value));

const short = (value: number): string =>
  Math.abs(value) >= 0.001 && Math.abs(value) < 1000 ? value.toFixed(3) : value === 0 ? '0' : value.toExponential(1);
