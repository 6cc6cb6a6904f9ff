import { decimal, percent } from '../../terminal/text/format.ts';
import type { Answers, Curves } from '../findings/findings.ts';
import type { Picture } from '../picture.ts';
import { lineChart, type Series } from './line-chart.ts';

const CHANCE_STROKE = { color: 'var(--soft)', dash: '5 4' };

/** ROC and precision-recall curves of the second of two classes, or of each of several. */
export function rankingPictures({ curves = [], split }: Answers): Picture[] {
  if (curves.length === 0) return [];
  const isSingle = curves.length === 1;
  const areas = (area: 'rocAuc' | 'prAuc'): string =>
    curves.map(({ label, [area]: value }) => `${isSingle ? '' : `${label} `}${decimal(value)}`).join(', ');
  const subject = isSingle ? `class ${curves[0].label}` : 'each class against all others';
  const draw = (series: readonly Series[], x: string, y: string) =>
    lineChart({ series, x: { label: x }, y: { label: y, domain: [0, 1] }, height: 320, legend: true });
  const linesOf = (pointOf: (point: Curves[number]['points'][number]) => readonly [number, number]): Series[] =>
    curves.map(({ label, points }) => ({ name: label, points: points.map(pointOf), dots: false }));
  const roc = linesOf(([falsePositives, recall]) => [falsePositives, recall]).map((line) => ({
    ...line,
    points: [[0, 0] as const, ...line.points],
  }));
  const shares = curves.map(({ label, share }) => `${label} ${percent(share)}`).join(', ');
  const diagonal = [0, 1].map((end) => [end, end] as const);
  const chance: Series = { name: 'chance', points: diagonal, stroke: CHANCE_STROKE, dots: false };
  return [
    {
      name: 'roc',
      title: `ROC AUC ${areas('rocAuc')}`,
      caption: `Of ${subject}, on the ${split} rows: the share of its rows that are found, against the share of other rows that are taken for it, at each threshold. A coin is on the dashed line.`,
      altText: `ROC curve: the area is ${areas('rocAuc')}.`,
      draw: draw([...roc, chance], 'false positives', 'recall'),
    },
    {
      name: 'precision-recall',
      title: `PR AUC ${areas('prAuc')}`,
      caption: `Of ${subject}, on the ${split} rows: the share of the rows taken for it that belong to it, against the share of its rows that are found. A coin has the precision of its share: ${shares}.`,
      altText: `Precision-recall curve: the area is ${areas('prAuc')}.`,
      draw: draw(
        linesOf(([, recall, precision]) => [recall, precision]),
        'recall',
        'precision',
      ),
    },
  ];
}
