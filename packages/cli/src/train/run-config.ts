import { availableParallelism, cpus } from 'node:os';
import { version } from '../version.ts';
import { commandOf, configOf } from './describe-flags.ts';
import type { Recipe } from './recipe.ts';
import type { StartEvent } from './reporter.ts';

/** What config.json of a run holds: options that make it again, and what they ran on. */
export function runConfig(
  { spec, values }: Recipe,
  { parameters, batch, shards, threads, tunesThreads, backend }: StartEvent,
): object {
  const resolved = {
    ...values,
    batch: values.batch === 'full' ? values.batch : batch,
    shards,
    threads: tunesThreads ? ('auto' as const) : threads,
    backend: backend.name,
  };
  return {
    options: configOf(resolved),
    command: commandOf(resolved),
    network: spec,
    parameters,
    backend,
    machine: {
      cpu: cpus()[0]?.model.trim() ?? null,
      cores: availableParallelism(),
      platform: process.platform,
      arch: process.arch,
    },
    versions: { gradloom: version, node: process.versions.node, v8: process.versions.v8 },
    started: new Date().toISOString(),
  };
}
