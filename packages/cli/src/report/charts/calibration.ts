import { percent, plural, whole } from '../../terminal/text/format.ts';
import type { Answers } from '../findings/findings.ts';
import type { Picture } from '../picture.ts';
import { lineChart } from './line-chart.ts';

/** Calibration: mean probability against the share of rows of the class. Null if the model has no probabilities. */
export function calibrationPicture({ calibration = [], labels, split }: Answers): Picture | null {
  const bins = calibration.filter(({ rows }) => rows > 0);
  const total = bins.reduce((sum, { rows }) => sum + rows, 0);
  if (total === 0) return null;
  const error =
    bins.reduce((sum, { rows, probability, share }) => sum + rows * Math.abs(probability - share), 0) / total;
  const isBinary = labels.length === 2;
  const [xLabel, yLabel] = isBinary
    ? [`probability of ${labels[1]}`, `share of ${labels[1]}`]
    : ['probability of the predicted class', 'share of right rows'];
  return {
    name: 'calibration',
    title: `Probabilities are off by ${percent(error)} on average`,
    caption: `${plural(total, `${split} row`)} in ${plural(calibration.length, 'bin')} by the ${xLabel}: its mean across, the ${yLabel} up. On the dashed line probabilities are right; below it they are too high, above it too low. Bins of few rows are far off by chance.`,
    altText: bins
      .map(({ rows, probability, share }) => `${whole(rows)} rows at ${percent(probability)}: ${percent(share)}`)
      .join('; '),
    draw: lineChart({
      series: [
        { name: 'model', points: bins.map(({ probability, share }) => [probability, share] as const), dots: true },
        {
          name: 'perfect',
          points: [
            [0, 0],
            [1, 1],
          ],
          stroke: { color: 'var(--soft)', dash: '5 4' },
          dots: false,
        },
      ],
      x: { label: xLabel },
      y: { label: yLabel, domain: [0, 1] },
      height: 320,
    }),
  };
}
