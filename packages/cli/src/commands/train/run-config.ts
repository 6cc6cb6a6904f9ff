import { backendRecord } from '@gradloom/runtime/internal';
import { partsOfCommand } from '../../options/own-parts.ts';
import { describeMachine } from '../../terminal/describe-machine.ts';
import { commandOf, configOf } from './describe-flags.ts';
import type { Recipe } from './recipe.ts';
import type { StartEvent } from './reporter.ts';

/** Contents of config.json: the options to repeat the run, and the machine. */
export function runConfig(
  { spec, values }: Recipe,
  { parameters, batch, threads, tunesThreads, backend, precision, stepsPerEpoch }: StartEvent,
): object {
  const { batch: given = batch, accumulate } = values;
  const parts = partsOfCommand();
  const resolved = {
    ...values,
    batch: given === 'full' || accumulate !== undefined ? given : batch,
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
    precision,
    ...(parts === undefined ? {} : { modules: parts.modules }),
    ...describeMachine(),
    started: new Date().toISOString(),
  };
}
