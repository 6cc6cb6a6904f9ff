/**
 * Shared with the command line and the benchmarks. Not part of the public interface: it may change in any release.
 * @internal
 */
export { backendRecord, compileKernels, resolveBackend } from './backends/backend.ts';
export { isUntestedSystem } from './backends/native/code-pages.ts';
export { type BlasSearch, findBlas } from './backends/native/find-blas.ts';
export { type MachineCode, type MachineCodeSearch, machineCode } from './backends/native/machine-code.ts';
export { readRun } from './checkpoints/checkpoint-file.ts';
export { namesOf } from './cluster/cluster-error.ts';
export { measureNetwork, type Network } from './cluster/measure-network.ts';
export { findMpi, localRank, rankCount } from './cluster/mpi/find-mpi.ts';
export { hearLate, type Late } from './cluster/mpi/hear-late.ts';
export { openLink } from './cluster/mpi/link.ts';
export { hashDataset } from './datasets/dataset-hash.ts';
export {
  checkInput,
  datasetFormats,
  encodeSplit,
  loadPlainTable,
  openCsvStream,
  openTable,
  readTableAs,
  rowsOfSplit,
  type TableReader,
  type TableReadOptions,
  type TableRow,
  tableFormatOf,
  tableFormats,
} from './datasets/index.ts';
export { type Difference, differences } from './files/differences.ts';
export { findFile } from './files/file-size.ts';
export { fileSystem } from './files/file-system.ts';
export { isLockName, LOCK_FILE, lockFolder, lockOwner, refuseInUse } from './files/folder-lock.ts';
export { isSocket } from './files/is-socket.ts';
export { makeDirectory } from './files/make-directory.ts';
export { checkOwnFile, openOwnFile } from './files/own-file.ts';
export { systemReason } from './files/system-reason.ts';
export { isTemporaryName, temporaryPath, writeAtomically } from './files/write-atomically.ts';
export { scoringOf } from './inference/scoring-of.ts';
export { endTogether } from './lockstep/do-together.ts';
export { parts } from './measure/clock.ts';
export { measureBandwidth } from './measure/measure-bandwidth.ts';
export { type Exchange, measureExchange } from './measure/measure-exchange.ts';
export { measureGflops } from './measure/measure-gflops.ts';
export { createPassTimer, type PassTimerOptions, type PassTimes } from './measure/pass-timer.ts';
export { planRankWork, type RankWork, rankWork, type Way } from './measure/rank-work.ts';
export { planStepWork, type StepWork, type ThreadWork } from './measure/team-work.ts';
export { type TimedRun, timeSteps } from './measure/time-steps.ts';
export { memoryRoom } from './memory/memory-room.ts';
export { refuseManyLayers } from './memory/run-memory.ts';
export { largestChange } from './model-formats/round-model.ts';
export { epochsPerReport } from './run/epoch-log.ts';
export { planRun } from './run/plan.ts';
export { type AnswerPool, createAnswerPool } from './serving/answer-pool.ts';
export type { Reply } from './serving/reply.ts';
export { inTurns } from './turns/in-turns.ts';
