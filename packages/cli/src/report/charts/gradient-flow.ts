import { layerNames } from '../../terminal/text/layer-names.ts';
import { highest, logRange } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import { short } from '../course.ts';
import { isNarrow, type Picture } from '../picture.ts';
import type { LookFigures } from '../train/run-lines.ts';
import { colorBar, heatMap } from './heat-map.ts';

/** With fewer layers, a picture of their gradients shows nothing. */
const MIN_LAYERS = 2;

/** RMS of the gradient of the loss with respect to the output of each layer, by step. For runs with --probe. */
export function gradientFlow(looks: readonly LookFigures[]): Picture[] {
  const [first] = looks;
  if (first === undefined) return [];
  const layerIndices = first.layers.flatMap(({ rmsDy }, k) => (Number.isNaN(rmsDy) ? [] : [k]));
  if (layerIndices.length < MIN_LAYERS) return [];
  const sizes = layerIndices.map((k) => looks.map(({ layers }) => layers[k].rmsDy));
  const [start, end] = [sizes[0], sizes[sizes.length - 1]].map((row) => row[0]);
  const ratio = end / start;
  const allNames = layerNames(first.layers);
  const names = layerIndices.map((k) => allNames[k]);
  const range = logRange(sizes.flat());
  return [
    {
      name: 'gradient-flow',
      title: titleOf(ratio),
      sentence:
        'Root mean square of the gradient of the loss with respect to the outputs of each layer, from the first layer (top) to the last, at the probed steps. Logarithmic colour scale.',
      alternative: names
        .map((name, k) => `${name}: ${short(sizes[k][0])} at first, ${short(sizes[k].at(-1) ?? 0)} at the last look`)
        .join('; '),
      draw: (width) =>
        stack([
          colorBar(range, 'RMS of the gradient', width),
          grid(
            [
              {
                title: isNarrow(width) ? 'Layer by step' : 'Layers from input (top) to output, by step',
                draw: (each) =>
                  heatMap(
                    {
                      columns: looks.map(({ step }) => String(step)),
                      rows: names,
                      left: Math.min(width / 2, 34 + 6.8 * highest(names.map((name) => name.length))),
                      values: sizes,
                      x: 'step',
                      y: 'layer',
                    },
                    range,
                    each,
                  ),
              },
            ],
            width,
            1,
          ),
        ]),
    },
  ];
}

/** Gradient at the last layer divided by that at the first, before the first step. */
function titleOf(ratio: number): string {
  const start = 'Before training, the gradient at the first layer is';
  if (!Number.isFinite(ratio) || ratio <= 0) return 'Gradient of each layer by step';
  if (Math.abs(Math.log(ratio)) < 0.05) return `${start} as large as at the last`;
  return ratio > 1
    ? `${start} ${short(ratio)} times smaller than at the last`
    : `${start} ${short(1 / ratio)} times larger than at the last`;
}
