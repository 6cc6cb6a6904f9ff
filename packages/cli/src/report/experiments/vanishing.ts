import { layerHistogram } from '../../lab/figures/layer-histogram.ts';
import { isRecord } from '../../options/read-object.ts';
import { list, nullable, optional, record, refined, table } from '../../options/schema/containers.ts';
import { count, figure, name, number } from '../../options/schema/scalars.ts';
import type { Read, Schema } from '../../options/schema/schema.ts';
import { percent } from '../../terminal/text/format.ts';
import { highest, logRange, lowest, shortNumber, tick } from '../axes.ts';
import { gradientByLayer, type LayerGradients } from '../charts/gradient-by-layer.ts';
import { colorBar, heatMap } from '../charts/heat-map.ts';
import { layerHistogramPicture } from '../charts/layer-histograms.ts';
import { lineChart } from '../charts/line-chart.ts';
import { grid, legend, stack } from '../compose.ts';
import type { Picture } from '../picture.ts';
import { networkStroke, strokeOf } from '../theme.ts';
import { MAX_LAYERS, type PresetDocument, presetDocument, presetPictures } from './vanishing-presets.ts';

const probeRecord = record({ step: count(), layers: list(record({ rmsDz: figure() }), 1, MAX_LAYERS) });

const activation = refined(
  record({
    layers: list(record({ rmsDz: figure(), expectedFactor: figure() }), 1, MAX_LAYERS),
    factorPerLayer: nullable(number()),
    theoryPerLayer: nullable(number()),
    rates: list(record({ rate: number(), validationAccuracy: nullable(number(0, 1)) }), 0, 1000),
    training: list(probeRecord, 1, 10_000),
    histograms: optional(list(layerHistogram, 0, 64)),
  }),
  ({ layers: { length: depth }, training }, fail) => {
    for (const [k, { layers }] of training.entries()) {
      if (layers.length !== depth)
        fail(['training', k, 'layers'], `a list of ${layers.length}`, `a list of ${depth} (as layers)`);
    }
  },
);

const comparison = record({
  setup: record({ chance: nullable(number(0, 1)), steps: count() }),
  activations: table(name, activation, 1, 100),
});

/** The part of vanishing.json that is drawn: a comparison, or published figures. */
export const vanishingDocument: Schema<Read<typeof comparison> | PresetDocument> = {
  expected: 'an object',
  read: (value, path) =>
    (isRecord(value) && Object.hasOwn(value, 'preset') ? presetDocument : comparison).read(value, path),
};

type Activation = Read<typeof activation>;

/** Pictures of the gradients by layer, during training, and of the accuracies. */
export function vanishingPictures(document: Read<typeof vanishingDocument>): Picture[] {
  if ('preset' in document) return presetPictures(document);
  const { setup, activations } = document;
  const activationEntries = Object.entries(activations);
  return [
    gradientByLayer(activationEntries.map(([label, one]) => gradientsOf(label, one))),
    alongTraining(activationEntries),
    layerByStep(activationEntries),
    ...accuracyByRate(activationEntries, setup.chance, setup.steps),
    ...activationEntries.flatMap(([label, { histograms = [] }]) =>
      (['outputs', 'weights'] as const)
        .map((kind) => layerHistogramPicture(kind, histograms, label))
        .filter((picture) => picture !== null),
    ),
  ];
}

/** Theory gives only factors per layer, so its line starts where the measured one does, at the last layer. */
function gradientsOf(label: string, { layers, factorPerLayer, theoryPerLayer }: Activation): LayerGradients {
  const sizes = layers.map(({ rmsDz }) => rmsDz);
  const expected = sizes.map(() => sizes[sizes.length - 1]);
  for (let h = sizes.length - 2; h >= 0; h--) expected[h] = expected[h + 1] * layers[h].expectedFactor;
  return { label, sizes, expected, factor: factorPerLayer, expectedFactor: theoryPerLayer };
}

const MAX_LINES = 4; // of a chart, each for a step

