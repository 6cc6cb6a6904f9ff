import { elements, record } from '../checks/check.ts';
import { finite, notZero } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';
import { createLoss, type LossSpec } from '../families/losses/index.ts';
import { type Elements, typeOf } from '../math/element-type.ts';
import { refuseBadWeights } from '../network/bad-weight.ts';
import { InputError } from '../network/layers/index.ts';
import { buildNetwork, type Network, type NetworkSpec } from '../network/network.ts';
import { refuseBeyondFloats } from '../network/refuse-beyond-floats.ts';
import { type Answer, answersOf, classify, toProbabilities } from './answers/index.ts';
import { checkEncoding } from './check-encoding.ts';
import type { Json } from './files/json.ts';
import { type LoadedParts, type ModuleRecord, NOTHING_LOADED } from './loaded-parts.ts';
import { checkPreprocessing, type Preprocessing } from './preprocessing/index.ts';
import {
  type CellRows,
  createRowReader,
  flatRows,
  type NestedRows,
  type NoteListener,
  nestedRows,
  type Rows,
} from './rows.ts';

/** Metadata of a model: any JSON. These keys have a meaning. */
export interface ModelMetadata {
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Stored inputs were divided by this number: 255 for bytes of images. */
  readonly divisor?: number;
  /**
   * Of two classes: the probability (the output, where the loss gives none) above which the answer is the second.
   * @default the likelier class
   */
  readonly threshold?: number;
  readonly [note: string]: Json | undefined;
}

/** The parts of a model. The result of a run has all of them. */
export interface ModelContents {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The weights [P], layer by layer, W then b. Their type is what the model computes in. */
  readonly parameters: Elements;
  /** The loss that it was trained with; it says whether outputs are logits. @default outputs are values */
  readonly loss?: LossSpec;
  /** Metadata. @default {} */
  readonly metadata?: ModelMetadata;
  /** How rows of a table become inputs, and outputs answers. @default rows are numbers, as the network takes them */
  readonly preprocessing?: Preprocessing;
  /** Parts of a user's own that spec and loss name. @default none */
  readonly parts?: LoadedParts;
}

/**
 * A network with its weights, which answers synchronously in the calling thread. Pass arrays of rows to get arrays, or
 * a Float64Array to get a Float64Array.
 *
 * A model of a table takes rows of the table: objects by column name, or lists of cells in the order of the columns. A
 * Float64Array holds inputs of the network, encoded already.
 */
export interface Model extends ModelContents {
  /** Metadata. */
  readonly metadata: ModelMetadata;
  /** SHA-256 of the weights as 64 hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * The outputs [N, O] of the network, values or logits, for rows [N, I] that are divided by the divisor as in
   * training. A model of floats rounds the rows first, and its outputs are floats, widened.
   * @throws Error, as the two below, for rows that do not fit and for a weight that is not finite; InputError for a row
   * that leads to an index that an embedding does not have.
   */
  outputs(rows: Float64Array): Float64Array;
  /** The same, with one array per row. */
  outputs(rows: NestedRows | CellRows): number[][];
  /**
   * Softmax or sigmoid of the outputs; rows without an answer may contain NaN.
   * @throws Error if the loss does not take logits.
   */
  probabilities(rows: Float64Array): Float64Array;
  /** The same, with one array per row. */
  probabilities(rows: NestedRows | CellRows): number[][];
  /**
   * The class of each row [N], an index into `metadata.labels`: the highest output or, with one output for two
   * classes, 1 for yes. It is -1 for a row without an answer: one of its outputs is NaN or infinite, because of its
   * inputs or an overflow.
   */
  classify(rows: Rows | CellRows): number[];
  /**
   * An answer per row: the name of the class with the probabilities by name, or the value in the target's units.
   * `onNote` hears of categories that no training row had and gaps that few or none had, with the index of the row.
   */
  predict(rows: Rows | CellRows, onNote?: NoteListener): Answer[];
  /**
   * The inputs x [N, I] of the network that rows of a table become; the functions above take them too, as they take
   * rows. `onNote` as for `predict`. @throws Error naming row and column.
   */
  encode(rows: Rows | CellRows, onNote?: NoteListener): Float64Array;
}

