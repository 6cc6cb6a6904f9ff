import { dot, line } from '@observablehq/plot';
import { decimal } from '../../terminal/text/format.ts';
import { axisMargins, highest, isDrawable, lowest, scaleOver, shortNumber, tick } from '../axes.ts';
import { legend, stack } from '../compose.ts';
import type { Curve } from '../findings/findings.ts';
import { type Draw, isNarrow, type Picture } from '../picture.ts';
import { drawPlot, strokeOf } from '../theme.ts';

/** The predictions of a network with one input, and the training rows. */
export function fittedCurve({ points, lines, isProbability }: Curve): Picture {
  const xs = lines[0].points.map(([x]) => x);
  const rows = points.filter(([x, y]) => isDrawable(x) && isDrawable(y));
  const ys = [...rows.map(([, y]) => y), ...lines.flatMap(({ points }) => points.map(([, y]) => y))];
  const plot: Draw = (width) =>
    drawPlot({
      width,
      height: isNarrow(width) ? 260 : 340,
      margins: axisMargins,
      x: { ...scaleOver(xs, 'input'), nice: false, grid: false, ticks: isNarrow(width) ? 5 : 8, tickFormat: tick },
      y: { ...scaleOver(ys, isProbability ? 'probability' : 'target and prediction'), ticks: 6 },
      marks: lines.flatMap(({ points: curve }, k) => [
        dot(
          rows.filter(([, , lineIndex]) => lineIndex === k),
          {
            x: '0',
            y: '1',
            r: 2.5,
            fill: lines.length === 1 ? 'var(--soft)' : strokeOf(k).color,
            fillOpacity: 0.55,
            title: ([x, y]: readonly [number, number, number]) => `input ${decimal(x)}, target ${decimal(y)}`,
          },
        ),
        line(curve as [number, number][], {
          stroke: strokeOf(k).color,
          strokeWidth: 2.5,
          strokeDasharray: strokeOf(k).dash,
        }),
      ]),
    });
  return {
    name: 'fitted-curve',
    title: isProbability ? 'Predicted probability along the input' : 'Fitted curve among the training rows',
    caption: isProbability
      ? 'The lines are the probabilities that the network predicts at each input. The points are training rows, at the probability of their class.'
      : 'The line is what the network predicts at each input. The points are training rows.',
    altText: lines
      .map(({ name, points }) => {
        const values = points.map(([, y]) => y);
        return `${name}: ${isProbability ? 'probability' : 'output'} from ${shortNumber(lowest(values))} to ${shortNumber(highest(values))} for inputs from ${shortNumber(lowest(xs))} to ${shortNumber(highest(xs))}`;
      })
      .join('; '),
    draw:
      lines.length === 1 ? plot : stack([legend(lines.map(({ name }, k) => ({ name, stroke: strokeOf(k) }))), plot]),
  };
}
