import { type Model, NO_ANSWER } from '@gradloom/core';
import { type InputGradient, viewOf } from '@gradloom/core/internal';

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

/** A row of tokens to explain. */
export interface TextToExplain {
  readonly kind: 'text';
  readonly row: number; // of the dataset
  readonly inputs: Float64Array; // [T] tokens
  readonly lengths: Float64Array | undefined; // of each part of the row; undefined: no padding
  readonly targets: Float64Array; // one for each answer
  /** Never set: carries the type of the result. */
  readonly explanation?: TextExplanation;
}

/** In a thread: explains a row of tokens. */
export function explainText(
  model: Model,
  gradient: InputGradient,
  { row, inputs: x, lengths, targets: t }: TextToExplain,
): TextExplanation {
  const length = lengths?.[0] ?? x.length;
  const position = t.length === 1 ? 0 : length - 1;
  const answer = model.classify(x, { lengths })[position];
  const probabilities = model.probabilities(x, { lengths });
  const V = probabilities.length / t.length;
  const p = viewOf(probabilities, position * V, V);
  const dy = new Float64Array(probabilities.length);
  // dlog(p)/dy of a softmax.
  for (let v = 0; v < V && answer !== NO_ANSWER; v++) dy[position * V + v] = (v === answer ? 1 : 0) - p[v];
  const influences = gradient(x, dy, lengths).slice(0, length);
  const tokens = Array.from(viewOf(x, 0, length));
  return { row, tokens, answer, target: t[position], probability: p[answer], influences };
}
