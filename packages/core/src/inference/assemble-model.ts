import { checkElements, checkKeys, checkList } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { positiveInteger, text as textOption } from '../checks/options/index.ts';
import { counted, show } from '../checks/show.ts';
import { type Elements, type TypedNumbers, typeOf } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { targetPositions } from '../network/backprop.ts';
import { refuseBadWeights } from '../network/bad-weight.ts';
import { headsOf } from '../network/heads.ts';
import { findLayer } from '../network/layer-patterns.ts';
import { lengthsOfHead, lengthsOfOutputs, refuseBadLengths } from '../network/lengths.ts';
import type { ModelPredictor } from '../network/model-memory.ts';
import { buildNetwork, type Network, namedWeights } from '../network/network.ts';
import type { Predictor } from '../network/predict.ts';
import { summarize } from '../network/summary.ts';
import { InputError } from '../program/input-error.ts';
import { adapt } from './adapt-model.ts';
import { type Answer, answersOf, answersOfHeads, byRow, nextTokens } from './answers/answers.ts';
import { classify, toProbabilities } from './answers/scoring.ts';
import { checkModel } from './check-model.ts';
import { NOTHING_LOADED } from './loaded-parts.ts';
import type {
  FeatureOptions,
  Model,
  ModelContents,
  ModelEngine,
  OutputOptions,
  ParallelPredictor,
  PredictOptions,
  ThreadOptions,
} from './model.ts';
import { ofImages, ofTable, ofText, type Preprocessing } from './preprocessing/preprocessing.ts';
import { type AnyRows, countRows, createRowReader, type Lengths, nestedRows, overwrites } from './rows.ts';
import { createTokenizer } from './text/tokenizer.ts';
import { generateOptions } from './writing/sampling.ts';
import { createWriter, type Writer, writeTexts } from './writing/writer.ts';

const NO_OPTIONS = {};
const OUTPUT_KEYS = ['lengths', 'out'];
const layerName = textOption('the name or path of a layer');
const FEATURE_KEYS = [...OUTPUT_KEYS, 'layer'];
const FEATURE_THREAD_KEYS = [...FEATURE_KEYS, 'threads'];
const PREDICT_KEYS = ['lengths', 'onNote'];
const PREDICT_THREAD_KEYS = [...PREDICT_KEYS, 'threads'];
const threadCount = positiveInteger();

/** Inputs and outputs of the rows that are computed at a time, at most. */
const PART_NUMBERS = 1 << 22;
/** Listed rows that are encoded at a time, at most: about 5 ms for a table. */
const PART_ROWS = 1024;

/** Texts that are written together, at most: each has memory of its own for keys and values. */
const MAX_TEXTS = 16;

