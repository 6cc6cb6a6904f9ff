import { buildNetwork, createLoss, type LossSpec, type NetworkSpec } from '@gradloom/core';
import { doubles, number, record, show } from '@gradloom/core/internal';
import { classify } from './classify.ts';
import type { Json } from './files/json.ts';
import { fingerprint } from './fingerprint.ts';
import { createPredictor, type Predictor } from './predictor.ts';
import { toProbabilities } from './probabilities.ts';
import { flatRows, type NestedRows, nestedRows, type Rows } from './rows.ts';

/** What a model carries beside its weights: anything in JSON, of which these have a meaning. */
export interface ModelMetadata {
  /** Names of the classes, in the order of their indices. */
  readonly labels?: readonly string[];
  /** The network was trained on stored numbers over this one: 255 for bytes of images. */
  readonly divisor?: number;
  readonly [note: string]: Json | undefined;
}

/** The parts of a model. The result of a run has them all. */
export interface ModelContents {
  /** The network. */
  readonly spec: NetworkSpec;
  /** The weights [P], layer by layer, W then b. */
  readonly parameters: Float64Array;
  /** The loss that it was trained on: says whether outputs are logits. @default outputs are values */
  readonly loss?: LossSpec;
  /** What the model carries beside its weights. @default {} */
  readonly metadata?: ModelMetadata;
}

/**
 * A network with its weights, which answers in the thread that asks. Arrays of rows in, arrays out; a Float64Array
 * likewise.
 */
export interface Model extends ModelContents {
  /** What the model carries beside its weights. */
  readonly metadata: ModelMetadata;
  /** SHA-256 of the weights as 64 hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * The network's outputs [N, O], values or logits, for rows [N, I] as the network was trained on: divided by the
   * divisor.
   * @throws Error, as the two below, for rows that do not fit and for a weight that is not finite; InputError for a row
   * with or behind which is an index that an embedding does not have.
   */
  predict(rows: Float64Array): Float64Array;
  /** Likewise, with an array a row. */
  predict(rows: NestedRows): number[][];
  /**
   * Softmax or sigmoid of the outputs; NaN may stand in rows without an answer.
   * @throws Error where the loss takes no logits.
   */
  probabilities(rows: Float64Array): Float64Array;
  /** Likewise, with an array a row. */
  probabilities(rows: NestedRows): number[][];
  /**
   * The class of each row [N], an index into `metadata.labels`: the highest output, or of one output 1 for yes. It is
   * -1, no class, for a row without an answer: one of its outputs is NaN or infinite, by its inputs or by an overflow.
   */
  classify(rows: Rows): number[];
}

/**
 * A model of weights in memory; it computes with the weights as they were at the first call.
 * @throws Error where its parts do not fit.
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

/** The network and the loss of a model. @throws Error where its parts do not fit. */
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
