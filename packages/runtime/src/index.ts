export {
  type ActivationBuilder,
  type ActivationName,
  type ActivationOptions,
  type AdagradOptions,
  type AdamOptions,
  type AdamwOptions,
  type BackendName,
  type BatchNormOptions,
  batchNorm,
  type ConstantOptions,
  type CosineOptions,
  type DenseOptions,
  type DropoutOptions,
  dense,
  dropout,
  type EmbeddingOptions,
  type ExponentialOptions,
  elu,
  embedding,
  gelu,
  type HuberOptions,
  type InitializerName,
  type InitializerSpec,
  InputError,
  identity,
  type KindOf,
  type LayerFigures,
  type LayerKind,
  type LayerNormOptions,
  type LayerSpec,
  type LionOptions,
  type LossName,
  type LossSpec,
  layerNorm,
  leakyRelu,
  type MomentOptions,
  type NetworkSpec,
  NO_ANSWER,
  type NormalOptions,
  type OneCycleOptions,
  type OptimizerName,
  type OptimizerSpec,
  OptionError,
  type OptionErrorDetails,
  type OrthogonalOptions,
  type PlateauOptions,
  type ResidualOptions,
  type RmspropOptions,
  relu,
  residual,
  type ScheduleName,
  type ScheduleSpec,
  type SgdOptions,
  type ShortActivation,
  type SpecOf,
  type StepOptions,
  type SwigluOptions,
  sequential,
  sigmoid,
  silu,
  softplus,
  softsign,
  step,
  swiglu,
  type TensorFigures,
  tanh,
  type UniformOptions,
  type WarmupOptions,
  type WeightDecayOptions,
} from '@gradloom/core';
export type { Backend, BackendRecord, BlasBackend, BuiltInBackend } from './backends/backend.ts';
export type { BackendChoice } from './backends/backend-choices.ts';
export type { BlasIdentity } from './backends/native/blas-library.ts';
export type {
  Checkpoint,
  DataRecord,
  EarlierCounters,
  LowestLoss,
  Progress,
  RunArrays,
  RunRecord,
  SavedState,
} from './checkpoints/checkpoint.ts';
export { loadCheckpoint } from './checkpoints/checkpoint-file.ts';
export { BEST_FILE, LAST_FILE } from './checkpoints/checkpoint-folder.ts';
export type {
  CheckpointEvery,
  CheckpointOptions,
  EveryEpochs,
  EverySeconds,
  EverySteps,
} from './checkpoints/checkpoint-options.ts';
export {
  type ArrayOptions,
  type ClassOptions,
  type CsvOptions,
  type DataArray,
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
  type TableName,
  type TargetKind,
  tableFiles,
  tablePath,
} from './datasets/index.ts';
export type { Retry } from './faults/recovery.ts';
export { fingerprint } from './files/fingerprint.ts';
export type { FolderLock } from './files/folder-lock.ts';
export type { Json, JsonObject } from './files/json.ts';
export { FolderInUseError, LockError, type LockOwner } from './files/lock-owner.ts';
export type { Evaluation, OutputReader } from './inference/evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './inference/evaluate-model.ts';
export { createModel, type Model, type ModelContents, type ModelMetadata } from './inference/model.ts';
export { loadModel, type ModelFile, openModelFile, saveModel } from './inference/model-file.ts';
export type { NestedRows, Rows } from './inference/rows.ts';
export type { Profile } from './measure/clock.ts';
export { limitMemory } from './memory/memory-room.ts';
export type {
  CheckpointEvent,
  EpochEvent,
  ProbeEvent,
  ProgressEvent,
  RecoveryEvent,
  RollbackEvent,
  Spread,
  StartEvent,
  StepsEvent,
  ThreadsEvent,
  TrainEvent,
  WarningEvent,
} from './run/events.ts';
export type { OnNan, TrainOptions } from './run/options.ts';
export { TrainingError, type TrainResult, type WrittenCheckpoint } from './run/results.ts';
export { type TrainingRun, train } from './run/trainer.ts';
export { createPool, type Pool, type PoolOptions } from './threads/pool.ts';
export type { Trial } from './tuning/tune.ts';
