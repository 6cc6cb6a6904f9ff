import { formatMember, type Member } from '../../../options/member.ts';
import { type Comparison, type Setup, TINY_EPSILON, type Trained } from './compare.ts';
import type { DeepData } from './deep-data.ts';
import { factorRange } from './start-factors.ts';

/**
 * All numbers in full, and the settings. Contains nothing about the machine, so it is the same for any number of
 * threads.
 */
export function documentOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData): Record<string, unknown> {
  const { hidden, init, length, moreSeeds } = setup;
  return {
    setup: {
      dataset: data.train.name,
      rows: { train: data.train.rows, validation: data.validation.rows, test: data.test.rows },
      depth: hidden.length,
      width: hidden[0],
      init: typeof init === 'string' ? init : formatMember(init as Member),
      optimizer: formatMember(length.optimizer),
      batch: length.batch,
      steps: length.steps,
      seeds: [length.seed, ...moreSeeds],
      chance: data.chance,
    },
    activations: Object.fromEntries(comparisons.map((comparison) => [comparison.label, activationOf(comparison)])),
  };
}

function activationOf(comparison: Comparison) {
  const { looks, start, moved, histograms, common, best, sweep, seeds, long, withTinyEpsilon } = comparison;
  const { measured, expected, theory } = start;
  const range = factorRange(seeds);
  return {
    layers: looks[0].layers.map((layer, h) => ({
      hiddenLayer: h + 1,
      ...layer,
      expectedZStd: Math.sqrt(theory[h].zVariance),
      expectedFactor: theory[h].factor,
    })),
    output: looks[0].output,
    factorPerLayer: measured.factor,
    theoryPerLayer: expected.factor,
    theoryRange: range === null ? null : [range.low, range.high], // theory at this width for the mean over the starts
    fit: { spread: measured.spread, layersUsed: measured.layersUsed, layersTooSmall: measured.layersTooSmall },
    finalLoss: common.test?.loss ?? null,
    testAccuracy: common.test?.accuracy ?? null,
    rate: common.lr,
    diverged: common.diverged,
    moved: { layers: moved.slice(0, -1), output: moved.at(-1) },
    best: { ...trainedOf(best), bracketed: sweep.bracketed },
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
      finalLoss: test?.loss ?? null,
      testAccuracy: test?.accuracy ?? null,
    })),
    ...(long === null
      ? {}
      : { long: { steps: long.steps, finalLoss: long.test?.loss ?? null, testAccuracy: long.test?.accuracy ?? null } }),
    ...(withTinyEpsilon === null ? {} : { withTinyEpsilon: { epsilon: TINY_EPSILON, ...trainedOf(withTinyEpsilon) } }),
    training: looks,
    histograms,
  };
}

const trainedOf = ({ lr, test }: Trained) => ({
  rate: lr,
  finalLoss: test?.loss ?? null,
  testAccuracy: test?.accuracy ?? null,
});
