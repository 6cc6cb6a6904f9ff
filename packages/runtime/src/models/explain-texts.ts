import { buildNetwork, createLoss, type Model, type ModelContents, OptionError } from '@gradloom/core';
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
  typeOf,
} from '@gradloom/core/internal';
import { checkDataset } from '../data/check-dataset.ts';
import { checkInput } from '../data/check-input.ts';
import type { DataMatrix, Dataset } from '../data/dataset.ts';
import { anyRows, inputRows } from '../data/file-rows.ts';
import { FILE_ORDER, gatherRows } from '../data/gather.ts';
import { attentionOver } from '../engine/evaluation/predictor.ts';
import { inTurns } from '../system/turns/in-turns.ts';
import { explainRows } from './explaining/explain-rows.ts';
import type { TextExplanation, TextToExplain } from './explaining/explain-text.ts';
import { createModel } from './model.ts';

const isRows = (value: unknown): value is ArrayLike<number> =>
  (Array.isArray(value) || ArrayBuffer.isView(value)) &&
  Array.from(value as ArrayLike<unknown>).every(Number.isInteger);

const explainTextsOptions = defineOptions('explainTexts', {
  /** The explained rows of the dataset, from 0. @default all */
  rows: option.checkedBy('a list of whole numbers', isRows)(),
  /** Worker threads. Their number never changes the result. @default all cores */
  threads: option.positiveInteger(),
  /** Called with the share of the work that is done. */
  onProgress: option.unchecked<(done: number) => void>(),
});

/** Options of `explainTexts`. */
export interface ExplainTextsOptions extends OptionsOf<typeof explainTextsOptions.table>, Named {}

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
  const { rows, threads, onProgress } = explainTextsOptions.read(options);
  const { spec, parameters, loss = 'softmax-cross-entropy', parts } = model;
  const { name, targets, lengths } = dataset;
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
  await inTurns(checkInput('explainTexts', network, dataset));
  const explainedRows = rows ?? Array.from({ length: dataset.rows }, (_, n) => n);
  for (const row of Array.from(explainedRows)) {
    if (row >= 0 && row < dataset.rows) continue;
    const expected = `rows from 0 to ${dataset.rows - 1} (of ${showName(name)})`;
    throw new Error(`explainTexts: rows has ${show(row)}, expected ${expected}`);
  }
  function textAt(n: number): TextToExplain {
    const row = explainedRows[n];
    const inputs = Float64Array.from(inputRows(dataset, row, 1, typeOf(parameters)));
    return { kind: 'text', row, inputs, lengths: lengths && numbersOf(lengths, row), targets: numbersOf(targets, row) };
  }
  return explainRows(model, explainedRows.length, textAt, { threads, onProgress });
}

function numbersOf(matrix: DataMatrix, row: number): Float64Array {
  const numbers = new Float64Array(matrix.columns);
  gatherRows(numbers, matrix, FILE_ORDER, row, 1, anyRows);
  return numbers;
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
