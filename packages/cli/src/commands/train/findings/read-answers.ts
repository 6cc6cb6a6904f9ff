import { buildNetwork, createLoss, type Loss, metrics, NO_ANSWER } from '@gradloom/core';
import {
  createDecision,
  createScoring,
  type EvaluatedRows,
  figures,
  hasProbabilities,
  scoreInto,
  targetKind,
  toProbabilities,
} from '@gradloom/core/internal';
import { type Dataset, type Evaluation, evaluateModel, type OutputReader, type TrainResult } from '@gradloom/runtime';
import { hasTargetsByPosition, memoryRoom } from '@gradloom/runtime/internal';
import { binsOf, type CalibrationBin } from '../../../lab/figures/calibration-bins.ts';
import { sheetOfRows } from '../../../lab/figures/sheet.ts';
import { defined } from '../../../options/option.ts';
import { type Answers, MAX_CURVES, type Mistake } from '../../../report/findings/findings.ts';
import { classFigures } from '../../evaluate/class-figures.ts';
import { curvesOf, holdScores, scoresFit } from '../../evaluate/held-scores.ts';
import type { Recipe } from '../recipe.ts';

const MAX_MISTAKES = 15;

/** Evaluates the weights of a finished run on rows, as the run itself does. */
export const evaluateResult = (
  { values: { blas } }: Recipe,
  { spec, parameters, loss, parts, backend, threads }: TrainResult,
  rows: Dataset,
  readers: readonly OutputReader[],
): Promise<Evaluation> =>
  evaluateModel(spec, parameters, rows, { loss, backend: backend.name, threads, ...defined({ parts, blas }), readers });

/** The confusion matrix and the worst errors of rows, from the evaluation of the test accuracy. */
export async function readAnswers(recipe: Recipe, result: TrainResult): Promise<Answers | null> {
  const { sets } = recipe;
  const [split, dataset] = sets.test === undefined ? ['validation', sets.validation] : ['test', sets.test];
  if (dataset === undefined || dataset.classes === null || hasTargetsByPosition(dataset)) return null;
  const loss = createLoss(result.loss, result.parts?.customParts);
  const { threshold = 0.5 } = loss;
  const targets = targetKind(loss);
  const confusion = metrics['confusion-matrix']({ targets, threshold });
  const mistakeCollector = mistakeReader(loss);
  const scoring = createScoring({
    loss,
    outputs: buildNetwork(result.spec, result.parts?.customParts).outputs,
    classes: dataset.classes,
    areBits: false, // only rows without classes have bits for targets
  });
  const calibration = scoring.hasProbabilities
    ? metrics.calibration({ targets: scoring.task === 'binary' ? 'values' : 'classes' })
    : null;
  const hasCurves = dataset.classes <= MAX_CURVES && scoresFit(dataset.rows, scoring, memoryRoom().bytes);
  const heldScores = hasCurves ? holdScores(dataset.rows, scoring) : null;
  const scoreReaders = [calibration, heldScores].filter((reader) => reader !== null);
  const scores = { add: scoreInto(scoring, scoreReaders), bytes: heldScores?.bytes ?? 0 };
  await evaluateResult(recipe, result, dataset, [confusion, mistakeCollector.reader, scores]);
  const classes = classFigures(confusion.value(), dataset.labels);
  const mistakes = mistakeCollector.mistakes();
  const isWhole = classes.every(({ unanswered }) => unanswered === 0);
  return {
    split,
    labels: classes.map(({ label }) => label),
    confusion: classes.map(({ answers, unanswered }) => (isWhole ? answers : [...answers, unanswered])),
    mistakes,
    mistakenImages: sheetOfRows(
      dataset,
      mistakes.map(({ row }) => row),
    ),
    calibration: calibration === null ? undefined : binsOf(calibration.value()).map(toFigures),
    curves: heldScores === null ? undefined : await curvesOf(heldScores.scores, scoring, dataset.labels),
    thresholds:
      heldScores !== null && scoring.task === 'binary' && scoring.hasProbabilities
        ? thresholdsOf(heldScores.scores)
        : undefined,
  };
}

/** Figures at each tenth of the probability of the second of two classes. */
const thresholdsOf = ({ rows, y, t }: EvaluatedRows): Answers['thresholds'] =>
  Array.from({ length: 9 }, (_, k) => {
    const threshold = (k + 1) / 10;
    const at = (name: 'precision' | 'recall' | 'f1' | 'accuracy') => {
      const metric = figures[name].metric('binary', threshold);
      metric.add(y, t, rows, 1);
      return metric.value();
    };
    return { threshold, precision: at('precision'), recall: at('recall'), f1: at('f1'), accuracy: at('accuracy') };
  });

const toFigures = ({ rows, probability, share }: CalibrationBin) => ({
  rows,
  probability: probability ?? Number.NaN,
  share: share ?? Number.NaN,
});

type RankedMistake = Mistake & { readonly margin: number };

/** Counts misclassified rows, and keeps those whose wrong answer is the most probable, or has the largest margin. */
export function mistakeReader(loss: Loss): {
  reader: OutputReader;
  mistakes: () => Mistake[];
  mistakeCount: () => number;
} {
  const { threshold = 0.5 } = loss;
  const { answer: answerOf, target: labelOf } = createDecision('answers', { targets: targetKind(loss), threshold });
  const worstMistakes: RankedMistake[] = [];
  let rowsBefore = 0;
  let count = 0;
  const reader: OutputReader = {
    add(y, t, B, O) {
      const p = hasProbabilities(loss) ? y.slice(0, B * O) : null;
      if (p !== null) toProbabilities('answers', loss, p, O);
      // A single output is the score of the second of two classes.
      const isBinary = O === 1 && loss.targets === 'values';
      for (let n = 0; n < B; n++) {
        const [answer, label] = [answerOf(y, n, O), labelOf(t, n, O)];
        if (answer === label || answer === NO_ANSWER) continue;
        count++;
        const outputProbability = p?.[isBinary ? n : n * O + answer] ?? Number.NaN;
        const probability = isBinary && answer === 0 ? 1 - outputProbability : outputProbability;
        const margin = isBinary ? Math.abs(y[n] - threshold) : y[n * O + answer] - y[n * O + label];
        worstMistakes.push({ row: rowsBefore + n, label, answer, probability, margin });
        worstMistakes.sort((a, b) => b.probability - a.probability || b.margin - a.margin || a.row - b.row);
        worstMistakes.length = Math.min(worstMistakes.length, MAX_MISTAKES);
      }
      rowsBefore += B;
    },
  };
  return {
    reader,
    mistakes: () => worstMistakes.map(({ margin: _, ...mistake }) => mistake),
    mistakeCount: () => count,
  };
}
