/**
 * Shared with the other packages of Gradloom. Not part of the public interface: it may change in any release.
 * @internal
 */

export { convolutionBytes } from './backends/bindings/convolutions/convolutions.ts';
export type { Products } from './backends/bindings/products.ts';
export { assembleCode, type CodeLayout, createLayout, type ProductLayout } from './backends/code.ts';
export { CALL_DOUBLES } from './backends/isa/arguments.ts';
export { type ExtensionName, extensions } from './backends/isa/extensions.ts';
export type { ConventionName } from './backends/isa/x64/convention.ts';
export { assembleProcessorQueries, processorFlags } from './backends/isa/x64/processor.ts';
export {
  createNativeKernels,
  hasNativeProducts,
  type NativeOptions,
  type Play,
} from './backends/native.ts';
export { takeKernelScratch } from './backends/played-kernels.ts';
export { unfusedKernels, unfusedProducts } from './backends/unfused.ts';
export { hasFusedWasm } from './backends/wasm/relaxed-simd.ts';
export { createWasmKernels } from './backends/wasm/wasm.ts';
export {
  MAX_BYTES,
  PAGE_BYTES,
  TAIL_BYTES,
  WasmApi,
  type WasmMemory,
  wasmProblem,
} from './backends/wasm/webassembly.ts';
export { checkElements, checkKeys, checkList, checkObject } from './checks/check.ts';
export { suggest, suggestOption } from './checks/nearest.ts';
export { unknownOption, within } from './checks/option-error.ts';
export {
  checkFloat32,
  defineOptions,
  type Named,
  type Option,
  type Options,
  type OptionsOf,
  type OptionTable,
  type OptionValues,
} from './checks/options/index.ts';
export * as option from './checks/options/kinds.ts';
export { counted, has, listed, reasonOf, show, showName, showPath } from './checks/show.ts';
export { checkGradients } from './custom/check-gradients.ts';
export { collectParts } from './custom/collect-parts.ts';
export { isElementwise } from './families/losses/elementwise.ts';
export { hasHeads, lossOptions, refuseLossBeyondFloats } from './families/losses/index.ts';
export { targetKind } from './families/losses/loss.ts';
export { softmaxCrossEntropyOptions } from './families/losses/softmax-cross-entropy.ts';
export { bootstrap, type Interval } from './families/metrics/bootstrap.ts';
export { chooseThreshold, type ThresholdCriterion, thresholdCriteria } from './families/metrics/choose-threshold.ts';
export { createDecision } from './families/metrics/decision.ts';
export {
  type Figure,
  type FigureName,
  figures,
  figuresOf,
  type Task,
  unitFigures,
} from './families/metrics/figures.ts';
export { bitsOf, lossOf, perplexityOf } from './families/metrics/perplexity.ts';
export { rankingCurves } from './families/metrics/ranking-curves.ts';
export { createSpread, createSquares, rootMean } from './families/metrics/spread.ts';
export { badOutput } from './families/metrics/unanswered.ts';
export type { EvaluatedRows, WeightedMetric } from './families/metrics/weighted-metric.ts';
export { optimizerOptions } from './families/optimizers/index.ts';
export { averaging } from './families/optimizers/optimizer.ts';
export { refuseOptimizerBeyondFloats } from './families/optimizers/refuse-beyond-floats.ts';
export { scalars } from './families/scalars/index.ts';
export { warmupOptions } from './families/schedules/index.ts';
export { weightsFrom } from './inference/adapt-model.ts';
export { answersOf, decodeValue, encodeValue } from './inference/answers/answers.ts';
export {
  classify,
  createScoring,
  hasProbabilities,
  type Scoring,
  scoreInto,
  toProbabilities,
} from './inference/answers/scoring.ts';
export { assembleModel, writerOf } from './inference/assemble-model.ts';
export { checkEncoding, flattenAdvice } from './inference/check-encoding.ts';
export { checkModel } from './inference/check-model.ts';
export {
  type Container,
  HASH_BYTES,
  openContainer,
  openHeader,
  packStart,
  type Sealed,
  sectionBytes,
} from './inference/files/container.ts';
export { isJsonObject, plainJson } from './inference/files/json.ts';
export { hexadecimal, sha256Of } from './inference/files/sha256.ts';
export { checkModules, type ModuleSource, NOTHING_LOADED } from './inference/loaded-parts.ts';
export type { ModelEngine, ParallelPredictor } from './inference/model.ts';
export { MODEL_KINDS, modelOf, PARAMETERS } from './inference/open-model.ts';
export {
  GAP_MARKS,
  GAP_WORDS,
  isGap,
  isGapMark,
  isNumberGap,
  MAX_NUMBER_LENGTH,
  readBoolean,
  readCategory,
  readNumber,
  readText,
} from './inference/preprocessing/cell.ts';
export {
  cellReader,
  DAY_SECONDS,
  dateReader,
  dateText,
  exampleOf,
  invalidDayHint,
  isDateFormat,
  numberInBrackets,
  numberReader,
  readDate,
  THOUSANDS,
} from './inference/preprocessing/cell-format.ts';
export {
  type CellPicker,
  createCellPicker,
  flattenRow,
  mayLack,
  takesGaps,
} from './inference/preprocessing/cell-picker.ts';
export { checkScale, checkTablePreprocessing } from './inference/preprocessing/check-preprocessing.ts';
export {
  createCategoryEncoder,
  createColumnEncoder,
  createNumberEncoder,
  createTokenEncoder,
  whyUnusual,
} from './inference/preprocessing/column-encoder.ts';
export { periods, THURSDAY, weekdayOf } from './inference/preprocessing/date-parts.ts';
export { encodeImage, standardizeChannels, widthOfImage } from './inference/preprocessing/image-encoder.ts';
export {
  classesOfProbabilities,
  columnsOfTargets,
  forecastNames,
  LABEL_SEPARATORS,
  labelListOf,
  labelsIn,
  namesOfAnswers,
  ofImages,
  ofTable,
  ofText,
  textToRead,
  tokensOf,
} from './inference/preprocessing/preprocessing.ts';
export {
  havePartLengths,
  inInputOrder,
  isPart,
  rowPartsOf,
  widthOfColumn,
} from './inference/preprocessing/row-parts.ts';
export { createRowReader, type RowReader } from './inference/rows.ts';
export { bytePairs, bytePiecesOf, createBytePairTokenizer } from './inference/text/byte-pairs.ts';
export { learnBytePairs } from './inference/text/learn-byte-pairs.ts';
export type { TextEncoder } from './inference/text/text-encoder.ts';
export { commonVocabulary, piecesOf, vocabularyOf } from './inference/text/tokenizer.ts';
export { bytePairsOf, checkTokenizer, tokenizerNames } from './inference/text/tokenizer-spec.ts';
export { generateOptions, type Sampling, sampleToken } from './inference/writing/sampling.ts';
export { createWriter, type Draft, type Writer } from './inference/writing/writer.ts';
export {
  bytesOfElements,
  createElements,
  elementTypes,
  elementView,
  FLOAT64,
  roundingOf,
  typeOf,
} from './math/element-type.ts';
export { erfPolynomials } from './math/erf.ts';
export { complete } from './math/pausable.ts';
export { shuffleInTurns } from './math/random/index.ts';
export { allocateEach, countDoubles, createAllocator, type KernelScratch, viewOf } from './math/scratch.ts';
export {
  dealLeaves,
  defaultLeafRows,
  gradientRows,
  joinNodes,
  type LeafRange,
  leafCount,
  MAX_LEAF_ROWS,
  MAX_LEAVES,
  MAX_NODE_ROWS,
  type Node,
  type NodePass,
  nodesOf,
  planTeam,
  sizeOfPlan,
  sumsOf,
  type TeamPlan,
  type TeamPlanOptions,
} from './math/tree/index.ts';
export { inputAt, outputAt } from './math/windows.ts';
export { createAugmentationMemory, emitAugmentation } from './network/augmentation.ts';
export {
  createWorkspace,
  emitForward,
  emitLoss,
  emitNode,
  forward,
  type Gradients,
  nodeGradient,
  type PassSettings,
  type Tensors,
  targetColumns,
  targetPositions,
  type Workspace,
  weighPositions,
} from './network/backprop.ts';
export {
  badWeight,
  findBadWeight,
  findNotFinite,
  firstNotFinite,
  firstOverflow as firstBeyond,
  refuseBadWeights,
} from './network/bad-weight.ts';
export {
  type AttentionWeights,
  type Continuation,
  continuationProblem,
  rowAttention,
} from './network/continuation.ts';
export { decoderPart } from './network/decoder.ts';
export { BLOCK, blockCount, stateLength } from './network/gradient-ranges.ts';
export { branchOutputs, columnsOfRows, type Head, type HeadTask, headsOf, headTasks } from './network/heads.ts';
export { createInputGradient, type InputGradient } from './network/input-gradient.ts';
export { checkGroups, freezeLayers } from './network/layer-patterns.ts';
export { axisOf } from './network/layers/axes.ts';
export { formulaLayers, sameForAll } from './network/layers/formulas.ts';
export { NO_BATCH, NO_TEAM_MEMORY, noMemory } from './network/layers/index.ts';
export { hasTrainedTensor } from './network/layers/layer.ts';
export { atLayer, NO_PARTS } from './network/layers/layer-context.ts';
export { FORWARD_ONLY, INPUT_GRADIENT } from './network/layers/memory.ts';
export { resizedAxes } from './network/layers/resize.ts';
export { slicedRanges } from './network/layers/slice.ts';
export { transposeOrder } from './network/layers/transpose.ts';
export {
  allowedLengths,
  createLengths,
  lengthsOfOutputs,
  lengthsProblem,
  refuseBadLengths,
  writeLengths,
} from './network/lengths.ts';
export {
  createModelMemory,
  forContinuation,
  type LiveContinuation,
  type ModelPredictor,
} from './network/model-memory.ts';
export {
  bindGradients,
  bindTensors,
  couplesRows,
  gradientLength,
  namedState,
  namedWeights,
} from './network/network.ts';
export { findNetwork, type NetworkName, networkNames, networks } from './network/networks.ts';
export { hasParts, withParts } from './network/parts.ts';
export { partsNetwork, type RowPart } from './network/parts-network.ts';
export { leafRowsOf, maxPassRows } from './network/pass-rows.ts';
export { passOf } from './network/passes.ts';
export { nameOfLayer } from './network/placed-layer.ts';
export { rowPredictor } from './network/predict.ts';
export { refuseBeyondFloats, refuseInexactIndices } from './network/refuse-beyond-floats.ts';
export { channelsOf, inputsOf, positionsOf, sequenceOf, shapeText, sizeOf } from './network/shape.ts';
export { type SpreadWeights, spreadWeights } from './network/spread-weights.ts';
export { type LayerFacts, layerFacts, layerTable, parametersText, trainedParameters } from './network/summary.ts';
export { withFlatten } from './network/with-flatten.ts';
export { createTapeMemory, link, type Program, runCalls, type TapeMemory, tapesOf } from './program/link.ts';
export { barrier, createList, defineOp, host, part, segmentsOf } from './program/op.ts';
export { activationOps, emitLossOf, lossOp, ops, updateOp } from './program/ops/index.ts';
export { rotaryTable } from './program/reference/rotary.ts';
export { batchLoss, clipScale, gradientNorm, recordStep } from './program/reference/step.ts';
export { countMatrices, emitMaxNorm, maxColumns } from './training/max-norm.ts';
export { emitMatrixUpdates, type MatrixScratch, stepProducts, takeMatrixScratch } from './training/orthogonalize.ts';
export { type BlockRange, type Bucket, blocksOfRank, bucketsOf, countPieces } from './training/pieces.ts';
export { createProbe, probeFigures, probeLength } from './training/probe.ts';
export {
  type BlockUpdate,
  createBlockUpdate,
  gradientOf,
  gradientStride,
  tiesWithin,
} from './training/update.ts';
