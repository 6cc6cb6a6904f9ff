import { createOptimizer } from '@gradloom/core';
import type { DatasetSource } from '../../../files/datasets/dataset-source.ts';
import { readValue } from '../../../options/option.ts';
import type { Range } from '../../../options/ranges.ts';
import { asUsageError, UsageError } from '../../../terminal/failure.ts';
import type { Paint } from '../../../terminal/paint.ts';
import { defineExperiment, type ExperimentContext, type Outcome, type Section, withPool } from '../experiment.ts';
import { namedActivation, normalizedActivation } from './activation-list.ts';
import { type Comparison, compareActivation, type Setup } from './compare.ts';
import { type DeepData, openDeepData } from './deep-data.ts';
import { documentOf } from './document.ts';
import { epsilonSection, findingsOf, longSection } from './findings.ts';
import { rate, type VanishingValues, vanishingOptions } from './options.ts';
import { presets } from './presets/index.ts';
import { factorSection, gradientChartSections, layerSection, sigmoidSlopeSection } from './start-sections.ts';
import {
  ratesSection,
  resultSection,
  startsSection,
  trainingSection,
  weightChangeSection,
} from './training-sections.ts';

export const vanishing = defineExperiment({
  describe: 'Why deep sigmoid networks do not learn: gradients, layer by layer',
  seconds: 94,
  examples: [
    ['vanishing --depth 50', 'deeper'],
    ['vanishing --activation tanh,gelu --seeds 1..5', 'other activations, from five starts'],
    ['vanishing --init glorot-uniform --optimizer sgd', 'another initializer and optimizer'],
    ['vanishing --long', 'also ten epochs, in about a minute'],
    ['vanishing --preset nielsen', 'the figures of a textbook; also glorot, he and skip'],
  ],
  options: vanishingOptions,
  async run(values, context, flags) {
    const { preset } = values;
    if (preset === undefined) return compare(values, context);
    const extraFlag = Object.keys(flags).find((key) => key !== 'preset' && key !== 'seeds' && key !== 'long');
    if (extraFlag !== undefined) {
      throw new UsageError(
        `--${extraFlag} is given with --preset, expected one of the two (a preset has settings of its own)`,
      );
    }
    const { long = false } = values;
    if (long && preset !== 'nielsen') {
      throw new UsageError(
        `--long is given with --preset ${preset}, expected one of the two (only nielsen has a longer run)`,
      );
    }
    return presets[preset].run(seedsOf(values.seeds ?? presets[preset].seeds), context, long);
  },
});

/** Default activations: one that fails, its replacement, and a norm that makes it learn after all. */
const defaultActivations = [
  namedActivation({ kind: 'sigmoid' }),
  namedActivation({ kind: 'relu' }),
  normalizedActivation({ kind: 'sigmoid' }),
];

const MNIST: DatasetSource = { name: 'mnist', options: { kind: 'mnist' } };

async function compare(values: VanishingValues, { machine, showProgress, paint }: ExperimentContext): Promise<Outcome> {
  const setup = setupOf(values);
  showProgress('opening the dataset');
  const data = await openDeepData(values.dataset ?? MNIST);
  const comparisons: Comparison[] = [];
  await withPool(machine.threads, async (pool) => {
    const runContext = { data, loss: data.loss, machine, pool };
    for (const activation of setup.activations) {
      comparisons.push(await compareActivation(activation, setup, data, runContext, showProgress));
    }
  });
  return {
    sections: sectionsOf(comparisons, setup, data, paint),
    findings: findingsOf(comparisons, setup, data),
    json: documentOf(comparisons, setup, data),
  };
}

function setupOf(values: VanishingValues): Setup {
  const optimizer = { ...(values.optimizer ?? { kind: 'adam' as const }) };
  if (values.lr !== undefined && optimizer.lr !== undefined) {
    throw new UsageError(`--lr is given with --optimizer ${optimizer.kind}:lr, expected one of the two`);
  }
  const lr = values.lr ?? createOptimizer(optimizer).lr;
  asUsageError(() => readValue(rate, `--optimizer ${optimizer.kind}:lr`, lr));
  const [seed, ...moreSeeds] = seedsOf(values.seeds ?? { first: 1, last: 1 });
  return {
    activations: values.activation ?? defaultActivations,
    hidden: new Array<number>(values.depth).fill(values.width),
    init: values.init ?? 'he-normal',
    runOptions: { optimizer: { ...optimizer, lr }, batch: values.batch, steps: values.steps, seed },
    moreSeeds,
    hasLongRun: values.long ?? false,
  };
}

const seedsOf = ({ first, last }: Range): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);

function sectionsOf(comparisons: readonly Comparison[], setup: Setup, data: DeepData, paint: Paint): Section[] {
  return [
    sigmoidSlopeSection(),
    ...gradientChartSections(comparisons, setup, paint),
    factorSection(comparisons, setup),
    ...(['first', 'last'] as const).map((when) => layerSection(comparisons, setup, when)),
    trainingSection(comparisons),
    weightChangeSection(comparisons),
    resultSection(comparisons, setup, data),
    ratesSection(comparisons),
    ...comparisons.flatMap((comparison) => epsilonSection(comparison, setup)),
    ...longSection(comparisons, setup),
    ...(setup.moreSeeds.length === 0 ? [] : [startsSection(comparisons, data)]),
  ];
}