/** What computes the outputs of a model: the same bits, whichever it is. */
export interface ModelEngine {
  /** The outputs [N, O] of rows x [N, I], of a copy of the weights, which are finite. */
  createPredictor(network: Network, parameters: Elements, loss: LossSpec): (x: Float64Array) => Float64Array;
  /** SHA-256 of the weights in their type, little-endian, then of the hashes of modules, in hexadecimal. */
  fingerprint(parameters: Elements, modules: readonly ModuleRecord[]): string;
}

/**
 * A model that uses the weights as they were at the first call.
 * @throws Error if its parts do not fit together.
 */
export function assembleModel(where: string, contents: ModelContents, engine: ModelEngine): Model {
  const { network, loss: trainedOn, preprocessing } = checkModel(where, contents);
  const { parameters, loss, metadata = {}, parts = NOTHING_LOADED } = contents;
  const { spec, input: I, output: O } = network;
  const toInputs = preprocessing === undefined ? undefined : createRowReader(preprocessing);
  let predictor: ((x: Float64Array) => Float64Array) | undefined;
  let print: string | undefined;

  function computed(asked: string, rows: Rows | CellRows, onNote?: NoteListener): Float64Array {
    const x = inputsOf(asked, rows, onNote);
    if (predictor === undefined) {
      refuseBadWeights(asked, network, parameters);
      predictor = engine.createPredictor(network, parameters, loss ?? 'mse');
    }
    try {
      return predictor(x);
    } catch (error) {
      throw error instanceof InputError ? new InputError(error.row, error.problem, { where: asked }) : error;
    }
  }

  function inputsOf(where: string, rows: Rows | CellRows, onNote?: NoteListener): Float64Array {
    if (rows instanceof Float64Array || toInputs === undefined) return flatRows(where, rows as Rows, I);
    return toInputs(where, rows, onNote);
  }

  function outputs(rows: Float64Array): Float64Array;
  function outputs(rows: NestedRows | CellRows): number[][];
  function outputs(rows: Rows | CellRows): Float64Array | number[][] {
    const y = computed('outputs', rows);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
  }

  function probabilities(rows: Float64Array): Float64Array;
  function probabilities(rows: NestedRows | CellRows): number[][];
  function probabilities(rows: Rows | CellRows): Float64Array | number[][] {
    const y = computed('probabilities', rows);
    toProbabilities('probabilities', trainedOn, y, O);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
  }

  return {
    spec,
    parameters,
    ...(loss === undefined ? {} : { loss }),
    metadata,
    ...(preprocessing === undefined ? {} : { preprocessing }),
    ...(parts.modules.length === 0 ? {} : { parts }),
    get fingerprint() {
      print ??= engine.fingerprint(parameters, parts.modules);
      return print;
    },
    outputs,
    probabilities,
    encode: (rows, onNote) => inputsOf('encode', rows, onNote),
    classify: (rows) => classify(computed('classify', rows), O, trainedOn, metadata.threshold),
    predict: (rows, onNote) =>
      answersOf(computed('predict', rows, onNote), O, {
        loss: trainedOn,
        target: preprocessing?.target,
        labels: metadata.labels,
        threshold: metadata.threshold,
      }),
  };
}

/** Network, loss and preprocessing of a model. @throws Error if its parts do not fit together. */
export function checkModel(where: string, contents: ModelContents) {
  record(where, 'model', contents, '{ spec, parameters }');
  const { spec, parameters, loss, metadata = {}, parts } = contents;
  const network = buildNetwork(spec, parts?.own);
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
  const preprocessing = contents.preprocessing && checkPreprocessing(where, contents.preprocessing);
  if (preprocessing !== undefined) checkEncoding(where, network, preprocessing);
  return { network, loss: loss === undefined ? null : createLoss(loss, parts?.own), preprocessing };
}
