import { buildNetwork, createLoss, type LossSpec, type NetworkSpec } from '@gradloom/core';
import { doubles, number, record, show } from '@gradloom/core/internal';
import { fingerprint } from '../files/fingerprint.ts';
import type { Json } from '../files/json.ts';
import { classify } from './classify.ts';
import { createPredictor, type Predictor } from './predictor.ts';
import { toProbabilities } from './probabilities.ts';
import { flatRows, type NestedRows, nestedRows, type Rows } from './rows.ts';

/** Metadata of a model: any JSON. These keys have a meaning. */
export interface ModelMetadata {
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** Stored inputs were divided by this number: 255 for bytes of images. */
  readonly divisor?: number;
  readonly [note: string]: Json | undefined;
}

/** The parts of a model. The result of a run has all of them. */
export interface ModelContents {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The weights [P], layer by layer, W then b. */
  readonly parameters: Float64Array;
  /** The loss that it was trained with; it says whether outputs are logits. @default outputs are values */
  readonly loss?: LossSpec;
  /** Metadata. @default {} */
  readonly metadata?: ModelMetadata;
}

/**
 * A network with its weights, which answers synchronously in the calling thread. Pass arrays of rows to get arrays, or
 * a Float64Array to get a Float64Array.
 */
export interface Model extends ModelContents {
  /** Metadata. */
  readonly metadata: ModelMetadata;
  /** SHA-256 of the weights as 64 hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * The outputs [N, O] of the network, values or logits, for rows [N, I] that are divided by the divisor as in
   * training.
   * @throws Error, as the two below, for rows that do not fit and for a weight that is not finite; InputError for a row
   * that leads to an index that an embedding does not have.
   */
  predict(rows: Float64Array): Float64Array;
  /** The same, with one array per row. */
  predict(rows: NestedRows): number[][];
  /**
   * Softmax or sigmoid of the outputs; rows without an answer may contain NaN.
   * @throws Error if the loss does not take logits.
   */
  probabilities(rows: Float64Array): Float64Array;
  /** The same, with one array per row. */
  probabilities(rows: NestedRows): number[][];
  /**
   * The class of each row [N], an index into `metadata.labels`: the highest output or, with one output for two
   * classes, 1 for yes. It is -1 for a row without an answer: one of its outputs is NaN or infinite, because of its
   * inputs or an overflow.
   */
  classify(rows: Rows): number[];
}

/**
 * A model from weights in memory; it uses the weights as they were at the first call.
 * @throws Error if its parts do not fit together.
 */
export function createModel(contents: ModelContents): Model {
  const { network, loss: trainedOn } = checkModel('createModel', contents);
  const { parameters, loss, metadata = {} } = contents;
  const { spec, input: I, output: O } = network;
  let predictor: Predictor | undefined;

  function outputs(where: string, rows: Rows): Float64Array {
    const x = flatRows(where, rows, I);
    predictor ??= createPredictor(where, network, parameters, loss ?? 'mse');
    return predictor(where, x);
  }

  function predict(rows: Float64Array): Float64Array;
  function predict(rows: NestedRows): number[][];
  function predict(rows: Rows): Float64Array | number[][] {
    const y = outputs('predict', rows);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
  }

  function probabilities(rows: Float64Array): Float64Array;
  function probabilities(rows: NestedRows): number[][];
  function probabilities(rows: Rows): Float64Array | number[][] {
    const y = outputs('probabilities', rows);
    toProbabilities('probabilities', trainedOn, y, O);
    return rows instanceof Float64Array ? y : nestedRows(y, O);
  }

  return {
    spec,
    parameters,
    ...(loss === undefined ? {} : { loss }),
    metadata,
    fingerprint: fingerprint(parameters),
    predict,
    probabilities,
    classify: (rows) => classify(outputs('classify', rows), O, trainedOn),
  };
}

/** The network and the loss of a model. @throws Error if its parts do not fit together. */
export function checkModel(where: string, contents: ModelContents) {
  record(where, 'model', contents, '{ spec, parameters }');
  const { spec, parameters, loss, metadata = {} } = contents;
  const network = buildNetwork(spec);
  if (doubles(where, 'parameters', parameters).length !== network.parameterCount) {
    throw new Error(`${where}: parameters has ${parameters.length} numbers, expected ${network.parameterCount}`);
  }
  record(where, 'metadata', metadata, 'an object');
  const { labels, divisor } = metadata;
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))) {
    throw new Error(`${where}: metadata.labels has ${show(labels)}, expected an array of names`);
  }
  if (divisor !== undefined) number(where, 'metadata.divisor', divisor, 'other than 0', (value) => value !== 0);
  return { network, loss: loss === undefined ? null : createLoss(loss) };
}
