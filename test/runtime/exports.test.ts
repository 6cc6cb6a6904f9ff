import { readFileSync } from 'node:fs';
import * as core from '@gradloom/core';
import * as coreInternal from '@gradloom/core/internal';
import * as runtime from '@gradloom/runtime';
import * as runtimeInternal from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';

const builders = [
  ...['dense', 'dropout', 'elu', 'embedding', 'gelu', 'identity', 'layerNorm', 'leakyRelu', 'relu', 'residual'],
  ...['sequential', 'sigmoid', 'silu', 'softplus', 'softsign', 'step', 'swiglu', 'tanh'],
];

/** Values that a program can import: a name that comes or goes is a decision, taken here. */
const published = {
  core: [
    ...['InputError', 'NO_ANSWER', 'OptionError', 'activations', 'buildNetwork', 'createInitializer', 'createLoss'],
    ...[
      'createOptimizer',
      'createPredictor',
      'createRandom',
      'createSchedule',
      'createTrainStep',
      'initializeParameters',
      'initializers',
    ],
    ...['layers', 'losses', 'math', 'metrics', 'optimizers', 'referenceKernels', 'schedules', 'shuffle'],
    ...builders,
  ],
  runtime: [
    ...['BEST_FILE', 'FolderInUseError', 'InputError', 'LAST_FILE', 'LockError', 'NO_ANSWER', 'OptionError'],
    ...['TrainingError', 'createModel', 'createPool', 'datasetFromRows', 'evaluateModel', 'fingerprint'],
    ...['limitMemory', 'loadCheckpoint', 'loadCsv', 'loadDataset', 'loadIdx', 'loadIdxFolder', 'loadMnist'],
    ...['loadModel', 'loadNpy', 'loadNpyFolder', 'openModelFile', 'readIdx', 'readNpy', 'saveModel', 'splitDataset'],
    ...['subset', 'syntheticDatasets', 'train'],
    ...builders,
  ],
};

test.each([
  ['core', core],
  ['runtime', runtime],
] as const)('@gradloom/%s exports these values and no others', (name, values) => {
  expect(Object.keys(values).sort()).toEqual([...published[name]].sort());
});

test.each([
  ['core', core, coreInternal],
  ['runtime', runtime, runtimeInternal],
] as const)('@gradloom/%s/internal repeats nothing of the public entry', (_name, values, internal) => {
  expect(Object.keys(internal).filter((name) => Object.hasOwn(values, name))).toEqual([]);
});

test.each(['core', 'runtime'])('each type of @gradloom/%s has one entry that exports it', (name) => {
  const namesIn = (entry: string): string[] => {
    const text = readFileSync(new URL(`../../packages/${name}/src/${entry}.ts`, import.meta.url), 'utf8');
    return [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, names]) => names.split(',').map((it) => it.trim()));
  };
  const internal = new Set(namesIn('internal').filter((it) => it !== ''));
  expect(internal.size).toBeGreaterThan(10);
  expect(namesIn('index').filter((it) => internal.has(it))).toEqual([]);
});
