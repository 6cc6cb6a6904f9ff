export { type Backend, type BackendChoice, backendChoices, compileKernels } from './backend.ts';
export type { DataMatrix, Dataset, DataSplits } from './datasets/dataset.ts';
export type { OutputReader } from './evaluate-dataset.ts';
export { type EvaluateOptions, evaluateModel } from './evaluate-model.ts';
export type { TrainOptions } from './options.ts';
export { createPool, type Pool } from './pool.ts';
export { type Evaluation, type TrainEvent, TrainingError, type TrainResult } from './results.ts';
export { train, type TrainingRun } from './trainer.ts';
