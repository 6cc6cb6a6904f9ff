import { formatMember, type Member } from '../../../options/member.ts';
import { type Comparison, type Setup, type TestedRun, TINY_EPSILON } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { factorRange } from './start-factors.ts';

/** All numbers in full, and the settings. Nothing about the machine, so it is the same for any number of threads. */
export function documentOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Record<string, unknown> {
  const { hidden, init, runOptions, moreSeeds } = setup;
  return {
    setup: {
      dataset: data.train.name,
      rows: { train: data.train.rows, validation: data.validation.rows, test: data.test.rows },
      depth: hidden.length,
      width: hidden[0],
      init: typeof init === 'string' ? init : formatMember(init as Member),
      optimizer: formatMember(runOptions.optimizer),
      batch: runOptions.batch,
      steps: runOptions.steps,
      seeds: [runOptions.seed, ...moreSeeds],
      chance: data.chance,
    },
    activations: Object.fromEntries(comparisons.map((comparison) => [comparison.label, activationOf(comparison)])),
  };
}

function activationOf(comparison: Comparison) {
  const {
    probes,
    start,
    relativeChanges,
    histograms,
    atCommonRate,
    atBestRate,
    sweep,
    seeds,
    longRun,
    withTinyEpsilon,
  } = comparison;
  const { measured, expected, theory } = start;
  const range = factorRange(seeds);
  return {
    layers: probes[0].layers.map((layer, h) => ({
      hiddenLayer: h + 1,
      ...layer,
      expectedZStd: Math.sqrt(theory[h].zVariance),
      expectedFactor: theory[h].factor,
    })),
    output: probes[0].output,
    factorPerLayer: measured.factor,
    theoryPerLayer: expected.factor,
    theoryRange: range === null ? null : [range.low, range.high], // theory at this width for the mean over the starts
    fit: { spread: measured.spread, layersUsed: measured.layersUsed, layersTooSmall: measured.layersTooSmall },
    ...lossAndAccuracy(atCommonRate),
    rate: atCommonRate.lr,
    diverged: atCommonRate.diverged,
    moved: { layers: relativeChanges.slice(0, -1), output: relativeChanges.at(-1) },
    best: { ...figuresOf(atBestRate), bracketed: sweep.bracketed },
    rates: sweep.trials.map(({ lr, outcome: { validation, diverged } }) => ({
      rate: lr,
      validationLoss: validation?.loss ?? null,
      validationAccuracy: validation?.accuracy ?? null,
      diverged,
    })),
    seeds: seeds.map(({ seed, factor, expected: theoryPerLayer, test }) => ({
      seed,
      factorPerLayer: factor,
      theoryPerLayer,
      ...lossAndAccuracy({ test }),
    })),
    ...(longRun === null ? {} : { long: { steps: longRun.steps, ...lossAndAccuracy(longRun) } }),
    ...(withTinyEpsilon === null ? {} : { withTinyEpsilon: { epsilon: TINY_EPSILON, ...figuresOf(withTinyEpsilon) } }),
    training: probes,
    histograms,
  };
}

const figuresOf = ({ lr, test }: TestedRun) => ({ rate: lr, ...lossAndAccuracy({ test }) });

const lossAndAccuracy = ({ test }: Pick<TestedRun, 'test'>) => ({
  finalLoss: test?.loss ?? null,
  testAccuracy: test?.accuracy ?? null,
});
