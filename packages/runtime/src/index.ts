export {
  type ActivationBuilder,
  type ActivationName,
  type ActivationOptions,
  type AdagradOptions,
  type AdamOptions,
  type AdamwOptions,
  type BackendName,
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
export type { Backend, BackendChoice, BackendRecord, BlasBackend, BuiltInBackend } from './backend.ts';
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
export type { Profile } from './clock.ts';
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
  type TargetKind,
} from './datasets/index.ts';
export type { OutputReader } from './evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './evaluate-model.ts';
export type { FolderLock } from './files/folder-lock.ts';
export type { Json, JsonObject } from './files/json.ts';
export { FolderInUseError, LockError, type LockOwner } from './files/lock-owner.ts';
export { fingerprint } from './fingerprint.ts';
export { limitMemory } from './memory-room.ts';
export { createModel, type Model, type ModelContents, type ModelMetadata } from './model.ts';
export { loadModel, type ModelFile, openModelFile, saveModel } from './model-file.ts';
export type { BlasIdentity } from './native/blas-library.ts';
export type { OnNan, TrainOptions } from './options.ts';
export { createPool, type Pool, type PoolOptions } from './pool.ts';
export type { Retry } from './recovery.ts';
export {
  type CheckpointEvent,
  type EpochEvent,
  type Evaluation,
  type ProbeEvent,
  type ProgressEvent,
  type RecoveryEvent,
  type RollbackEvent,
  type Spread,
  type StartEvent,
  type StepsEvent,
  type ThreadsEvent,
  type TrainEvent,
  TrainingError,
  type TrainResult,
  type WarningEvent,
  type WrittenCheckpoint,
} from './results.ts';
export type { NestedRows, Rows } from './rows.ts';
export { type TrainingRun, train } from './trainer.ts';
export type { Trial } from './tune.ts';
