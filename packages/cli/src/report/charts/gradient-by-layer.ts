import { dot, line, text } from '@observablehq/plot';
import { capital } from '../../terminal/text/format.ts';
import { type Point, thin } from '../../terminal/text/thin.ts';
import { highest, isDrawableLog, type LogRange, logRange, logTicks, shortNumber, tick } from '../axes.ts';
import { grid, legend, stack } from '../compose.ts';
import { type Drawing, isNarrow, type Picture } from '../picture.ts';
import { drawPlot, halo, networkStroke } from '../theme.ts';

/** Gradient of each layer of one network, before its first step. */
export interface LayerGradients {
  readonly label: string; // name of the activation
  readonly sizes: readonly number[]; // RMS of dL/dz, starting at the input
  readonly expected: readonly number[]; // by theory, NaN where there is none; empty if there is no theory
  readonly factor: number | null; // per layer, towards the input
  readonly expectedFactor: number | null;
}

/** The vanishing gradient: size by layer on a logarithmic scale, one panel per activation, theory as dashed lines. */
export function gradientByLayer(networks: readonly LayerGradients[]): Picture {
  const depth = highest(networks.map(({ sizes }) => sizes.length));
  const allSizes = networks.flatMap(({ sizes, expected }) => [...sizes, ...expected]);
  const range = logRange(allSizes, 0.3); // powers of ten above, for labels
  const hasTheory = networks.some(({ expected }) => expected.length > 0);
  return {
    name: 'gradient-by-layer',
    title: capital(networks.map(({ label, factor }) => `${label}: ${changeText(factor)}`).join('; ')),
    caption: `RMS of dL/dz at each of ${depth} hidden layers before the first step, on a logarithmic scale. Backpropagation starts at the output, on the right, and goes to hidden layer 1. ${reachText(networks)}${hasTheory ? ' Dashed: what theory predicts for weights of this size.' : ''}`,
    altText: networks
      .map(
        ({ label, sizes, factor, expectedFactor }) =>
          `${label}: RMS of the gradient ${shortNumber(sizes[sizes.length - 1], 2)} at the last hidden layer and ${shortNumber(sizes[0], 2)} at the first, a factor of ${factor === null ? 'none' : shortNumber(factor, 2)} per layer${hasTheory ? `, by theory ${expectedFactor === null ? 'none' : shortNumber(expectedFactor, 2)}` : ''}`,
      )
      .join('. '),
    draw: stack([
      ...(hasTheory
        ? [
            legend([
              { name: 'measured', stroke: { color: 'var(--ink)', dash: 'none' } },
              { name: 'theory', stroke: { color: 'var(--ink)', dash: '5 4' } },
            ]),
          ]
        : []),
      grid(
        networks.map((network, k) => ({
          title: network.label,
          draw: (width) => drawNetwork(network, networkStroke(k).color, range, width),
        })),
        2,
      ),
    ]),
  };
}

function drawNetwork(
  { sizes, expected, factor }: LayerGradients,
  color: string,
  [low, high]: LogRange,
  width: number,
): Drawing {
  const points = (values: readonly number[]) =>
    thin(values.map((size, h): Point => [h + 1, size]).filter(([, size]) => isDrawableLog(size))) as [number, number][];
  const middle = Math.floor(sizes.length / 2);
  // The factor stands below a flat line, and to the right of the middle of a steep one.
  const isSteep = Math.log10(sizes[sizes.length - 1] / sizes[0]) > Math.log10(high / low) / 4;
  const factorPoint = [
    isSteep ? sizes.length : middle + 1,
    sizes[isSteep ? Math.max(0, middle - 2) : middle],
  ] satisfies Point;
  const endLabels = [
    { h: 0, anchor: 'start' as const },
    { h: sizes.length - 1, anchor: 'end' as const },
  ].filter(({ h }) => sizes[h] > 0);
  return drawPlot({
    width,
    height: isNarrow(width) && width > 340 ? 300 : 380,
    margins: { left: 52, right: 14, top: 26, bottom: 40 },
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
        title: ([h, size]: readonly [number, number]) => `hidden layer ${h}: ${shortNumber(size, 2)}`,
      }),
      text(factor === null ? [] : [factorPoint], {
        text: () => perLayer(factor ?? 1),
        dy: isSteep ? 0 : 44,
        textAnchor: isSteep ? 'end' : 'middle',
        fontSize: 16,
        fontWeight: 600,
        fill: color,
        stroke: 'var(--paper)',
        strokeWidth: 5,
      }),
      ...endLabels.map(({ h, anchor }) =>
        text([[h + 1, sizes[h]]], {
          text: () => shortNumber(sizes[h], 2),
          textAnchor: anchor,
          dx: anchor === 'start' && isSteep ? 14 : 2,
          dy: anchor === 'start' && isSteep ? 6 : -14,
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

/** '÷ 3.2 per layer'. */
function perLayer(factor: number): string {
  if (Math.abs(factor - 1) < 0.05) return `× ${factor.toFixed(2)} per layer`;
  return factor < 1 ? `÷ ${round(1 / factor)} per layer` : `× ${round(factor)} per layer`;
}

const round = (value: number): string => (value < 10 ? value.toFixed(value < 1.995 ? 2 : 1) : value.toFixed(0));

/** The share of the gradient that reaches the first layer, for the activation where it is smallest. */
function reachText(networks: readonly LayerGradients[]): string {
  const shares = networks
    .map(({ label, sizes }) => ({ label, share: sizes[0] / sizes[sizes.length - 1] }))
    .filter(({ share }) => share > 0 && share < 0.1);
  if (shares.length === 0) return '';
  const { label, share } = shares.reduce((min, other) => (other.share < min.share ? other : min));
  return `With ${label}, the gradient there is ${shortNumber(1 / share, 2)} times smaller.`;
}
