import type { Evaluation } from '@gradloom/runtime';
import type { TakenRows } from '../datasets/split-names.ts';
import type { Paint } from '../terminal/paint.ts';
import { columns } from '../text/columns.ts';
import { decimal, percent, plural, whole } from '../text/format.ts';
import type { ClassFigures } from './class-figures.ts';

/** The results of `evaluate`. */
export interface Findings {
  readonly fingerprint: string;
  readonly dataset: string;
  readonly split: TakenRows['split'];
  readonly evaluation: Evaluation;
  readonly topK: { readonly k: number; readonly accuracy: number } | null;
  readonly classes: readonly ClassFigures[] | null;
  readonly leftOut: number | null; // classes, where they are too many for a table of each
}

/** Text output: the results, each class, and the confusion matrix if it fits. */
export function describeEvaluation(findings: Findings, width: number, paint: Paint): string[] {
  const { dataset, split, evaluation, classes, leftOut } = findings;
  const lines = [
    `${dataset}: ${plural(evaluation.rows, `${split === 'all' ? '' : split === 'train' ? 'training ' : `${split} `}row`)}`,
    '',
    ...columns(figures(findings, paint)),
  ];
  if (leftOut !== null)
    return [...lines, '', `  The table of ${whole(leftOut)} classes is left out: they are too many.`];
  return classes === null ? lines : [...lines, '', ...classTable(classes), '', ...matrix(classes, width)];
}

function figures({ evaluation, topK }: Findings, paint: Paint): string[][] {
  const { rows, loss, accuracy, mae, rmse, r2, unanswered = 0 } = evaluation;
  const table: string[][] = [];
  if (accuracy !== undefined) {
    table.push([
      'accuracy',
      `${paint('bold', percent(accuracy))}  (${whole(Math.round(accuracy * rows))} of ${whole(rows)})`,
    ]);
  }
  if (topK !== null) table.push([`top-${topK.k} accuracy`, percent(topK.accuracy)]);
  table.push(['loss', decimal(loss)]);
  for (const [name, value] of Object.entries({ mae, rmse, r2 }))
    if (value !== undefined) table.push([name, decimal(value)]);
  if (unanswered > 0) {
    const consequence = accuracy === undefined ? '' : ', counted as wrong';
    table.push(['no answer', `${plural(unanswered, 'row')}  (an output is not a finite number${consequence})`]);
  }
  return table;
}

function classTable(classes: readonly ClassFigures[]): string[] {
  const rows = classes.map(({ label, rows, recall, precision }) => [
    label,
    whole(rows),
    share(recall),
    share(precision),
  ]);
  return columns([['class', 'rows', 'recall', 'precision'], ...rows], { right: [1, 2, 3] });
}

/**
 * The confusion matrix: rows are classes, columns predictions, the last one of rows without an answer, if any; 0 is a
 * dot.
 */
function matrix(classes: readonly ClassFigures[], width: number): string[] {
  const isWhole = classes.every(({ unanswered }) => unanswered === 0);
  const head = ['predicted', ...classes.map(({ label }) => label), ...(isWhole ? [] : ['no answer'])];
  const body = classes.map(({ label, answers, unanswered }) => [
    label,
    ...[...answers, ...(isWhole ? [] : [unanswered])].map((count) => (count === 0 ? '·' : String(count))),
  ]);
  const lines = columns([head, ...body], { right: head.map((_, c) => c).slice(1) });
  if (lines.every((line) => line.length <= width)) return lines;
  return [`  The confusion matrix of ${classes.length} classes is wider than this terminal: --json has it.`];
}

const share = (value: number): string => (Number.isNaN(value) ? '-' : percent(value));
