import { dot, line, ruleY, text } from '@observablehq/plot';
import { decimal } from '../../terminal/text/format.ts';
import { highest, lowest } from '../axes.ts';
import type { Draw } from '../picture.ts';
import { drawPlot, halo } from '../theme.ts';

/** An axis: numbers, optionally on a logarithmic scale, or evenly spaced words. */
export interface Coordinate {
  readonly name: string;
  readonly log: boolean;
  readonly values: readonly (number | string | null)[]; // value of each line; null is not drawn
}

export interface ParallelCoordinates {
  readonly axes: readonly Coordinate[];
  readonly marked: readonly boolean[]; // whether each line is drawn in colour, on top
}

const ROW = 64;

/** A line for each trial through its values, each axis below the one before it. */
export const parallelCoordinates =
  ({ axes, marked }: ParallelCoordinates): Draw =>
  (width) => {
    const scales = axes.map(scaleOf);
    const lines = marked.map((_, k) =>
      axes.flatMap(({ values }, a): LinePoint[] => {
        const value = values[k];
        return value === null ? [] : [{ x: scales[a].position(value), y: a, line: k }];
      }),
    );
    const markedLines = lines.filter((_, k) => marked[k]);
    const otherLines = lines.filter((_, k) => !marked[k]);
    const channels = { x: 'x', y: 'y', z: 'line' };
    const ticks = scales.flatMap(({ ticks }, a) => ticks.map(({ at, label }) => ({ x: at, y: a, label })));
    return drawPlot({
      width,
      height: 40 + ROW * axes.length,
      margins: { left: 40, right: 40, top: 34, bottom: 30 },
      x: { domain: [0, 1], axis: null },
      y: { domain: [axes.length - 1, 0], axis: null },
      marks: [
        ruleY(
          axes.map((_, a) => a),
          { stroke: 'var(--rule)' },
        ),
        line(otherLines.flat(), { ...channels, stroke: 'var(--soft)', strokeOpacity: 0.35, strokeWidth: 1 }),
        line(markedLines.flat(), { ...channels, stroke: 'var(--c2)', strokeOpacity: 1, strokeWidth: 2 }),
        dot(markedLines.flat(), { x: 'x', y: 'y', fill: 'var(--c2)', r: 3 }),
        text(
          axes.map(({ name }, a) => ({ x: 0, y: a, name })),
          {
            x: 'x',
            y: 'y',
            text: 'name',
            dy: -14,
            textAnchor: 'start',
            fontWeight: 600,
            ...halo,
            fill: 'currentColor',
          },
        ),
        // Labels at the ends of an axis stay inside the picture.
        ...(['start', 'middle', 'end'] as const).map((textAnchor) =>
          text(
            ticks.filter(({ x }) => anchorOf(x) === textAnchor),
            { x: 'x', y: 'y', text: 'label', dy: 14, textAnchor, ...halo, fill: 'var(--soft)' },
          ),
        ),
      ],
    });
  };

const anchorOf = (x: number) => (x <= 0 ? 'start' : x >= 1 ? 'end' : 'middle');

interface LinePoint {
  readonly x: number;
  readonly y: number;
  readonly line: number;
}

interface Scale {
  readonly position: (value: number | string) => number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

function scaleOf({ values, log }: Coordinate): Scale {
  const present = values.filter((value) => value !== null);
  if (present.some((value) => typeof value === 'string')) return wordScale([...new Set(present.map(String))]);
  const numbers = present as number[];
  const isLog = log && numbers.every((value) => value > 0);
  const toAxisScale = (value: number) => (isLog ? Math.log(value) : value);
  const [low, high] = [lowest(numbers), highest(numbers)];
  if (!(high > low)) {
    return { position: () => 0.5, ticks: numbers.length === 0 ? [] : [{ at: 0.5, label: decimal(low) }] };
  }
  const position = (value: number | string) =>
    (toAxisScale(Number(value)) - toAxisScale(low)) / (toAxisScale(high) - toAxisScale(low));
  const middle = isLog ? Math.sqrt(low * high) : (low + high) / 2;
  return { position, ticks: [low, middle, high].map((value) => ({ at: position(value), label: decimal(value) })) };
}

function wordScale(words: readonly string[]): Scale {
  const positionAt = (k: number) => (words.length === 1 ? 0.5 : k / (words.length - 1));
  const short = (word: string) => (word.length > 24 ? `${word.slice(0, 23)}…` : word);
  return {
    position: (value) => positionAt(words.indexOf(String(value))),
    ticks: words.map((word, k) => ({ at: positionAt(k), label: short(word) })),
  };
}
