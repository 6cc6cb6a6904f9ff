import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buildNetwork, dense, embedding, flatten, type NetworkSpec, sequential } from '@gradloom/core';
import * as runtime from '@gradloom/runtime';
import * as internal from '@gradloom/runtime/internal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainOptions } from '../../../packages/runtime/src/training/run/options.ts';
import { encodeNpy } from '../../support/encode-npy.ts';

// Paths that come from numbers or objects would be files below here.
const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'gradloom-'));
let pool: runtime.Pool;
beforeAll(async () => {
  process.chdir(folder);
  process.env.GRADLOOM_MPI = 'nowhere'; // no call starts MPI, which would stay in this process
  mkdirSync('folder');
  pool = await runtime.createPool({ threads: 1 });
});
afterAll(async () => {
  process.chdir(home);
  delete process.env.GRADLOOM_MPI;
  await pool.destroy();
  rmSync(folder, { recursive: true });
});

const spec: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 2 }] };
const image = { height: 1, width: 2, channels: 1, divisor: 255 };
const model = { spec, parameters: new Float64Array(6) };
const drawing = {
  ...model,
  spec: { input: 2, layers: [{ kind: 'gaussian' }, { kind: 'dense', out: 2 }] } as NetworkSpec,
};
const data = runtime.datasetFromRows({
  inputs: [
    [0, 1],
    [1, 0],
  ],
  targets: [0, 1],
  classes: 2,
});
const column = { name: 'x', type: 'numeric', center: 0, scale: 1, fill: 0, indicator: false } as const;
const preprocessing: runtime.Preprocessing = {
  version: 1,
  columns: [column],
  target: [{ name: 'y', type: 'values', center: 0, scale: 1 }],
};
const numbers = (name: string): runtime.TableColumn => ({
  name,
  type: 'numeric',
  reason: '',
  gaps: 0,
  data: { kind: 'numbers', values: Float64Array.of(1, 2) },
});
const table: runtime.Table = {
  name: 't',
  rows: 2,
  inputs: [numbers('x')],
  targets: [numbers('y')],
  weights: null,
  classes: null,
  leftOut: [],
  reasons: {},
  decisions: [],
  warnings: [],
  options: {},
};
const reader = sequential(2, embedding(2, 1), flatten(), dense(2));
const writer = sequential(2, embedding(2, 1), dense(2, { bias: false }));
const whole = Uint32Array.of(0, 1);
const quick = { threads: 1, steps: 1, backend: 'wasm' } as const;
const train = (network: NetworkSpec, sets: runtime.DataSplits, options: runtime.TrainOptions) =>
  runtime.train(network, sets, options);

const ranks = { threadsOf: [1, 2], overlap: true } as const;
const rankShape = {
  network: buildNetwork(spec),
  backend: 'wasm',
  batch: 2,
  lastBatch: 2,
  leafRows: 16,
  rowsAtOnce: 256,
  couples: false,
  elementType: 'float64',
  clips: false,
} as const;

const picture = { width: 2, height: 1, channels: 1, pixels: Uint8Array.of(0, 255) };

