import { text } from '@observablehq/plot';
import { isRecord } from '../../options/read-object.ts';
import { list, record, tuple } from '../../options/schema/containers.ts';
import { figure, number } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { decimal } from '../../terminal/text/format.ts';
import { tick } from '../axes.ts';
import { border, type Field, region, targetDots } from '../charts/decision-boundary.ts';
import { lineChart } from '../charts/line-chart.ts';
import { grid } from '../compose.ts';
import type { Drawing, Picture } from '../picture.ts';
import { drawPlot, halo, strokeOf } from '../theme.ts';
import { xorStarts, xorStartsDocument } from './xor-starts.ts';

const pair = tuple(number(), number());

/** The part of xor.json that is drawn, for one start. */
const xorStartDocument = record({
  hidden: tuple(pair, pair, pair, pair), // of 0 0, 0 1, 1 0, 1 1
  predictions: tuple(number(), number(), number(), number()),
  finalLoss: figure(),
  lossCurve: list(tuple(number(), figure()), 0, 100_000),
  W1: tuple(pair, pair), // [input][unit]
  b1: pair,
  W2: pair,
  b2: tuple(number()),
});

/** The document of one start or of many. */
export const xorDocument: Schema<Read<typeof xorStartDocument> | Read<typeof xorStartsDocument>> = {
  expected: 'an object',
  read: (value, path) =>
    (isRecord(value) && Object.hasOwn(value, 'finalLosses') ? xorStartsDocument : xorStartDocument).read(value, path),
};

type XorStart = Read<typeof xorStartDocument>;

const rows: readonly (readonly [number, number])[] = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

/** The loss, and the four points as inputs and as hidden activations, where one line separates them. */
export function xorPictures(document: Read<typeof xorDocument>): Picture[] {
  return 'finalLosses' in document ? xorStarts(document) : [planesPicture(document), ...lossCurve(document)];
}

function planesPicture({ hidden, predictions, W1, b1, W2, b2 }: XorStart): Picture {
  const isLearned = predictions.every((p, k) => p > 0.5 === (rows[k][0] !== rows[k][1]));
  const output = (h: readonly number[]) => sigmoid(h[0] * W2[0] + h[1] * W2[1] + b2[0]);
  const hiddenOf = (x: readonly number[]) => [0, 1].map((u) => sigmoid(x[0] * W1[0][u] + x[1] * W1[1][u] + b1[u]));
  return {
    name: 'xor-spaces',
    title: isLearned
      ? 'No straight line separates XOR’s inputs; one line separates its hidden activations'
      : 'From this start, the network does not learn XOR',
    caption:
      'Inputs: the four inputs and the decision boundary of the network. Hidden activations: the same four points as activations of the two hidden units, with the straight decision boundary of the output neuron, W2 · h + b2 = 0. The background has the colour of the prediction, darker where the network is more certain.',
    altText: hidden
      .map(
        (h, k) =>
          `Input ${rows[k].join(' ')} becomes hidden ${h.map((v) => v.toFixed(3)).join(' ')}, prediction ${predictions[k].toFixed(4)}`,
      )
      .join('. '),
    draw: grid(
      [
        {
          title: 'Inputs',
          draw: (width) => drawPlane(rows, (x) => output(hiddenOf(x)), ['x₁', 'x₂'], [-0.3, 1.3], width),
        },
        { title: 'Hidden activations', draw: (width) => drawPlane(hidden, output, ['h₁', 'h₂'], [-0.15, 1.15], width) },
      ],
      2,
    ),
  };
}

const SIDE = 48;

interface Mark {
  readonly px: number;
  readonly py: number;
  readonly name: string;
  readonly one: boolean;
}

function drawPlane(
  points: readonly (readonly [number, number])[],
  answer: (point: readonly number[]) => number,
  [x, y]: readonly [string, string], // labels of the axes
  [low, high]: readonly [number, number], // range of both axes
  width: number,
): Drawing {
  const coordinate = (k: number) => low + (k / (SIDE - 1)) * (high - low);
  const values = Array.from({ length: SIDE * SIDE }, (_, k) =>
    answer([coordinate(k % SIDE), coordinate(Math.floor(k / SIDE))]),
  );
  const field: Field = { extent: [low, low, high, high], side: SIDE, values };
  const inverseField = { ...field, values: values.map((p) => 1 - p) };
  const marks = points.map(([px, py], k) => ({ px, py, name: rows[k].join(' '), one: rows[k][0] !== rows[k][1] }));
  // Points at the same place have one label.
  const overlap = (a: Mark, b: Mark) => a.one === b.one && Math.hypot(a.px - b.px, a.py - b.py) < 0.08;
  const labels = marks
    .filter((mark, k) => !marks.slice(0, k).some((other) => overlap(mark, other)))
    .map((mark) => ({
      ...mark,
      name: marks
        .filter((other) => overlap(mark, other))
        .map(({ name }) => name)
        .join(', '),
    }));
  return drawPlot({
    width,
    height: width,
    margins: { left: 40, right: 8, top: 20, bottom: 38 },
    x: { domain: [low, high], label: x, ticks: [0, 0.5, 1], tickFormat: tick, labelArrow: 'right' },
    y: { domain: [low, high], label: y, ticks: [0, 0.5, 1], tickFormat: tick, labelArrow: 'up' },
    marks: [
      region(field, 'var(--c1)', [0.5, 0.7, 0.9]),
      region(inverseField, 'var(--c2)', [0.5, 0.7, 0.9]),
      border(field, 0.5, 2),
      targetDots(marks),
      ...[-14, 14].map((dx) =>
        text(
          labels.filter(({ px }) => (px > 0.8 ? -14 : 14) === dx), // to the left of points at the right edge
          {
            x: 'px',
            y: 'py',
            text: ({ name, one }: { name: string; one: boolean }) => `${name} → ${one ? 1 : 0}`,
            dx,
            dy: -16,
            ...halo,
            fontWeight: 600,
          },
        ),
      ),
    ],
  });
}

function lossCurve({ lossCurve: points, finalLoss }: XorStart): Picture[] {
  if (points.length < 2) return [];
  return [
    {
      name: 'xor-loss',
      title: `Training loss: ${decimal(points[0][1])} at the start, ${decimal(finalLoss)} at the end`,
      caption: 'Mean squared error over the four rows before each step, on a logarithmic scale.',
      altText: `Loss against epoch, on a logarithmic scale, from ${decimal(points[0][1])} to ${decimal(finalLoss)}.`,
      draw: lineChart({
        series: [{ name: 'loss', points, stroke: strokeOf(0) }],
        x: { label: 'epoch' },
        y: { label: 'loss', log: true },
      }),
    },
  ];
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));
