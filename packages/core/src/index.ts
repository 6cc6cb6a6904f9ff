export { type Activation, activations } from './families/activations/index.ts';
export { createInitializer, initializers } from './families/initializers/index.ts';
export type { Initializer } from './families/initializers/initializer.ts';
export { createLoss, losses } from './families/losses/index.ts';
export type { HeadLoss, Loss, LossKernel, LossVariant } from './families/losses/loss.ts';
export type { CalibrationOptions } from './families/metrics/calibration.ts';
export type { AverageOptions } from './families/metrics/class-rates.ts';
export type { DecisionOptions } from './families/metrics/decision.ts';
export { type MetricName, metrics } from './families/metrics/index.ts';
export type { Metric } from './families/metrics/metric.ts';
export type { ProbabilityOptions } from './families/metrics/probability-options.ts';
export type { RankingMetric, RankingOptions } from './families/metrics/ranking.ts';
export type { TopKOptions } from './families/metrics/top-k.ts';
export { createOptimizer, optimizers } from './families/optimizers/index.ts';
export type { Optimizer, UpdateKernel } from './families/optimizers/optimizer.ts';
export { createSchedule, schedules } from './families/schedules/index.ts';
export type { Schedule, ScheduleContext, ScheduleIn } from './families/schedules/schedule.ts';
export { openModel } from './inference/open-model.ts';
export { createTokenizer } from './inference/text/tokenizer.ts';
export type { Pausable } from './math/pausable.ts';
export { createRandom, type Random, shuffle } from './math/random/index.ts';
export { mathOf, type RealMath } from './math/real-math.ts';
export type { Allocate, ProductShape } from './math/scratch.ts';
export type { NodeSums } from './math/tree/node-sums.ts';
export type { ConvolutionGeometry, WindowAxis, WindowGeometry } from './math/windows.ts';
export type { GradientRange } from './network/gradient-ranges.ts';
export {
  type BatchSlice,
  type BranchName,
  type BuiltValue,
  type Inspect,
  type Layer,
  type LayerBefore,
  type LayerContext,
  type LayerMemory,
  type LayerName,
  layers,
  type NextPass,
  type Pass,
  type PassKind,
  type Path,
  type TeamMemory,
  type TensorSpec,
} from './network/layers/index.ts';
export type { CustomActivation, CustomParts } from './network/layers/layer-context.ts';
export type { LikeOptions } from './network/layers/like.ts';
export { initializeParameters, type Tie } from './network/network.ts';
export { createPredictor } from './network/page-memory.ts';
export type { InputParts, NetworkOfParts, OutputParts } from './network/parts.ts';
export type { PlacedLayer } from './network/placed-layer.ts';
export type { Predictor } from './network/predict.ts';
export type { Shape } from './network/shape.ts';
export type { Block, Bound, CreateBlock, FixedCall, GatherBytes, Kernels, TakeDoubles } from './program/kernels.ts';
export type { Call, Emit, Op, Operand } from './program/op.ts';
export { referenceKernels } from './program/reference/reference-kernels.ts';
export * from './programs.ts';
export { createTrainStep, type StepFigures, type TrainStep, type TrainStepOptions } from './training/train-step.ts';