/** Arguments that are right, for every function that is exported. */
const right: Record<string, () => readonly unknown[]> = {
  buildNetwork: () => [spec],
  backendRecord: () => [{ name: 'wasm' }],
  checkRunFile: () => ['here', 'nowhere'],
  checkPreprocessing: () => ['here', preprocessing],
  createEncoder: () => [preprocessing],
  createTextReader: () => ['text'],
  encodeSplit: () => [table, preprocessing, { train: whole }],
  encodeTable: () => [table, preprocessing, whole],
  fitPreprocessing: () => [table, whole],
  npyRows: () => ['x', encodeNpy('f8', [1, 1], [0]), { columns: 1, byteDivisor: 255, divisor: 1 }],
  openCsvStream: () => [Readable.from([]), 'text'],
  createCellImages: () => [preprocessing, 'nowhere.csv'],
  openTable: () => ['nowhere.csv', {}],
  separatorIn: () => ['nowhere.txt'],
  prepareTable: () => [table, { train: whole }],
  readTable: () => ['nowhere.csv', {}],
  readTableAs: () => ['nowhere.csv', preprocessing, {}],
  readRowsAs: () => ['nowhere.csv', { names: () => null, batches: [] }, preprocessing],
  loadTokenizer: () => [{ kind: 'gpt2' }],
  lastWindows: () => [table, preprocessing],
  naiveErrors: () => [data],
  defaultLoss: () => [data],
  headsOfDataset: () => [data],
  datasetOfHead: () => [data, 'a'],
  sizesOfHeads: () => [data, 'mse'],
  decoderOf: () => [runtime.createModel(drawing)],
  hasOwnTargets: () => [data],
  modelsOfHeads: () => [runtime.createModel(model)],
  storedPieces: () => [data.inputs, 1],
  rowsOfSplit: () => [table, {}],
  sentinelsIn: () => [table],
  defineLayer: () => [{ name: 'twice', formula: (scope: { x: { times(y: number): object } }) => scope.x.times(2) }],
  splitTable: () => [table, {}],
  splitTableAs: () => [table, preprocessing, {}, false],
  summarizeTable: () => [table, preprocessing],
  timeInOrder: () => [table],
  tableFormatOf: () => ['t.csv'],
  tableInFolder: () => ['nowhere'],
  checkInput: () => ['here', buildNetwork(spec), data],
  createAnswerPool: () => [runtime.createModel(model), { threads: 1, mostRows: 9 }],
  createModel: () => [model],
  createPassTimer: () => [spec, { batch: 2, backend: 'wasm' }],
  createPool: () => [{ threads: 1 }],
  datasetFromRows: () => [{ inputs: [[1]], targets: [1] }],
  differences: () => [{ a: 1 }, { a: 2 }],
  epochsPerReport: () => [5],
  estimateMs: () => [spec, { train: data }, { threads: 1, steps: 5 }, 20, train],
  measuredSteps: () => [spec, { train: data }, {}, train],
  createTokenizer: () => [{ kind: 'bytes' }],
  createTrainer: () => [spec, { train: data }, { threads: 1, backend: 'wasm' }],
  evaluateModel: () => [spec, model.parameters, data, { threads: 1, backend: 'wasm' }],
  explainImages: () => [runtime.createModel(model), data, { seed: 0 }],
  attentionOf: () => [{ spec: writer, parameters: new Float64Array(4) }, [0, 1]],
  fittedDecay: () => [data],
  adaptModel: () => [model, { outputs: 3 }],
  fit: () => [[{ x: 1, y: 2 }], { steps: 1, threads: 1 }],
  tableShares: () => [100],
  explainTexts: () => [runtime.createModel({ spec: reader, parameters: new Float64Array(8) }), data, { rows: [0] }],
  explainModel: () => [runtime.createModel(model), data, { threads: 1, backend: 'wasm' }],
  exportModel: () => ['model.npz', model, {}],
  endTogether: () => [null, new Error('the end')],
  findBlas: () => [{ names: [] }],
  findFile: () => ['here', 'nowhere', 'a file'],
  findMpi: () => [{}],
  fingerprint: () => [model.parameters],
  hashDataset: () => [data],
  hasTargetsByPosition: () => [data],
  findLateRanks: () => [null, null, 1],
  imageRow: () => [{ preprocessing: { version: 1, image } }, 'nowhere.png'],
  importModel: () => ['nowhere.npz', {}],
  encodePng: () => [picture],
  firstInputs: () => [buildNetwork(spec), data, quick, 1],
  imagesIn: () => ['folder'],
  imagesOfRows: () => [data, [0]],
  resizeImage: () => [picture, 1, 1],
  shapeOfImages: () => [data],
  inputRows: () => [data, 0, 1, 'float64'],
  inTurns: () => [nothing()],
  isFusedRecord: () => [{ name: 'wasm' }],
  isLockName: () => ['name'],
  isSocket: () => [0],
  isUntestedSystem: () => ['linux x64'],
  limitMemory: () => [null],
  isTemporaryName: () => ['name'],
  loadCheckpoint: () => ['nowhere'],
  localRank: () => [{}],
  loadPlainTable: () => ['loadPlainTable', 'nowhere.csv', {}],
  loadCsv: () => ['nowhere.csv', {}],
  loadDataset: () => ['nowhere', {}],
  loadIdx: () => ['nowhere', 'nowhere', {}],
  largestChange: () => [model],
  mergedModel: () => [model],
  loadIdxFolder: () => ['folder', {}],
  loadImageFolder: () => ['folder', {}],
  loadMnist: () => [import.meta.url],
  loadModel: () => ['nowhere'],
  loadNpy: () => ['nowhere', null, {}],
  loadNpyFolder: () => ['folder', {}],
  loadNpz: () => ['nowhere.npz', {}],
  loadText: () => ['nowhere.txt', {}],
  loadParts: () => [['nowhere.js']],
  lockFolder: () => ['here', 'folder', 'test'],
  lockOwner: () => ['here', 'folder'],
  machineCode: () => [],
  makeDirectory: () => ['made'],
  memoryRoom: () => [],
  measureBandwidth: () => [pool, 1],
  measureExchange: () => [pool, 1],
  measureGflops: () => [{ name: 'wasm' }, 1],
  measureNetwork: () => [null],
  namesOf: () => [[0], 2],
  openCluster: () => [{ path: 'nowhere' }],
  openLink: () => [null],
  openRunFile: () => ['here', 'nowhere'],
  openModelFile: () => ['nowhere'],
  planRankWork: () => [spec, { train: data }, quick, ranks],
  planRun: () => [spec, { train: data }, quick],
  planStepWork: () => [spec, { train: data }, quick],
  refuseInUse: () => ['here', 'folder'],
  refuseManyLayers: () => [spec],
  rankCount: () => [{}],
  rankWork: () => [rankShape, ranks],
  readIdx: () => ['nowhere'],
  readNpy: () => ['nowhere'],
  readRun: () => ['nowhere'],
  resolveBackend: () => ['wasm', { network: buildNetwork(spec) }],
  rowsPerStep: () => [{ batch: 2, accumulate: 1 }, data],
  saveModel: () => ['model', model],
  resumeProblem: () => [[{ name: 'batch', problem: 'has 1, expected 2' }]],
  scoringOf: () => [runtime.createModel(model), data],
  splitDataset: () => [data, { test: 0.5 }],
  subset: () => [data, Uint32Array.of(1)],
  tablePath: () => ['iris'],
  withInputTargets: () => [{ train: data }],
  standardizeImages: () => [{ train: data }],
  summary: () => [spec],
  systemReason: () => [new Error('anything')],
  textDataset: () => ['a text', { context: 2, validation: 0 }],
  temporaryPath: () => ['written'],
  timeSteps: () => [train(spec, { train: data }, { ...quick, pool })],
  train: () => [spec, { train: data }, { ...quick, pool }],
  tableDefaults: () => [100, 8],
  partsDefaults: () => [[{ name: 'a', shape: [8] }]],
  textDefaults: () => [100],
  imageDefaults: () => [100],
  imageNetwork: () => [[28, 28, 1]],
  wasmBackend: () => [],
  withScale: () => [{ train: data }, { mean: [0, 0], deviation: [1, 1] }],
  writeAtomically: () => ['here', 'written', [new Uint8Array(3)]],
};

