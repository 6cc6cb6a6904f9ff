export * from '@gradloom/core/programs';
export type { Cluster, Connection, SharedNumbers, Transfer } from './cluster/cluster.ts';
export { ClusterError } from './cluster/cluster-error.ts';
export { type ClusterOptions, openCluster } from './cluster/mpi/open-cluster.ts';
export {
  type ArrayOptions,
  type ClassOptions,
  type ColumnImages,
  type ColumnSummary,
  type CsvOptions,
  createTokenizer,
  type DataArray,
  type DataMatrix,
  type DataSplits,
  type Dataset,
  type DelimiterName,
  datasetFromRows,
  encodeTable,
  type FileOptions,
  type FileRows,
  fitPreprocessing,
  type ImageOptions,
  imageRow,
  loadCsv,
  loadDataset,
  loadIdx,
  loadIdxFolder,
  loadImageFolder,
  loadMnist,
  loadNpy,
  loadNpyFolder,
  loadNpz,
  loadText,
  type NamedArraysOptions,
  type NpyOptions,
  type NumberColumn,
  type NumberFile,
  type PreparedTable,
  prepareTable,
  type RowsOptions,
  readIdx,
  readNpy,
  readTable,
  type Scale,
  type SplitOptions,
  type SplitRows,
  type SyntheticName,
  type SyntheticOptions,
  splitDataset,
  splitTable,
  standardizeImages,
  subset,
  summarizeTable,
  syntheticDatasets,
  type Table,
  type TableColumn,
  type TableName,
  type TableOptions,
  type TableSeries,
  type TableSplit,
  type TargetHead,
  type TargetKind,
  type TargetRows,
  type TargetsByName,
  type TextOptions,
  tableFiles,
  tablePath,
  textDataset,
  type WordColumn,
  withInputTargets,
} from './data/index.ts';
export type { Backend, BackendRecord, BlasBackend, BuiltInBackend } from './engine/backends/backend.ts';
export type { BackendChoice } from './engine/backends/backend-choices.ts';
export type { BlasIdentity } from './engine/backends/native/blas-library.ts';
export type { Evaluation } from './engine/evaluation/evaluate-dataset.ts';
export type { OutputReader } from './engine/evaluation/figures.ts';
export type { HeadFigures } from './engine/evaluation/head-figures.ts';
export { type LoadOptions, loadParts } from './engine/modules/load-parts.ts';
export type { Profile } from './engine/step/clock.ts';
export { createPool, type Pool, type PoolOptions } from './engine/threads/pool.ts';
export { decoderOf } from './models/decoder-of.ts';
export { type EvaluateOptions, evaluateModel } from './models/evaluate-model.ts';
export { type ExplainImagesOptions, explainImages } from './models/explain-images.ts';
export { type ExplainOptions, type Explanation, explainModel, type Importance } from './models/explain-model.ts';
export { type ExplainTextsOptions, explainTexts } from './models/explain-texts.ts';
export type { ImageExplanation } from './models/explaining/explain-image.ts';
export type { TextExplanation } from './models/explaining/explain-text.ts';
export { type FitOptions, type FittedModel, fit } from './models/fit.ts';
export { type ExportOptions, exportModel } from './models/formats/export-model.ts';
export { type ImageInputs, type ImportOptions, importModel } from './models/formats/import-model.ts';
export type { ModelFormatName } from './models/formats/index.ts';
export type { Renames } from './models/formats/match-tensors.ts';
export type { ImportComparison } from './models/formats/onnx/read/compare-answers.ts';
export { createModel } from './models/model.ts';
export { loadModel, type ModelFile, openModelFile, saveModel } from './models/model-file.ts';
export type { FolderLock } from './system/files/folder-lock.ts';
export { fingerprint } from './system/files/hash.ts';
export { FolderInUseError, LockError, type LockOwner } from './system/files/lock-owner.ts';
export { limitMemory } from './system/memory/memory-room.ts';
export type {
  Checkpoint,
  DataRecord,
  EarlierCounters,
  EarlyProgress,
  EarlyRecord,
  LowestLoss,
  Progress,
  RunArrays,
  RunRecord,
  SavedState,
} from './training/checkpoints/checkpoint.ts';
export { loadCheckpoint } from './training/checkpoints/checkpoint-file.ts';
export { BEST_FILE, LAST_FILE } from './training/checkpoints/checkpoint-folder.ts';
export type {
  CheckpointEvery,
  CheckpointOptions,
  EveryEpochs,
  EverySeconds,
  EverySteps,
} from './training/checkpoints/checkpoint-options.ts';
export type { Retry } from './training/faults/recovery.ts';
export type { ClassWeight, WeightOfClasses } from './training/run/class-weight.ts';
export { createTrainer, type Trainer, type TrainerStep } from './training/run/create-trainer.ts';
export type {
  CheckpointEvent,
  ClusterFacts,
  EpochEvent,
  ProbeEvent,
  RecoveryEvent,
  RollbackEvent,
  Spread,
  StartEvent,
  SteerAction,
  SteerEvent,
  StepsEvent,
  ThreadsEvent,
  TrainEvent,
  TrainProgressEvent,
  TrainTextEvent,
  WarningEvent,
} from './training/run/events.ts';
export type { MonitorName } from './training/run/monitors.ts';
export type { AugmentOptions, OnNan, OptionsFor, TrainOptions } from './training/run/options.ts';
export type { RateChanges } from './training/run/rate-changes.ts';
export { TrainingError, type TrainResult, type WrittenCheckpoint } from './training/run/results.ts';
export { type TrainingRun, train } from './training/run/trainer.ts';
export type { Trial } from './training/tuning/tune.ts';
