import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as core from '@gradloom/core';
import * as coreInternal from '@gradloom/core/internal';
import * as runtime from '@gradloom/runtime';
import * as runtimeInternal from '@gradloom/runtime/internal';
import * as runtimeOptions from '@gradloom/runtime/options';
import { expect, test } from 'vitest';

const builders = [
  ...[
    'avgPool',
    'channelDropout',
    'gaussian',
    'parameter',
    'concat',
    'heads',
    'conv1d',
    'conv2d',
    'conv2dTranspose',
    'globalAvgPool',
    'like',
    'maxPool',
    'pad',
    'plus',
    ...[
      'argmax',
      'groupNorm',
      'instanceNorm',
      'logSoftmax',
      'logSumExp',
      'matmul',
      'crossAttention',
      'max',
      'mean',
      'softmax',
      'sum',
    ],
    'reshape',
    'resize',
    'slice',
    'take',
    'transpose',
    'upsample',
  ],
  ...[
    'batchNorm',
    'dense',
    'dropout',
    'elu',
    'embedding',
    'expand',
    'flatten',
    'gelu',
    'geluTanh',
    'gru',
    'gptNetwork',
    'gruNetwork',
    'identity',
    'lastPosition',
    'layerNorm',
    'leakyRelu',
    'lstm',
    'positionEmbedding',
    'relu',
    'residual',
    'rmsNorm',
  ],
  ...[
    'selfAttention',
    'sequential',
    'sigmoid',
    'silu',
    'softplus',
    'softsign',
    'heaviside',
    'swiglu',
    'tanh',
    'transformerBlock',
  ],
  ...['above', 'abs', 'below', 'clip', 'equal', 'exp', 'log', 'maximum', 'minimum', 'minus', 'negate', 'over'],
  ...['power', 'sqrt', 'square', 'times', 'where'],
  ...['ceil', 'cos', 'erf', 'floor', 'round', 'sign', 'sin'],
  ...['autoencoder', 'convnet', 'lenet5', 'mobilenet', 'resnet20', 'unet'],
  ...['Value', 'input', 'network', 'shared'],
];

const helpers = [
  ...['adaptModel', 'buildNetwork', 'math', 'summary'],
  ...['defineActivation', 'defineInitializer', 'defineLayer', 'defineLoss', 'defineMetric', 'defineSchedule'],
];

/** Values that a program can import: a name that comes or goes is a decision, taken here. */
const published = {
  core: [
    ...['CellError', 'InputError', 'TextError', 'NO_ANSWER', 'OptionError', 'activations', 'checkPreprocessing'],
    ...['createEncoder', 'createInitializer', 'createLoss'],
    ...[
      'createOptimizer',
      'createPredictor',
      'createRandom',
      'createSchedule',
      'createTokenizer',
      'createTrainStep',
      'initializeParameters',
      'initializers',
    ],
    ...['layers', 'losses', 'mathOf', 'metrics', 'openModel', 'optimizers', 'referenceKernels', 'schedules', 'shuffle'],
    ...builders,
    ...helpers,
  ],
  runtime: [
    ...['encodeTable', 'fitPreprocessing', 'prepareTable', 'readTable', 'splitTable', 'summarizeTable'],
    ...[
      'BEST_FILE',
      'CellError',
      'ClusterError',
      'FolderInUseError',
      'InputError',
      'LAST_FILE',
      'LockError',
      'NO_ANSWER',
      'OptionError',
    ],
    ...[
      'TextError',
      'TrainingError',
      'checkPreprocessing',
      'createEncoder',
      'createModel',
      'createPool',
      'createTokenizer',
      'createTrainer',
      'datasetFromRows',
      'decoderOf',
      'evaluateModel',
      'explainImages',
      'explainTexts',
      'explainModel',
      'exportModel',
      'fingerprint',
      'fit',
      'imageRow',
      'importModel',
    ],
    ...[
      'limitMemory',
      'loadCheckpoint',
      'loadCsv',
      'loadDataset',
      'loadIdx',
      'loadIdxFolder',
      'loadImageFolder',
      'loadMnist',
    ],
    ...[
      'loadModel',
      'loadParts',
      'loadNpy',
      'loadNpyFolder',
      'loadNpz',
      'loadText',
      'openCluster',
      'openModelFile',
      'readIdx',
      'readNpy',
      'saveModel',
      'splitDataset',
      'standardizeImages',
    ],
    ...['subset', 'syntheticDatasets', 'tableFiles', 'tablePath', 'textDataset', 'train', 'withInputTargets'],
    ...builders,
    ...helpers,
  ],
};

