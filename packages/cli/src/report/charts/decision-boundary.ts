import { contour, dot, identity, type Markish } from '@observablehq/plot';
import { plural, whole } from '../../terminal/text/format.ts';
import { shortNumber, tick } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import { type DecisionRegions, MARGIN_SCALE, type Plane } from '../findings/findings.ts';
import { markup } from '../markup/markup.ts';
import type { Draw, Drawing, Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

const symbols = ['circle', 'square', 'triangle', 'diamond', 'cross', 'star'] as const;
/** Number of classes that have a colour and a symbol. */
const MAX_CLASSES = symbols.length;
const symbolLetters = ['●', '■', '▲', '◆', '✚', '★'];

/** Maximum number of decision regions drawn; if there are more, evenly spaced ones. */
const MAX_PANELS = 12;

/** The decision regions of a network at some steps and at the end. Null if all rows lie on one line along an axis. */
export function decisionBoundary(
  { labels, points, right, end }: Plane,
  regionsByStep: readonly DecisionRegions[],
): Picture | null {
  if (isFlat(end)) return null;
  const before = regionsByStep.filter((regions) => regions.step < end.step && !isFlat(regions));
  const stride = Math.ceil((before.length + 1) / MAX_PANELS);
  const shownRegions = [...before.filter((_, k) => k % stride === 0), end];
  return {
    name: 'boundary',
    title:
      right === undefined
        ? `Decision regions after ${plural(end.step, 'step')}`
        : `Decision regions after ${plural(end.step, 'step')}: ${right === points.length ? 'all' : `${whole(right)} of`} ${whole(points.length)} points are classified correctly`,
    caption:
      'Each point is a training row; its shape and colour are its class. The background has the colour of the predicted class, darker where the network is more certain; the line is the decision boundary.',
    altText: `Maps of the plane after steps ${shownRegions.map(({ step }) => whole(step)).join(', ')}, with the points of ${labels.length} classes (${labels.join(', ')}) on the regions that the network gives to each.`,
    draw: stack([
      classLegend(labels),
      grid(
        shownRegions.map((regions) => ({
          title: regions.step === 0 ? 'Before the first step' : `After ${plural(regions.step, 'step')}`,
          draw: (width) => drawRegions(regions, points, labels, regions === end, width),
        })),
        shownRegions.length > 4 ? 3 : 2,
        2,
      ),
    ]),
  };
}

const classLegend =
  (labels: readonly string[]): Draw =>
  (width) => {
    let x = 0;
    const parts = labels.map((label, c) => {
      const labelX = x;
      x += 34 + label.length * 7;
      return markup`<text x="${labelX}" y="14"><tspan fill="var(--c${c + 1})">${symbolLetters[c]}</tspan> ${label}</text>`;
    });
    return { width, height: 24, markup: markup`${parts}` };
  };

function drawRegions(
  { extent: [x1, y1, x2, y2], side, margins: marginsByClass }: DecisionRegions,
  points: Plane['points'],
  labels: readonly string[],
  showsValues: boolean, // whether a point shows its coordinates on hover
  width: number,
): Drawing {
  const ratio = Math.min(1.3, Math.max(0.5, (y2 - y1) / (x2 - x1)));
  const background = marginsByClass.slice(0, MAX_CLASSES).flatMap((bytes, c) => {
    const values = Array.from(Buffer.from(bytes, 'base64'), (byte) => byte / MARGIN_SCALE - 1);
    const field = { extent: [x1, y1, x2, y2], side, values } as const;
    return [region(field, `var(--c${c + 1})`, [0, 0.4, 0.8]), border(field, 0, 1)];
  });
  // With more ticks, their numbers would overlap.
  const ticks = width < 220 ? 2 : 4;
  return drawPlot({
    width,
    height: Math.round((width - 40) * ratio) + 36,
    margins: { left: 36, right: 4, top: 6, bottom: 28 },
    x: { domain: [x1, x2], label: null, ticks, tickFormat: tick, tickSize: 3 },
    y: { domain: [y1, y2], label: null, ticks, tickFormat: tick, tickSize: 3 },
    marks: [
      ...background,
      ...symbols.slice(0, marginsByClass.length).map((symbol, c) =>
        dot(
          points.filter(([, , label]) => label === c),
          {
            x: '0',
            y: '1',
            r: points.length > 100 ? 2 : 5,
            symbol,
            fill: `var(--c${c + 1})`,
            stroke: 'var(--paper)',
            strokeWidth: points.length > 100 ? 0.5 : 1.5,
            ...(showsValues
              ? {
                  title: ([x, y]: readonly [number, number, number]) =>
                    `${labels[c]} at ${shortNumber(x)}, ${shortNumber(y)}`,
                }
              : {}),
          },
        ),
      ),
    ],
  });
}

const isFlat = ({ extent: [x1, y1, x2, y2] }: DecisionRegions): boolean => x1 === x2 || y1 === y2;

/** Values at a grid of [side, side] points over a rectangle of the plane, rows by ascending y. */
export interface Field {
  readonly extent: readonly [x1: number, y1: number, x2: number, y2: number];
  readonly side: number;
  readonly values: readonly number[];
}

/** Areas where a field is above each of the thresholds, darker with each. */
export const region = (field: Field, color: string, thresholds: number[]): Markish =>
  contour([...field.values], {
    ...gridOf(field),
    fill: color,
    fillOpacity: 0.14,
    stroke: 'none',
    thresholds,
    clip: 'frame',
  });

/** The contour line at a value of a field. */
export const border = (field: Field, value: number, strokeWidth: number): Markish => {
  const wider = widen(field);
  return contour([...wider.values], {
    ...gridOf(wider),
    fill: 'none',
    stroke: 'var(--ink)',
    strokeWidth,
    thresholds: [value],
    clip: 'frame',
  });
};

const gridOf = ({ extent: [x1, y1, x2, y2], side }: Field) => ({
  width: side,
  height: side,
  x1,
  y1,
  x2,
  y2,
  value: identity,
  // With x and y, Plot would sort the values into a grid, which they are already; that took half the time of a page.
  x: null,
  y: null,
});

/** Extrapolates one point on each side, so that a contour along the edge closes outside the frame. */
function widen({ extent: [x1, y1, x2, y2], side, values }: Field): Field {
  const widerSide = side + 2;
  const [dx, dy] = [(x2 - x1) / (side - 1), (y2 - y1) / (side - 1)];
  /** The value at -1 to `side`, continued along a straight line at both ends. */
  const extrapolate = (valueAt: (k: number) => number, k: number): number => {
    if (k < 0) return 2 * valueAt(0) - valueAt(1);
    return k < side ? valueAt(k) : 2 * valueAt(side - 1) - valueAt(side - 2);
  };
  const valueAt = (row: number, column: number): number =>
    extrapolate((r) => extrapolate((c) => values[r * side + c], column), row);
  return {
    extent: [x1 - dx, y1 - dy, x2 + dx, y2 + dy],
    side: widerSide,
    values: Array.from({ length: widerSide ** 2 }, (_, k) =>
      valueAt(Math.floor(k / widerSide) - 1, (k % widerSide) - 1),
    ),
  };
}

/** A row of a logic gate in the plane, and whether its target is 1. */
interface TargetDot {
  readonly px: number;
  readonly py: number;
  readonly one: boolean;
}

/** Circles for target 1, squares for 0, which differ without colour too. */
export const targetDots = (dots: readonly TargetDot[]): Markish =>
  dot(dots, {
    x: 'px',
    y: 'py',
    r: 7,
    symbol: ({ one }: TargetDot) => (one ? 'circle' : 'square'),
    fill: ({ one }: TargetDot) => (one ? 'var(--c1)' : 'var(--c2)'),
    stroke: 'var(--paper)',
    strokeWidth: 1.5,
    title: ({ px, py, one }: TargetDot) => `${shortNumber(px)}, ${shortNumber(py)}: target ${one ? 1 : 0}`,
  });
