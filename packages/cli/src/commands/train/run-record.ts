import type { Elements } from '@gradloom/core';
import type { Backend, ModelContents, StartEvent } from '@gradloom/runtime';
import { backendRecord, hasOwnTargets } from '@gradloom/runtime/internal';
import { formatSource } from '../../files/datasets/dataset-source.ts';
import { loadedModules, loadOptions } from '../../options/custom-parts.ts';
import { type Effect, effects } from '../../options/effects.ts';
import { formatValue } from '../../options/member.ts';
import { defined } from '../../options/option.ts';
import { isRecord } from '../../options/read-object.ts';
import { describeMachine, version } from '../../terminal/invocation.ts';
import { backendName } from '../../terminal/text/backend-name.ts';
import { quote } from '../../terminal/text/quote.ts';
import { describeInputs, describeRun } from './describe-run.ts';
import { type TrainValues, trainOptions } from './options.ts';
import type { Recipe } from './recipe.ts';

/** The options of a run, in the order of help, as its files hold them. */
export const configOf = (values: TrainValues): Record<string, unknown> =>
  selectOptions(values, (effect) => effects[effect].setBy === 'run');

/** The options of a run as a command line, quoted for a shell, with the library, which no file may name. */
export function commandOf(values: TrainValues): string {
  const options = selectOptions(values, (effect) => effects[effect].setBy === 'run' || effect === 'code');
  const words = Object.entries(options).map(([key, value]) =>
    value === true ? `--${key}` : `--${key} ${quote(formatValue(value))}`,
  );
  return ['gradloom train', ...words].join(' ');
}

function selectOptions(values: TrainValues, isSelected: (effect: Effect) => boolean): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [key, { effect }] of Object.entries(trainOptions) as [keyof TrainValues, { effect: Effect }][]) {
    if (!isSelected(effect) || values[key] === undefined || values[key] === false) continue;
    options[key] = key === 'dataset' && values.dataset !== undefined ? formatSource(values.dataset) : values[key];
  }
  return options;
}

/** Contents of config.json: the options that repeat the run, and the machine. */
export function runConfig(recipe: Recipe, event: StartEvent, started: string): object {
  const { spec, values } = recipe;
  const { parameters, batch, threads, tunesThreads, backend, precision, stepsPerEpoch } = event;
  const { batch: requestedBatch = batch, accumulate } = values;
  const parts = loadedModules();
  const [dataText, ...otherTexts] = describeRun({ recipe, event });
  const resolvedOptions = {
    ...values,
    // `batch` of the event counts all rows of a step, which differ from the option with `accumulate`.
    batch: requestedBatch === 'full' || accumulate !== undefined ? requestedBatch : batch,
    threads: tunesThreads ? ('auto' as const) : threads,
    backend: backend.name,
  };
  return {
    options: configOf(resolvedOptions),
    command: commandOf(resolvedOptions),
    description: [dataText, describeInputs(recipe), ...otherTexts],
    network: spec,
    parameters,
    stepsPerEpoch,
    backend: backendRecord(backend),
    ...(backendRecord(backend).fused ? {} : { unfused: true }),
    precision,
    ...(parts === undefined ? {} : { modules: parts.modules }),
    ...describeMachine(),
    started,
  };
}

/** Contents of a run's model file: the network, and enough about its data to measure it again on the same rows. */
export function modelOf({ spec, sets, values, options }: Recipe, parameters: Elements): ModelContents {
  const { classes, labels, inputs, preprocessing } = sets.train;
  const { loss, dataset, validation = 0, test = 0, folds, fold } = values;
  return {
    spec,
    parameters,
    ...loadOptions(),
    ...defined({ loss, preprocessing }),
    metadata: {
      ...defined({ labels, huggingface: options.from?.metadata?.huggingface }),
      divisor: inputs.divisor,
      classes,
      dataset: dataset === undefined ? null : formatSource(dataset),
      // These options find the same rows again. Types, formats, target and scaling are in the preprocessing.
      ...(values.missing === 'drop' ? { missing: values.missing } : {}),
      ...defined({ split: values.split, encoding: values.encoding, table: values.table, query: values.query }),
      ...(hasOwnTargets(sets.train) ? { targets: 'inputs' } : {}),
      ...(values.stream ? { streams: true } : {}),
      validation,
      test,
      ...(folds === undefined || fold === undefined ? {} : { folds, fold }),
      writtenBy: `gradloom ${version}`,
    },
  };
}

/** 'blas (OpenBLAS 0.3.29 Haswell)' from a run's config.json; null if no library computed it. */
export function recordedLibrary({ backend }: Readonly<Record<string, unknown>>): string | null {
  if (!isRecord(backend) || !isRecord(backend.library)) return null;
  const { name, version, core } = backend.library;
  return `blas (${name} ${version} ${core})`;
}

/** A warning if a run computes with another library than the run that its options come from; else null. */
export function libraryWarning(recordedLibrary: string | null, backend: Backend): string | null {
  const current = backendName(backendRecord(backend));
  if (recordedLibrary === null || backend.name !== 'blas' || current === recordedLibrary) return null;
  return `the options come from a run on ${recordedLibrary}, this one takes ${current}: their weights differ by rounding (--blas chooses the library)`;
}
