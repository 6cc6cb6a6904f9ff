import { dot, line, ruleY } from '@observablehq/plot';
import { MAX_UNNAMED } from '../../lab/figures/column-units.ts';
import { decimal, showLabel, whole } from '../../terminal/text/format.ts';
import { fittingTicks, highest, lowest, scaleOver, tick } from '../axes.ts';
import { grid } from '../compose.ts';
import { short } from '../course.ts';
import type { Predictions } from '../findings/findings.ts';
import { type Drawing, isNarrow, type Picture } from '../picture.ts';
import { drawPlot } from '../theme.ts';

/** Most outputs whose figures are in a title. */
const MAX_TITLED = 4;

type Output = Predictions['outputs'][number];

/** Predictions against targets, and the residuals. */
export function regressionPictures({ split, rows, outputs, columns = outputs.length }: Predictions): Picture[] {
  const nameOf = (k: number) => (outputs.length === 1 ? '' : showLabel(outputs[k].name ?? `output ${k + 1}`));
  const figures = (format: (output: Output) => string) =>
    outputs.map((output, k) => `${nameOf(k)} ${format(output)}`.trim()).join(', ');
  const drawn = outputs.slice(0, MAX_UNNAMED);
  const first = drawn.length < columns ? ` The first ${drawn.length} of ${whole(columns)} targets are drawn.` : '';
  const isMany = outputs.length > MAX_TITLED;
  const [r2, rmse] = [figures((output) => decimal(output.r2)), figures((output) => decimal(output.rmse))];
  const shown = highest(outputs.map(({ points }) => points.length));
  const some = shown < rows ? ` ${whole(shown)} of the ${whole(rows)} rows are drawn.${first}` : first;
  const panels = (draw: (output: Output, width: number) => Drawing) => (width: number) =>
    outputs.length === 1
      ? draw(outputs[0], width)
      : grid(
          drawn.map((output, k) => ({ title: nameOf(k), draw: (each) => draw(output, each) })),
          width,
          2,
        );
  return [
    {
      name: 'predicted-against-actual',
      title: `Predicted against actual values${isMany ? '' : `: R² ${r2}`}`,
      sentence: `Each point is a row of the ${split} set. On the dashed line the prediction is exact.${some}${isMany ? ` R² is ${r2}.` : ''}`,
      alternative: `Predicted against actual values of ${whole(rows)} ${split} rows. ${figures(({ r2, rmse }) => `R² ${decimal(r2)}, RMSE ${decimal(rmse)}`)}.`,
      draw: panels(predicted),
    },
    {
      name: 'residuals',
      title: `Residuals${isMany ? '' : `: RMSE ${rmse}`}`,
      sentence: `Predicted minus actual value of each row, by the predicted value. Without a pattern around zero, the rest is noise.${some}${isMany ? ` RMSE is ${rmse}.` : ''}`,
      alternative: figures(({ points }) => {
        const residuals = points.map(([actual, value]) => value - actual);
        return `Residuals from ${short(lowest(residuals))} to ${short(highest(residuals))}`;
      }),
      draw: panels(residual),
    },
  ];
}

const titleOf = ([actual, value]: readonly [number, number]): string =>
  `actual ${decimal(actual)}, predicted ${decimal(value)}`;

const frame = { marginLeft: 62, marginRight: 24, marginTop: 28, marginBottom: 40 };

/** Ticks across a chart of this width. */
const ticksIn = (values: readonly number[], width: number): number[] =>
  values.length === 0
    ? []
    : fittingTicks(lowest(values), highest(values), width - frame.marginLeft - frame.marginRight, 8);

function predicted({ points }: Output, width: number): Drawing {
  const all = points.flat();
  const ends = all.length === 0 ? [0, 1] : [lowest(all), highest(all)];
  const axis = (label: string) => ({ ...scaleOver(all, label, false), ticks: ticksIn(all, width), tickFormat: tick });
  return drawPlot({
    width,
    height: isNarrow(width) ? 280 : 380,
    ...frame,
    x: axis('actual'),
    y: axis('predicted'),
    marks: [
      line(
        ends.map((end): [number, number] => [end, end]),
        { stroke: 'var(--soft)', strokeDasharray: '5 4' },
      ),
      dot(points as [number, number][], { ...point, title: titleOf }),
    ],
  });
}

function residual({ points }: Output, width: number): Drawing {
  const residuals = points.map(([actual, value]) => ({
    value,
    residual: value - actual,
    title: titleOf([actual, value]),
  }));
  return drawPlot({
    width,
    height: isNarrow(width) ? 220 : 260,
    ...frame,
    x: {
      ...scaleOver(
        residuals.map(({ value }) => value),
        'predicted',
        false,
      ),
      grid: false,
      ticks: ticksIn(
        residuals.map(({ value }) => value),
        width,
      ),
    },
    y: {
      ...scaleOver(
        residuals.map(({ residual }) => residual),
        'predicted − actual',
        false,
      ),
      ticks: 5,
    },
    marks: [
      ruleY([0], { stroke: 'var(--soft)', strokeDasharray: '5 4' }),
      dot(residuals, { ...point, x: 'value', y: 'residual', title: 'title' }),
    ],
  });
}

const point = { r: 3, fill: 'var(--c1)', fillOpacity: 0.5 };
