export type { Answer } from './answers/index.ts';
export type { BackendName, Block, Blocks, GatherBytes, Kernels } from './backends/kernels.ts';
export { referenceKernels } from './backends/reference/reference-kernels.ts';
export type { Allocate, ProductShape } from './backends/scratch.ts';
export type { Elements, ElementsOf, ElementType } from './element-type.ts';
export type { Json, JsonObject } from './files/json.ts';
export {
  type CellRows,
  type Model,
  type ModelContents,
  type ModelMetadata,
  type NestedRows,
  type NoteListener,
  openModel,
  type Rows,
} from './inference/index.ts';
export * as math from './math/index.ts';
export { mathOf, type RealMath } from './math/real-math.ts';
export { type Activation, type ActivationName, activations } from './model/activations/index.ts';
export {
  type ActivationBuilder,
  batchNorm,
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
} from './model/builders.ts';
export type { KindOf, SpecOf } from './model/family.ts';
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
} from './model/initializers/index.ts';
export {
  type ActivationOptions,
  type BatchNormOptions,
  type BatchPlace,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  InputError,
  type Inspect,
  type Layer,
  type LayerKind,
  type LayerMemory,
  type LayerNormOptions,
  type LayerSpec,
  layers,
  type Pass,
  type Place,
  type PlacedLayer,
  type ResidualOptions,
  type Share,
  type ShortActivation,
  type StackMemory,
  type SwigluOptions,
  type TensorSpec,
} from './model/layers/index.ts';
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
} from './model/losses/index.ts';
export {
  buildNetwork,
  initializeParameters,
  type Network,
  type NetworkPlace,
  type NetworkSpec,
  type Tensor,
} from './model/network.ts';
export type { Shape } from './model/shape.ts';
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
export type { Pausable } from './pausable.ts';
export {
  type CategoryEncoding,
  type Cell,
  CellError,
  type CellRow,
  type ClassDecoding,
  type ColumnEncoding,
  type ColumnType,
  checkPreprocessing,
  createEncoder,
  type Encoder,
  type EncodingNote,
  type NumberEncoding,
  type Preprocessing,
  type TargetDecoding,
  type ValueDecoding,
} from './preprocessing/index.ts';
export type { Call, Emit, Op, Operand } from './program/op.ts';
export { createPredictor, type Predictor } from './program/predict.ts';
export { createRandom, type Random, shuffle } from './random/index.ts';
export { OptionError, type OptionErrorDetails } from './text/option-error.ts';
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
} from './train/metrics/index.ts';
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
} from './train/optimizers/index.ts';
export type { LayerFigures, TensorFigures } from './train/probe.ts';
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
} from './train/schedules/index.ts';
export { createTrainStep, type StepFigures, type TrainStep, type TrainStepOptions } from './train/train-step.ts';
export type { NodeSums } from './train/tree/node-sums.ts';
