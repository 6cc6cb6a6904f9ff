/**
 * Shared with the command line and the benchmarks. Not part of the public interface: it may change in any release.
 * @internal
 */

export { namesOf } from './cluster/cluster-error.ts';
export { type ClusterNetwork, measureNetwork } from './cluster/measure-network.ts';
export { findLateRanks } from './cluster/mpi/find-late-ranks.ts';
export { findMpi, localRank, rankCount } from './cluster/mpi/find-mpi.ts';
export { openLink } from './cluster/mpi/link.ts';
export { hashDataset } from './data/dataset-hash.ts';
export { datasetOfHead, headsOfDataset, sizesOfHeads } from './data/dataset-of-head.ts';
export type { Image } from './data/images/image.ts';
export { imagesOfRows, shapeOfImages } from './data/images/image-dataset.ts';
export { encodePng } from './data/images/png.ts';
export { resizeImage } from './data/images/resize-image.ts';
export {
  checkInput,
  createCellImages,
  datasetFormats,
  defaultLoss,
  encodeSplit,
  hasOwnTargets,
  hasTargetsByPosition,
  imagesIn,
  inputRows,
  lastWindows,
  loadPlainTable,
  loadTokenizer,
  type NaiveErrors,
  naiveErrors,
  openCsvStream,
  openTable,
  readRowsAs,
  readTableAs,
  rowsOfSplit,
  splitTableAs,
  storedPieces,
  type TableReader,
  type TableRow,
  tableFormatOf,
  tableInFolder,
  tableShapes,
  withScale,
} from './data/index.ts';
export { npyRows } from './data/npy.ts';
export { createTextReader } from './data/read-text.ts';
export { separatorIn } from './data/tables/sniffers/csv-layout.ts';
export { sentinelsIn } from './data/tables/sniffers/numbers.ts';
export { timeInOrder } from './data/tables/split-by-column.ts';
export { backendRecord, isFusedRecord, resolveBackend, wasmBackend } from './engine/backends/backend.ts';
export { isUntestedSystem } from './engine/backends/native/code-pages.ts';
export { findBlas } from './engine/backends/native/find-blas.ts';
export { machineCode } from './engine/backends/native/machine-code.ts';
export { refuseManyLayers } from './engine/memory/run-memory.ts';
export { phases } from './engine/step/clock.ts';
export { measureBandwidth } from './measurement/measure-bandwidth.ts';
export { type Exchange, measureExchange } from './measurement/measure-exchange.ts';
export { measureGflops } from './measurement/measure-gflops.ts';
export { createPassTimer, type PassTimes } from './measurement/pass-timer.ts';
export { planRankWork, type RankWork, rankWork } from './measurement/rank-work.ts';
export { planStepWork, type StepWork } from './measurement/team-work.ts';
export { type TimedRun, timeSteps } from './measurement/time-steps.ts';
export { scoringOf } from './models/evaluate-model.ts';
export { attentionOf } from './models/explain-texts.ts';
export { fittedDecay } from './models/fitted-decay.ts';
export { largestChange, mergedModel } from './models/formats/export-model.ts';
export { modelsOfHeads } from './models/models-of-heads.ts';
export { type AnswerPool, createAnswerPool } from './models/serving/answer-pool.ts';
export type { Body, Reply } from './models/serving/answer-texts.ts';
export type { WritingStep, Written } from './models/serving/writing-task.ts';
export {
  imageDefaults,
  imageNetwork,
  MIN_WATCHED_ROWS,
  partsDefaults,
  sequenceDefaults,
  tableDefaults,
  tableShares,
  textDefaults,
} from './models/table-defaults.ts';
export { type Difference, differences } from './system/files/differences.ts';
export { fileSystem, findFile, isSocket, makeDirectory } from './system/files/file-system.ts';
export { isLockName, LOCK_FILE, lockFolder, lockOwner, refuseInUse } from './system/files/folder-lock.ts';
export { checkRunFile, openRunFile } from './system/files/run-file.ts';
export { systemReason } from './system/files/system-reason.ts';
export { isTemporaryName, temporaryPath, writeAtomically } from './system/files/write-atomically.ts';
export { memoryRoom } from './system/memory/memory-room.ts';
export { inTurns } from './system/turns/in-turns.ts';
export { readRun } from './training/checkpoints/checkpoint-file.ts';
export { ResumeError, resumeProblem } from './training/checkpoints/resume.ts';
export { endTogether } from './training/lockstep/do-together.ts';
export { epochsPerReport } from './training/run/epoch-log.ts';
export { firstInputs } from './training/run/first-inputs.ts';
export { estimateMs, measuredSteps } from './training/run/measured-steps.ts';
export { planRun, rowsPerStep } from './training/run/plan.ts';
