export {
  type ActivationName,
  dense,
  dropout,
  elu,
  embedding,
  gelu,
  type InitializerName,
  type InitializerSpec,
  InputError,
  identity,
  type LayerFigures,
  type LayerKind,
  type LayerSpec,
  type LossName,
  type LossSpec,
  layerNorm,
  leakyRelu,
  type NetworkSpec,
  NO_ANSWER,
  type OptimizerName,
  type OptimizerSpec,
  OptionError,
  relu,
  residual,
  type ScheduleName,
  type ScheduleSpec,
  type ShortActivation,
  sequential,
  sigmoid,
  silu,
  softplus,
  softsign,
  step,
  swiglu,
  type TensorFigures,
  tanh,
} from '@gradloom/core';
export type { Backend, BackendChoice } from './backend.ts';
export type { Checkpoint, Progress, RunRecord } from './checkpoints/checkpoint.ts';
export { loadCheckpoint } from './checkpoints/checkpoint-file.ts';
export { BEST_FILE, LAST_FILE } from './checkpoints/checkpoint-folder.ts';
export type { CheckpointEvery, CheckpointOptions } from './checkpoints/checkpoint-options.ts';
export type { Profile } from './clock.ts';
export {
  type ArrayOptions,
  type ClassOptions,
  type CsvOptions,
  type DataMatrix,
  type DataSplits,
  type Dataset,
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
export type { OutputReader } from './evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './evaluate-model.ts';
export { FolderInUseError, LockError, type LockOwner } from './files/lock-owner.ts';
export { fingerprint } from './fingerprint.ts';
export { limitMemory } from './memory-room.ts';
export { createModel, type Model, type ModelContents, type ModelMetadata } from './model.ts';
export { loadModel, type ModelFile, openModelFile, saveModel } from './model-file.ts';
export type { TrainOptions } from './options.ts';
export { createPool, type Pool } from './pool.ts';
export type { Retry } from './recovery.ts';
export { type Evaluation, type Spread, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
export { type TrainingRun, train } from './trainer.ts';
export type { Trial } from './tune.ts';
