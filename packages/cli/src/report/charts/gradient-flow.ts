import { layerNames } from '../../terminal/text/layer-names.ts';
import { highest, LETTER_WIDTH, logRange, shortNumber } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import { isNarrow, type Picture } from '../picture.ts';
import type { ProbeFigures } from '../train/run-lines.ts';
import { colorBar, heatMap } from './heat-map.ts';

/** With fewer layers, a picture of their gradients shows nothing. */
const MIN_LAYERS = 2;

/** RMS of the gradient of the loss with respect to the output of each layer, by step. For runs with --probe. */
export function gradientFlow(probes: readonly ProbeFigures[]): Picture[] {
  const [first] = probes;
  if (first === undefined) return [];
  const layerIndices = first.layers.flatMap(({ rmsDy }, k) => (Number.isNaN(rmsDy) ? [] : [k]));
  if (layerIndices.length < MIN_LAYERS) return [];
  const sizes = layerIndices.map((k) => probes.map(({ layers }) => layers[k].rmsDy));
  const allNames = layerNames(first.layers);
  const names = layerIndices.map((k) => allNames[k]);
  const range = logRange(sizes.flat());
  return [
    {
      name: 'gradient-flow',
      title: titleOf(sizes[sizes.length - 1][0] / sizes[0][0]),
      caption:
        'Root mean square of the gradient of the loss with respect to the outputs of each layer, from the first layer (top) to the last, at the probed steps. Logarithmic colour scale.',
      altText: names
        .map(
          (name, k) =>
            `${name}: ${shortNumber(sizes[k][0])} at first, ${shortNumber(sizes[k].at(-1) ?? 0)} at the last look`,
        )
        .join('; '),
      draw: (width) =>
        stack([
          colorBar(range, 'RMS of the gradient'),
          grid(
            [
              {
                title: isNarrow(width) ? 'Layer by step' : 'Layers from input (top) to output, by step',
                draw: heatMap(
                  {
                    columns: probes.map(({ step }) => String(step)),
                    rows: names,
                    left: 34 + LETTER_WIDTH * highest(names.map((name) => name.length)),
                    values: sizes,
                    x: 'step',
                    y: 'layer',
                  },
                  range,
                ),
              },
            ],
            1,
          ),
        ])(width),
    },
  ];
}

/** Gradient at the last layer divided by that at the first, before the first step. */
function titleOf(ratio: number): string {
  const start = 'Before training, the gradient at the first layer is';
  if (!Number.isFinite(ratio) || ratio <= 0) return 'Gradient of each layer by step';
  if (Math.abs(Math.log(ratio)) < 0.05) return `${start} as large as at the last`;
  return ratio > 1
    ? `${start} ${shortNumber(ratio)} times smaller than at the last`
    : `${start} ${shortNumber(1 / ratio)} times larger than at the last`;
}
