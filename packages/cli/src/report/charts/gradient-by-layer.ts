import { dot, line, text } from '@observablehq/plot';
import { capital } from '../../terminal/text/format.ts';
import { type Point, thin } from '../../terminal/text/thin.ts';
import { highest, isDrawable, type LogRange, logRange, logTicks, tick } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import { legend } from '../legend.ts';
import { type Drawing, isNarrow, type Picture } from '../picture.ts';
import { drawPlot, halo, strokeOf } from '../theme.ts';

/** Gradient of each layer of one network, before its first step. */
export interface LayerGradients {
  readonly label: string; // name of the activation
  readonly sizes: readonly number[]; // RMS of dL/dz, starting at the input
  readonly expected: readonly number[]; // by theory, NaN if there is none
  readonly factor: number | null; // per layer, towards the input
  readonly expectedFactor: number | null;
}

/** The vanishing gradient: size by layer on a logarithmic scale, one panel per activation, theory as dashed lines. */
export function gradientByLayer(all: readonly LayerGradients[]): Picture {
  const depth = highest(all.map(({ sizes }) => sizes.length));
  const range = logRange(
    all.flatMap((one) => [...one.sizes, ...one.expected]),
    0.3,
  );
  return {
    name: 'gradient-by-layer',
    title: capital(all.map(({ label, factor }) => `${label}: ${changeText(factor)}`).join('; ')),
    sentence: `RMS of dL/dz at each of ${depth} hidden layers before the first step, on a logarithmic scale. Backpropagation starts at the output, on the right, and goes to hidden layer 1. ${reach(all)} Dashed: what theory predicts for weights of this size.`,
    alternative: all
      .map(
        ({ label, sizes, factor, expectedFactor }) =>
          `${label}: RMS of the gradient ${short(sizes[sizes.length - 1])} at the last hidden layer and ${short(sizes[0])} at the first, a factor of ${factor === null ? 'none' : short(factor)} per layer, by theory ${expectedFactor === null ? 'none' : short(expectedFactor)}`,
      )
      .join('. '),
    draw: (width) => {
      const panels = all.map((one, k) => ({ title: one.label, draw: (each: number) => panel(one, k, range, each) }));
      const names = [
        { name: 'measured', stroke: { color: 'var(--ink)', dash: 'none' } },
        { name: 'theory', stroke: { color: 'var(--ink)', dash: '5 4' } },
      ];
      return stack([legend(names, width), grid(panels, width, 2)]);
    },
  };
}

function panel(one: LayerGradients, k: number, [low, high]: LogRange, width: number): Drawing {
  const { sizes, expected, factor } = one;
  const { color } = strokeOf(k === 0 ? 1 : k === 1 ? 0 : k);
  const points = (values: readonly number[]) =>
    thin(values.map((size, h): Point => [h + 1, size]).filter(([, size]) => isDrawable(size, true))) as [
      number,
      number,
    ][];
  const middle = Math.floor(sizes.length / 2);
  // The label is below a flat line, and to the right of the middle of a rising one.
  const climbs = Math.log10(sizes[sizes.length - 1] / sizes[0]) > Math.log10(high / low) / 4;
  const factorLabel =
    factor === null
      ? []
      : [[climbs ? sizes.length : middle + 1, sizes[climbs ? Math.max(0, middle - 2) : middle]] as [number, number]];
  const labels = [
    { at: 0, anchor: 'start' as const },
    { at: sizes.length - 1, anchor: 'end' as const },
  ].filter(({ at }) => sizes[at] > 0);
  return drawPlot({
    width,
    height: isNarrow(width) && width > 340 ? 300 : 380,
    marginLeft: 52,
    marginRight: 14,
    marginTop: 26,
    marginBottom: 40,
    x: {
      domain: [1, sizes.length],
      label: 'hidden layer (← backpropagation)',
      ticks: Math.min(6, sizes.length - 1),
      tickFormat: tick,
      labelArrow: 'none',
      inset: 6,
    },
    y: {
      type: 'log',
      domain: [low, high],
      label: 'RMS of dL/dz',
      ticks: logTicks(low, high, 8),
      tickFormat: tick,
      grid: true,
    },
    marks: [
      line(points(expected), { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '5 4' }),
      line(points(sizes), { stroke: color, strokeWidth: 2.5 }),
      dot(points(sizes), {
        fill: color,
        r: sizes.length > 40 ? 2 : 3.5,
        title: ([h, size]: readonly [number, number]) => `hidden layer ${h}: ${short(size)}`,
      }),
      text(factorLabel, {
        text: () => perLayer(factor ?? 1),
        dy: climbs ? 0 : 44,
        textAnchor: climbs ? 'end' : 'middle',
        fontSize: 16,
        fontWeight: 600,
        fill: color,
        stroke: 'var(--paper)',
        strokeWidth: 5,
      }),
      ...labels.map(({ at, anchor }) =>
        text([[at + 1, sizes[at]]], {
          text: () => short(sizes[at]),
          textAnchor: anchor,
          dx: anchor === 'start' ? (climbs ? 14 : 2) : 2,
          dy: anchor === 'start' && climbs ? 6 : -14,
          ...halo,
        }),
      ),
    ],
  });
}

/** 'the gradient shrinks 3.2 times per layer'. */
function changeText(factor: number | null): string {
  if (factor === null) return 'the gradient is too small for a number';
  if (Math.abs(factor - 1) < 0.05) return 'the gradient keeps its size';
  return factor < 1
    ? `the gradient shrinks ${round(1 / factor)} times per layer`
    : `the gradient grows ${round(factor)} times per layer`;
}

const perLayer = (factor: number): string =>
  Math.abs(factor - 1) < 0.05
    ? `× ${factor.toFixed(2)} per layer`
    : factor < 1
      ? `÷ ${round(1 / factor)} per layer`
      : `× ${round(factor)} per layer`;

const round = (value: number): string => (value < 10 ? value.toFixed(value < 1.995 ? 2 : 1) : value.toFixed(0));

/** The share of the gradient that reaches the first layer, for the activation where it is smallest. */
function reach(all: readonly LayerGradients[]): string {
  const shares = all
    .map(({ label, sizes }) => ({ label, share: sizes[0] / sizes[sizes.length - 1] }))
    .filter(({ share }) => share > 0 && share < 0.1);
  if (shares.length === 0) return '';
  const { label, share } = shares.reduce((low, one) => (one.share < low.share ? one : low));
  return `With ${label}, the gradient there is ${short(1 / share)} times smaller.`;
}

const short = (value: number): string => tick(Number(value.toPrecision(2)));
