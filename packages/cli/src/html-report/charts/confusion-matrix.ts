import { cell, text } from '@observablehq/plot';
import { percent, whole } from '../../report/format.ts';
import { highest } from '../extremes.ts';
import type { Answers } from '../findings/findings.ts';
import { isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../plot.ts';

const NO_ANSWER = 'no answer';

/** Of more classes the numbers would not be readable. */
const MOST = 24;

interface Count {
  readonly label: number;
  readonly answer: number;
  readonly rows: number;
}

/** Classes against answers. Null where there are too many of them. */
export function confusionMatrix({ labels, confusion, split }: Answers): Picture | null {
  if (labels.length > MOST) return null;
  const counts: Count[] = confusion.flatMap((answers, label) =>
    answers.map((rows, answer) => ({ label, answer, rows })),
  );
  const wrong = counts.filter(({ label, answer, rows }) => label !== answer && rows > 0);
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  const missed = wrong.reduce((sum, { rows }) => sum + rows, 0);
  const [most] = [...wrong].sort((a, b) => b.rows - a.rows);
  const rowsOf = (label: number) => confusion[label].reduce((sum, rows) => sum + rows, 0);
  const name = (c: number) => labels[c] ?? NO_ANSWER;
  const title =
    most === undefined
      ? `All ${whole(total)} ${split} rows are answered rightly`
      : `Most often, ${name(most.label)} ${most.answer < labels.length ? 'is taken for' : 'gets'} ${name(most.answer)}: ${whole(most.rows)} of ${whole(rowsOf(most.label))} times`;
  return {
    name: 'confusion',
    title,
    sentence: `Rows of the ${split} set by their class (down) and the answer (across). The outlined diagonal is right; the darker any other cell, the more often that mistake is made. ${whole(missed)} of ${whole(total)} answers are wrong (${percent(missed / total)}).`,
    alternative: `Matrix of ${labels.length} classes by answers. ${labels.map((label, c) => `${label}: ${confusion[c][c]} of ${rowsOf(c)} right`).join('; ')}.`,
    draw: (width) => {
      const answers = confusion[0].map((_, c) => c);
      const longest = highest(answers.map((c) => name(c).length));
      const left = Math.min(width / 3, 34 + Math.min(14, longest) * 7);
      const short = (c: number) => (name(c).length > 14 ? `${name(c).slice(0, 13)}…` : name(c));
      const narrow = isNarrow(width);
      const size = Math.min(narrow ? 30 : 52, (width - left - 8) / answers.length);
      const domain = labels.map((_, c) => c);
      const crowded = longest * 7 > size;
      const most = highest([1, ...wrong.map(({ rows }) => rows)]);
      return drawPlot({
        width,
        height: Math.round(size * 0.8 * labels.length) + (crowded ? 120 : 60),
        marginLeft: left,
        marginRight: Math.max(4, width - left - size * answers.length),
        marginTop: crowded ? 96 : 38,
        marginBottom: 18,
        padding: 0.04,
        x: {
          type: 'band',
          domain: answers,
          label: 'answer',
          axis: 'top',
          tickFormat: short,
          tickSize: 0,
          tickRotate: crowded ? -60 : 0,
        },
        y: { type: 'band', domain, label: 'class', tickFormat: short, tickSize: 0 },
        marks: [
          cell(counts, {
            x: 'answer',
            y: 'label',
            fill: 'var(--c2)',
            fillOpacity: ({ label, answer, rows }: Count) => (label === answer ? 0 : 0.75 * Math.sqrt(rows / most)),
            stroke: ({ label, answer }: Count) => (label === answer ? 'var(--c1)' : 'var(--rule)'),
            strokeWidth: 1,
          }),
          text(
            counts.filter(({ rows }) => rows > 0),
            {
              x: 'answer',
              y: 'label',
              text: ({ rows }: Count) => String(rows),
              fontSize: size < 26 ? 9 : 12,
              fill: 'var(--ink)',
            },
          ),
        ],
      });
    },
  };
}
