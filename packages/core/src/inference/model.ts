import { elements, record } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { finite, flag, notZero } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';
import { createLoss, type LossSpec } from '../families/losses/index.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { targetPositions } from '../network/backprop.ts';
import { refuseBadWeights } from '../network/bad-weight.ts';
import type { Continuation } from '../network/continuation.ts';
import { refuseBadLengths } from '../network/lengths.ts';
import { buildNetwork, type Network, type NetworkSpec, namedWeights, type Weight } from '../network/network.ts';
import type { Predictor } from '../network/predict.ts';
import { refuseBeyondFloats } from '../network/refuse-beyond-floats.ts';
import { summarize } from '../network/summary.ts';
import { InputError } from '../program/input-error.ts';
import { type Answer, answersOf, byRow, nextTokens } from './answers/answers.ts';
import { classify, toProbabilities } from './answers/scoring.ts';
import { checkEncoding } from './check-encoding.ts';
import type { Json } from './files/json.ts';
import { type LoadedParts, type ModuleRecord, NOTHING_LOADED } from './loaded-parts.ts';
import type { NamedRow } from './preprocessing/cell.ts';
import { checkPreprocessing } from './preprocessing/check-preprocessing.ts';
import { ofImages, ofTable, ofText, type Preprocessing } from './preprocessing/preprocessing.ts';
import {
  type AnyRows,
  createRowReader,
  type EncodedRows,
  flatRows,
  type ListedRows,
  type NoteListener,
  nestedRows,
} from './rows.ts';
import { createTokenizer, type Tokenizer } from './text/tokenizer.ts';
import { type GenerateOptions, generateOptions } from './writing/sampling.ts';
import { createWriter, type Writer, writeText } from './writing/writer.ts';

/** Metadata of a model: any JSON. The keys below have a meaning. */
export interface ModelMetadata {
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Divisor of stored inputs: 255 for bytes of images. */
  readonly divisor?: number;
  /**
   * With two classes, the second is the answer if its probability is above this (or its output, if the loss gives no
   * probabilities).
   * @default the likelier class
   */
  readonly threshold?: number;
  readonly [note: string]: Json | undefined;
}

/** Parts of a model. The result of a training run has all of them. */
export interface ModelContents {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The weights [P], layer by layer, W then b. The model computes in their type. */
  readonly parameters: Elements;
  /** The loss that it was trained with, which tells whether outputs are logits. @default outputs are values */
  readonly loss?: LossSpec;
  /** Metadata. @default {} */
  readonly metadata?: ModelMetadata;
  /** Encoding of table rows or images and decoding of outputs. @default rows are numbers for the network */
  readonly preprocessing?: Preprocessing;
  /** Whether the products of its training added each term with one rounding. @default unknown */
  readonly fused?: boolean;
  /** The user's own parts that spec and loss name. @default none */
  readonly parts?: LoadedParts;
}

/**
 * A network with its weights. It answers synchronously in the calling thread. Arrays of rows give arrays, a
 * Float64Array gives a Float64Array.
 *
 * A model of a table takes its rows: objects by column name, or lists of cells in column order. A model of images takes
 * bytes [height, width, channels] in its own size, a Uint8Array an image, or numbers, divided by the divisor. A
 * Float64Array holds inputs that are already encoded. A model of text takes texts, of which it reads the last tokens. A
 * model of a series takes windows, lists of rows of the table in the order of time, of which it reads the last.
 */
