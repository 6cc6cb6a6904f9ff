import { createLoss } from '@gradloom/core';
import { type DataSplits, type Dataset, evaluateModel, type Model, openModelFile, subset } from '@gradloom/runtime';
import { checkRunFile, datasetOfHead, hasTargetsByPosition, modelsOfHeads } from '@gradloom/runtime/internal';
import { openModelRows } from '../../files/models/model-rows.ts';
import { cornerOf, sheetOfRows, sizeOf } from '../../lab/figures/sheet.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { defined } from '../../options/option.ts';
import type { Answers } from '../../report/findings/findings.ts';
import { mistakeReader } from '../train/findings/read-answers.ts';
import type { WrongAnswers, WrongMessage, WrongRows } from './messages.ts';

/** Maximum number of rows with a wrong answer that a page shows of a run. */
const MAX_SHOWN = 12;

/** Maximum number of rows that a checkpoint answers: they take a moment of one core. */
const MAX_ANSWERED = 1000;

/** Settles after the newest evaluation of a checkpoint: they take place one after another. */
let newestEvaluation: Promise<unknown> = Promise.resolve();

/**
 * The rows that a checkpoint answers wrongly, among the first of those that the run holds out. A thread of its own
 * computes the answers, which are those of `evaluate`. `localSets` has the rows of a run of this process.
 * @throws Error (rejects) if there is no checkpoint, or its rows have no classes.
 */
export function askCheckpoint(path: string, localSets?: DataSplits): Promise<WrongMessage> {
  const answer = newestEvaluation.then(() => answerOf(path, localSets));
  newestEvaluation = answer.catch(() => {});
  return answer;
}

async function answerOf(path: string, localSets: DataSplits | undefined): Promise<WrongMessage> {
  checkRunFile('live', path, 'a checkpoint');
  const { model, checkpoint } = openModelFile(path, loadOptions());
  // The split does not matter here: only the sets of the opened rows are used.
  const { split, dataset } = heldOutRows(
    localSets ?? (await openModelRows(model, undefined, 'train', { mayStream: true })).sets,
  );
  const wrongAnswersOfTargets: WrongAnswers[] = [];
  const count = Math.min(MAX_ANSWERED, dataset.rows);
  const firstRows = Uint32Array.from({ length: count }, (_, row) => row);
  const rows = count === dataset.rows ? dataset : subset(dataset, firstRows);
  for (const { name, model: targetModel } of modelsOfHeads(model) ?? [{ name: null, model }]) {
    const rowsOfTarget = name === null ? rows : datasetOfHead(rows, name);
    if (rowsOfTarget === undefined || rowsOfTarget.classes === null || hasTargetsByPosition(rowsOfTarget)) continue;
    wrongAnswersOfTargets.push(await wrongAnswers(targetModel, rowsOfTarget, split, name));
  }
  if (wrongAnswersOfTargets.length === 0)
    throw new Error(`${dataset.name} has rows without a class, expected a class for each row`);
  return { step: checkpoint?.progress.step ?? null, rows: count, answers: wrongAnswersOfTargets };
}

async function wrongAnswers(model: Model, rows: Dataset, split: string, target: string | null): Promise<WrongAnswers> {
  const lossSpec = model.loss ?? 'softmax-cross-entropy';
  const loss = createLoss(lossSpec, model.parts?.customParts);
  const { reader, mistakes, mistakeCount } = mistakeReader(loss);
  await evaluateModel(model.spec, model.parameters, rows, {
    ...defined({ parts: model.parts }),
    loss: lossSpec,
    threads: 1,
    readers: [reader],
  });
  const mistakenRows = mistakes();
  const labels = Array.from({ length: rows.classes ?? 0 }, (_, c) => rows.labels?.[c] ?? String(c));
  const rowNumbers = mistakenRows.map(({ row }) => row);
  const mistakenImages = sheetOfRows(rows, rowNumbers);
  return {
    mistaken: mistakeCount(),
    wrong: wrongRows({ split, labels, mistakes: mistakenRows, mistakenImages }, target),
  };
}

/** The validation rows of a run, else its test rows. */
function heldOutRows(sets: DataSplits) {
  for (const split of ['validation', 'test'] as const) {
    const dataset = sets[split];
    if (dataset !== undefined) return { split, dataset };
  }
  throw new Error(`${sets.train.name} has training rows alone, expected validation or test rows (--validation 0.1)`);
}

/** The surest wrong answers as the page shows them. */
export function wrongRows(
  { split, labels, mistakes, mistakenImages: sheet }: Pick<Answers, 'split' | 'labels' | 'mistakes' | 'mistakenImages'>,
  target: string | null = null,
): WrongRows {
  return {
    target,
    split,
    rows: mistakes
      .slice(0, MAX_SHOWN)
      .map(({ row, label, answer, probability }, k) => ({
        row,
        label: labels[label],
        answer: labels[answer],
        probability: Number.isNaN(probability) ? null : probability,
        corner: sheet ? cornerOf(sheet, k) : [0, 0],
      })),
    sheet: sheet ? { width: sheet.width, height: sheet.height, size: sizeOf(sheet), png: sheet.png } : null,
  };
}
