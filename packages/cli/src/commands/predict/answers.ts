import { buildNetwork, createLoss, InputError, NO_ANSWER } from '@gradloom/core';
import {
  badOutput,
  classify,
  columnsOfRows,
  decodeValue,
  headsOf,
  lengthsOfOutputs,
  ofText,
  show,
  targetPositions,
  toProbabilities,
} from '@gradloom/core/internal';
import { createTokenizer, type Model } from '@gradloom/runtime';
import { modelsOfHeads } from '@gradloom/runtime/internal';
import { defined } from '../../options/option.ts';
import type { RowBatch } from './number-rows.ts';

/** The prediction of a row. */
export interface Answer {
  readonly row: number; // index in its source, counted from 0
  readonly targets?: Readonly<Record<string, Omit<Answer, 'row'>>>; // of several outputs, by name
  readonly class?: number | null; // index of the class, for a classifier; null if the row has no answer
  readonly label?: string; // name of the class
  // if positions have classes: the class of each real position and the name of the class; null without an answer
  readonly classes?: readonly (number | null)[];
  readonly names?: readonly (string | null)[];
  // probability of the class, if the outputs are logits; null if there is no answer
  readonly probability?: number | null;
  readonly outputs?: readonly number[]; // values, or logits; absent for several targets
  readonly reason?: string; // why the row has no answer
  readonly target?: readonly number[];
  readonly targetLabel?: string; // name of the target class, if it has one
  readonly text?: string; // of a model of text: the predicted tokens
  readonly targetText?: string; // the tokens that do follow
}

/** A function that answers batches of rows. */
export function createAnswers(model: Model): (batch: RowBatch) => Promise<Answer[]> {
  const outputsOf = ({ x, rowIndices, lengths }: RowBatch) => predict(model, x, rowIndices, lengths);
  const heads = headsOf(buildNetwork(model.spec, model.parts?.customParts));
  if (heads === null) {
    const answer = createSingleAnswers(model);
    return async (batch) => answer(batch, await outputsOf(batch));
  }
  const headAnswers = (modelsOfHeads(model) ?? []).map(({ name, model: headModel }) => {
    const { start, size } = heads.find((head) => head.name === name) ?? { start: 0, size: 0 };
    return { name, start, size, answer: createSingleAnswers(headModel) };
  });
  return async ({ targets: _, targetLabels: __, targetsOfHeads, ...batch }) => {
    const outputs = await outputsOf(batch);
    const B = batch.rowIndices.length;
    const answers = headAnswers.map(({ name, start, size, answer }) => {
      const headOutputs = columnsOfRows(outputs, B, outputs.length / B, start, size);
      return { name, rows: answer({ ...batch, ...targetsOfHeads?.[name] }, headOutputs) };
    });
    return batch.rowIndices.map((row, n): Answer => {
      const answersByTarget = answers.map(
        ({
          name,
          rows: {
            [n]: { row: _, ...ofHead },
          },
        }) => [name, ofHead] as const,
      );
      return { row, targets: Object.fromEntries(answersByTarget) };
    });
  };
}

/** A function that reads the answers of a model of one output from its outputs [N, O] for a batch. */
function createSingleAnswers(model: Model): (batch: RowBatch, outputs: Float64Array) => Answer[] {
  const loss = model.loss === undefined ? null : createLoss(model.loss, model.parts?.customParts);
  const choosesClasses = loss?.targets === 'classes' || loss?.name === 'soft-target-cross-entropy';
  const onLogits = choosesClasses || loss?.name === 'binary-cross-entropy';
  const { classes, labels, threshold } = model.metadata;
  const decodings = model.preprocessing?.target;
  const text = ofText(model.preprocessing)?.text;
  const tokenizer = text === undefined ? undefined : createTokenizer(text.tokenizer);
  const network = buildNetwork(model.spec, model.parts?.customParts);
  const R = loss === null ? 1 : targetPositions(network, loss); // positions
  return ({ rowIndices, targets, targetLabels, lengths }, outputs) => {
    const O = outputs.length / rowIndices.length;
    if (R > 1) {
      const outputLengths = lengthsOfOutputs(network, lengths);
      return answerPositions(outputs, rowIndices, targets, classify(outputs, O / R, loss), outputLengths);
    }
    const hasOneOutput = O === 1 && !choosesClasses;
    const isClassifier = choosesClasses || typeof classes === 'number' || (onLogits && O === 1);
    const chosenClasses = isClassifier ? classify(outputs, O, loss, threshold) : [];
    const probabilities = isClassifier && onLogits ? outputs.slice() : undefined;
    if (probabilities !== undefined) toProbabilities('predict', loss, probabilities, O);
    return rowIndices.map((row, n): Answer => {
      const chosenClass = chosenClasses[n];
      const badIndex = badOutput(outputs, n, O);
      const hasNoAnswer = chosenClass === NO_ANSWER;
      const probability = hasNoAnswer ? undefined : probabilities?.[hasOneOutput ? n : n * O + chosenClass];
      return {
        row,
        ...defined({
          class: hasNoAnswer ? null : chosenClass,
          label: labels?.[chosenClass],
          probability: probability !== undefined && hasOneOutput && chosenClass === 0 ? 1 - probability : probability,
        }),
        ...(hasNoAnswer && probabilities !== undefined ? { probability: null } : {}),
        outputs: Array.from({ length: O }, (_, o) => decodeValue(outputs[n * O + o], decodings?.[o])),
        ...(badIndex === undefined
          ? {}
          : { reason: `output ${badIndex} has ${show(outputs[n * O + badIndex])}, expected a finite number` }),
        ...defined({
          target: targets?.[n].map((t, o) => decodeValue(t, decodings?.[o])),
          targetLabel: targetLabels?.[n],
        }),
      };
    });
  };

  /** The answers to rows whose positions have classes. */
  function answerPositions(
    outputs: Float64Array, // [N, R, classes]
    rowIndices: readonly number[],
    targets: RowBatch['targets'],
    chosenClasses: readonly number[], // [N, R]
    lengths: ArrayLike<number> | undefined, // [N] of the outputs
  ): Answer[] {
    const O = outputs.length / rowIndices.length;
    return rowIndices.map((row, n) => {
      const rowClasses = chosenClasses.slice(n * R, n * R + (lengths?.[n] ?? R));
      const classesOrNull = rowClasses.map((classIndex) => (classIndex === NO_ANSWER ? null : classIndex));
      return {
        row,
        classes: classesOrNull,
        ...defined({
          names: labels && classesOrNull.map((classIndex) => (classIndex === null ? null : labels[classIndex])),
        }),
        outputs: [...outputs.subarray(n * O, (n + 1) * O)],
        ...defined({
          target: targets?.[n],
          text: classesOrNull.includes(null) ? undefined : tokenizer?.decode(rowClasses),
          targetText: targets && tokenizer?.decode(targets[n].filter((token) => token >= 0)),
        }),
      };
    });
  }
}

/** The outputs [N, O]. @throws InputError naming a row by its index in the source. */
async function predict(model: Model, x: Float64Array, rowIndices: readonly number[], lengths: RowBatch['lengths']) {
  try {
    return await model.outputsAll(x, { lengths });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(rowIndices[error.row], error.problem, { where: 'predict' });
  }
}