export interface Model extends ModelContents {
  readonly metadata: ModelMetadata;
  /** SHA-256 of the weights as 64 hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * The tensors of `parameters` by name: position or name of the layer, then name of the tensor, such as `'0.W'`,
   * `'3.0.b'` in a block, or `'encoder.W'`. Their values are views of `parameters`.
   */
  readonly weights: Readonly<Record<string, Weight>>;
  /** A table of the layers as text, with output shapes and numbers of parameters: see the function `summary`. */
  summary(): string;
  /**
   * Outputs [N, O] of the network, values or logits, for rows [N, I]. Rows must be divided by the divisor as in
   * training. A float32 model rounds rows first; its outputs are floats, stored as doubles.
   * @throws Error if rows do not fit or a weight is not finite; InputError if a row leads to an index outside of an
   * embedding's vocabulary. The methods below throw the same errors.
   */
  outputs(rows: Float64Array, lengths?: Lengths): Float64Array;
  /** Returns the outputs of each row as an array of its own. */
  outputs<Row extends NamedRow<Row>>(rows: ListedRows<Row>, lengths?: Lengths): number[][];
  /**
   * Softmax or sigmoid of the outputs, for each position if positions have classes. Rows without an answer may contain
   * NaN.
   * @throws Error if the loss does not take logits.
   */
  probabilities(rows: Float64Array, lengths?: Lengths): Float64Array;
  /** The same probabilities, with one array per row. */
  probabilities<Row extends NamedRow<Row>>(rows: ListedRows<Row>, lengths?: Lengths): number[][];
  /**
   * Class [N] of each row, an index into `metadata.labels`: the largest output or, with one output for two classes, 1
   * for yes. It is -1 for a row without an answer: one of its outputs is NaN or infinite, because of its inputs or an
   * overflow. If positions have classes, all positions of a row follow each other [N, T].
   */
  classify<Row extends NamedRow<Row>>(rows: AnyRows<Row>, lengths?: Lengths): number[];
  /**
   * An answer per row: the class name with probabilities by name, or the value in the target's units; for a text the
   * likeliest next token, with the probabilities of the ten likeliest. `onNote` is
   * called for unknown categories and unusual gaps, with the index of the row.
   */
  predict<Row extends NamedRow<Row>>(rows: AnyRows<Row>, onNote?: NoteListener, lengths?: Lengths): Answer[];
  /**
   * Encodes rows of a table or images as inputs x [N, I] of the network. The methods above accept the result in place
   * of rows.
   * `onNote` is as for `predict`. @throws Error naming row and column.
   */
  encode<Row extends NamedRow<Row>>(rows: AnyRows<Row>, onNote?: NoteListener): Float64Array;
  /**
   * Writes on after a prompt, token by token, as they are asked for:
   *
   * ```ts
   * for (const part of model.generate('First', { tokens: 300, temperature: 0.8, seed: 1 })) show(part);
   * ```
   *
   * The same prompt and options give the same text on every machine. The network reads a window of at most T tokens.
   * When the window is full, a new one begins with its last ⌊T / 2⌋ tokens. A model of lines writes one line. Without
   * a prompt the text begins after a line end.
   * @throws Error if the model is not a model of text, if its network reads later tokens, or for a prompt that it
   * cannot read.
   */
  generate(prompt?: string, options?: GenerateOptions): Generator<string, void, undefined>;
}

/** Real positions of each row [N] of sequences that are padded on the right. By default all are real. */
export type Lengths = ArrayLike<number>;

/** Computes a model's outputs. All engines give the same bits. */
export interface ModelEngine {
  /** Creates a function from rows x [N, I] to outputs [N, O]. It copies the weights, which must be finite. */
  createPredictor(network: Network, parameters: Elements, loss: LossSpec): Predictor;
  /** Creates a function that computes the outputs of a text one token after the other, with the bits of a predictor. */
  createContinuation(network: Network, parameters: Elements, loss: LossSpec): Continuation;
  /** SHA-256 in hexadecimal of the weights in their type, little-endian, followed by the hashes of modules. */
  fingerprint(parameters: Elements, modules: readonly ModuleRecord[]): string;
  /** Loads the tables of GPT-2. Absent: models of its tokens take tokens only. */
  readonly gpt2?: () => Tokenizer;
}

/**
 * Assembles a model. It uses the weights as they are at its first call.
 * @throws Error if its parts do not fit together.
 */
