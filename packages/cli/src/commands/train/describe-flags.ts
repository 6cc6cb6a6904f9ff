import type { StartEvent } from '@gradloom/runtime';
import { backendRecord } from '@gradloom/runtime/internal';
import { formatSource } from '../../files/datasets/dataset-source.ts';
import { loadedModules } from '../../options/custom-parts.ts';
import { type Effect, effects } from '../../options/effects.ts';
import { formatValue } from '../../options/member.ts';
import { describeMachine } from '../../terminal/invocation.ts';
import { quote } from '../../terminal/text/quote.ts';
import { type TrainValues, trainOptions } from './options.ts';
import type { Recipe } from './recipe.ts';

/** The options of a run, in the order of help, as its files hold them. */
export const configOf = (values: TrainValues): Record<string, unknown> =>
  selectOptions(values, (effect) => effects[effect].setBy === 'run');

/** These options as a command line, quoted for a shell, with the library, which no file may name. */
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
export function runConfig(
  { spec, values }: Recipe,
  { parameters, batch, threads, tunesThreads, backend, precision, stepsPerEpoch }: StartEvent,
  started: string,
): object {
  const { batch: requestedBatch = batch, accumulate } = values;
  const parts = loadedModules();
  const resolved = {
    ...values,
    batch: requestedBatch === 'full' || accumulate !== undefined ? requestedBatch : batch,
    threads: tunesThreads ? ('auto' as const) : threads,
    backend: backend.name,
  };
  return {
    options: configOf(resolved),
    command: commandOf(resolved),
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
