import { text } from '@observablehq/plot';
import { list, record, refined, table } from '../../options/schema/containers.ts';
import { count, flag, name, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { plural, whole } from '../../terminal/text/format.ts';
import { tick } from '../axes.ts';
import { border, type Field, region, targetDots } from '../charts/decision-boundary.ts';
import { grid } from '../compose.ts';
import type { Drawing, Picture } from '../picture.ts';
import { drawPlot, halo } from '../theme.ts';

const gate = refined(
  record({
    rows: list(list(number(), 1, 2), 1, 64), // 1 to 64 rows of one or two inputs
    targets: list(number(), 0, 64),
    weights: list(number(), 1, 2),
    bias: number(),
    right: count(),
    epochs: count(),
    learned: flag,
  }),
  ({ rows, targets, weights }, fail) => {
    const { length: I } = rows[0];
    for (const [n, row] of rows.entries()) {
      if (row.length !== I) fail(['rows', n], `a list of ${row.length}`, `a list of ${I} (as the first row)`);
    }
    if (targets.length !== rows.length)
      fail(['targets'], `a list of ${targets.length}`, `a list of ${rows.length} (as rows)`);
    if (weights.length !== I) fail(['weights'], `a list of ${weights.length}`, `a list of ${I} (as the first row)`);
  },
);

/** The part of perceptron.json that is drawn. */
export const perceptronDocument = record({ gates: table(name, gate, 0, 64) });

/** The decision boundary of each gate's neuron, among its rows. */
export function perceptronPictures({ gates }: Read<typeof perceptronDocument>): Picture[] {
  const gateEntries = Object.entries(gates);
  if (gateEntries.length === 0) return [];
  const [learnedGates, otherGates] = [true, false].map((isLearned) =>
    gateEntries.filter(([, { learned }]) => learned === isLearned).map(([name]) => name),
  );
  return [
    {
      name: 'gates',
      title:
        learnedGates.length === 0
          ? `The perceptron learns none of ${listed(otherGates)}`
          : `The perceptron learns ${listed(learnedGates)}${otherGates.length === 0 ? '' : `, and does not learn ${listed(otherGates)}`}`,
      caption:
        'Rows of each gate: circles where the target is 1, squares where it is 0. The line is the neuron’s decision boundary, blue on the side of 1. Where the perceptron rule does not converge, it is the line of its last step.',
      altText: gateEntries
        .map(
          ([name, { weights, bias, right, rows, learned, epochs }]) =>
            `${name}: weights ${weights.join(' ')}, bias ${bias}, ${right} of ${rows.length} correct at best, ${learned ? `converged after ${plural(epochs, 'epoch')}` : `not converged after ${plural(epochs, 'epoch')}`}`,
        )
        .join('; '),
      draw: grid(
        gateEntries.map(([name, one]) => ({
          title: `${name}: ${one.learned ? plural(one.epochs, 'epoch') : `not in ${whole(one.epochs)} epochs`}`,
          draw: (width) => drawGate(one, width),
        })),
        4,
      ),
    },
  ];
}

const [LOW, HIGH] = [-0.5, 1.5];
const SIDE = 33;

/** A gate with one input is drawn on a line across the middle. */
function drawGate({ rows, targets, weights, bias }: Read<typeof gate>, width: number): Drawing {
  const isFlat = rows[0].length === 1;
  const coordinate = (k: number) => LOW + (k / (SIDE - 1)) * (HIGH - LOW);
  const values = Array.from(
    { length: SIDE * SIDE },
    (_, k) => weights[0] * coordinate(k % SIDE) + (weights[1] ?? 0) * coordinate(Math.floor(k / SIDE)) + bias,
  );
  const field: Field = { extent: [LOW, LOW, HIGH, HIGH], side: SIDE, values };
  const marks = rows.map(([px, py = 0.5], k) => ({ px, py, one: targets[k] === 1, name: String(targets[k]) }));
  return drawPlot({
    width,
    height: width + 10,
    margins: { left: 34, right: 6, top: 20, bottom: 36 },
    x: { domain: [LOW, HIGH], label: 'x₁', ticks: [0, 1], tickFormat: tick, labelArrow: 'right' },
    y: isFlat
      ? { domain: [LOW, HIGH], label: null, ticks: [] }
      : { domain: [LOW, HIGH], label: 'x₂', ticks: [0, 1], tickFormat: tick, labelArrow: 'up' },
    marks: [
      region(field, 'var(--c1)', [0]),
      region({ ...field, values: values.map((z) => -z) }, 'var(--c2)', [0]),
      border(field, 0, 2),
      targetDots(marks),
      text(marks, { x: 'px', y: 'py', text: 'name', dx: 13, dy: -12, fontWeight: 600, ...halo }),
    ],
  });
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
