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
export { type Activation, type ActivationName, activations } from './families/activations/index.ts';
export type { KindOf, SpecOf } from './families/family.ts';
export type { ConstantOptions } from './families/initializers/constant.ts';
export {
  createInitializer,
  type InitializerName,
  type InitializerSpec,
  initializers,
} from './families/initializers/index.ts';
export type { Initializer } from './families/initializers/initializer.ts';
export type { NormalOptions } from './families/initializers/normal.ts';
export type { OrthogonalOptions } from './families/initializers/orthogonal.ts';
export type { UniformOptions } from './families/initializers/uniform.ts';
export type { HuberOptions } from './families/losses/elementwise.ts';
export {
  createLoss,
  type HeadLossOptions,
  type HeadLossSpec,
  type HeadLossSpecs,
  type LossName,
  type LossSpec,
  losses,
  type SingleLossSpec,
} from './families/losses/index.ts';
export type { HeadLoss, Loss, LossKernel, LossVariant } from './families/losses/loss.ts';
export type { SoftmaxCrossEntropyOptions } from './families/losses/softmax-cross-entropy.ts';
export type { CalibrationOptions } from './families/metrics/calibration.ts';
export type { AverageOptions } from './families/metrics/class-rates.ts';
export type { DecisionOptions } from './families/metrics/decision.ts';
export { type MetricName, metrics } from './families/metrics/index.ts';
export type { Metric } from './families/metrics/metric.ts';
export type { ProbabilityOptions } from './families/metrics/probability-options.ts';
export type { RankingMetric, RankingOptions } from './families/metrics/ranking.ts';
export type { TopKOptions } from './families/metrics/top-k.ts';
export { NO_ANSWER } from './families/metrics/unanswered.ts';
export type { AdagradOptions } from './families/optimizers/adagrad.ts';
export type { AdamOptions } from './families/optimizers/adam.ts';
export type { AdamwOptions } from './families/optimizers/adamw.ts';
export { createOptimizer, type OptimizerName, type OptimizerSpec, optimizers } from './families/optimizers/index.ts';
export type { LionOptions } from './families/optimizers/lion.ts';
export type { MomentOptions } from './families/optimizers/moments.ts';
export type { MuonOptions } from './families/optimizers/muon.ts';
export type { Optimizer, UpdateKernel } from './families/optimizers/optimizer.ts';
export type { WeightDecayOptions } from './families/optimizers/parameter-groups.ts';
export type { RmspropOptions } from './families/optimizers/rmsprop.ts';
export type { SgdOptions } from './families/optimizers/sgd.ts';
export type { Expression, ExpressionStep } from './families/scalars/expression.ts';
export type { FormulaScope, FormulaValue } from './families/scalars/formula-values.ts';
export type { ScalarName } from './families/scalars/index.ts';
export type { CosineOptions } from './families/schedules/cosine.ts';
export type { ExponentialOptions } from './families/schedules/exponential.ts';
export {
  createSchedule,
  type ScheduleName,
  type ScheduleSpec,
  schedules,
  type WarmupOptions,
} from './families/schedules/index.ts';
export type { OneCycleOptions } from './families/schedules/one-cycle.ts';
export type { PlateauOptions } from './families/schedules/plateau.ts';
export type { RangeTestOptions } from './families/schedules/range-test.ts';
export type { Schedule, ScheduleContext, ScheduleIn } from './families/schedules/schedule.ts';
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
export { createTokenizer, type TokenizerLoader } from './inference/text/tokenizer.ts';
export type { HuggingFaceTokenizer, Tokenizer, TokenizerName, TokenizerSpec } from './inference/text/tokenizer-spec.ts';
export type { GenerateOptions } from './inference/writing/sampling.ts';
export type { Elements, ElementsOf, ElementType, TypedNumbers } from './math/element-type.ts';
export * as math from './math/index.ts';
export type { Pausable } from './math/pausable.ts';
export { createRandom, type Random, shuffle } from './math/random/index.ts';
export { mathOf, type RealMath } from './math/real-math.ts';
export type { Allocate, ProductShape } from './math/scratch.ts';
export type { NodeSums } from './math/tree/node-sums.ts';
export type { ConvolutionGeometry, WindowAxis, WindowGeometry } from './math/windows.ts';
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
export type { GradientRange } from './network/gradient-ranges.ts';
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
export type {
  ClipOptions,
  FunctionOptions,
  OperationOptions,
  PowerOptions,
} from './network/layers/formulas.ts';
export type { GaussianOptions } from './network/layers/gaussian.ts';
export type { GlobalAvgPoolOptions } from './network/layers/global-avg-pool.ts';
export type { GroupNormOptions, InstanceNormOptions } from './network/layers/group-norm.ts';
export type { HeadsOptions } from './network/layers/heads.ts';
export {
  type BatchSlice,
  type BranchName,
  type BuiltValue,
  type Inspect,
  type Layer,
  type LayerBefore,
  type LayerContext,
  type LayerKind,
  type LayerMemory,
  type LayerName,
  type LayerSpec,
  layers,
  type NextPass,
  type Pass,
  type PassKind,
  type Path,
  type ResidualOptions,
  type ShortActivation,
  type TeamMemory,
  type TensorSpec,
} from './network/layers/index.ts';
export type { LastPositionOptions } from './network/layers/last-position.ts';
export type { CustomActivation, CustomParts } from './network/layers/layer-context.ts';
export type { LayerNormOptions } from './network/layers/layer-norm.ts';
export type { LikeOptions } from './network/layers/like.ts';
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
  initializeParameters,
  type Network,
  type NetworkLayer,
  type NetworkSpec,
  type Tensor,
  type Tie,
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
export { createPredictor } from './network/page-memory.ts';
export type { InputParts, NetworkOfParts, OutputParts } from './network/parts.ts';
export type { PlacedLayer } from './network/placed-layer.ts';
export type { Predictor } from './network/predict.ts';
export type { LengthReader, PaddedPart, RowLengths } from './network/row-lengths.ts';
export type { Shape } from './network/shape.ts';
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