const words = (text: string): string[] => text.trim().split(/\s+/);

/** Types that a program of either package can name. */
const typesOfBoth = words(`
  Elements ElementsOf ElementType
  AdaptOptions FeatureOptions StartingModel ActivationBuilder ActivationName ActivationOptions AdagradOptions AdamOptions AdamwOptions Answer Augmentation BackendName
  BatchNormOptions CategoryEncoding Cell CellFormat CellRow CellRows ClassDecoding ColumnEncoding ColumnType ConstantOptions CosineOptions DenseOptions DropoutOptions EmbeddingOptions Encoder EncodingNote
  ExponentialOptions HuberOptions
  ChannelScale ImageEncoding ImagePreprocessing LabelList PixelEncoding PixelRows TablePreprocessing
  ClassifyOptions FlatRows FormulaLayerDefinition FormulaLossDefinition FormulaScope FormulaTensor FormulaValue GenerateOptions LengthReader Lengths OutputOptions PredictOptions ShapedRows TextEncoding TextPreprocessing TextRows ThreadOptions TypedNumbers TokenEncoding Tokenizer HuggingFaceTokenizer TokenizerLoader TokenizerName TokenizerSpec
  InitializerName InitializerSpec Json JsonObject KindOf LayerFigures LayerKind LayerNormOptions LayerSpec LionOptions
  LoraOptions LossName LossSpec Model ModelContents ModelMetadata MomentOptions MuonOptions NestedRows Network NetworkBuilder NetworkLayer NetworkLora NetworkSpec Tensor Weight NormalOptions NoteListener
  NumberEncoding OneCycleOptions OptimizerName OptimizerSpec OptionErrorDetails OrthogonalOptions PlainLayerDefinition PlateauOptions
  Preprocessing RangeTestOptions ResidualOptions RmsNormOptions RmspropOptions Rows ScheduleName ScheduleSpec
  SgdOptions ShortActivation SoftmaxCrossEntropyOptions SpecOf StepDecayOptions SwigluOptions TargetDecoding TensorFigures UniformOptions ValueDecoding ValueRange
  AutoencoderOptions MobilenetOptions UnetOptions WarmupOptions
  WeightDecayOptions
  ClipOptions Expression ExpressionStep FunctionBuilder FunctionKind FunctionOptions Operands OperationBuilder OperationKind
  OperationOptions PowerOptions ScalarName
  AnswerOfHeads HeadLossOptions HeadLossSpec HeadLossSpecs HeadsOptions SingleLossSpec ArgmaxOptions GroupNormOptions InstanceNormOptions CrossAttentionOptions MatmulOptions ReductionOptions SoftmaxOptions
  AnyRows ListedRows NamedRow ChannelDropoutOptions Conv2dTransposeOptions FlattenOptions ConvOptions GaussianOptions GlobalAvgPoolOptions LastPositionOptions PoolingOptions
  PositionEmbeddingOptions GptNetworkOptions GruNetworkOptions RecurrentOptions RotaryScaling SelfAttentionOptions TransformerBlockOptions UpsampleOptions
  ConcatOptions ExpandOptions PadOptions ParameterOptions ReshapeOptions ResizeOptions SliceOptions TakeOptions TransposeOptions
  DateFormat DateOrder DatePart NumberFormat SeriesEncoding SeriesGaps SeriesStep ThousandsMark WindowRows
  FormulaActivationDefinition PlainActivationDefinition
  ActivationDefinition ActivationPart ElementwiseLossDefinition InitializerDefinition InitializerPart LayerDefinition
  LayerPart LoadedParts LossDefinition LossPart MetricDefinition MetricPart ModuleRecord CustomLayer PartBase PartDefaults
  PaddedPart PartOptions RowLengths RowLossDefinition ScheduleDefinition SchedulePart
`);

