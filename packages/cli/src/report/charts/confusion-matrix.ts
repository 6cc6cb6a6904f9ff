import { cell, text } from '@observablehq/plot';
import { percent, whole } from '../../terminal/text/format.ts';
import { highest } from '../axes.ts';
import type { Answers } from '../findings/findings.ts';
import { isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

const NO_ANSWER = 'no answer';

/** With more classes the numbers would be unreadable. */
const MAX_CLASSES = 24;

interface Count {
  readonly label: number;
  readonly answer: number;
  readonly rows: number;
}

/** Confusion matrix: actual against predicted classes. Null if there are too many classes. */
export function confusionMatrix({ labels, confusion, split }: Answers): Picture | null {
  if (labels.length > MAX_CLASSES) return null;
  const counts: Count[] = confusion.flatMap((answers, label) =>
    answers.map((rows, answer) => ({ label, answer, rows })),
  );
  const wrongCells = counts.filter(({ label, answer, rows }) => label !== answer && rows > 0);
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  const wrongCount = wrongCells.reduce((sum, { rows }) => sum + rows, 0);
  const [worstCell] = [...wrongCells].sort((a, b) => b.rows - a.rows);
  const rowsOf = (label: number) => confusion[label].reduce((sum, rows) => sum + rows, 0);
  const name = (c: number) => labels[c] ?? NO_ANSWER;
  const shareOf = ({ label, rows }: Count) => rows / Math.max(1, rowsOf(label));
  const maxShare = wrongCells.reduce((max, count) => Math.max(max, shareOf(count)), 0);
  const title =
    worstCell === undefined
      ? `All ${whole(total)} ${split} rows are classified correctly`
      : `Most frequent error: ${name(worstCell.label)} ${worstCell.answer < labels.length ? `predicted as ${name(worstCell.answer)}` : `gets ${NO_ANSWER}`}, ${whole(worstCell.rows)} of ${whole(rowsOf(worstCell.label))} rows`;
  const shadeText =
    worstCell === undefined
      ? ''
      : ` The colour of an error is in proportion to its share of the rows of its class; the darkest is ${percent(maxShare)}.`;
  return {
    name: 'confusion',
    title,
    caption: `Confusion matrix of the ${split} set: actual class down, predicted class across, correct rows on the outlined diagonal.${shadeText} ${whole(wrongCount)} of ${whole(total)} rows are wrong (${percent(wrongCount / total)}).`,
    altText: `Confusion matrix of ${labels.length} classes. ${labels.map((label, c) => `${label}: ${confusion[c][c]} of ${rowsOf(c)} correct`).join('; ')}.`,
    draw: (width) => {
      const answers = confusion[0].map((_, c) => c);
      const longest = highest(answers.map((c) => name(c).length));
      const left = Math.min(width / 3, 34 + Math.min(14, longest) * 7);
      const shortName = (c: number) => (name(c).length > 14 ? `${name(c).slice(0, 13)}…` : name(c));
      const narrow = isNarrow(width);
      const size = Math.min(narrow ? 30 : 52, (width - left - 8) / answers.length);
      const domain = labels.map((_, c) => c);
      const rotatesLabels = longest * 7 > size;
      return drawPlot({
        width,
        height: Math.round(size * 0.8 * labels.length) + (rotatesLabels ? 120 : 60),
        margins: {
          left: left,
          right: Math.max(4, width - left - size * answers.length),
          top: rotatesLabels ? 96 : 38,
          bottom: 18,
        },
        padding: 0.04,
        x: {
          type: 'band',
          domain: answers,
          label: 'predicted class',
          axis: 'top',
          tickFormat: shortName,
          tickSize: 0,
          tickRotate: rotatesLabels ? -60 : 0,
        },
        y: { type: 'band', domain, label: 'actual class', tickFormat: shortName, tickSize: 0 },
        marks: [
          cell(counts, {
            x: 'answer',
            y: 'label',
            fill: 'var(--c2)',
            fillOpacity: (count: Count) =>
              count.label === count.answer || maxShare === 0 ? 0 : (0.8 * shareOf(count)) / maxShare,
            stroke: ({ label, answer }: Count) => (label === answer ? 'var(--c1)' : 'var(--rule)'),
            strokeWidth: 1,
            title: (count: Count) =>
              `${name(count.label)} ${count.answer < labels.length ? `predicted as ${name(count.answer)}` : NO_ANSWER}: ${whole(count.rows)} of ${whole(rowsOf(count.label))} rows (${percent(shareOf(count))})`,
          }),
          text(
            counts.filter(({ rows }) => rows > 0),
            {
              x: 'answer',
              y: 'label',
              text: ({ rows }: Count) => String(rows),
              fontSize: size < 26 ? 9 : 12,
              fill: 'var(--ink)',
              pointerEvents: 'none',
            },
          ),
        ],
      });
    },
  };
}
