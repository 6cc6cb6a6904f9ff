import type { ActivationName, InitializerSpec, OptimizerSpec } from '@gradloom/core';
import type { Evaluation } from '@gradloom/runtime';
import type { Member } from '../../../options/member.ts';
import { UsageError } from '../../../terminal/failure.ts';
import { shownRows } from '../../../terminal/text/thin.ts';
import { layerHistograms } from '../../figures/histograms.ts';
import type { LayerHistogram } from '../../figures/layer-histogram.ts';
import { type Sweep, sweepLearningRates } from '../sweep.ts';
import type { NamedActivation } from './activation-list.ts';
import type { DeepData } from './deep-data.ts';
import {
  type DeepRun,
  deepNetwork,
  evaluateRun,
  type HiddenProbe,
  type RunContext,
  type RunOptions,
  relativeChanges,
  runDeep,
  startOf,
} from './deep-run.ts';
import { type StartFactors, startFactors, type WidthEffect } from './start-factors.ts';

/** One comparison: the same network, rows and steps for every activation. */
export interface Setup {
  readonly activations: readonly NamedActivation[];
  readonly hidden: readonly number[];
  readonly init: InitializerSpec;
  readonly runOptions: Omit<RunOptions, 'optimizer'> & { readonly optimizer: Member & { readonly lr: number } };
  readonly moreSeeds: readonly number[]; // in addition to the seed of `runOptions`
  readonly hasLongRun: boolean; // whether to train also for ten epochs at the common rate
}

/** The results of one activation: the start, theory, and training. */
export interface Comparison {
  readonly label: string;
  readonly kind: ActivationName;
  readonly isNormed: boolean; // whether a norm stands before the activation
  readonly probes: readonly HiddenProbe[]; // by step; the first is before the first step
  readonly start: StartFactors;
  readonly relativeChanges: readonly number[]; // relative change of each W, the output's last
  readonly histograms: readonly LayerHistogram[]; // at the common rate
  readonly atCommonRate: TestedRun;
  readonly atBestRate: TestedRun; // the best of the sweep for this activation
  readonly sweep: Sweep<DeepRun>;
  readonly seeds: readonly SeedResult[]; // the first is the seed of all of the above
  readonly longRun: LongRun | null; // ten epochs at the common rate; null if not asked for
  readonly withTinyEpsilon: TestedRun | null; // for sigmoid, if it is claimed to stay at chance
}

export interface TestedRun {
  readonly lr: number;
  readonly test: Evaluation | null; // null if it diverged
  readonly diverged: string | null;
}

export interface SeedResult {
  readonly seed: number;
  readonly factor: number | null;
  readonly expected: number | null;
  readonly effect: WidthEffect | null;
  readonly test: Evaluation | null;
}

/** Epochs of the long run, for readers who find a third of an epoch too short. */
export const LONG_EPOCHS = 10;

export interface LongRun {
  readonly steps: number;
  readonly test: Evaluation | null; // null where it diverged
}

export const longSteps = ({ runOptions }: Setup, { train }: DeepData): number =>
  LONG_EPOCHS * Math.ceil(train.rows / (runOptions.batch === 'full' ? train.rows : runOptions.batch));

/** So small that the size of Adam's steps no longer depends on the size of the gradient. */
export const TINY_EPSILON = 1e-20;
/** Multiple of the common rate; at the common rate itself, 300 steps are too few. */
const TINY_EPSILON_RATE = 3;

/** The range of rates that are always tried, relative to the common one. */
const REACH = 100;
/** Maximum number of rates tried, up to two powers of ten outside the range: some networks learn at no rate. */
const MAX_TRIALS = 13;

/** Maximum number of steps that are probed: the first, the last, and some between. */
const MAX_PROBES = 11;

