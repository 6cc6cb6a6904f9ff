import { columns } from '../../terminal/text/columns.ts';
import { plural } from '../../terminal/text/format.ts';
import { defineExperiment } from './experiment.ts';
import { claim } from './finding.ts';
import { runRow } from './reference-passes.ts';
import { xorRows as pairs } from './xor-run.ts';

const gates = {
  AND: { rows: pairs, targets: [0, 0, 0, 1] },
  OR: { rows: pairs, targets: [0, 1, 1, 1] },
  NOT: { rows: [[0], [1]], targets: [1, 0] },
  XOR: { rows: pairs, targets: [0, 1, 1, 0] },
};

interface Gate {
  readonly rows: readonly (readonly number[])[];
  readonly targets: readonly number[];
}

export const perceptron = defineExperiment({
  describe: "Rosenblatt's rule learns AND, OR and NOT, and never XOR",
  options: {},
  run() {
    const results = Object.entries(gates).map(([name, gate]) => ({ name, gate, ...learn(gate) }));
    const plottedGates = results.filter(({ name }) => name === 'AND' || name === 'OR');
    const endless = results.flatMap(({ cycle, ...rest }) => (cycle === null ? [] : [{ ...rest, cycle }]));
    return {
      sections: [
        {
          title: 'w <- w + (target - output) x, whenever the output is wrong',
          lines: columns([
            ['', 'weights', 'bias', 'right', 'epochs'],
            ...results.map(({ name, gate, weights, bias, best, epochs, cycle }) => [
              name,
              weights.join(' '),
              String(bias),
              `${best} of ${gate.targets.length}${cycle === null ? '' : ' at best'}`,
              cycle === null ? String(epochs) : 'no end',
            ]),
          ]),
        },
        ...plottedGates.map(({ name, gate, weights, bias }) => ({
          title: `${name}: the line where the output turns from 0 (dotted) to 1 (blank)`,
          lines: [...scatter(gate.rows, gate.targets, (a, b) => weights[0] * a + weights[1] * b + bias), '', KEY],
        })),
        {
          title: 'XOR: no straight line has both # on one side and both o on the other',
          lines: [
            ...scatter(pairs, gates.XOR.targets),
            '',
            KEY,
            '',
            '  For any weights z(0,0) + z(1,1) = z(0,1) + z(1,0) = w1 + w2 + 2 b. If all four',
            '  were right, the left sum would be negative and the right one not: at most 3.',
          ],
        },
        ...endless.map(({ name, best, cycle: { from, length } }) => ({
          title: `${name}: why more epochs do not help`,
          lines: [
            `  After epoch ${from + length} the weights are again those after epoch ${from}. An epoch`,
            `  depends only on them: the same ${length === 1 ? 'epoch repeats' : `${length} epochs repeat`} for ever, at most ${best} rows right.`,
          ],
        })),
      ],
      findings: results.flatMap(({ name, gate: { targets }, best, epochs, cycle }) =>
        name === 'XOR'
          ? [
              claim('XOR: at most 3 rows are right', `${best} of ${targets.length}`, best <= 3),
              claim('XOR: no number of epochs is enough', describeCycle(cycle), cycle !== null),
            ]
          : [claim(`${name} is learned`, `${best} of ${targets.length}, ${plural(epochs, 'epoch')}`, cycle === null)],
      ),
      json: {
        gates: Object.fromEntries(
          results.map(({ name, gate, weights, bias, best, epochs, cycle }) => [
            name,
            { ...gate, weights, bias, right: best, epochs, learned: cycle === null, cycle },
          ]),
        ),
      },
    };
  },
});

const KEY = '  # target 1   o target 0';

const describeCycle = (cycle: Cycle | null): string =>
  cycle === null ? 'learned' : `after epoch ${cycle.from + cycle.length} as after ${cycle.from}`;

/** The weights after epoch `from + length` equal those after epoch `from`; epoch 0 is the start. */
interface Cycle {
  readonly from: number;
  readonly length: number;
}

/**
 * Learns row by row from zero weights, until all rows are right or an epoch ends with the same weights as an earlier
 * one: an epoch depends only on the weights before it, so the same epochs then repeat forever. One of the two always
 * happens: weights stay bounded ([Minsky & Papert 1969](https://mitpress.mit.edu/9780262630221/perceptrons/), the
 * cycling theorem), and for integer inputs they are integers, so there are finitely many. `bestScore` is the most rows
 * right at once.
 */
function learn({ rows, targets }: Gate) {
  const I = rows[0].length;
  const parameters = new Array<number>(I + 1).fill(0); // weights, then bias
  const output = (row: readonly number[]): number =>
    runRow(
      {
        input: I,
        layers: [
          { kind: 'dense', out: 1 },
          { kind: 'activation', fn: 'step' },
        ],
      },
      parameters,
      row,
    )[1][0];
  const firstEpochs = new Map<string, number>(); // weights, and the epoch after which they first occurred
  let cycle: Cycle | null = null;
  let bestScore = 0;
  let epochs = 0;
  while (bestScore < rows.length) {
    const firstEpoch = firstEpochs.get(parameters.join());
    if (firstEpoch !== undefined) {
      cycle = { from: firstEpoch, length: epochs - firstEpoch };
      break;
    }
    firstEpochs.set(parameters.join(), epochs);
    for (const [n, row] of rows.entries()) {
      const error = targets[n] - output(row);
      for (const [i, value] of [...row, 1].entries()) parameters[i] += error * value;
      bestScore = Math.max(bestScore, rows.filter((other, k) => output(other) === targets[k]).length);
    }
    epochs++;
  }
  return { weights: parameters.slice(0, I), bias: parameters[I], best: bestScore, epochs, cycle };
}

const WIDTH = 41;
const HEIGHT = 13;
const LOW = -0.5;
const HIGH = 1.5;

/** Points of two classes in the plane from -0.5 to 1.5, on top of the sign of `signed`: dots below 0, blank above. */
function scatter(
  points: readonly (readonly number[])[], // x, y
  classes: readonly number[], // 0 or 1
  signed?: (x: number, y: number) => number, // without it, there are points alone
): string[] {
  const coordinate = (k: number, cells: number): number => LOW + ((HIGH - LOW) * k) / (cells - 1);
  const cell = (value: number, cells: number): number => Math.round(((value - LOW) / (HIGH - LOW)) * (cells - 1));
  const grid = Array.from({ length: HEIGHT }, (_, r) =>
    Array.from({ length: WIDTH }, (_, c): string =>
      signed !== undefined && signed(coordinate(c, WIDTH), coordinate(HEIGHT - 1 - r, HEIGHT)) < 0 ? '·' : ' ',
    ),
  );
  for (const [n, [x, y]] of points.entries()) {
    grid[HEIGHT - 1 - cell(y, HEIGHT)][cell(x, WIDTH)] = classes[n] === 1 ? '#' : 'o';
  }
  const label = (r: number): string => {
    const rowFromBottom = HEIGHT - 1 - r;
    return rowFromBottom === cell(0, HEIGHT) ? '0' : rowFromBottom === cell(1, HEIGHT) ? '1' : ' ';
  };
  const axis = Array.from({ length: WIDTH }, (_, c) => (c === cell(0, WIDTH) ? '0' : c === cell(1, WIDTH) ? '1' : ' '));
  return [...grid.map((row, r) => `  ${label(r)} │${row.join('')}│`), `     ${axis.join('').trimEnd()}`];
}