function* nothing(): Generator<void, void> {}

/** Builders of specs take anything: what they made is looked at where the network is built. */
const builders: Record<string, () => readonly unknown[]> = {
  ...Object.fromEntries(
    ['batchNorm', 'layerNorm', 'rmsNorm', 'leakyRelu', 'elu', 'relu', 'tanh', 'sigmoid'].map((name) => [
      name,
      () => [{}],
    ]),
  ),
  ...Object.fromEntries(
    ['identity', 'gelu', 'geluTanh', 'silu', 'softplus', 'softsign', 'heaviside'].map((name) => [name, () => [{}]]),
  ),
  ...Object.fromEntries(
    [
      'dense',
      'swiglu',
      'dropout',
      'channelDropout',
      'maxPool',
      'avgPool',
      'upsample',
      'reshape',
      'expand',
      'pad',
      'take',
      'resize',
    ].map((name) => [name, () => [0.5, {}]]),
  ),
  ...Object.fromEntries(['conv1d', 'conv2d', 'conv2dTranspose'].map((name) => [name, () => [2, 3, {}]])),
  ...Object.fromEntries(
    ['above', 'below', 'equal', 'maximum', 'minimum', 'minus', 'over', 'power', 'times'].map((name) => [
      name,
      () => [0.5, {}],
    ]),
  ),
  ...Object.fromEntries(
    [
      'abs',
      'clip',
      'exp',
      'log',
      'negate',
      'sqrt',
      'square',
      'ceil',
      'cos',
      'erf',
      'floor',
      'round',
      'sign',
      'sin',
    ].map((name) => [name, () => [{}]]),
  ),
  where: () => [['a', 'b', 'c'], {}],
  globalAvgPool: () => [{}],
  ...Object.fromEntries(
    ['argmax', 'instanceNorm', 'logSoftmax', 'logSumExp', 'max', 'mean', 'softmax', 'sum'].map((name) => [
      name,
      () => [{}],
    ]),
  ),
  groupNorm: () => [2, {}],
  crossAttention: () => [['a', 'b'], 2, {}],
  matmul: () => [['a', 'b'], {}],
  concat: () => [['a', 'b'], {}],
  heads: () => [{ a: '0', b: '1' }],
  slice: () => [0, 1, {}],
  transpose: () => [{}],
  lastPosition: () => [{}],
  gru: () => [2, {}],
  gptNetwork: () => [1, 2, 4, {}],
  gruNetwork: () => [1, 2, {}],
  lstm: () => [2, {}],
  gaussian: () => [2, {}],
  parameter: () => [[2], {}],
  positionEmbedding: () => [{}],
  selfAttention: () => [2, {}],
  transformerBlock: () => [8, { heads: 2 }],
  flatten: () => [{}],
  embedding: () => [2, 3, {}],
  residual: () => [spec.layers[0]],
  sequential: () => [2, spec.layers[0]],
  input: () => [2],
  like: () => ['0', {}],
  network: () => [runtime.input(2).through(dense(1))],
  plus: () => [['a', 'b'], {}],
  shared: () => [dense(1)],
  ...Object.fromEntries(['convnet', 'lenet5', 'resnet20'].map((name) => [name, () => [[28, 28, 1], 10]])),
  ...Object.fromEntries(['autoencoder', 'mobilenet', 'unet'].map((name) => [name, () => [[32, 32, 1], 10, {}]])),
  ...Object.fromEntries(
    ['Activation', 'Initializer', 'Layer', 'Loss', 'Metric', 'Schedule'].map((name) => [`define${name}`, () => [{}]]),
  ),
};
Object.assign(right, builders);

