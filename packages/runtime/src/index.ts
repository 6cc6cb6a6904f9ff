export {
  type Backend,
  type BackendChoice,
  type BackendRecord,
  backendChoices,
  backendRecord,
  compileKernels,
  resolveBackend,
} from './backend.ts';
export type { Checkpoint, Progress, RunRecord } from './checkpoints/checkpoint.ts';
export { loadCheckpoint } from './checkpoints/checkpoint-file.ts';
export { BEST_FILE, LAST_FILE } from './checkpoints/checkpoint-folder.ts';
export type { CheckpointEvery, CheckpointOptions } from './checkpoints/checkpoint-options.ts';
export { type Profile, parts } from './clock.ts';
export {
  type ArrayOptions,
  type ClassOptions,
  type CsvOptions,
  checkInput,
  type DataMatrix,
  type DataSplits,
  type Dataset,
  datasetFormats,
  datasetFromRows,
  type FileOptions,
  loadCsv,
  loadDataset,
  loadIdx,
  loadIdxFolder,
  loadMnist,
  loadNpy,
  loadNpyFolder,
  type NpyOptions,
  type NumberFile,
  type RowsOptions,
  readIdx,
  readNpy,
  type SplitOptions,
  type SyntheticName,
  type SyntheticOptions,
  splitDataset,
  subset,
  syntheticDatasets,
  type TargetKind,
} from './datasets/index.ts';
export { epochsPerReport } from './epoch-log.ts';
export type { OutputReader } from './evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './evaluate-model.ts';
export { type Difference, differences } from './files/differences.ts';
export { findFile } from './files/file-size.ts';
export { type FolderLock, isLockName, LOCK_FILE, lockFolder, lockOwner, refuseInUse } from './files/folder-lock.ts';
export { type Json, plainJson } from './files/json.ts';
export { FolderInUseError, LockError, type LockOwner } from './files/lock-owner.ts';
export { makeDirectory } from './files/make-directory.ts';
export { checkOwnFile, openOwnFile } from './files/own-file.ts';
export { isTemporaryName, temporaryPath, writeAtomically } from './files/write-atomically.ts';
export { fingerprint } from './fingerprint.ts';
export { measureGflops } from './measure.ts';
export { measureBandwidth } from './measure-bandwidth.ts';
export { limitMemory } from './memory-room.ts';
export { createModel, type Model, type ModelContents, type ModelMetadata } from './model.ts';
export { loadModel, type ModelFile, openModelFile, saveModel } from './model-file.ts';
export { type BlasIdentity, type BlasSearch, findBlas } from './native/find-blas.ts';
export { type MachineCode, type MachineCodeSearch, machineCode } from './native/machine-code.ts';
export type { TrainOptions } from './options.ts';
export { createPassTimer, type PassTimerOptions, type PassTimes } from './pass-timer.ts';
export { createPool, type Pool } from './pool.ts';
export type { Retry } from './recovery.ts';
export { type Evaluation, type Spread, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
export { type TimedRun, timeSteps } from './time-steps.ts';
export { type TrainingRun, train } from './trainer.ts';
export type { Trial } from './tune.ts';
