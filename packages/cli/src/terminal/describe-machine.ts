import { availableParallelism, cpus } from 'node:os';
import { jsRuntime } from './js-runtime.ts';
import { version } from './version.ts';

/** The machine that computed a result, as stored in the files of a run. */
export const describeMachine = () => ({
  machine: {
    cpu: cpus()[0]?.model.trim() ?? null,
    cores: availableParallelism(),
    platform: process.platform,
    arch: process.arch,
  },
  runtime: runtimeFacts(),
  versions: { gradloom: version, node: process.versions.node, v8: process.versions.v8 },
});

/** Node, Deno or Bun. */
function runtimeFacts() {
  const { name, version } = jsRuntime();
  return { name, version };
}
