export { type Activation, type ActivationName, activations } from './activations/index.ts';
export {
  dense,
  dropout,
  elu,
  embedding,
  gelu,
  identity,
  layerNorm,
  leakyRelu,
  relu,
  residual,
  sequential,
  sigmoid,
  silu,
  softplus,
  softsign,
  step,
  swiglu,
  tanh,
} from './builders.ts';
export { createInitializer, type InitializerName, type InitializerSpec, initializers } from './initializers/index.ts';
export type { ActivationKernel, Kernels } from './kernels/kernels.ts';
export { referenceKernels } from './kernels/reference.ts';
export type { ProductShape } from './kernels/scratch.ts';
export {
  InputError,
  type Layer,
  type LayerKind,
  type LayerSpec,
  layers,
  type Pass,
  type PlacedLayer,
  type ShortActivation,
} from './layers/index.ts';
export { createLoss, type Loss, type LossKernel, type LossName, type LossSpec, losses } from './losses/index.ts';
export * as math from './math/index.ts';
export { type Metric, type MetricName, metrics, NO_ANSWER } from './metrics/index.ts';
export {
  buildNetwork,
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
export { createPredictor, type Predictor } from './predict.ts';
export type { LayerFigures, TensorFigures } from './probe.ts';
export { createRandom, type Random, shuffle } from './random/index.ts';
export {
  createSchedule,
  type Schedule,
  type ScheduleContext,
  type ScheduleName,
  type ScheduleSpec,
  schedules,
} from './schedules/index.ts';
export { OptionError } from './text/option-error.ts';
export { createTrainStep, type TrainStep, type TrainStepOptions } from './train-step.ts';
