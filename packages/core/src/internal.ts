/**
 * Shared with the other packages of Gradloom. Not part of the public interface: it may change in any release.
 * @internal
 */
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
} from './backprop.ts';
export { BLOCK, blockCount } from './block.ts';
export { bytesOfElements, elementView, FLOAT64 } from './element-type.ts';
export { fusedProducts } from './kernels/fused.ts';
export { assembleCode, type CodeLayout } from './kernels/native/code.ts';
export { assembleProcessorQueries, processorFlags } from './kernels/native/isa/x64/processor.ts';
export { type ExtensionName, extensions } from './kernels/native/isa/x64/vector-unit.ts';
export { createX64 } from './kernels/native/isa/x64/x64.ts';
export {
  createNativeKernels,
  createNativeUpdates,
  hasNativeProducts,
  type NativeOptions,
  type NativeScratch,
  type Play,
  takeNativeScratch,
} from './kernels/native/native.ts';
export { countDoubles, createAllocator, type KernelScratch, viewOf } from './kernels/scratch.ts';
export { createStarts, type Starts } from './kernels/starts.ts';
export { compileWasmKernels, createWasmKernels, takeWasmScratch, wasmHeapBase } from './kernels/wasm.ts';
export { tapeLength } from './kernels/wasm-tape.ts';
export { WasmApi, type WasmMemory, type WasmModule, wasmProblem } from './kernels/webassembly.ts';
export { type Products, withProducts } from './kernels/with-products.ts';
export { NO_BATCH, NO_SHARE, noMemory } from './layers/index.ts';
export { badOutput, createDecision, type Decision } from './metrics/index.ts';
export { bindTensors, buildNetworkInTurns, couplesRows } from './network.ts';
export { decayedParameters, optimizerOptions } from './optimizers/index.ts';
export {
  defineOptions,
  type Named,
  type Option,
  type Options,
  type OptionsOf,
  type OptionTable,
  type OptionValues,
} from './options/index.ts';
export * as option from './options/kinds.ts';
export { complete } from './pausable.ts';
export { countPieces } from './pieces.ts';
export { rowPredictor } from './predict.ts';
export { createProbe, type ProbeReading, probeFigures, probeLength } from './probe.ts';
export { createTapeRoom, link, type Program, runCalls, type TapeRoom, tapesOf } from './program/link.ts';
export { barrier, createList, host, part, segmentsOf } from './program/op.ts';
export { activationOps, lossOp, ops, updateOp } from './program/ops.ts';
export { batchLoss, clipScale, gradientNorm, noteStep } from './program/step-ops.ts';
export { shuffleInTurns } from './random/index.ts';
export { warmupOptions } from './schedules/index.ts';
export { sizeOf } from './shape.ts';
export { doubles, finite, list, number, oneOf, onlyKeys, positiveInteger, record } from './text/check.ts';
export { counted } from './text/counted.ts';
export { suggest } from './text/nearest.ts';
export { unknownOption, within, withinInTurns } from './text/option-error.ts';
export { show } from './text/show.ts';
export {
  gradientRows,
  leafCount,
  leafRows,
  MOST_LEAF_ROWS,
  MOST_LEAVES,
  MOST_NODE_ROWS,
  type Node,
  type NodePass,
  ONE_ROW,
  planTeam,
  sizeOfPlan,
  sumsOf,
  type TeamPlan,
  type TeamPlanOptions,
} from './tree/index.ts';
export { type BlockUpdate, createBlockUpdate, gradientOf, gradientStride, type UpdateMemory } from './update.ts';
