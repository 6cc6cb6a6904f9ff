export { type Activation, type ActivationName, activations } from './activations/index.ts';
export {
  canTakeTwo,
  createWorkspace,
  forward,
  pairGradient,
  recordedCalls,
  recordShardGradient,
  shardGradient,
  targetColumns,
  type Workspace,
} from './backprop.ts';
export { createInitializer, type InitializerName, type InitializerSpec, initializers } from './initializers/index.ts';
export { fusedProducts } from './kernels/fused.ts';
export type { ActivationKernel, BackendName, FastKernels, Kernels, StepMemory } from './kernels/kernels.ts';
export { assembleProcessorQueries, processorFlags } from './kernels/native/machine-code/processor.ts';
export { assembleProgram, type CodeLayout, type Program } from './kernels/native/machine-code/program.ts';
export { type ExtensionName, extensions } from './kernels/native/machine-code/vector-unit.ts';
export {
  createNativeKernels,
  createNativeUpdates,
  hasNativeProducts,
  type NativeOptions,
  type NativeScratch,
  type Play,
  takeNativeScratch,
} from './kernels/native/native.ts';
export { referenceKernels } from './kernels/reference.ts';
export {
  type Allocate,
  countDoubles,
  createAllocator,
  type KernelScratch,
  type ProductShape,
  viewOf,
} from './kernels/scratch.ts';
export { createStarts, type Starts } from './kernels/starts.ts';
export { compileWasmKernels, createWasmKernels, takeWasmScratch, wasmHeapBase } from './kernels/wasm.ts';
export { tapeLength } from './kernels/wasm-tape.ts';
export { WasmApi, type WasmMemory, type WasmModule, wasmProblem } from './kernels/webassembly.ts';
export { type Products, withProducts } from './kernels/with-products.ts';
export {
  InputError,
  type Inspect,
  type Layer,
  type LayerKind,
  type LayerSpec,
  layers,
  noMemory,
  type Pass,
  type PlacedLayer,
} from './layers/index.ts';
export { createLoss, type Loss, type LossKernel, type LossName, type LossSpec, losses } from './losses/index.ts';
export * as math from './math/index.ts';
export {
  badOutput,
  createDecision,
  type Decision,
  type Metric,
  type MetricName,
  metrics,
  NO_ANSWER,
} from './metrics/index.ts';
export {
  bindTensors,
  buildNetwork,
  buildNetworkInTurns,
  initializeParameters,
  type Network,
  type NetworkPlace,
  type NetworkSpec,
  type Tensor,
} from './network.ts';
export {
  createOptimizer,
  type Optimizer,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  type UpdateKernel,
} from './optimizers/index.ts';
export { complete, type Pausable } from './pausable.ts';
export {
  createProbe,
  type LayerFigures,
  type ProbeReading,
  probeFigures,
  probeLength,
  type TensorFigures,
} from './probe.ts';
export { createRandom, type Random, shuffle, shuffleInTurns } from './random/index.ts';
export {
  createSchedule,
  type Schedule,
  type ScheduleContext,
  type ScheduleName,
  type ScheduleSpec,
  schedules,
} from './schedules/index.ts';
export { defaultShards, largestShard, shardStart } from './shards.ts';
export { recordSteps, type StepsMemory, stepCalls } from './steps.ts';
export { doubles, finite, list, number, oneOf, onlyKeys, positiveInteger, record } from './text/check.ts';
export { suggest } from './text/nearest.ts';
export { OptionError, unknownOption, within, withinInTurns } from './text/option-error.ts';
export { show } from './text/show.ts';
export { createTrainStep, type TrainStep, type TrainStepOptions } from './train-step.ts';
export {
  BLOCK,
  type BlockUpdate,
  batchLoss,
  blockCount,
  clipScale,
  createBlockUpdate,
  gradientNorm,
  gradientOf,
  gradientStride,
  noteBatchLoss,
  noteGradientNorm,
  updateBlocks,
  updateCalls,
} from './update.ts';
