/** The kinds of tests: each is a folder of `test` and a project of vitest of the same name. */
export const kinds = {
  unit: 'mathematics, formats, parsing and text, in this process',
  runs: 'trainings and commands, in this process',
  processes: 'processes that are killed, short of memory or disk, or two at once; each file has a process of its own',
  machine: 'parts that not every machine has: Chromium, PyTorch, onnxruntime, a BLAS library, qemu',
  ranks: 'ranks of Open MPI, MPICH and Slurm',
  lab: 'experiments, scaling and searches',
} as const;

export type Kind = keyof typeof kinds;

/** Files that `npm test` runs in addition to all of `unit`: a few of each kind. They need nothing but Node. */
export const short: readonly string[] = [
  'test/runs/cli/bad-input.test.ts',
  'test/runs/cli/command-line.test.ts',
  'test/runs/cli/export/export.test.ts',
  'test/runs/cli/no-answer.test.ts',
  'test/runs/cli/options/config-file.test.ts',
  'test/runs/cli/run-files/run-lines.test.ts',
  'test/runs/cli/serve/server.test.ts',
  'test/runs/runtime/any-run.test.ts',
  'test/runs/runtime/barrier.test.ts',
  'test/runs/runtime/checkpoints/checkpointer.test.ts',
  'test/runs/runtime/exports.test.ts',
  'test/runs/runtime/pool.test.ts',
  'test/runs/runtime/repeated-steps.test.ts',
  'test/runs/runtime/span.test.ts',
  'test/runs/runtime/trainer.test.ts',
  'test/processes/architecture.test.ts',
  'test/processes/cli/process.test.ts',
  'test/processes/runtime/checkpoints/checkpoint-lock.test.ts',
  'test/processes/runtime/files/folder-lock.test.ts',
  'test/machine/runtime/native/blas-families.test.ts',
  'test/ranks/cli/cluster/run-cluster.test.ts',
  'test/lab/cli/experiments/neuron.test.ts',
];
