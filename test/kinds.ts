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

/** What `npm test` runs besides all of `unit`: a few files of each kind, which need nothing but Node. */
export const short: readonly string[] = [
  'test/runs/cli/train/train.test.ts',
  'test/runs/runtime/any-run.test.ts',
  'test/runs/runtime/barrier.test.ts',
  'test/runs/runtime/checkpoints/keeper.test.ts',
  'test/runs/runtime/checkpoints/resume.test.ts',
  'test/runs/runtime/create-trainer.test.ts',
  'test/runs/runtime/early-stopping.test.ts',
  'test/runs/runtime/exports.test.ts',
  'test/runs/runtime/kinds.test.ts',
  'test/runs/runtime/mistakes.test.ts',
  'test/runs/runtime/pool.test.ts',
  'test/runs/runtime/probe.test.ts',
  'test/runs/runtime/refused-rows.test.ts',
  'test/runs/runtime/repeated-steps.test.ts',
  'test/runs/runtime/rollback.test.ts',
  'test/runs/runtime/span.test.ts',
  'test/runs/runtime/trainer.test.ts',
  'test/processes/architecture.test.ts',
  'test/machine/runtime/native/blas-families.test.ts',
  'test/ranks/cli/cluster/run-cluster.test.ts',
  'test/lab/cli/experiments/neuron.test.ts',
];
