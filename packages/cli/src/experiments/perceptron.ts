import { wholeNumber } from '../options/numbers.ts';
import { columns } from '../report/columns.ts';
import { scatter } from '../report/scatter.ts';
import { defineExperiment } from './experiment.ts';
import { holds } from './finding.ts';
import { runRow } from './run-row.ts';

const pairs = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
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
  examples: [['perceptron --epochs 100000', 'more time does not help XOR']],
  options: {
    epochs: { group: 'Training', ...wholeNumber(1), describe: 'passes over the rows, at most (1000)' },
  },
  run({ epochs = 1000 }) {
    const learned = Object.entries(gates).map(([name, gate]) => ({ name, gate, ...learn(gate, epochs) }));
    const drawn = learned.filter(({ name }) => name === 'AND' || name === 'OR');
    return {
      sections: [
        {
          title: 'w <- w + (target - output) x, whenever the output is wrong',
          lines: columns([
            ['', 'weights', 'bias', 'right', 'epochs'],
            ...learned.map(({ name, gate, weights, bias, best, epochs: used, done }) => [
              name,
              weights.join(' '),
              String(bias),
              `${best} of ${gate.targets.length}`,
              done ? String(used) : `${used}, and no end`,
            ]),
          ]),
        },
        ...drawn.map(({ name, gate, weights, bias }) => ({
          title: `${name}: the line where the output turns from 0 to 1 (# is 1, o is 0)`,
          lines: scatter(gate.rows, gate.targets, (a, b) => weights[0] * a + weights[1] * b + bias),
        })),
        {
          title: 'XOR: no straight line has both # on one side and both o on the other',
          lines: scatter(pairs, gates.XOR.targets, undefined),
        },
      ],
      findings: [
        ...learned
          .filter(({ name }) => name !== 'XOR')
          .map(({ name, gate, best, epochs: used, done }) =>
            holds(`${name} is learned`, 'yes', `${best} of ${gate.targets.length}, ${used} epochs`, done),
          ),
        ...learned
          .filter(({ name }) => name === 'XOR')
          .map(({ best, epochs: used, done }) =>
            holds('XOR, rows right at best', 'at most 3', `${best} of 4, ${used} epochs`, !done && best <= 3),
          ),
      ],
      json: {
        gates: Object.fromEntries(
          learned.map(({ name, weights, bias, best, epochs: used, done }) => [
            name,
            { weights, bias, right: best, epochs: used, learned: done },
          ]),
        ),
      },
    };
  },
});

/** Row by row from zero weights, until all are right or the epochs are over; `best` is the most rows right at once. */
function learn({ rows, targets }: Gate, epochs: number) {
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
  let best = 0;
  let epoch = 0;
  while (epoch < epochs && best < rows.length) {
    for (const [n, row] of rows.entries()) {
      const error = targets[n] - output(row);
      for (const [i, value] of [...row, 1].entries()) parameters[i] += error * value;
      best = Math.max(best, rows.filter((own, k) => output(own) === targets[k]).length);
    }
    epoch++;
  }
  return { weights: parameters.slice(0, I), bias: parameters[I], best, epochs: epoch, done: best === rows.length };
}
