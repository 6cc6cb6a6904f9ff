export { OptionError, type OptionErrorDetails } from './checks/option-error.ts';
export { type Activation, type ActivationName, activations } from './families/activations/index.ts';
export type { KindOf, SpecOf } from './families/family.ts';
export {
  type ConstantOptions,
  createInitializer,
  type Initializer,
  type InitializerName,
  type InitializerSpec,
  initializers,
  type NormalOptions,
  type OrthogonalOptions,
  type UniformOptions,
} from './families/initializers/index.ts';
export {
  createLoss,
  type HuberOptions,
  type Loss,
  type LossKernel,
  type LossName,
  type LossSpec,
  type LossVariant,
  losses,
  type SoftmaxCrossEntropyOptions,
} from './families/losses/index.ts';
export {
  type AverageOptions,
  type CalibrationOptions,
  type DecisionOptions,
  type Metric,
  type MetricName,
  metrics,
  NO_ANSWER,
  type ProbabilityOptions,
  type RankingMetric,
  type RankingOptions,
  type TopKOptions,
} from './families/metrics/index.ts';
export {
  type AdagradOptions,
  type AdamOptions,
  type AdamwOptions,
  createOptimizer,
  type LionOptions,
  type MomentOptions,
  type Optimizer,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  type RmspropOptions,
  type SgdOptions,
  type UpdateKernel,
  type WeightDecayOptions,
} from './families/optimizers/index.ts';
export {
  type CosineOptions,
  createSchedule,
  type ExponentialOptions,
  type OneCycleOptions,
  type PlateauOptions,
  type RangeTestOptions,
  type Schedule,
  type ScheduleContext,
  type ScheduleIn,
  type ScheduleName,
  type ScheduleSpec,
  type StepOptions,
  schedules,
  type WarmupOptions,
} from './families/schedules/index.ts';
export type { Answer } from './inference/answers/index.ts';
export type { Json, JsonObject } from './inference/files/json.ts';
export {
  type CellRows,
  type Model,
  type ModelContents,
  type ModelMetadata,
  type NestedRows,
  type NoteListener,
  openModel,
  type PixelRows,
  type Rows,
} from './inference/index.ts';
export {
  type CategoryEncoding,
  type Cell,
  CellError,
  type CellRow,
  type ChannelScale,
  type ClassDecoding,
  type ColumnEncoding,
  type ColumnType,
  checkPreprocessing,
  createEncoder,
  type Encoder,
  type EncodingNote,
  type ImageEncoding,
  type ImagePreprocessing,
  type NumberEncoding,
  type Preprocessing,
  type TablePreprocessing,
  type TargetDecoding,
  type ValueDecoding,
} from './inference/preprocessing/index.ts';
export type { Elements, ElementsOf, ElementType } from './math/element-type.ts';
export * as math from './math/index.ts';
export type { Pausable } from './math/pausable.ts';
export { createRandom, type Random, shuffle } from './math/random/index.ts';
export { mathOf, type RealMath } from './math/real-math.ts';
export type { Allocate, ProductShape, WindowShape } from './math/scratch.ts';
export type { NodeSums } from './math/tree/node-sums.ts';
export type { Augmentation } from './network/augmentation.ts';
export {
  type ActivationBuilder,
  avgPool,
  batchNorm,
  channelDropout,
  conv1d,
  conv2d,
  conv2dTranspose,
  dense,
  dropout,
  elu,
  embedding,
  flatten,
  gelu,
  globalAvgPool,
  identity,
  layerNorm,
  leakyRelu,
  maxPool,
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
  upsample,
} from './network/builders.ts';
export {
  type ActivationOptions,
  type BatchNormOptions,
  type BatchPlace,
  type ChannelDropoutOptions,
  type Conv2dTransposeOptions,
  type ConvOptions,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type GlobalAvgPoolOptions,
  InputError,
  type Inspect,
  type Layer,
  type LayerKind,
  type LayerMemory,
  type LayerName,
  type LayerNormOptions,
  type LayerSpec,
  layers,
  type Pass,
  type Place,
  type PoolingOptions,
  type ResidualOptions,
  type Share,
  type ShortActivation,
  type StackMemory,
  type SwigluOptions,
  type TensorSpec,
  type UpsampleOptions,
} from './network/layers/index.ts';
export {
  buildNetwork,
  initializeParameters,
  type Network,
  type NetworkPlace,
  type NetworkSpec,
  type Tensor,
} from './network/network.ts';
export { convnet, lenet5, type NetworkBuilder, resnet20 } from './network/networks.ts';
export type { PlacedLayer } from './network/placed-layer.ts';
export { createPredictor, type Predictor } from './network/predict.ts';
export type { Shape } from './network/shape.ts';
export {
  type ActivationDefinition,
  type ActivationPart,
  defineActivation,
  defineInitializer,
  defineLayer,
  defineLoss,
  defineMetric,
  defineSchedule,
  type ElementwiseLossDefinition,
  type InitializerDefinition,
  type InitializerPart,
  type LayerDefinition,
  type LayerPart,
  type LoadedParts,
  type LossDefinition,
  type LossPart,
  type MetricDefinition,
  type MetricPart,
  type ModuleRecord,
  type OwnLayer,
  type OwnParts,
  type PartBase,
  type PartDefaults,
  type PartOptions,
  type RowLossDefinition,
  type ScheduleDefinition,
  type SchedulePart,
} from './own/index.ts';
export type { BackendName, Block, Blocks, GatherBytes, Kernels } from './program/kernels.ts';
export type { Call, Emit, Op, Operand } from './program/op.ts';
export { referenceKernels } from './program/reference/reference-kernels.ts';
export type { LayerFigures, TensorFigures } from './training/probe.ts';
export { createTrainStep, type StepFigures, type TrainStep, type TrainStepOptions } from './training/train-step.ts';
