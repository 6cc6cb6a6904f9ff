import { howText } from '../../lab/figures/importances.ts';
import { pictureNameOf } from '../../lab/figures/run-charts.ts';
import { capital, decimal, percent, plural, showLabel, whole } from '../../terminal/text/format.ts';
import { importancePicture, MAX_SHOWN } from '../charts/importance.ts';
import type { Answers, Findings, Predictions, TableFindings } from '../findings/findings.ts';
import type { Chapter, Table } from '../page.ts';
import type { Picture } from '../picture.ts';

/** The columns of a user's table: how important each is, and what became of it. */
export function columnsChapter({ columns, columnsInAll, importances }: TableFindings): Chapter {
  const listed =
    columns.length < columnsInAll ? [`The first ${plural(columns.length, 'column')} of ${whole(columnsInAll)}.`] : [];
  return {
    title: 'Columns',
    pictures: importances.map(importanceOfTarget),
    tables: [
      {
        title: 'How each column is used',
        head: ['column', 'use', 'why', 'gaps', 'becomes'],
        rows: columns.map(({ name, use, reason, gaps, becomes }) => [
          showLabel(name),
          use,
          reason,
          gaps === 0 ? '' : whole(gaps),
          becomes,
        ]),
        numeric: [3],
        notes: listed,
      },
    ],
  };
}

function importanceOfTarget({ target, ...importances }: TableFindings['importances'][number], k: number): Picture {
  const picture = importancePicture(importances);
  const omitted = importances.importances.length > MAX_SHOWN ? ` ${picture.caption}` : '';
  const caption = `${howText(importances)} Columns that hold the same information share it.${omitted}`;
  if (target === null) return { ...picture, caption };
  const title = `${showLabel(target)}: ${picture.title}`;
  return { ...picture, name: pictureNameOf(picture.name, target, k), title, caption };
}

/** Tables of the answers: figures by threshold, and the rows that are most wrong, for each target. */
export function answerTables({ answers, predictions, targets = [], table }: Findings): Table[] {
  return [
    ...thresholdTables(answers, ''),
    ...wrongRowTables(answers, predictions ?? null, table ?? null, ''),
    ...targets.flatMap((target) => [
      ...thresholdTables(target.answers, `${showLabel(target.name)}: `),
      ...wrongRowTables(target.answers, target.predictions, table ?? null, `${showLabel(target.name)}: `),
    ]),
  ];
}

/** A title after the name of its target, or alone. */
const titleOf = (prefix: string, title: string): string => (prefix === '' ? capital(title) : prefix + title);

function thresholdTables(answers: Answers | null, prefix: string): Table[] {
  const { thresholds = [], labels = [], split = '' } = answers ?? {};
  if (thresholds.length === 0) return [];
  const [, positive] = labels;
  return [
    {
      title: titleOf(prefix, `figures of ${positive} by threshold`),
      head: ['threshold', 'precision', 'recall', 'F1', 'accuracy'],
      rows: thresholds.map(({ threshold, precision, recall, f1, accuracy }) => [
        String(threshold),
        ...[precision, recall, f1, accuracy].map((share) => (Number.isNaN(share) ? '–' : percent(share))),
      ]),
      numeric: [1, 2, 3, 4],
      notes: [
        `Rows of the ${split} set whose probability of ${positive} is above the threshold are taken for ${positive} (evaluate --threshold).`,
      ],
    },
  ];
}

/** The rows that are most wrong, with some of their cells. None for rows without cells. */
function wrongRowTables(
  answers: Answers | null,
  predictions: Predictions | null,
  table: TableFindings | null,
  prefix: string,
): Table[] {
  const { cellColumns = [], rows: cellRows = [] } = table ?? {};
  if (cellColumns.length === 0) return [];
  const cellsOf = (row: number): readonly string[] => cellRows.find((line) => line.row === row)?.cells ?? [];
  const wrongTable = (title: string, split: string, head: string[], rows: [number, ...string[]][]): Table[] =>
    rows.length === 0
      ? []
      : [
          {
            title,
            head: ['row', ...head, ...cellColumns.map(showLabel)],
            rows: rows.map(([row, ...texts]) => [whole(row), ...texts, ...cellsOf(row)]),
            notes: [
              `Rows of the ${split} set, counted from 0, with the cells of up to 8 columns, the most important first.`,
            ],
          },
        ];
  if (answers !== null) {
    const { labels, mistakes, split } = answers;
    return wrongTable(
      titleOf(prefix, 'the rows that are most surely wrong'),
      split,
      ['actual', 'predicted', 'probability'],
      mistakes.map(({ row, label, answer, probability }) => [
        row,
        labels[label],
        labels[answer],
        Number.isNaN(probability) ? '' : percent(probability),
      ]),
    );
  }
  return (predictions?.outputs ?? []).flatMap(({ name, worst = [] }) =>
    wrongTable(
      titleOf(
        name === undefined || prefix !== '' ? prefix : `${showLabel(name)}: `,
        'the rows with the largest errors',
      ),
      predictions?.split ?? '',
      ['actual', 'predicted', 'error'],
      worst.map(({ row, actual, predicted }) => [
        row,
        decimal(actual),
        decimal(predicted),
        decimal(predicted - actual),
      ]),
    ),
  );
}
