import { availableParallelism, cpus } from 'node:os';
import { version } from './version.ts';

/** The machine that computed a result, as stored in the files of a run. */
export const describeMachine = () => ({
  machine: {
    cpu: cpus()[0]?.model.trim() ?? null,
    cores: availableParallelism(),
    platform: process.platform,
    arch: process.arch,
  },
  versions: { gradloom: version, node: process.versions.node, v8: process.versions.v8 },
});