const bad = {
  undefined,
  null: null,
  '5': 5,
  NaN: Number.NaN,
  'an empty text': '',
  'a text': 'text',
  'a text with a NUL': 'a\0b',
  '{}': {},
  '[]': [],
  '[null]': [null],
  'an array of numbers': Float64Array.of(1, 2),
  'a function': () => 0,
  'a symbol': Symbol('s'),
  '5n': 5n,
  'objects in a circle': circle(),
};

function circle(): object {
  const ring: { self?: object } = {};
  ring.self = ring;
  return ring;
}

/** What a call comes to: undefined where it gives a value, which it may, else what was thrown. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const settled = await call();
    if (settled instanceof Object && 'destroy' in settled) await (settled as runtime.Pool).destroy();
    if (settled instanceof Object && 'release' in settled) (settled as runtime.FolderLock).release();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    runtime.limitMemory(null);
  }
}

/** '<where>: <what> has <actual>, expected <wanted>', of this library and not of the engine below it. */
function expectSentence(error: unknown): void {
  if (error === undefined) return;
  if (!(error instanceof Error)) throw error;
  const shown = `${error.name}: ${error.message}`;
  expect(['Error', 'OptionError', 'TrainingError', 'InputError'], shown).toContain(error.name);
  expect(error.message).toMatch(/^([a-z][\w-]*( [\w.-]+)?: .+|header\S* has .+), expected .+/i);
  expect(error.message).not.toMatch(/Cannot |is not (iterable|a function|defined)|must be of type|undefined \(reading/);
  expect(error.message.length).toBeLessThan(650);
}

const functions = { ...runtime, ...internal, ...runtime.syntheticDatasets } as unknown as Record<
  string,
  (...args: unknown[]) => unknown
>;
const isClass = (value: unknown): boolean => /^class\b/.test(String(value));
// In order, since some write where others look for a folder.
const names = Object.keys(functions)
  .filter((name) => typeof functions[name] === 'function' && !isClass(functions[name]))
  .sort();
const argumentsOf = (name: string): readonly unknown[] =>
  Object.hasOwn(runtime.syntheticDatasets, name) ? [{ rows: 4 }] : right[name]();

test('every exported function is called', () => {
  const tables = [...Object.keys(right), ...Object.keys(runtime.syntheticDatasets)];
  expect(new Set(names)).toEqual(new Set(tables));
});

describe.each(names)('%s', (name) => {
  test('takes nothing, or says in one sentence what it wants', async () => {
    expectSentence(await outcome(() => functions[name]()));
  });

  test('says in one sentence which argument is wrong', async () => {
    for (const [k] of argumentsOf(name).entries()) {
      for (const value of Object.values(bad)) {
        const args = [...argumentsOf(name)];
        args[k] = value;
        expectSentence(await outcome(() => functions[name](...args)));
      }
    }
  });
});

const options: Record<string, readonly string[]> = {
  train: Object.keys(trainOptions.table),
  evaluateModel: ['loss', 'threads', 'backend', 'blas', 'pool', 'readers'],
  createPool: ['threads', 'execArgv', 'heapMiB'],
  datasetFromRows: ['inputs', 'targets', 'classes', 'classNames', 'name'],
  splitDataset: ['validation', 'test', 'seed', 'stratify'],
};

describe.each(Object.entries(options))('an option of %s', (name, keys) => {
  test.each(keys)('%s', async (key) => {
    for (const value of Object.values(bad)) {
      // No mistake, but too little: a thread that runs out of memory while Node loads it has ended the process once.
      if (key === 'heapMiB' && value === bad[5]) continue;
      const args = [...right[name]()];
      args[args.length - 1] = { ...(args[args.length - 1] as object), [key]: value };
      expectSentence(await outcome(() => functions[name](...args)));
    }
  });
});

test('a run without data names the missing argument', async () => {
  const begin = functions.train as (...args: unknown[]) => runtime.TrainingRun;
  const expected = 'expected { train, validation?, test? }, each a dataset';
  await expect(begin(spec)).rejects.toThrow(`train: data is missing, ${expected}`);
  await expect(begin()).rejects.toThrow(`train: data is missing, ${expected}`);
  await expect(begin(spec, data)).rejects.toThrow('train: data has a dataset, expected { train: dataset }');
  await expect(begin(spec, { train: data, tset: data })).rejects.toThrow(
    'train: data: option "tset" is unknown, expected train, validation, test (did you mean test?)',
  );
  await expect(begin(spec, {})).rejects.toThrow('train: data.train is missing, expected a dataset');
  await expect(begin(spec, { train: data, test: null })).rejects.toThrow(
    'train: data.test has null, expected a dataset',
  );
  await expect(begin(undefined, { train: data })).rejects.toThrow('buildNetwork: spec is missing, expected');
  await expect(begin(spec, { train: data }, null)).rejects.toThrow('train: options have null, expected an obj');
});
