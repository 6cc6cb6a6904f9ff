/**
 * Shared with the other packages of Gradloom. Not part of the public interface: it may change in any release.
 * @internal
 */

export {
  type AnswerOptions,
  answersOf,
  classify,
  createScoring,
  decodeValue,
  hasProbabilities,
  type Scoring,
  scoreInto,
  toProbabilities,
} from './answers/index.ts';
export { fusedProducts } from './backends/fused.ts';
export { assembleCode, type CodeLayout } from './backends/native/code.ts';
export { type ExtensionName, extensions } from './backends/native/isa/extensions.ts';
export type { ConventionName } from './backends/native/isa/x64/convention.ts';
export { assembleProcessorQueries, processorFlags } from './backends/native/isa/x64/processor.ts';
export {
  createNativeKernels,
  createNativeUpdates,
  hasNativeProducts,
  type NativeOptions,
  type NativeScratch,
  type Play,
  takeNativeScratch,
} from './backends/native/native.ts';
export { allocateOwn, countDoubles, createAllocator, type KernelScratch, viewOf } from './backends/scratch.ts';
export { createStarts, type Starts } from './backends/starts.ts';
export {
  compileWasmKernels,
  createWasmKernels,
  kernelsFile,
  takeWasmScratch,
  wasmHeapBase,
} from './backends/wasm/wasm.ts';
export { tapeLength } from './backends/wasm/wasm-tape.ts';
export { WasmApi, type WasmMemory, type WasmModule, wasmProblem } from './backends/wasm/webassembly.ts';
export { type Products, withProducts } from './backends/with-products.ts';
export {
  bytesOfElements,
  createElements,
  elementTypes,
  elementView,
  FLOAT64,
  roundingOf,
  typeOf,
} from './element-type.ts';
export {
  type Container,
  HASH_BYTES,
  openContainer,
  openHeader,
  packStart,
  type Sealed,
  sectionBytes,
} from './files/container.ts';
export { isJsonObject, plainJson } from './files/json.ts';
export {
  assembleModel,
  checkEncoding,
  checkModel,
  MODEL_KINDS,
  type ModelEngine,
  modelOf,
  PARAMETERS,
} from './inference/index.ts';
export { erfPolynomials } from './math/erf.ts';
export { badWeight, findBadWeight, firstBeyond, refuseBadWeights } from './model/bad-weight.ts';
export { refuseInexactIndices } from './model/exact-indices.ts';
export { NO_BATCH, NO_SHARE, noMemory } from './model/layers/index.ts';
export { refuseLossBeyondFloats } from './model/losses/in-floats.ts';
export { lossOptions, softmaxCrossEntropyOptions } from './model/losses/index.ts';
export { bindTensors, buildNetworkInTurns, couplesRows } from './model/network.ts';
export { findNotFinite, firstNotFinite } from './model/not-finite.ts';
export { refuseBeyondFloats } from './model/refuse-beyond-floats.ts';
export { sizeOf } from './model/shape.ts';
export {
  defineOptions,
  inFloats,
  type Named,
  type Option,
  type Options,
  type OptionsOf,
  type OptionTable,
  type OptionValues,
} from './options/index.ts';
export * as option from './options/kinds.ts';
export {
  checkGradientsInTurns,
  checkModules,
  collectParts,
  type GradientCheck,
  type ModuleExports,
  type ModuleSource,
  NO_PARTS,
  NOTHING_LOADED,
} from './own/index.ts';
export { complete } from './pausable.ts';
export {
  type CategoryColumnEncoder,
  type ColumnEncoder,
  cellReaders,
  createCategoryEncoder,
  createColumnEncoder,
  createNumberEncoder,
  GAP_WORDS,
  isGap,
  type NumberColumnEncoder,
  readBoolean,
  readCategory,
  readDate,
  readNumber,
} from './preprocessing/index.ts';
export {
  createWorkspace,
  emitForward,
  emitLoss,
  emitNode,
  forward,
  nodeGradient,
  type PassSettings,
  type Tensors,
  targetColumns,
  type Workspace,
} from './program/backprop.ts';
export { createTapeRoom, link, type Program, runCalls, type TapeRoom, tapesOf } from './program/link.ts';
export { barrier, createList, defineOp, host, part, segmentsOf } from './program/op.ts';
export { activationOps, emitLossOf, lossOp, ops, updateOp } from './program/ops/index.ts';
export { rowPredictor } from './program/predict.ts';
export { batchLoss, clipScale, gradientNorm, noteStep } from './program/step-ops.ts';
export { shuffleInTurns } from './random/index.ts';
export { doubles, elements, finite, list, number, oneOf, onlyKeys, positiveInteger, record } from './text/check.ts';
export { counted } from './text/counted.ts';
export { suggest } from './text/nearest.ts';
export { unknownOption, within, withinInTurns } from './text/option-error.ts';
export { listed, reasonOf, show, showName, showPath } from './text/show.ts';
export { BLOCK, blockCount } from './train/block.ts';
export { type BlockRange, blocksOfRank, bucketsOf } from './train/buckets.ts';
export { countMatrices, emitMaxNorm, mostColumns } from './train/max-norm.ts';
export {
  badOutput,
  bootstrap,
  type Counted,
  chooseThreshold,
  createDecision,
  createSpread,
  createSquares,
  type Decision,
  type Figure,
  type FigureName,
  figures,
  figuresOf,
  type HeldRows,
  type Interval,
  rootMean,
  type Task,
  type ThresholdCriterion,
  thresholdCriteria,
} from './train/metrics/index.ts';
export { refuseOptimizerBeyondFloats } from './train/optimizers/in-floats.ts';
export { averaging, decayedParameters, optimizerOptions } from './train/optimizers/index.ts';
export { countPieces } from './train/pieces.ts';
export { createProbe, type ProbeReading, probeFigures, probeLength } from './train/probe.ts';
export { warmupOptions } from './train/schedules/index.ts';
export {
  dealLeaves,
  gradientRows,
  type Joined,
  joinNodes,
  type LeafRange,
  leafCount,
  leafRows,
  MOST_LEAF_ROWS,
  MOST_LEAVES,
  MOST_NODE_ROWS,
  type Node,
  type NodePass,
  nodesOf,
  ONE_ROW,
  planTeam,
  sizeOfPlan,
  sumsOf,
  type TeamPlan,
  type TeamPlanOptions,
} from './train/tree/index.ts';
export {
  type BlockUpdate,
  createBlockUpdate,
  gradientOf,
  gradientStride,
  type Held,
  type UpdateMemory,
} from './train/update.ts';