export function assembleModel(where: string, contents: ModelContents, engine: ModelEngine): Model {
  const { network, loss: modelLoss, preprocessing } = checkModel(where, contents);
  const { parameters, loss, metadata = {}, parts = NOTHING_LOADED, fused } = contents;
  const { spec, inputs: I, outputs: O } = network;
  const R = modelLoss === null ? 1 : targetPositions(network, modelLoss);
  const readRows = createRowReader(preprocessing, I, typeOf(parameters), engine.gpt2);
  let predictor: Predictor | undefined;
  let print: string | undefined;
  let writer: Writer | undefined;

  const computed = (where: string, rows: AnyRows, lengths?: Lengths): Float64Array =>
    compute(where, inputsOf(where, rows), lengths);

  function compute(where: string, { x, lengths: encodedLengths }: EncodedRows, lengths?: Lengths): Float64Array {
    const realLengths = lengths ?? encodedLengths;
    refuseBadLengths(where, network, realLengths, x.length / I);
    if (predictor === undefined) {
      refuseBadWeights(where, network, parameters);
      predictor = engine.createPredictor(network, parameters, loss ?? 'mse');
    }
    try {
      return predictor(x, realLengths);
    } catch (error) {
      throw error instanceof InputError ? new InputError(error.row, error.problem, { where }) : error;
    }
  }

  function inputsOf(where: string, rows: AnyRows, onNote?: NoteListener): EncodedRows {
    if (onNote !== undefined && typeof onNote !== 'function') {
      throw new OptionError(where, 'onNote', `has ${show(onNote)}, expected a function`);
    }
    return rows instanceof Float64Array ? { x: flatRows(where, rows, I) } : readRows(where, rows, onNote);
  }

  function outputs(rows: Float64Array, lengths?: Lengths): Float64Array;
  function outputs(rows: ListedRows, lengths?: Lengths): number[][];
  function outputs(rows: AnyRows, lengths?: Lengths): Float64Array | number[][] {
    const y = computed('outputs', rows, lengths);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
  }

  function probabilities(rows: Float64Array, lengths?: Lengths): Float64Array;
  function probabilities(rows: ListedRows, lengths?: Lengths): number[][];
  function probabilities(rows: AnyRows, lengths?: Lengths): Float64Array | number[][] {
    const y = computed('probabilities', rows, lengths);
    toProbabilities('probabilities', modelLoss, y, O / R);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
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
      print ??= engine.fingerprint(parameters, parts.modules);
      return print;
    },
    get weights() {
      return namedWeights(network, parameters);
    },
    summary: () => summarize(network),
    outputs,
    probabilities,
    encode: (rows, onNote) => inputsOf('encode', rows, onNote).x,
    classify: (rows, lengths) =>
      classify(computed('classify', rows, lengths), O / R, modelLoss, R === 1 ? metadata.threshold : undefined),
    predict(rows, onNote, rowLengths) {
      const encoded = inputsOf('predict', rows, onNote);
      const lengths = rowLengths ?? encoded.lengths;
      const y = compute('predict', encoded, lengths);
      const text = ofText(preprocessing)?.text;
      if (text !== undefined) {
        const tokenizer = createTokenizer(text.tokenizer, text.tokenizer.kind === 'gpt2' ? engine.gpt2?.() : undefined);
        return nextTokens(y, lengths ?? new Float64Array(y.length / O).fill(I), I, tokenizer, modelLoss);
      }
      const answers = answersOf(y, O / R, {
        loss: modelLoss,
        target: preprocessing?.target,
        labels: metadata.labels,
        threshold: R === 1 ? metadata.threshold : undefined,
      });
      return R === 1 ? answers : byRow(answers, R, lengths);
    },
    generate(prompt, options = {}) {
      const sampling = generateOptions.read(options);
      writer ??= writerOf('generate', contents, engine);
      return writeText(writer, writer.begin(prompt), sampling);
    },
  };
}

/** A writer with the weights that the model has at the first token. @throws Error unless it is a model of text. */
export function writerOf(where: string, contents: ModelContents, engine: ModelEngine): Writer {
  const { network, preprocessing } = checkModel(where, contents);
  const { parameters, loss = 'mse' } = contents;
  const text = ofText(preprocessing)?.text;
  if (text === undefined) {
    throw new Error(`${where}: the model is a model of ${kindOfRows(preprocessing)}, expected a model of text`);
  }
  return createWriter(where, {
    network,
    text,
    gpt2: text.tokenizer.kind === 'gpt2' ? engine.gpt2?.() : undefined,
    createContinuation() {
      refuseBadWeights(where, network, parameters);
      return engine.createContinuation(network, parameters, loss);
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

/** Checks a model and returns its network, loss and preprocessing. @throws Error if its parts do not fit together. */
export function checkModel(where: string, contents: ModelContents) {
  record(where, 'model', contents, '{ spec, parameters }');
  const { spec, parameters, loss, metadata = {}, parts, fused } = contents;
  const network = buildNetwork(spec, parts?.customParts);
  if (elements(where, 'parameters', parameters).length !== network.parameterCount) {
    throw new Error(`${where}: parameters has ${parameters.length} numbers, expected ${network.parameterCount}`);
  }
  refuseBeyondFloats(where, network, null, typeOf(parameters));
  record(where, 'metadata', metadata, 'an object');
  const { labels, divisor, threshold } = metadata;
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))) {
    throw new Error(`${where}: metadata.labels has ${show(labels)}, expected an array of names`);
  }
  if (divisor !== undefined) notZero.check(where, 'metadata.divisor', divisor);
  if (threshold !== undefined) finite.check(where, 'metadata.threshold', threshold);
  if (fused !== undefined) flag.check(where, 'fused', fused);
  const preprocessing = contents.preprocessing && checkPreprocessing(where, contents.preprocessing);
  if (preprocessing !== undefined) checkEncoding(where, network, preprocessing);
  return { network, loss: loss === undefined ? null : createLoss(loss, parts?.customParts), preprocessing };
}
