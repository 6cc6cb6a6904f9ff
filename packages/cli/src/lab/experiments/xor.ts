import type { TrainResult } from '@gradloom/runtime';
import { numpySeed, type Range, seedRange } from '../../options/ranges.ts';
import { UsageError } from '../../terminal/failure.ts';
import { columns } from '../../terminal/text/columns.ts';
import { thin } from '../../terminal/text/thin.ts';
import { defineExperiment, type ExperimentContext, type Outcome, withPool } from './experiment.ts';
import { chapterFigure, type Finding, paperFigure } from './finding.ts';
import { runRow } from './reference-passes.ts';
import { NUMPY, xorRows as rows, trainXor, xorSpec } from './xor-run.ts';
import { describeStarts } from './xor-starts.ts';

const EPOCHS = 10_000;
export const xor = defineExperiment({
  describe: "The chapter's program: XOR with 9 parameters, to NumPy's digits",
  seconds: 2,
  examples: [
    ['xor --seed 42', 'a start that never learns'],
    ['xor --seeds 1..100', 'how many of a hundred starts never learn'],
  ],
  options: {
    seed: { group: 'Training', ...numpySeed(undefined, 'seed, as np.random.seed takes it', '0, as in the chapter') },
    seeds: { group: 'Training', ...seedRange(undefined, 'train from many seeds instead of one, such as 1..100') },
  },
  async run({ seed, seeds }, context) {
    if (seeds === undefined) return trainOnce(seed ?? 0, context);
    if (seed !== undefined) throw new UsageError('--seed and --seeds are both given, expected one of the two');
    return trainFromSeeds(seeds, context);
  },
});

async function trainOnce(seed: number, { machine, showProgress }: ExperimentContext): Promise<Outcome> {
  showProgress(`${EPOCHS} steps`);
  // The chart loads while the thread starts.
  const [result, { lineChart }] = await Promise.all([
    trainXor(seed, EPOCHS, machine),
    import('../../terminal/text/line-chart.ts'),
  ]);
  const figures = figuresOf(result);
  const curve = thin(points(result.epochLosses));
  const { losses, finalLoss, predictions, hidden, W1, b1, W2, b2 } = figures;
  return {
    sections: [
      {
        title: 'Training loss: 2 inputs, 2 hidden neurons, 1 output',
        lines: [
          ...lineChart([{ name: 'loss', points: curve }], { x: 'epoch', y: 'loss', log: true }),
          '',
          ...columns(
            [
              ['epoch', 'loss'],
              ...Object.entries(losses).map(([e, value]) => [e, value.toFixed(6)]),
              [String(EPOCHS - 1), `${finalLoss.toFixed(6)}, before the last update`],
            ],
            { right: [0] },
          ),
        ],
      },
      {
        title: 'Hidden activations and predictions of the four inputs',
        lines: columns([
          ['input', 'hidden', 'prediction', 'target'],
          ...rows.map((row, n) => [
            row.join(' '),
            hidden[n].map((h) => h.toFixed(3)).join(' '),
            predictions[n].toFixed(4),
            String(row[0] ^ row[1]),
          ]),
        ]),
      },
      {
        title: `All ${result.parameters.length} parameters`,
        lines: columns([
          ['W1', W1.map((w) => w.map(digits8).join('  ')).join('   ')],
          ['b1', b1.map(digits8).join('  ')],
          ['W2', W2.map(digits8).join('  ')],
          ['b2', b2.map(digits8).join('  ')],
        ]),
      },
    ],
    findings: seed === 0 ? compare(figures, result.parameters.length) : [],
    json: { ...figures, lossCurve: curve, parameters: result.parameters.length, seed, fingerprint: result.fingerprint },
  };
}

function figuresOf({ epochLosses, parameters, trainLoss }: TrainResult) {
  const outputs = rows.map((row) => runRow(xorSpec, [...parameters], row));
  const epochs = [0, 2000, 4000, 6000, 8000];
  return {
    losses: Object.fromEntries(epochs.map((epoch) => [epoch, epochLosses[epoch]])),
    finalLoss: trainLoss,
    predictions: outputs.map((layers) => layers[3][0]),
    hidden: outputs.map((layers) => layers[1]),
    W1: [[...parameters.subarray(0, 2)], [...parameters.subarray(2, 4)]],
    b1: [...parameters.subarray(4, 6)],
    W2: [...parameters.subarray(6, 8)],
    b2: [parameters[8]],
  };
}

/** Compares with the chapter, and with NumPy for figures that the chapter may not print. */
function compare(figures: ReturnType<typeof figuresOf>, parameterCount: number): Finding[] {
  const { losses, finalLoss, predictions, hidden, W1, b1, W2, b2 } = figures;
  const byChapter = (what: (k: number) => string, chapter: readonly string[], computed: readonly number[]): Finding[] =>
    chapter.map((text, k) => chapterFigure(what(k), text, computed[k]));
  const byNumpy = (what: (k: number) => string, digits: readonly string[], computed: readonly number[]): Finding[] =>
    digits.map((text, k) => paperFigure(what(k), { printed: text, source: NUMPY }, computed[k]));
  return [
    chapterFigure('parameters', '9', parameterCount),
    ...byChapter(
      (k) => `loss at epoch ${k * 2000}`,
      ['0.254547', '0.000924', '0.000383', '0.000239', '0.000173'],
      Object.values(losses),
    ),
    ...byChapter((k) => `prediction of ${rows[k].join(' ')}`, ['0.0129', '0.9890', '0.9889', '0.0114'], predictions),
    ...byNumpy(() => 'final loss', ['0.000135'], [finalLoss]),
    ...byNumpy((k) => `W1 ${k >> 1} ${k & 1}`, ['6.76413367', '4.75010171', '6.93424028', '4.7872066'], W1.flat()),
    ...byNumpy((k) => `b1 ${k}`, ['-3.07958564', '-7.31569374'], b1),
    ...byNumpy((k) => `W2 ${k}`, ['10.31443483', '-11.08136908'], W2),
    ...byNumpy(() => 'b2', ['-4.78131548'], b2),
    ...byNumpy(
      (k) => `hidden ${k & 1} of ${rows[k >> 1].join(' ')}`,
      ['0.044', '0.001', '0.979', '0.074', '0.976', '0.071', '1.000', '0.902'],
      hidden.flat(),
    ),
  ];
}

async function trainFromSeeds({ first, last }: Range, { machine, showProgress }: ExperimentContext): Promise<Outcome> {
  const finalLosses = new Map<number, number>();
  // Four rows are one leaf, so a second thread would be idle.
  await withPool(1, async (pool) => {
    for (let seed = first; seed <= last; seed++) {
      showProgress(`seed ${seed} of ${first}..${last}`);
      const { trainLoss } = await trainXor(seed, EPOCHS, { ...machine, threads: 1 }, { pool });
      finalLosses.set(seed, trainLoss);
    }
  });
  return describeStarts(finalLosses);
}

const digits8 = (value: number): string => value.toFixed(8);

const points = (losses: Float64Array): [number, number][] => Array.from(losses, (loss, epoch) => [epoch, loss]);
