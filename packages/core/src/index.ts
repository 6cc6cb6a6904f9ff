export { OptionError, type OptionErrorDetails } from './checks/option-error.ts';
export { type ActivationDefinition, type ActivationPart, defineActivation } from './custom/define-activation.ts';
export { defineInitializer, type InitializerDefinition, type InitializerPart } from './custom/define-initializer.ts';
export { type CustomLayer, defineLayer, type LayerDefinition, type LayerPart } from './custom/define-layer.ts';
export {
  defineLoss,
  type ElementwiseLossDefinition,
  type LossDefinition,
  type LossPart,
  type RowLossDefinition,
} from './custom/define-loss.ts';
export { defineMetric, type MetricDefinition, type MetricPart } from './custom/define-metric.ts';
export { defineSchedule, type ScheduleDefinition, type SchedulePart } from './custom/define-schedule.ts';
export type { PartBase, PartDefaults, PartOptions } from './custom/part-options.ts';
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
  type StepDecayOptions,
  schedules,
  type WarmupOptions,
} from './families/schedules/index.ts';
export type { Answer } from './inference/answers/answers.ts';
export type { Json, JsonObject } from './inference/files/json.ts';
export type { LoadedParts, ModuleRecord } from './inference/loaded-parts.ts';
export type { Lengths, Model, ModelContents, ModelMetadata } from './inference/model.ts';
export { openModel } from './inference/open-model.ts';
export { type Cell, CellError, type CellRow, type NamedRow } from './inference/preprocessing/cell.ts';
export type {
  CellFormat,
  DateFormat,
  DateOrder,
  NumberFormat,
  ThousandsMark,
} from './inference/preprocessing/cell-format.ts';
export { checkPreprocessing } from './inference/preprocessing/check-preprocessing.ts';
export type { EncodingNote } from './inference/preprocessing/column-encoder.ts';
export { createEncoder, type Encoder } from './inference/preprocessing/encoder.ts';
export type {
  CategoryEncoding,
  ChannelScale,
  ClassDecoding,
  ColumnEncoding,
  ColumnType,
  ImageEncoding,
  ImagePreprocessing,
  NumberEncoding,
  Preprocessing,
  SeriesEncoding,
  SeriesStep,
  TablePreprocessing,
  TargetDecoding,
  TextEncoding,
  TextPreprocessing,
  TokenEncoding,
  ValueDecoding,
  ValueRange,
} from './inference/preprocessing/preprocessing.ts';
export type {
  AnyRows,
  CellRows,
  ListedRows,
  NestedRows,
  NoteListener,
  PixelRows,
  Rows,
  TextRows,
  WindowRows,
} from './inference/rows.ts';
export { createTokenizer, TextError, type Tokenizer } from './inference/text/tokenizer.ts';
export type { TokenizerName, TokenizerSpec } from './inference/text/tokenizer-spec.ts';
export type { GenerateOptions } from './inference/writing/sampling.ts';
export type { Elements, ElementsOf, ElementType } from './math/element-type.ts';
export * as math from './math/index.ts';
export type { Pausable } from './math/pausable.ts';
export { createRandom, type Random, shuffle } from './math/random/index.ts';
export { mathOf, type RealMath } from './math/real-math.ts';
export type { Allocate, ProductShape } from './math/scratch.ts';
export type { NodeSums } from './math/tree/node-sums.ts';
export type { ConvolutionGeometry, WindowAxis, WindowGeometry } from './math/windows.ts';
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
  gru,
  heaviside,
  identity,
  lastPosition,
  layerNorm,
  leakyRelu,
  lstm,
  maxPool,
  positionEmbedding,
  relu,
  residual,
  rmsNorm,
  selfAttention,
  sequential,
  sigmoid,
  silu,
  softplus,
  softsign,
  swiglu,
  type TransformerBlockOptions,
  tanh,
  transformerBlock,
  upsample,
} from './network/builders.ts';
export {
  type ActivationOptions,
  type BatchNormOptions,
  type BatchSlice,
  type Branch,
  type BranchName,
  type ChannelDropoutOptions,
  type Conv2dTransposeOptions,
  type ConvOptions,
  type DenseOptions,
  type DropoutOptions,
  type EmbeddingOptions,
  type FlattenOptions,
  type GlobalAvgPoolOptions,
  type GradientPair,
  InputError,
  type Inspect,
  type LastPositionOptions,
  type Layer,
  type LayerBefore,
  type LayerContext,
  type LayerKind,
  type LayerMemory,
  type LayerName,
  type LayerNormOptions,
  type LayerSpec,
  layers,
  type NextPass,
  type Pass,
  type Path,
  type PoolingOptions,
  type PositionEmbeddingOptions,
  type RecurrentOptions,
  type ResidualOptions,
  type RmsNormOptions,
  type SelfAttentionOptions,
  type ShortActivation,
  type StackMemory,
  type SwigluOptions,
  type TeamMemory,
  type TensorSpec,
  type UpsampleOptions,
} from './network/layers/index.ts';
export type { CustomParts } from './network/layers/layer-context.ts';
export {
  buildNetwork,
  initializeParameters,
  type Network,
  type NetworkLayer,
  type NetworkSpec,
  type Tensor,
  type Tie,
  type Weight,
} from './network/network.ts';
export { convnet, lenet5, resnet20 } from './network/networks.ts';
export { createPredictor } from './network/page-memory.ts';
export type { PlacedLayer } from './network/placed-layer.ts';
export type { Predictor } from './network/predict.ts';
export type { Shape } from './network/shape.ts';
export { summary } from './network/summary.ts';
export {
  type GptNetworkOptions,
  type GruNetworkOptions,
  gptNetwork,
  gruNetwork,
  type NetworkBuilder,
} from './network/token-networks.ts';
export type {
  BackendName,
  Block,
  Bound,
  CreateBlock,
  FixedCall,
  GatherBytes,
  Kernels,
  TakeDoubles,
} from './program/kernels.ts';
export type { Call, Emit, Op, Operand } from './program/op.ts';
export { referenceKernels } from './program/reference/reference-kernels.ts';
export type { LayerFigures, TensorFigures } from './training/probe.ts';
export { createTrainStep, type StepFigures, type TrainStep, type TrainStepOptions } from './training/train-step.ts';
