export { type Backend, type BackendChoice, backendChoices, compileKernels } from './backend.ts';
export {
  type ClassOptions,
  type DataMatrix,
  type Dataset,
  type DataSplits,
  datasetFormats,
  datasetFromRows,
  type IdxOptions,
  loadDataset,
  loadIdx,
  loadIdxFolder,
  loadMnist,
  type RowsOptions,
  type SplitOptions,
  splitDataset,
  subset,
  type SyntheticName,
  type SyntheticOptions,
  syntheticDatasets,
} from './datasets/index.ts';
export { fingerprint } from './fingerprint.ts';
export type { OutputReader } from './evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './evaluate-model.ts';
export type { TrainOptions } from './options.ts';
export { createPool, type Pool } from './pool.ts';
export { type Evaluation, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
export { train, type TrainingRun } from './trainer.ts';