function alongTraining(activationEntries: readonly (readonly [string, Activation])[]): Picture {
  const [, { training }] = activationEntries[0];
  const probeIndices = [
    ...new Set(Array.from({ length: MAX_LINES }, (_, k) => Math.round((k * (training.length - 1)) / (MAX_LINES - 1)))),
  ];
  const range = logRange(
    activationEntries.flatMap(([, { training }]) => training.flatMap(({ layers }) => layers.map(({ rmsDz }) => rmsDz))),
  );
  const change = ([label, { training }]: readonly [string, Activation]) => {
    const [first, last] = [training[0], training[training.length - 1]].map(({ layers }) => layers[0].rmsDz);
    return `${label}, hidden layer 1: ${shortNumber(first, 2)} at step ${training[0].step}, ${shortNumber(last, 2)} at step ${training[training.length - 1].step}`;
  };
  return {
    name: 'gradient-along-training',
    title: firstLayerShare(activationEntries),
    caption:
      'RMS of dL/dz of each hidden layer at some steps of training, all at one learning rate. Where a line rises to the right, layers near the input get smaller gradients than those near the output.',
    altText: activationEntries.map(change).join('. '),
    draw: stack([
      legend(probeIndices.map((p, k) => ({ name: `step ${training[p].step}`, stroke: strokeOf(k) }))),
      grid(
        activationEntries.map(([label, { training }]) => ({
          title: label,
          draw: lineChart({
            series: probeIndices
              .filter((p) => p < training.length)
              .map((p, k) => ({
                name: '',
                stroke: strokeOf(k),
                dots: false,
                points: training[p].layers.map(({ rmsDz }, h) => [h + 1, rmsDz] as const),
              })),
            legend: false,
            x: { label: 'hidden layer' },
            y: { label: 'RMS of dL/dz', log: true, domain: range },
            height: 280,
          }),
        })),
        2,
      ),
    ]),
  };
}

/** The share of the gradient that reaches the first layer at the last probe. */
function firstLayerShare(activationEntries: readonly (readonly [string, Activation])[]): string {
  const shares = activationEntries.map(([label, { training }]) => {
    const { step, layers } = training[training.length - 1];
    return { label, step, depth: layers.length, share: layers[0].rmsDz / layers[layers.length - 1].rmsDz };
  });
  const smallest = shares.reduce((a, b) => (b.share < a.share ? b : a));
  if (!(smallest.share < 0.1))
    return `At step ${smallest.step}, hidden layer 1 gets at least a tenth of the gradient of the last hidden layer`;
  return `At step ${smallest.step} of training with ${smallest.label}, the gradient at hidden layer 1 is ${shortNumber(1 / smallest.share, 2)} times smaller than at hidden layer ${smallest.depth}`;
}

function layerByStep(activationEntries: readonly (readonly [string, Activation])[]): Picture {
  const sizesOf = ({ training, layers }: Activation) =>
    layers.map((_, h) => training.map((probe) => probe.layers[h].rmsDz));
  const range = logRange(activationEntries.flatMap(([, activation]) => sizesOf(activation).flat()));
  return {
    name: 'gradient-heat-map',
    title: 'Gradient of each hidden layer by step',
    caption:
      'Each column is a step of training, each row a hidden layer, that next to the input at the top. Darker colours are smaller gradients, on a logarithmic scale.',
    altText: activationEntries
      .map(([label, activation]) => {
        const sizes = sizesOf(activation).flat();
        return `${label}: from ${shortNumber(lowest(sizes), 2)} to ${shortNumber(highest(sizes), 2)}`;
      })
      .join('. '),
    draw: stack([
      colorBar(range, 'RMS of dL/dz'),
      grid(
        activationEntries.map(([label, activation]) => ({
          title: label,
          draw: heatMap(
            {
              columns: activation.training.map(({ step }) => String(step)),
              rows: activation.layers.map((_, h) => String(h + 1)),
              values: sizesOf(activation),
              x: 'step',
              y: 'hidden layer',
            },
            range,
          ),
        })),
        2,
      ),
    ]),
  };
}

function accuracyByRate(
  activationEntries: readonly (readonly [string, Activation])[],
  chance: number | null,
  steps: number,
): Picture[] {
  const series = activationEntries.map(([label, { rates }], k) => ({
    name: label,
    stroke: networkStroke(k),
    points: rates.flatMap(({ rate, validationAccuracy }) =>
      validationAccuracy === null ? [] : [[rate, 100 * validationAccuracy] as const],
    ),
  }));
  if (series.every(({ points }) => points.length === 0)) return [];
  const texts = series.map(({ name, points }) => `${name} ${percent(highest([0, ...points.map(([, y]) => y / 100)]))}`);
  return [
    {
      name: 'accuracy-by-rate',
      title: `Validation accuracy at the best learning rate, after ${steps} steps: ${texts.join(', ')}`,
      caption: `Validation accuracy at each learning rate that was tried.${chance === null ? '' : ` Always answering the most frequent class gets about ${percent(chance)}.`}`,
      altText: series
        .map(({ name, points }) => `${name}: ${points.map(([x, y]) => `${y.toFixed(1)} % at ${tick(x)}`).join(', ')}`)
        .join('. '),
      draw: lineChart({
        series,
        x: { label: 'learning rate', log: true },
        y: { label: 'accuracy (%)', domain: [0, 100] },
        height: 260,
      }),
    },
  ];
}
