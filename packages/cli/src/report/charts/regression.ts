import { dot, line, ruleY } from '@observablehq/plot';
import { MAX_SHOWN_OUTPUTS } from '../../lab/figures/column-units.ts';
import { decimal, showLabel, whole } from '../../terminal/text/format.ts';
import { axisMargins, fittingTicks, highest, innerWidth, lowest, scaleOver, shortNumber, tick } from '../axes.ts';
import { grid } from '../compose.ts';
import type { Predictions } from '../findings/findings.ts';
import { type Draw, isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

/** Maximum number of outputs whose figures are in a title. */
const MAX_TITLED = 4;

type Output = Predictions['outputs'][number];

/** Predictions against targets, and the residuals. */
export function regressionPictures({ split, rows, outputs, columns = outputs.length }: Predictions): Picture[] {
  const nameOf = (k: number) => (outputs.length === 1 ? '' : showLabel(outputs[k].name ?? `output ${k + 1}`));
  const figures = (format: (output: Output) => string) =>
    outputs.map((output, k) => `${nameOf(k)} ${format(output)}`.trim()).join(', ');
  const drawn = outputs.slice(0, MAX_SHOWN_OUTPUTS);
  const isMany = outputs.length > MAX_TITLED;
  const [r2, rmse] = [figures((output) => decimal(output.r2)), figures((output) => decimal(output.rmse))];
  const drawnRows = highest(outputs.map(({ points }) => points.length));
  const omissions = [
    drawnRows < rows ? ` ${whole(drawnRows)} of the ${whole(rows)} rows are drawn.` : '',
    drawn.length < columns ? ` The first ${drawn.length} of ${whole(columns)} targets are drawn.` : '',
  ].join('');
  const panels = (drawOutput: (output: Output) => Draw): Draw =>
    outputs.length === 1
      ? drawOutput(outputs[0])
      : grid(
          drawn.map((output, k) => ({ title: nameOf(k), draw: drawOutput(output) })),
          2,
        );
  return [
    {
      name: 'predicted-against-actual',
      title: `Predicted against actual values${isMany ? '' : `: R² ${r2}`}`,
      caption: `Each point is a row of the ${split} set. On the dashed line the prediction is exact.${omissions}${isMany ? ` R² is ${r2}.` : ''}`,
      altText: `Predicted against actual values of ${whole(rows)} ${split} rows. ${figures(({ r2, rmse }) => `R² ${decimal(r2)}, RMSE ${decimal(rmse)}`)}.`,
      draw: panels(predictionPlot),
    },
    {
      name: 'residuals',
      title: `Residuals${isMany ? '' : `: RMSE ${rmse}`}`,
      caption: `Predicted minus actual value of each row, by the predicted value. Without a pattern around zero, the rest is noise.${omissions}${isMany ? ` RMSE is ${rmse}.` : ''}`,
      altText: figures(({ points }) => {
        const residuals = points.map(([actual, value]) => value - actual);
        return `Residuals from ${shortNumber(lowest(residuals))} to ${shortNumber(highest(residuals))}`;
      }),
      draw: panels(residualPlot),
    },
  ];
}

const titleOf = ([actual, value]: readonly [number, number]): string =>
  `actual ${decimal(actual)}, predicted ${decimal(value)}`;

/** Ticks across a chart of this width. */
const ticksIn = (values: readonly number[], width: number): number[] =>
  values.length === 0 ? [] : fittingTicks(lowest(values), highest(values), innerWidth(width), 8);

const dotStyle = { r: 3, fill: 'var(--c1)', fillOpacity: 0.5 };

const predictionPlot =
  ({ points }: Output): Draw =>
  (width) => {
    const values = points.flat();
    const ends = values.length === 0 ? [0, 1] : [lowest(values), highest(values)];
    const axis = (label: string) => ({ ...scaleOver(values, label), ticks: ticksIn(values, width), tickFormat: tick });
    return drawPlot({
      width,
      height: isNarrow(width) ? 280 : 380,
      margins: axisMargins,
      x: axis('actual'),
      y: axis('predicted'),
      marks: [
        line(
          ends.map((end): [number, number] => [end, end]),
          { stroke: 'var(--soft)', strokeDasharray: '5 4' },
        ),
        dot(points as [number, number][], { ...dotStyle, title: titleOf }),
      ],
    });
  };

const residualPlot =
  ({ points }: Output): Draw =>
  (width) => {
    const predictions = points.map(([, value]) => value);
    const residuals = points.map(([actual, value]) => value - actual);
    return drawPlot({
      width,
      height: isNarrow(width) ? 220 : 260,
      margins: axisMargins,
      x: { ...scaleOver(predictions, 'predicted'), grid: false, ticks: ticksIn(predictions, width) },
      y: { ...scaleOver(residuals, 'predicted − actual'), ticks: 5 },
      marks: [
        ruleY([0], { stroke: 'var(--soft)', strokeDasharray: '5 4' }),
        dot(points, { ...dotStyle, x: predictions, y: residuals, title: titleOf }),
      ],
    });
  };
