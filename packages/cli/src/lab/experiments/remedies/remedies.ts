import { availableParallelism } from 'node:os';
import type { LayerFigures, NetworkSpec } from '@gradloom/core';
import { option } from '@gradloom/core/internal';
import { type Pool, TrainingError, train } from '@gradloom/runtime';
import { datasetSource } from '../../../files/datasets/dataset-source.ts';
import { whole } from '../../../terminal/text/format.ts';
import { defineExperiment, type Machine, withPool } from '../experiment.ts';
import { sweepLearningRates } from '../sweep.ts';
import { describeRemedies } from './describe-remedies.ts';
import { remedyNet, remedyTable } from './remedy-nets.ts';
import { openSmallSet, type RemedyResult, type RemedyRun, type Setting } from './small-set.ts';

const ROWS = 2048;
const TEST_ROWS = 1000;
const BATCH = 32;
const RATES = { low: 0.003, high: 0.3, maxTrials: 9 };

export const remedies = defineExperiment({
  describe: 'What keeps the gradient of deep sigmoid or tanh networks alive',
  seconds: 27,
  examples: [
    ['remedies --depth 50', 'more than twice as deep'],
    ['remedies --seed 1 --steps 1000', 'other weights, and more steps'],
  ],
  options: {
    dataset: {
      group: 'Data',
      ...datasetSource(undefined, `a dataset with classes; ${whole(ROWS)} of its rows are used`, 'mnist'),
    },
    depth: { group: 'Model', ...option.wholeNumber(2)(20, 'hidden layers') },
    width: { group: 'Model', ...option.positiveInteger(32, 'units per hidden layer') },
    steps: { group: 'Training', ...option.positiveInteger(320, `steps of ${BATCH} rows each`) },
    seed: { group: 'Training', ...option.count(0, 'seed of the weights and the order of the rows') },
  },
  async run({ dataset = MNIST, depth, width, steps, seed }, { machine, showProgress }, flags) {
    // The findings are known for these sizes only; with others nothing is claimed.
    const hasDefaults = Object.keys(flags).every((key) => key === 'seed');
    const set = await openSmallSet(dataset, ROWS, TEST_ROWS);
    const setting: Setting = { set, depth, width, steps, batch: BATCH, seed };
    const threads = machine.threads ?? availableParallelism();
    const names = Object.keys(remedyTable);
    let finishedCount = 0;
    return withPool(threads, async (pool) => {
      // Such a small network trains fastest on one thread, so several networks train at once.
      const results = await inLanes(names, threads, async (name): Promise<RemedyResult> => {
        const spec = remedyNet(remedyTable[name], set.train.inputs.columns, depth, width, set.classes);
        const run = (lr: number) => attempt(spec, setting, lr, machine, pool);
        const sweep = await sweepLearningRates(RATES, run, ({ loss }) => loss);
        showProgress(`${++finishedCount} of ${names.length} nets`);
        return { name, ...sweep };
      });
      return describeRemedies(setting, results, hasDefaults);
    });
  },
});

const MNIST = { name: 'mnist', options: { kind: 'mnist' } } as const;

async function attempt(
  spec: NetworkSpec,
  { set, steps, batch, seed }: Setting,
  lr: number,
  machine: Machine,
  pool: Pool,
): Promise<RemedyRun> {
  const sets = { train: set.train, test: set.test };
  const run = train(spec, sets, {
    ...machine,
    threads: 1,
    pool,
    batch,
    steps,
    seed,
    probe: [0],
    optimizer: { kind: 'sgd', lr },
  });
  let rmsDz: number[] = [];
  try {
    for await (const event of run) if (event.type === 'probe') rmsDz = rmsDzOf(event.layers);
    const { trainLoss, test } = await run;
    return { loss: trainLoss, accuracy: test?.accuracy ?? Number.NaN, rmsDz };
  } catch (error) {
    if (error instanceof TrainingError) return { loss: Number.POSITIVE_INFINITY, accuracy: Number.NaN, rmsDz };
    throw error;
  }
}

/** z is the output of a dense layer; that of the last one is the output of the network. */
const rmsDzOf = (layers: readonly LayerFigures[]): number[] =>
  layers
    .filter(({ label }) => label.startsWith('dense'))
    .map(({ rmsDy }) => rmsDy ?? Number.NaN)
    .slice(0, -1);

/** The results of `work` on each item, in order, with at most `lanes` of them running at once. */
export async function inLanes<T, R>(items: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results;
}