export async function compareActivation(
  { label, spec: activation, norm }: NamedActivation,
  setup: Setup,
  data: DeepData,
  context: RunContext,
  showProgress: (text: string) => void,
): Promise<Comparison> {
  const { hidden, init, runOptions, moreSeeds } = setup;
  const { inputs } = data.train;
  const shape = { input: inputs.columns, hidden, output: data.outputs, init, ...(norm === undefined ? {} : { norm }) };
  const spec = deepNetwork(shape, activation);
  const variance = norm === undefined ? null : data.meanVariance;
  const theoryOf = (probe: HiddenProbe): StartFactors =>
    startFactors(probe, activation, widths, data.meanSquare, variance);
  const optionsAt = (lr: number, seed = runOptions.seed): RunOptions => {
    const optimizer: Member = { ...runOptions.optimizer, lr };
    return { ...runOptions, seed, optimizer: optimizer as OptimizerSpec };
  };
  const widths = [inputs.columns, ...hidden];
  const commonRate = runOptions.optimizer.lr;
  const sweep = await sweepLearningRates(
    { low: commonRate / REACH, high: commonRate * REACH, through: commonRate, maxTrials: MAX_TRIALS },
    (lr) => {
      showProgress(`${label} at rate ${lr}`);
      // Probes do not change weights, so the run at the common rate also serves in the sweep.
      return runDeep(spec, context, optionsAt(lr), lr === commonRate ? shownRows(runOptions.steps, MAX_PROBES) : []);
    },
    ({ validation }) => validation?.loss ?? Number.POSITIVE_INFINITY,
  );
  const commonTrial = sweep.trials.find(({ lr }) => lr === commonRate) ?? sweep.best;
  showProgress(`${label} on the test rows`);
  const atCommon = await testRun(commonTrial.lr, commonTrial.outcome);
  const atBest = sweep.best === commonTrial ? atCommon : await testRun(sweep.best.lr, sweep.best.outcome);
  const { probes } = commonTrial.outcome;
  if (probes.length === 0) throw new UsageError(noStart(init, label, commonTrial.outcome.diverged));
  const start = theoryOf(probes[0]);
  const seeds: SeedResult[] = [{ seed: runOptions.seed, ...factorsOf(start), test: atCommon.test }];
  for (const seed of moreSeeds) {
    showProgress(`${label} from seed ${seed}`);
    const run = await runDeep(spec, context, optionsAt(commonRate, seed), [0]);
    const { test } = await testRun(commonRate, run);
    seeds.push({ seed, ...factorsOf(theoryOf(run.probes[0])), test });
  }
  const longRun = setup.hasLongRun ? await trainLong() : null;
  const claimsChance = label === 'sigmoid' && whyUnclaimed(setup, data).length === 0;
  const withTinyEpsilon = claimsChance ? await trainWithTinyEpsilon() : null;
  const changes = relativeChanges(spec, startOf(spec, runOptions.seed), commonTrial.outcome.parameters);
  const { parameters } = commonTrial.outcome;
  const histograms = layerHistograms({ spec, seed: runOptions.seed, parameters }, data.train);
  return {
    label,
    kind: activation.kind,
    isNormed: norm !== undefined,
    probes,
    start,
    relativeChanges: changes,
    histograms,
    atCommonRate: atCommon,
    atBestRate: atBest,
    sweep,
    seeds,
    longRun,
    withTinyEpsilon,
  };

  async function trainLong(): Promise<LongRun> {
    const steps = longSteps(setup, data);
    showProgress(`${label} for ${steps} steps`);
    const { test } = await testRun(commonRate, await runDeep(spec, context, { ...optionsAt(commonRate), steps }, []));
    return { steps, test };
  }

  async function trainWithTinyEpsilon(): Promise<TestedRun> {
    const lr = Number((TINY_EPSILON_RATE * commonRate).toPrecision(12));
    showProgress(`${label} with epsilon ${TINY_EPSILON}`);
    const optimizer = { ...runOptions.optimizer, lr, epsilon: TINY_EPSILON } as OptimizerSpec;
    return testRun(lr, await runDeep(spec, context, { ...optionsAt(lr), optimizer }, []));
  }

  async function testRun(lr: number, run: DeepRun): Promise<TestedRun> {
    return {
      lr,
      diverged: run.diverged,
      test: run.diverged === null ? await evaluateRun(run, data.test, context) : null,
    };
  }
}

const factorsOf = ({ measured, expected, effect }: StartFactors) => ({
  factor: measured.factor,
  expected: expected.factor,
  effect,
});

/** Why a network cannot start: its starting weights are so large that the first step is not finite. */
const noStart = (init: InitializerSpec, label: string, divergenceText: string | null): string =>
  `--init has ${typeof init === 'string' ? init : init.kind}, expected weights that ${label} can start from (${divergenceText})`;

/** Adam's default epsilon; the claims that sigmoid stays at chance hold for it. */
export const EPSILON = 1e-8;

/**
 * The results of 20 layers of sigmoid and of relu are known for certain settings. Returns a sentence for each setting
 * of this run that differs; empty if all is claimed.
 */
export function whyUnclaimed({ hidden, init, runOptions }: Setup, { train }: DeepData): string[] {
  const { optimizer, batch, steps } = runOptions;
  const { kind, lr, epsilon = EPSILON, ...others } = optimizer;
  const initName = typeof init === 'string' ? init : init.kind;
  const checks: readonly (readonly [isClaimed: boolean, flag: string, value: unknown, claim: string])[] = [
    [train.name === 'mnist', 'dataset', train.name, 'only for mnist'],
    [hidden.length === 20, 'depth', hidden.length, 'only for 20'],
    [hidden[0] >= 32, 'width', hidden[0], 'only from 32 up'],
    [initName === 'he-normal', 'init', initName, 'only for he-normal'],
    [kind === 'adam', 'optimizer', kind, 'only for adam'],
    [kind !== 'adam' || epsilon === EPSILON, 'optimizer adam:epsilon', epsilon, `only for ${EPSILON}`],
    [
      kind !== 'adam' || Object.keys(others).length === 0,
      'optimizer',
      Object.keys(others)[0],
      'only for adam with its defaults',
    ],
    [lr === 0.001, 'lr', lr, 'only for 0.001'],
    [batch !== 'full' && batch >= 32, 'batch', batch, 'only from 32 up'],
    [steps >= 200 && steps <= 1000, 'steps', steps, 'only from 200 to 1000'],
  ];
  return checks.flatMap(([isClaimed, flag, value, claim]) =>
    isClaimed ? [] : [`--${flag} has ${value}, claimed ${claim}`],
  );
}
