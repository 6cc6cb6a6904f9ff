import {
  buildNetwork,
  createLoss,
  type Model,
  type ModelContents,
  NO_ANSWER,
  OptionError,
  type Pausable,
} from '@gradloom/core';
import {
  type AttentionWeights,
  checkList,
  checkObject,
  defineOptions,
  type Named,
  nameOfLayer,
  type OptionsOf,
  option,
  show,
  showName,
  targetPositions,
  typeOf,
  viewOf,
} from '@gradloom/core/internal';
import { checkDataset } from '../data/check-dataset.ts';
import type { Dataset } from '../data/dataset.ts';
import { anyRows, inputRows } from '../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../data/gather.ts';
import { checkInput } from '../data/targets.ts';
import { attentionOver, createInputGradients } from '../engine/evaluation/predictor.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { createModel } from './model.ts';

const isRows = (value: unknown): value is ArrayLike<number> =>
  (Array.isArray(value) || ArrayBuffer.isView(value)) &&
  Array.from(value as ArrayLike<unknown>).every(Number.isInteger);

const explainTextsOptions = defineOptions('explainTexts', {
  /** The explained rows of the dataset, from 0. @default all */
  rows: option.checkedBy('a list of whole numbers', isRows)(),
  /** Called with the share of the work that is done. */
  onProgress: option.unchecked<(done: number) => void>(),
});

/** Options of `explainTexts`. */
export interface ExplainTextsOptions extends OptionsOf<typeof explainTextsOptions.table>, Named {}

/** The tokens of a row that a network's answer depends on. */
export interface TextExplanation {
  /** The row of the dataset. */
  readonly row: number;
  /** The tokens that the model read [t], without padding. */
  readonly tokens: readonly number[];
  /** The answer after the last token, or for the row; -1 if an output is not finite. */
  readonly answer: number;
  /** The target of the answer. */
  readonly target: number;
  /** Probability of the answer. */
  readonly probability: number;
  /** How much the answer depends on each token [t]; 0 without an answer. */
  readonly influences: Float64Array;
}

/**
 * Finds the tokens that a model's answer depends on, for rows of tokens. Gradient times input, Σ e · dlog(p)/de over
 * the vector e of a token, where p is the probability of the answer after the last token: to first order, log(p) would
 * fall by this if the token had a vector of zeros. A token of a negative number speaks against the answer. The result
 * has the same bits on every machine. [Shrikumar et al. 2016](https://arxiv.org/abs/1605.01713)
 * @throws Error (rejects) if the model does not begin with an embedding that alone reads the tokens, or rows do not
 * fit it.
 */
export async function explainTexts(
  model: Model,
  dataset: Dataset,
  options: ExplainTextsOptions = {},
): Promise<TextExplanation[]> {
  checkObject('explainTexts', 'model', model, 'a model');
  await inTurns(checkDataset('explainTexts', dataset));
  return inTurns(explanations(model, dataset, explainTextsOptions.read(options)));
}

function* explanations(
  model: Model,
  dataset: Dataset,
  { rows, onProgress }: ReturnType<typeof explainTextsOptions.read>,
): Pausable<TextExplanation[]> {
  const { spec, parameters, loss = 'softmax-cross-entropy', parts } = model;
  const { name, targets } = dataset;
  const network = buildNetwork(spec, parts?.customParts);
  if (network.allLayers[0].spec.kind !== 'embedding' || createLoss(loss, parts?.customParts).targets !== 'classes') {
    const has =
      network.allLayers[0].spec.kind === 'embedding' ? 'values as outputs' : `${network.layers[0].label} first`;
    throw new Error(`explainTexts: the model has ${has}, expected an embedding first, and classes of each position`);
  }
  const other = network.allLayers.find(({ inputs }, k) => k > 0 && inputs.includes(0));
  if (other !== undefined) {
    const expected = 'expected the embedding alone to read them, since all influence goes through its vectors';
    throw new Error(`explainTexts: ${nameOfLayer(other)} reads the tokens, ${expected}`);
  }
  if (dataset.classes === null) {
    throw new Error(`explainTexts: ${showName(name)} has values as targets, expected classes`);
  }
  yield* checkInput('explainTexts', network, dataset);
  const gradient = createInputGradients(network, parameters, loss);
  const { outputs: O } = network;
  const R = targetPositions(network, createLoss(loss, parts?.customParts));
  const V = O / R;
  const t = new Float64Array(targets.columns);
  const lengthsOfRow = new Float64Array(dataset.lengths?.columns ?? 0);
  const textExplanations: TextExplanation[] = [];
  const explainedRows = rows ?? Array.from({ length: dataset.rows }, (_, n) => n);
  for (let k = 0; k < explainedRows.length; k++) {
    const row = explainedRows[k];
    if (row < 0 || row >= dataset.rows) {
      const expected = `rows from 0 to ${dataset.rows - 1} (of ${showName(name)})`;
      throw new Error(`explainTexts: rows has ${show(row)}, expected ${expected}`);
    }
    const x = Float64Array.from(inputRows(dataset, row, 1, typeOf(parameters)));
    gatherRows(t, targets, FILE_ORDER, row, 1, anyRows);
    if (dataset.lengths !== undefined) gatherRows(lengthsOfRow, dataset.lengths, FILE_ORDER, row, 1, anyRows);
    const lengths = dataset.lengths === undefined ? undefined : lengthsOfRow;
    const length = lengths?.[0] ?? x.length;
    const position = R === 1 ? 0 : length - 1;
    const answer = model.classify(x, { lengths })[position];
    const p = viewOf(model.probabilities(x, { lengths }), position * V, V);
    const dy = new Float64Array(O);
    // dlog(p)/dy of a softmax.
    for (let v = 0; v < V && answer !== NO_ANSWER; v++) dy[position * V + v] = (v === answer ? 1 : 0) - p[v];
    const influences = gradient(x, dy, lengths).slice(0, length);
    const tokens = Array.from(viewOf(x, 0, length));
    textExplanations.push({ row, tokens, answer, target: t[position], probability: p[answer], influences });
    onProgress?.((k + 1) / explainedRows.length);
    yield;
  }
  return textExplanations;
}

/**
 * The attention weights of all self-attention layers of a model that predicts the next token, over the first tokens of
 * a row, with the same bits on every machine.
 */
export function attentionOf(contents: ModelContents, tokens: readonly number[]): AttentionWeights[] {
  const { spec, parameters, loss = 'mse', parts } = createModel(contents);
  const network = buildNetwork(spec, parts?.customParts);
  const count = checkList('attentionOf', 'tokens', tokens, 'a list of tokens').length;
  if (count < 1 || count > network.inputs) {
    throw new OptionError('attentionOf', 'tokens', `has ${count} tokens, expected 1 to ${network.inputs}`);
  }
  return attentionOver(network, parameters, loss, tokens);
}
