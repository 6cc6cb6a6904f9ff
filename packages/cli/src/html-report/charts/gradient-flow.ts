import { logRange, tick } from '../axes.ts';
import { grid, stack } from '../compose.ts';
import { highest } from '../extremes.ts';
import { isNarrow, type Picture } from '../picture.ts';
import type { LookFigures } from '../train/run-lines.ts';
import { colorBar, heatMap } from './heat-map.ts';

/** Layers below which a picture of their gradients says nothing. */
const FEWEST = 2;

/** RMS of the loss's gradient by each layer's output, layer by step: of a run that was asked to look. */
export function gradientFlow(looks: readonly LookFigures[]): Picture[] {
  const [first] = looks;
  if (first === undefined) return [];
  const places = first.layers.flatMap(({ rmsDy }, k) => (Number.isNaN(rmsDy) ? [] : [k]));
  if (places.length < FEWEST) return [];
  const sizes = places.map((k) => looks.map(({ layers }) => layers[k].rmsDy));
  const [start, end] = [sizes[0], sizes[sizes.length - 1]].map((row) => row[0]);
  const ratio = end / start;
  const names = places.map((k) => `${first.layers[k].path} ${first.layers[k].label}`);
  const range = logRange(sizes.flat());
  return [
    {
      name: 'gradient-flow',
      title:
        ratio >= 1
          ? `At the start the gradient is ${tick(Number(ratio.toPrecision(2)))} times smaller at the first layer than at the last`
          : `At the start the gradient is ${tick(Number((1 / ratio).toPrecision(2)))} times larger at the first layer than at the last`,
      sentence:
        'Root mean square of the loss’s gradient by what each layer puts out, from the first (top) to the last, at the steps that were looked at. Equal steps of colour are equal factors.',
      alternative: names
        .map(
          (name, k) =>
            `${name}: ${tick(Number(sizes[k][0].toPrecision(2)))} at first, ${tick(Number((sizes[k].at(-1) ?? 0).toPrecision(2)))} at the last look`,
        )
        .join('; '),
      draw: (width) =>
        stack([
          colorBar(range, 'RMS of the gradient', width),
          grid(
            [
              {
                title: isNarrow(width) ? 'Layer by step' : 'Layers from the input (top) to the output, by step',
                draw: (each) =>
                  heatMap(
                    {
                      columns: looks.map(({ step }) => String(step)),
                      rows: isNarrow(width) ? places.map((k) => first.layers[k].path) : names,
                      left: isNarrow(width)
                        ? 46
                        : Math.min(width / 2, 34 + 6.8 * highest(names.map((name) => name.length))),
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
