import type { LayerFigures } from '@gradloom/core';
import type { ProbeEvent } from '@gradloom/runtime';
import type { Paint } from '../../terminal/paint.ts';
import { decimal } from '../../terminal/text/format.ts';
import { layerNames } from '../../terminal/text/layer-names.ts';
import { logBars } from '../../terminal/text/log-bars.ts';
import { table } from '../../terminal/text/table.ts';
import { shownRows } from '../../terminal/text/thin.ts';

/** Maximum number of rows of the picture; with more layers, only some are shown. */
const MAX_ROWS = 40;

/** The statistics of the layers before one step. */
export type Probe = Pick<ProbeEvent, 'step' | 'layers'>;

/** Text of the statistics of the first and last probe, at most 80 columns wide; the others are in metrics.jsonl. */
export function describeProbes(first: Probe, last: Probe, paint: Paint): string[] {
  const names = layerNames(last.layers);
  const layerIndices = shownRows(last.layers.length, MAX_ROWS);
  const omissionText =
    layerIndices.length < last.layers.length ? `, ${layerIndices.length} of ${last.layers.length} layers` : '';
  // No gradient is computed below the first layer with trained weights.
  const layersWithGradients = layerIndices.filter((k) => last.layers[k].rmsDy !== null);
  const series = (first === last ? [last] : [first, last]).map(({ step, layers }) => ({
    name: `before step ${step + 1}`,
    values: layersWithGradients.map((k) => layers[k].rmsDy ?? Number.NaN),
  }));
  return [
    '',
    paint('bold', `dL/dy of each layer's outputs y, from the input to the output${omissionText}`),
    '',
    ...logBars(series, { rows: layersWithGradients.map((k) => names[k]), head: 'layer', paint }),
    '',
    paint('bold', `Before step ${last.step + 1}`),
    '',
    ...table(
      ['layer', 'mean y', 'std y', 'flat', 'dead', 'W', 'dL/dW', 'moved'],
      layerIndices.map((k) => figuresOf(names[k], last.layers[k])),
      { right: [1, 2, 3, 4, 5, 6, 7], width: 78 },
    ).map((line) => `  ${line}`),
    '',
    '  dL/dy, W, dL/dW: root mean squares; moved: RMS change of W since the start.',
    '  flat: share of outputs whose slope is below 1 % of the largest possible;',
    '  dead: share of units that are flat in every row of the batch.',
  ];
}

function figuresOf(name: string, layer: LayerFigures): string[] {
  const { mean, std, flat, dead, tensors } = layer;
  const share = (value: number | null): string => (value === null ? '' : `${Math.round(100 * value)} %`);
  const W = tensors.find(({ name }) => name === 'W') ?? tensors.at(0);
  const cellsOfW = W === undefined ? ['', '', ''] : [W.rms, W.rmsGradient, W.rmsMoved].map(decimal);
  return [name, decimal(mean), decimal(std), share(flat), share(dead), ...cellsOfW];
}
