/**
 * For each name here the words of Keras, PyTorch, scikit-learn and pandas for the option, flag, choice or command, in
 * small letters without hyphens. If a word stands for several known names, the first of them is meant.
 */
const synonyms: Readonly<Record<string, string>> = {
  accuracy: 'acc valacc valaccuracy',
  alpha: 'negativeslope',
  bias: 'usebias',
  biasInit: 'biasinitializer',
  'binary-cross-entropy': 'bce bcewithlogits binarycrossentropy',
  boolean: 'bool',
  categorical: 'category object str string text',
  'checkpoint-every': 'checkpointinterval saveevery',
  classes: 'classification',
  'clip-norm': 'gradclip gradientclipping maxgradnorm',
  comma: ',',
  convnet: 'cnn',
  dataset: 'csv data file input path train traindata trainingdata',
  date: 'datetime timestamp',
  decay: 'rho',
  dilation: 'dilationrate',
  dmy: 'dd.mm.yyyy dd/mm/yyyy',
  drop: 'dropcolumns exclude ignore',
  epochs: 'maxepochs nepochs numepochs',
  evaluate: 'score test',
  kernel: 'kernelsize size',
  factor: 'scalefactor size',
  float32: '32 f32 float fp32 single',
  float64: '64 double f64 fp64',
  folds: 'crossvalidation cv kfold kfolds',
  format: 'to',
  'gpt:4x4x128': 'transformer',
  gpt: 'transformer',
  'gru:2x256': 'lstm rnn',
  gru: 'lstm rnn',
  hidden: 'hiddenlayers hiddenlayersizes hiddensize hiddenunits layer layers neurons units',
  huber: 'smoothl1',
  identity: 'linear none',
  vocabulary: 'inputdim numembeddings',
  in: 'infeatures inputdim',
  init: 'initializer kernelinitializer',
  input: 'inputshape',
  lr: 'learningrate',
  mae: 'absoluteerror l1 meanabsoluteerror',
  mdy: 'mm/dd/yyyy',
  minmax: 'minmaxscaler',
  missing: 'fill fillna impute imputer',
  monitor: 'metric metrics',
  'weight-decay': 'l2 regularization wd',
  mse: 'l2 meansquarederror rmse squarederror',
  network: 'arch architecture model',
  numeric: 'float int integer number',
  optimizer: 'opt optim optimiser',
  width: 'embeddingdim outputdim',
  out: 'channels filters neurons outchannels outdir outfeatures output outputdim outputdir outputs save savedir savepath units',
  patience: 'earlystop earlystopping',
  point: '.',
  precision: 'dtype',
  predict: 'infer inference',
  rate: 'p',
  report: 'compare list plot view',
  resume: 'continue load restore',
  safetensors: 'pt pth pytorch torch',
  scale: 'normalise normalize scaler scaling standardise standardize',
  schedule: 'lrschedule lrscheduler scheduler',
  search: 'hpo tune',
  seed: 'randomseed randomstate',
  semicolon: ';',
  silu: 'swish',
  size: 'kernelsize normalizedshape numfeatures poolsize',
  'soft-target-cross-entropy': 'distillation kldiv kldivloss kullbackleiblerdivergence softtargets',
  'softmax-cross-entropy': 'categoricalcrossentropy ce nll nllloss sparsecategoricalcrossentropy',
  standard: 'normal standardscaler zscore',
  steps: 'iterations iters maxiter maxsteps numsteps',
  target: 'label labelcolumn labels targetcolumn y ycolumn',
  targets: 'task',
  test: 'holdout testshare testsize testsplit',
  threads: 'cores cpus jobs njobs numthreads numworkers workers',
  train: 'fit run',
  validation: 'dev val validationsize validationsplit valshare valsize valsplit',
  'validation-loss': 'valloss',
  values: 'regression',
};

/** Choices that others offer and Gradloom does not have, with the reason. */
const unsupported: readonly { readonly words: RegExp; readonly choices: readonly string[]; readonly why: string }[] = [
  {
    words: /^(device|gpus?|cuda\d*|cuda:\d+|mps|metal|rocm|webgpu|opencl|tpu)$/,
    choices: ['--threads', 'native'],
    why: 'Gradloom computes on CPUs alone, with the same bits on each: it has no code for GPUs',
  },
  {
    words: /^(float16|fp16|f16|half|bfloat16|bf16|16|int8|mixed)$/,
    choices: ['float32'],
    why: 'most CPUs do not compute with 16 bits; float32 takes half of the memory of float64',
  },
  {
    words: /^(delimiter|sep|separator|header)$/,
    choices: ['--dataset'],
    why: 'the separator of a file and the names of its columns are found by themselves',
  },
  {
    words: /^(features|featurecolumns|featurenames|predictors|x)$/,
    choices: ['--drop'],
    why: 'all columns are inputs but the target, and --drop leaves some out',
  },
  {
    words: /^(size|imagesize|imgsize|inputsize|resize)$/,
    choices: ['--dataset'],
    why: 'the size of images is an option of their folder, such as --dataset pets:size=64x64',
  },
  {
    words: /^softmax$/,
    choices: ['softplus'],
    why: 'the loss softmax-cross-entropy has softmax in it, and answers are probabilities',
  },
  {
    words: /^(targets?|labels?|y|drop|columns?|scale|missing)$/,
    choices: ['--rows', '--top-k', '--max-rows'],
    why: 'the model knows its target, and reads all columns as in training',
  },
  {
    words: /^(out|output|outfile|outputfile|outputpath|save)$/,
    choices: ['--rows', '--top-k'],
    why: 'the answer is printed, and > answers.txt writes it to a file',
  },
  {
    words: /^model$/,
    choices: ['--split', '--port', '--metric', '--format', '--temperature'],
    why: 'the model is a word of its own, such as runs/iris-1',
  },
];

/** The known name that a word of another program stands for. */
export function synonymOf(word: string, known: readonly string[]): string | undefined {
  const foreign = letters(word);
  const meanings = Object.keys(synonyms).filter((name) => synonyms[name].split(' ').includes(foreign));
  return meanings.flatMap((name) => known.filter((candidate) => letters(candidate) === letters(name))).at(0);
}

/** Why what a word asks for does not exist. */
export function whyAbsent(word: string, known: readonly string[]): string | undefined {
  const key = letters(word);
  return unsupported.find(({ words, choices }) => words.test(key) && choices.some((name) => known.includes(name)))?.why;
}

/** A name in small letters, without hyphens. */
const letters = (name: string): string => name.replaceAll(/[-_]/g, '').toLowerCase();
