import { buildNetwork, createLoss, InputError, NO_ANSWER } from '@gradloom/core';
import { badOutput, decodeValue, ofText, show, targetPositions } from '@gradloom/core/internal';
import { createTokenizer, type Model } from '@gradloom/runtime';
import type { RowBatch } from './number-rows.ts';

/** The prediction of a row. */
export interface Answer {
  readonly row: number; // index in its source, counted from 0
  readonly class?: number | null; // index of the class, for a classifier; null if the row has no answer
  readonly label?: string; // name of the class
  // of each real position, if positions have classes: its class and the name, null without an answer
  readonly classes?: readonly (number | null)[];
  readonly names?: readonly (string | null)[];
  // probability of the class, if the outputs are logits; null if there is no answer
  readonly probability?: number | null;
  readonly outputs: readonly number[]; // values, or logits
  readonly reason?: string; // why the row has no answer
  readonly target?: readonly number[];
  readonly targetLabel?: string; // name of the target class, if it has one
  // of a model of text: the tokens that it answers, and those that follow
  readonly text?: string;
  readonly targetText?: string;
}

/** A function that answers batches of rows. */
export function createAnswers(model: Model): (batch: RowBatch) => Answer[] {
  const loss = model.loss === undefined ? null : createLoss(model.loss, model.parts?.customParts);
  const onLogits = loss?.targets === 'classes' || loss?.name === 'binary-cross-entropy';
  const { classes, labels } = model.metadata;
  const decodings = model.preprocessing?.target;
  const text = ofText(model.preprocessing)?.text;
  const tokenizer = text === undefined ? undefined : createTokenizer(text.tokenizer);
  const R = loss === null ? 1 : targetPositions(buildNetwork(model.spec, model.parts?.customParts), loss);
  return ({ x, numbers, targets, targetLabels, lengths }) => {
    const outputs = predict(model, x, numbers, lengths);
    const O = outputs.length / numbers.length;
    if (R > 1) return ofPositions(outputs, numbers, targets, model.classify(x, lengths), lengths);
    const isBinary = O === 1 && loss?.targets !== 'classes'; // one output for two classes
    const chooses = loss?.targets === 'classes' || typeof classes === 'number' || (onLogits && O === 1);
    const chosen = chooses ? model.classify(x, lengths) : [];
    const shares = chooses && onLogits ? model.probabilities(x, lengths) : undefined;
    return numbers.map((row, n) => {
      const best = chosen[n];
      const bad = badOutput(outputs, n, O);
      const isNone = best === NO_ANSWER;
      const share = isNone ? undefined : shares?.[isBinary ? n : n * O + best];
      return {
        row,
        ...(best === undefined ? {} : { class: isNone ? null : best }),
        ...(labels?.[best] === undefined ? {} : { label: labels[best] }),
        ...(share === undefined ? {} : { probability: isBinary && best === 0 ? 1 - share : share }),
        ...(isNone && shares !== undefined ? { probability: null } : {}),
        outputs: Array.from({ length: O }, (_, o) => decodeValue(outputs[n * O + o], decodings?.[o])),
        ...(bad === undefined
          ? {}
          : { reason: `output ${bad} has ${show(outputs[n * O + bad])}, expected a finite number` }),
        ...(targets === undefined ? {} : { target: targets[n].map((t, o) => decodeValue(t, decodings?.[o])) }),
        ...(targetLabels === undefined ? {} : { targetLabel: targetLabels[n] }),
      };
    });
  };

  /** The classes of the real positions of each row. */
  function ofPositions(
    outputs: Float64Array, // [N, R, classes]
    numbers: readonly number[],
    targets: RowBatch['targets'],
    chosen: readonly number[], // [N, R]
    lengths: RowBatch['lengths'],
  ): Answer[] {
    const O = outputs.length / numbers.length;
    return numbers.map((row, n) => {
      const rowClasses = chosen.slice(n * R, n * R + (lengths?.[n] ?? R));
      const classesOrNull = rowClasses.map((best) => (best === NO_ANSWER ? null : best));
      return {
        row,
        classes: classesOrNull,
        ...(labels === undefined ? {} : { names: classesOrNull.map((best) => (best === null ? null : labels[best])) }),
        outputs: [...outputs.subarray(n * O, (n + 1) * O)],
        ...(targets === undefined ? {} : { target: targets[n] }),
        ...(tokenizer === undefined || classesOrNull.includes(null) ? {} : { text: tokenizer.decode(rowClasses) }),
        ...(tokenizer === undefined || targets === undefined
          ? {}
          : { targetText: tokenizer.decode(targets[n].filter((token) => token >= 0)) }),
      };
    });
  }
}

/** The outputs [N, O]. @throws InputError naming a row by its index in the source. */
function predict(
  model: Model,
  x: Float64Array,
  numbers: readonly number[],
  lengths: RowBatch['lengths'],
): Float64Array {
  try {
    return model.outputs(x, lengths);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(numbers[error.row], error.problem, { where: 'predict' });
  }
}
