/** The public names of core, which the runtime exports as well. */

export { OptionError, type OptionErrorDetails } from './checks/option-error.ts';
export {
  type ActivationDefinition,
  type ActivationPart,
  defineActivation,
  type FormulaActivationDefinition,
  type PlainActivationDefinition,
} from './custom/define-activation.ts';
export { defineInitializer, type InitializerDefinition, type InitializerPart } from './custom/define-initializer.ts';
export {
  type CustomLayer,
  defineLayer,
  type FormulaLayerDefinition,
  type FormulaTensor,
  type LayerDefinition,
  type LayerPart,
  type PlainLayerDefinition,
} from './custom/define-layer.ts';
export {
  defineLoss,
  type ElementwiseLossDefinition,
  type FormulaLossDefinition,
  type LossDefinition,
  type LossPart,
  type RowLossDefinition,
} from './custom/define-loss.ts';
export { defineMetric, type MetricDefinition, type MetricPart } from './custom/define-metric.ts';
export { defineSchedule, type ScheduleDefinition, type SchedulePart } from './custom/define-schedule.ts';
export type { PartBase, PartDefaults, PartOptions } from './custom/part-options.ts';
export type { ActivationName } from './families/activations/index.ts';
export type { KindOf, SpecOf } from './families/family.ts';
export type { ConstantOptions } from './families/initializers/constant.ts';
export type { InitializerName, InitializerSpec } from './families/initializers/index.ts';
export type { NormalOptions } from './families/initializers/normal.ts';
export type { OrthogonalOptions } from './families/initializers/orthogonal.ts';
export type { UniformOptions } from './families/initializers/uniform.ts';
export type { HuberOptions } from './families/losses/elementwise.ts';
export type {
  HeadLossOptions,
  HeadLossSpec,
  HeadLossSpecs,
  LossName,
  LossSpec,
  SingleLossSpec,
} from './families/losses/index.ts';
export type { SoftmaxCrossEntropyOptions } from './families/losses/softmax-cross-entropy.ts';
export { NO_ANSWER } from './families/metrics/unanswered.ts';
export type { AdagradOptions } from './families/optimizers/adagrad.ts';
export type { AdamOptions } from './families/optimizers/adam.ts';
export type { AdamwOptions } from './families/optimizers/adamw.ts';
export type { OptimizerName, OptimizerSpec } from './families/optimizers/index.ts';
export type { LionOptions } from './families/optimizers/lion.ts';
export type { MomentOptions } from './families/optimizers/moments.ts';
export type { MuonOptions } from './families/optimizers/muon.ts';
export type { WeightDecayOptions } from './families/optimizers/parameter-groups.ts';
export type { RmspropOptions } from './families/optimizers/rmsprop.ts';
export type { SgdOptions } from './families/optimizers/sgd.ts';
export type { Expression, ExpressionStep } from './families/scalars/expression.ts';
export type { FormulaScope, FormulaValue } from './families/scalars/formula-values.ts';
export type { ScalarName } from './families/scalars/index.ts';
export type { CosineOptions } from './families/schedules/cosine.ts';
export type { ExponentialOptions } from './families/schedules/exponential.ts';
export type { ScheduleName, ScheduleSpec, WarmupOptions } from './families/schedules/index.ts';
export type { OneCycleOptions } from './families/schedules/one-cycle.ts';
export type { PlateauOptions } from './families/schedules/plateau.ts';
export type { RangeTestOptions } from './families/schedules/range-test.ts';
export type { StepDecayOptions } from './families/schedules/step.ts';
export { type AdaptOptions, adaptModel, type StartingModel } from './inference/adapt-model.ts';
export type { Answer, AnswerOfHeads } from './inference/answers/answers.ts';
export type { Json, JsonObject } from './inference/files/json.ts';
export type { LoadedParts, ModuleRecord } from './inference/loaded-parts.ts';
export type {
  ClassifyOptions,
  FeatureOptions,
  Model,
  ModelContents,
  ModelMetadata,
  OutputOptions,
  PredictOptions,
  ThreadOptions,
} from './inference/model.ts';
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
  DatePart,
  ImageEncoding,
  ImagePreprocessing,
  LabelList,
  NumberEncoding,
  PixelEncoding,
  Preprocessing,
  SeriesEncoding,
  SeriesGaps,
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
  FlatRows,
  Lengths,
  ListedRows,
  NestedRows,
  NoteListener,
  PixelRows,
  Rows,
  ShapedRows,
  TextRows,
  WindowRows,
} from './inference/rows.ts';
export { TextError } from './inference/text/text-error.ts';
export type { TokenizerLoader } from './inference/text/tokenizer.ts';
export type { HuggingFaceTokenizer, Tokenizer, TokenizerName, TokenizerSpec } from './inference/text/tokenizer-spec.ts';
export type { GenerateOptions } from './inference/writing/sampling.ts';
export type { Elements, ElementsOf, ElementType, TypedNumbers } from './math/element-type.ts';
export * as math from './math/index.ts';
export type { Augmentation } from './network/augmentation.ts';
export { type AutoencoderOptions, autoencoder } from './network/autoencoder.ts';
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
  gaussian,
  gelu,
  geluTanh,
  globalAvgPool,
  groupNorm,
  gru,
  heaviside,
  identity,
  instanceNorm,
  lastPosition,
  layerNorm,
  leakyRelu,
  like,
  lstm,
  maxPool,
  parameter,
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
export type { ActivationOptions } from './network/layers/activation.ts';
export type { ArgmaxOptions } from './network/layers/argmax.ts';
export type { BatchNormOptions } from './network/layers/batch-norm.ts';
export type { ChannelDropoutOptions } from './network/layers/channel-dropout.ts';
export type { ConcatOptions } from './network/layers/concat.ts';
export type { Conv2dTransposeOptions } from './network/layers/conv2d-transpose.ts';
export type { ConvOptions } from './network/layers/convolution.ts';
export type { CrossAttentionOptions } from './network/layers/cross-attention.ts';
export type { DenseOptions } from './network/layers/dense.ts';
export type { DropoutOptions } from './network/layers/dropout.ts';
export type { EmbeddingOptions } from './network/layers/embedding.ts';
export type { ExpandOptions } from './network/layers/expand.ts';
export type { FlattenOptions } from './network/layers/flatten.ts';
export type { ClipOptions, FunctionOptions, OperationOptions, PowerOptions } from './network/layers/formulas.ts';
export type { GaussianOptions } from './network/layers/gaussian.ts';
export type { GlobalAvgPoolOptions } from './network/layers/global-avg-pool.ts';
export type { GroupNormOptions, InstanceNormOptions } from './network/layers/group-norm.ts';
export type { HeadsOptions } from './network/layers/heads.ts';
export type { LayerKind, LayerSpec, ResidualOptions, ShortActivation } from './network/layers/index.ts';
export type { LastPositionOptions } from './network/layers/last-position.ts';
export type { LayerNormOptions } from './network/layers/layer-norm.ts';
export type { LoraOptions, NetworkLora } from './network/layers/lora.ts';
export type { MatmulOptions } from './network/layers/matmul.ts';
export type { PadOptions } from './network/layers/pad.ts';
export type { ParameterOptions } from './network/layers/parameter.ts';
export type { PoolingOptions } from './network/layers/pool.ts';
export type { PositionEmbeddingOptions } from './network/layers/position-embedding.ts';
export type { RecurrentOptions } from './network/layers/recurrent.ts';
export type { ReductionOptions } from './network/layers/reductions.ts';
export type { ReshapeOptions } from './network/layers/reshape.ts';
export type { ResizeOptions } from './network/layers/resize.ts';
export type { RmsNormOptions } from './network/layers/rms-norm.ts';
export type { RotaryScaling, SelfAttentionOptions } from './network/layers/self-attention.ts';
export type { SliceOptions } from './network/layers/slice.ts';
export type { SoftmaxOptions } from './network/layers/softmax.ts';
export type { SwigluOptions } from './network/layers/swiglu.ts';
export type { TakeOptions } from './network/layers/take.ts';
export type { TransposeOptions } from './network/layers/transpose.ts';
export type { UpsampleOptions } from './network/layers/upsample.ts';
export { type MobilenetOptions, mobilenet } from './network/mobilenet.ts';
export {
  buildNetwork,
  type Network,
  type NetworkLayer,
  type NetworkSpec,
  type Tensor,
  type Weight,
} from './network/network.ts';
export { convnet, lenet5, resnet20 } from './network/networks.ts';
export {
  above,
  abs,
  argmax,
  below,
  ceil,
  clip,
  concat,
  cos,
  crossAttention,
  equal,
  erf,
  exp,
  expand,
  type FunctionBuilder,
  type FunctionKind,
  floor,
  heads,
  log,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  minus,
  negate,
  type Operands,
  type OperationBuilder,
  type OperationKind,
  over,
  pad,
  plus,
  power,
  reshape,
  resize,
  round,
  sign,
  sin,
  slice,
  softmax,
  sqrt,
  square,
  sum,
  take,
  times,
  transpose,
  where,
} from './network/operation-builders.ts';
export type { LengthReader, PaddedPart, RowLengths } from './network/row-lengths.ts';
export { summary } from './network/summary.ts';
export {
  type GptNetworkOptions,
  type GruNetworkOptions,
  gptNetwork,
  gruNetwork,
  type NetworkBuilder,
} from './network/token-networks.ts';
export { type UnetOptions, unet } from './network/unet.ts';
export { input, network, shared, Value } from './network/values.ts';
export { InputError } from './program/input-error.ts';
export type { BackendName } from './program/kernels.ts';
export type { LayerFigures, TensorFigures } from './training/probe.ts';