/** Types, likewise. */
const types = {
  core: words(`
  Activation Allocate AverageOptions BatchSlice BranchName BuiltValue HeadLoss InputParts LikeOptions NetworkOfParts OutputParts PassKind Path Block Bound CreateBlock FixedCall TakeDoubles CalibrationOptions Call DecisionOptions
  Emit GatherBytes GradientRange NextPass Tie Initializer Inspect Kernels ProbabilityOptions RankingMetric
  RankingOptions RealMath
  Layer LayerBefore LayerMemory LayerName Loss LossKernel LossVariant CustomActivation CustomParts Metric MetricName NodeSums Op Operand Optimizer Pass
  Pausable LayerContext PlacedLayer Predictor ProductShape ConvolutionGeometry WindowAxis WindowGeometry Random Schedule ScheduleContext ScheduleIn Shape TeamMemory
  StepFigures TensorSpec TopKOptions TrainStep TrainStepOptions UpdateKernel
`),
  runtime: words(`
  ExportOptions ImageInputs ImportComparison ImportOptions ModelFormatName Renames
  ArrayOptions Backend BackendChoice BackendRecord BlasBackend BlasIdentity BuiltInBackend Checkpoint
  CheckpointEvent CheckpointEvery CheckpointOptions ClassOptions ClassWeight WeightOfClasses Cluster ClusterFacts ClusterOptions Connection CsvOptions DataArray DataMatrix
  DataRecord DataSplits Dataset EarlierCounters EarlyProgress EarlyRecord EpochEvent EvaluateOptions Evaluation EveryEpochs
  ExplainImagesOptions ExplainOptions ExplainTextsOptions Explanation EverySeconds EverySteps FileOptions FileRows FitOptions FittedModel FolderLock ImageExplanation Importance ImageOptions LoadOptions LockOwner HeadFigures LowestLoss ModelFile MonitorName
  NamedArraysOptions NpyOptions NumberFile AugmentOptions OnNan OptionsFor OutputReader Pool PoolOptions ProbeEvent Profile Progress TrainProgressEvent
  RecoveryEvent Retry RollbackEvent RowsOptions TargetHead TargetRows TargetsByName RunArrays RunRecord SavedState SplitOptions Spread
  RateChanges StartEvent SteerAction SteerEvent StepsEvent SyntheticName SyntheticOptions TableName TargetKind TrainTextEvent ThreadsEvent TrainEvent TrainOptions
  Trainer TrainerStep TrainResult TrainingRun Trial WarningEvent WrittenCheckpoint
  ColumnImages ColumnSummary DelimiterName NumberColumn PreparedTable Scale SplitRows Table TableColumn TableOptions TableSeries TableSplit TextExplanation TextOptions WordColumn SharedNumbers Transfer
`),
};

test.each([
  ['core', core],
  ['runtime', runtime],
] as const)('@gradloom/%s exports these values and no others', (name, values) => {
  expect(Object.keys(values).sort()).toEqual([...published[name]].sort());
});

test.each([
  ['core', core, coreInternal],
  ['runtime', runtime, { ...runtimeInternal, ...runtimeOptions }],
] as const)('@gradloom/%s shares with other packages nothing that is public', (_name, values, internal) => {
  expect(Object.keys(internal).filter((name) => Object.hasOwn(values, name))).toEqual([]);
});

/** Types that the text of an entry exports: they leave no trace in its values. */
function typesIn(name: string, entry: string): string[] {
  const textOf = (file: string) => readFileSync(new URL(`../../../packages/${file}.ts`, import.meta.url), 'utf8');
  const ofBoth = entry === 'index' ? textOf('core/src/programs') : '';
  const text = textOf(`${name}/src/${entry}`) + ofBoth;
  return [...text.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, all, names]) =>
    words(names.replaceAll('type ', 'type:').replaceAll(',', ' '))
      .filter((it) => all !== undefined || it.startsWith('type:'))
      .map((it) => it.replace('type:', '')),
  );
}

test.each(['core', 'runtime'] as const)(
  '@gradloom/%s exports these types, and its internal entry none of them',
  (name) => {
    expect(typesIn(name, 'index').sort()).toEqual([...typesOfBoth, ...types[name]].sort());
    const internal = new Set(typesIn(name, 'internal'));
    expect(internal.size).toBeGreaterThan(3);
    expect(typesIn(name, 'index').filter((it) => internal.has(it))).toEqual([]);
  },
);

test('no exported name is one of the DOM, which an editor would offer in its place', async () => {
  const compiler = await import(new URL('getExePath.js', import.meta.resolve('typescript')).href);
  const dom = readFileSync(join(dirname(compiler.default()), 'lib.dom.d.ts'), 'utf8');
  const names = new Set([...dom.matchAll(/^(?:interface|declare var|type) (\w+)/gm)].map(([, name]) => name));
  expect(names.size).toBeGreaterThan(1000);
  const exported = ['core', 'runtime'].flatMap((name) => typesIn(name, 'index'));
  const values = [...Object.keys(core), ...Object.keys(runtime)];
  expect([...new Set([...exported, ...values])].filter((name) => names.has(name))).toEqual([]);
});