/** Assembles a model of the weights as they are at its first call. @throws Error if its parts do not fit together. */
export function assembleModel(where: string, contents: ModelContents, engine: ModelEngine): Model {
  const { network, loss: modelLoss, preprocessing } = checkModel(where, contents);
  const { parameters, loss, metadata = {}, parts = NOTHING_LOADED, fused } = contents;
  const { spec, inputs: I, outputs: O } = network;
  const L = network.lengths.parts.length;
  const R = modelLoss === null ? 1 : targetPositions(network, modelLoss);
  const heads = headsOf(network);
  const text = ofText(preprocessing)?.text;
  const readRows = createRowReader(preprocessing, network.input, typeOf(parameters), engine.loadTokenizer);
  let cachedPredictor: ModelPredictor | undefined;
  let cachedParallel: ParallelPredictor | undefined;
  let cachedFingerprint: string | undefined;
  const cachedParts = new Map<string, Model>(); // by layer
  const writers = new Map<string, { readonly texts: number; readonly writer: Writer }>(); // by method

  function predictorFor(where: string): ModelPredictor {
    if (cachedPredictor === undefined) {
      refuseBadWeights(where, network, parameters);
      cachedPredictor = engine.createPredictor(network, parameters, loss ?? 'mse');
    }
    return cachedPredictor;
  }

  /** The part whose outputs are those of a layer, and rows as it takes them. It has the weights of its first call. */
  function partFor(where: string, layer: string, rows: AnyRows, lengths: Lengths | undefined) {
    const encodedRows = readRows(where, rows);
    const part = cachedParts.get(layer) ?? createPart(where, layer);
    const rowLengths = lengths ?? encodedRows.lengths;
    const partsOf = ({ lengths }: Network) => show(lengths.parts.map(({ name }) => name));
    if (rowLengths !== undefined && partsOf(network) !== partsOf(buildNetwork(part.spec, parts.customParts))) {
      const problem = `has ${show(layer)}, which does not read all parts of a row, expected one that does, or no lengths`;
      throw new OptionError(where, 'layer', problem);
    }
    return { part, x: encodedRows.x, lengths: rowLengths };
  }

  function createPart(where: string, layer: string): Model {
    const until = layerName.check(where, 'layer', layer);
    findLayer(where, 'layer', until, network); // throws if there is none
    const { preprocessing: _, ...cut } = adapt(where, { spec, parameters, parts }, { until });
    const part = assembleModel(where, cut, engine);
    cachedParts.set(layer, part);
    return part;
  }

  /** A writer of at least so many texts at once. */
  function writerFor(where: string, texts: number): Writer {
    const cached = writers.get(where);
    if (cached !== undefined && cached.texts >= texts) return cached.writer;
    const writer = writerOf(where, contents, engine, texts);
    writers.set(where, { texts, writer });
    return writer;
  }

  /** `out`, or a new array, for the outputs of N rows. */
  function outputArray(where: string, N: number, out: Elements | undefined): Elements {
    if (out === undefined) return new Float64Array(N * O);
    if (checkElements(where, 'out', out).length === N * O) return out;
    throw new OptionError(where, 'out', `has ${counted(out.length, 'number')}, expected ${N * O} (${N} x ${O})`);
  }

  /** Returns outputs [N, O]. */
  function compute(where: string, x: TypedNumbers, lengths: Lengths | undefined, out?: Elements): Elements {
    const N = x.length / I;
    refuseBadLengths(where, network, lengths, N);
    const outputs = outputArray(where, N, out);
    const y = out !== undefined && overwrites(out, x) ? new Float64Array(N * O) : outputs;
    try {
      predictorFor(where)(x, lengths, y);
    } catch (error) {
      throw error instanceof InputError ? new InputError(error.row, error.problem, { where }) : error;
    }
    if (y !== outputs) outputs.set(y);
    return outputs;
  }

  function computeRows(where: string, rows: AnyRows, { lengths, out }: OutputOptions): Elements {
    const encodedRows = readRows(where, rows);
    return compute(where, encodedRows.x, lengths ?? encodedRows.lengths, out);
  }

  /** Computes outputs [N, O] in threads, a part of the rows at a time. `usePart` is called with the parts in order. */
  async function computeAll(
    where: string,
    rows: AnyRows,
    { lengths, out, threads, onNote }: OutputOptions & PredictOptions & ThreadOptions,
    usePart?: (y: Float64Array, lengths: Lengths | undefined) => void,
  ): Promise<Elements> {
    if (threads !== undefined) threadCount.check(where, 'threads', threads);
    const N = countRows(rows, I);
    refuseBadLengths(where, network, lengths, N);
    const outputs = usePart === undefined ? outputArray(where, N, out) : undefined;
    const y = out !== undefined && overwrites(out, rows) ? new Float64Array(N * O) : outputs;
    const predictor = predictorFor(where);
    cachedParallel ??= engine.createParallelPredictor?.(network, contents, predictor) ?? inThisThread(predictor);
    const partRows = Math.max(1, Math.min(Math.floor(PART_NUMBERS / (I + O)), Array.isArray(rows) ? PART_ROWS : N));
    // No rows are one part, whose shape is checked.
    for (let first = 0; first === 0 || first < N; first += partRows) {
      const end = Math.min(N, first + partRows);
      const encodedRows = readRows(where, rows, onNote, first, end);
      const partLengths =
        lengths === undefined ? encodedRows.lengths : Array.prototype.slice.call(lengths, first * L, end * L);
      const length = (end - first) * O;
      const partOutputs = y === undefined ? new Float64Array(length) : viewOf(y, first * O, length);
      try {
        await cachedParallel(encodedRows.x, partLengths, partOutputs, threads);
      } catch (error) {
        throw error instanceof InputError ? new InputError(first + error.row, error.problem, { where }) : error;
      }
      usePart?.(partOutputs as Float64Array, partLengths);
    }
    if (y !== outputs && y !== undefined) outputs?.set(y);
    return outputs ?? new Float64Array(0);
  }

  /** Outputs as they are returned: `out`, one array per row for listed rows, or one array for rows in one array. */
  const inForm = (rows: AnyRows, y: Elements, { out }: OutputOptions) => {
    if (out !== undefined || !Array.isArray(rows)) return out ?? y;
    return nestedRows(y, rows.length === 0 ? O : y.length / rows.length);
  };

  /** @throws Error for a method that reads one output, if there are several. */
  function refuseHeads(where: string): void {
    if (heads === null) return;
    const names = heads.map(({ name }) => show(name)).join(', ');
    throw new Error(`${where}: the model has outputs ${names}, expected one; predict gives the answers of each`);
  }

  /** The answers in outputs [N, O]. */
  function answersIn(y: Float64Array, lengths: Lengths | undefined): Answer[] {
    if (text !== undefined) {
      const tokenizer = createTokenizer(text.tokenizer, engine.loadTokenizer);
      return nextTokens(y, lengths ?? new Float64Array(y.length / O).fill(I), I, tokenizer, modelLoss);
    }
    if (heads !== null) {
      const losses = modelLoss && new Map(modelLoss.heads?.map(({ name, loss }) => [name, loss]));
      const { headLabels: labels = {}, headThresholds: thresholds = {} } = metadata;
      const lengthsOf = (k: number) => lengthsOfHead(network, lengths, k);
      const { target } = preprocessing ?? {};
      return answersOfHeads(y, O, { heads, losses, target, labels, thresholds, lengthsOf }) as unknown as Answer[];
    }
    const answers = answersOf(y, O / R, {
      loss: modelLoss,
      target: preprocessing?.target,
      labels: metadata.labels,
      threshold: R === 1 ? metadata.threshold : undefined,
    });
    return R === 1 ? answers : byRow(answers, R, lengthsOfOutputs(network, lengths));
  }

  return {
    spec,
    parameters,
    ...(loss === undefined ? {} : { loss }),
    metadata,
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(fused === undefined ? {} : { fused }),
    ...(parts.modules.length === 0 ? {} : { parts }),
    get fingerprint() {
      cachedFingerprint ??= engine.fingerprint(parameters, parts.modules);
      return cachedFingerprint;
    },
    get weights() {
      return namedWeights(network, parameters);
    },
    summary: () => summarize(network),
    outputs: ((rows: AnyRows, options: OutputOptions & FeatureOptions = NO_OPTIONS) => {
      const { layer, out } = options;
      checkKeys('outputs', options, FEATURE_KEYS);
      if (layer === undefined) return inForm(rows, computeRows('outputs', rows, options), options);
      const { part, x, lengths } = partFor('outputs', layer, rows, options.lengths);
      return inForm(rows, part.outputs(x, { lengths, out } as object), options);
    }) as Model['outputs'],
    probabilities: ((rows: AnyRows, options: OutputOptions = NO_OPTIONS) => {
      checkKeys('probabilities', options, OUTPUT_KEYS);
      refuseHeads('probabilities');
      // Computed in doubles, also for floats.
      const isFloats = options.out instanceof Float32Array;
      const y = computeRows('probabilities', rows, isFloats ? { ...options, out: undefined } : options) as Float64Array;
      toProbabilities('probabilities', modelLoss, y, O / R);
      if (isFloats) outputArray('probabilities', y.length / O, options.out).set(y);
      return inForm(rows, y, options);
    }) as Model['probabilities'],
    encode(rows, options = NO_OPTIONS) {
      checkKeys('encode', options, ['onNote']);
      const { x } = readRows('encode', rows, listenerIn('encode', options));
      return x instanceof Float64Array ? x : Float64Array.from(x);
    },
    classify(rows, options = NO_OPTIONS) {
      checkKeys('classify', options, ['lengths']);
      refuseHeads('classify');
      const y = computeRows('classify', rows, options) as Float64Array;
      return classify(y, O / R, modelLoss, R === 1 ? metadata.threshold : undefined);
    },
    predict(rows, options = NO_OPTIONS) {
      checkKeys('predict', options, PREDICT_KEYS);
      const encodedRows = readRows('predict', rows, listenerIn('predict', options));
      const lengths = options.lengths ?? encodedRows.lengths;
      return answersIn(compute('predict', encodedRows.x, lengths) as Float64Array, lengths);
    },
    async predictAll(rows, options = NO_OPTIONS) {
      checkKeys('predictAll', options, PREDICT_THREAD_KEYS);
      listenerIn('predictAll', options); // refuses what is not a function before the work begins
      const answers: Answer[] = [];
      await computeAll('predictAll', rows, options, (y, lengths) => {
        for (const answer of answersIn(y, lengths)) answers.push(answer);
      });
      return answers;
    },
    outputsAll: (async (rows: AnyRows, options: OutputOptions & FeatureOptions & ThreadOptions = NO_OPTIONS) => {
      const { layer, out, threads } = options;
      checkKeys('outputsAll', options, FEATURE_THREAD_KEYS);
      if (layer === undefined) return inForm(rows, await computeAll('outputsAll', rows, options), options);
      const { part, x, lengths } = partFor('outputsAll', layer, rows, options.lengths);
      return inForm(rows, await part.outputsAll(x, { lengths, out, threads } as object), options);
    }) as Model['outputsAll'],
    generate(prompt, options = {}) {
      const sampling = generateOptions.read(options);
      const writer = writerFor('generate', 1); // of one text
      return firstParts(writeTexts(writer, [writer.begin(prompt)], [sampling], 1));
    },
    generateAll(prompts, options = {}) {
      const sampling = generateOptions.read(options);
      const { seed } = sampling;
      checkList('generateAll', 'prompts', prompts, 'a list of texts');
      const lastSeed = Number.MAX_SAFE_INTEGER - (prompts.length - 1);
      if (seed > lastSeed) {
        const expected = `at most ${lastSeed} (each of ${prompts.length} texts has the next seed)`;
        throw new OptionError('generateAll', 'seed', `has ${seed}, expected ${expected}`);
      }
      const texts = Math.max(1, Math.min(prompts.length, MAX_TEXTS));
      const writer = writerFor('generateAll', texts);
      const drafts = Array.from(prompts, (prompt) => writer.begin(prompt));
      return writeTexts(
        writer,
        drafts,
        drafts.map((_, k) => ({ ...sampling, seed: seed + k })),
        texts,
      );
    },
  };
}

