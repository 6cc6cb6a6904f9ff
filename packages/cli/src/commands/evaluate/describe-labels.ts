import type { FigureName } from '@gradloom/core/internal';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, showLabel, whole } from '../../terminal/text/format.ts';
import type { Findings } from './describe-evaluation.ts';

/** The figures of one of several targets. */
export interface FindingsOfTarget {
  readonly name: string;
  readonly findings: Findings;
}

/** Whether all targets have two classes: each is a label that a row has or has not. */
export const areLabels = (targets: readonly FindingsOfTarget[]): boolean =>
  targets.length > 1 && targets.every(({ findings }) => findings.task === 'binary' && findings.classes !== null);

const SHOWN = ['f1', 'pr-auc', 'precision', 'recall'] as const satisfies FigureName[];

const figureOf = ({ figures }: Findings, figure: FigureName): number =>
  figures.find(({ name }) => name === figure)?.value ?? Number.NaN;

/** Means over labels, and F1 of all labels of all rows together. */
export function meansOfLabels(labels: readonly FindingsOfTarget[]) {
  const mean = (figure: FigureName): number =>
    labels.reduce((sum, { findings }) => sum + figureOf(findings, figure), 0) / labels.length;
  let [right, errors] = [0, 0];
  for (const { findings } of labels) {
    const [no, yes] = findings.classes ?? [];
    right += yes.answers[1];
    errors += no.answers[1] + yes.rows - yes.answers[1];
  }
  return {
    ...(Object.fromEntries(SHOWN.map((figure) => [figure, mean(figure)])) as Record<(typeof SHOWN)[number], number>),
    'f1-micro': (2 * right) / (2 * right + errors),
  };
}

/** The figures of labels, a line each, and their means. */
export function labelTable(labels: readonly FindingsOfTarget[]): string[] {
  const labelMeans = meansOfLabels(labels);
  const rows = labels.map(({ name, findings }) => [
    showLabel(name),
    whole(findings.classes?.[1].rows ?? 0),
    ...SHOWN.map((figure) => decimal(figureOf(findings, figure))),
    decimal(findings.threshold?.value ?? Number.NaN),
  ]);
  const head = ['label', 'rows with it', 'F1', 'average precision', 'precision', 'recall', 'threshold'];
  const mean = ['mean', '', ...SHOWN.map((figure) => decimal(labelMeans[figure])), ''];
  return [
    ...columns([head, ...rows, mean], { right: [1, 2, 3, 4, 5, 6] }),
    '',
    `  F1 of all labels of all rows together: ${decimal(labelMeans['f1-micro'])}`,
    '  --json has each label with its calibration and confusion matrix',
  ];
}