/** The parts of one text that have at least a character. */
function* firstParts(parts: Iterable<readonly string[]>): Generator<string, void, undefined> {
  for (const [part] of parts) if (part !== '') yield part;
}

/** The listener among options. @throws OptionError unless it is a function. */
function listenerIn(where: string, { onNote }: PredictOptions) {
  if (onNote === undefined || typeof onNote === 'function') return onNote;
  throw new OptionError(where, 'onNote', `has ${show(onNote)}, expected a function`);
}

/** Computes outputs in this thread. */
const inThisThread =
  (predictor: Predictor): ParallelPredictor =>
  async (x, lengths, y) =>
    void predictor(x, lengths, y);

/** A writer with the weights that the model has at the first token. @throws Error unless it is a model of text. */
export function writerOf(where: string, contents: ModelContents, engine: ModelEngine, texts = 1): Writer {
  const { network, preprocessing } = checkModel(where, contents);
  const { parameters, loss = 'mse' } = contents;
  const text = ofText(preprocessing)?.text;
  if (text === undefined) {
    throw new Error(`${where}: the model is a model of ${kindOfRows(preprocessing)}, expected a model of text`);
  }
  return createWriter(where, {
    network,
    text,
    loadTokenizer: engine.loadTokenizer,
    createContinuation() {
      refuseBadWeights(where, network, parameters);
      return engine.createContinuation(network, parameters, loss, texts);
    },
  });
}

/** Names the kind of rows of a model that is not one of text, for messages. */
function kindOfRows(preprocessing: Preprocessing | undefined): string {
  if (ofImages(preprocessing) !== undefined) return 'images';
  const table = ofTable(preprocessing);
  if (table === undefined) return 'plain numbers';
  return table.series === undefined ? 'a table' : 'a series';
}
