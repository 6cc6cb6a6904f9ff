import { medianText, rangeOf } from '../../lab/figures/range.ts';
import { list, record, refined, variant } from '../../options/schema/containers.ts';
import { count, figure, literal, number } from '../../options/schema/scalars.ts';
import type { Read } from '../../options/schema/schema.ts';
import { percent, plural } from '../../terminal/text/format.ts';
import type { BandPoint } from '../../terminal/text/thin.ts';
import { highest, lowest, shortNumber } from '../axes.ts';
import { barChart } from '../charts/bar-chart.ts';
import { gradientByLayer } from '../charts/gradient-by-layer.ts';
import { lineChart } from '../charts/line-chart.ts';
import { grid, legend, stack } from '../compose.ts';
import type { Picture } from '../picture.ts';
import { strokeOf } from '../theme.ts';

/** Maximum number of layers of a network in a document; the deepest published one has 30. */
export const MAX_LAYERS = 100_000;

const probeRecord = record({ layers: list(record({ rmsDz: figure() }), 1, MAX_LAYERS) });
/** Statistics of one network from several starts. */
const probeRecords = refined(list(probeRecord, 1, 10_000), ([{ layers }, ...rest], fail) => {
  for (const [k, { layers: others }] of rest.entries()) {
    if (others.length === layers.length) continue;
    fail([k + 1, 'layers'], `a list of ${others.length}`, `a list of ${layers.length} (as in the first look)`);
  }
});
const mean = record({ mean: figure() });
const seeds = list(count(), 1, 10_000);

const nielsenNetwork = refined(
  record({
    depth: count(1),
    published: list(number(), 2, 1000),
    norms: record({ crossEntropy: list(list(number(), 0, 1000), 1, 10_000) }), // [starts][layers]
  }),
  ({ published: { length: depth }, norms: { crossEntropy } }, fail) => {
    for (const [k, layers] of crossEntropy.entries()) {
      if (layers.length === depth) continue;
      fail(['norms', 'crossEntropy', k], `a list of ${layers.length}`, `a list of ${depth} (as published)`);
    }
  },
);

const glorotInit = record({ looks: probeRecords, dz: mean });

const heInit = record({
  starts: probeRecords,
  factors: list(number(), 1, 10_000),
  accuracies: list(number(0, 1), 1, 1000),
});

const heDocument = refined(
  record({ preset: literal('he'), seeds, steps: count(), 'glorot-normal': heInit, 'he-normal': heInit }),
  (document, fail) => {
    for (const init of ['glorot-normal', 'he-normal'] as const) {
      const [actual, expected] = [document[init].accuracies.length, document.seeds.length];
      if (actual !== expected) fail([init, 'accuracies'], `a list of ${actual}`, `a list of ${expected} (as seeds)`);
    }
  },
);

const skipNetwork = record({ starts: probeRecords, factors: list(number(), 1, 10_000) });

/** The parts of vanishing.json that are drawn, by preset. */
export const presetDocument = variant('preset', {
  nielsen: record({ preset: literal('nielsen'), seeds, networks: list(nielsenNetwork, 1, 10) }),
  glorot: record({ preset: literal('glorot'), standard: glorotInit, normalised: glorotInit }),
  he: heDocument,
  skip: record({ preset: literal('skip'), plain: skipNetwork, skip: skipNetwork }),
});

export type PresetDocument = Read<typeof presetDocument>;
type Preset<P extends PresetDocument['preset']> = Extract<PresetDocument, { preset: P }>;

/** Published figures next to the measured ones. */
export function presetPictures(document: PresetDocument): Picture[] {
  if (document.preset === 'nielsen') return [nielsen(document)];
  if (document.preset === 'glorot') return [glorot(document)];
  if (document.preset === 'skip') return [skip(document)];
  return he(document);
}

/** Ranges over the starts, and the printed norm of one start. */
function nielsen({ seeds, networks }: Preset<'nielsen'>): Picture {
  const bands = networks.map(({ depth, published, norms: { crossEntropy } }) => {
    const points = published.map((_, h): BandPoint => {
      const norms = crossEntropy.map((layers) => layers[h]);
      return [h + 1, lowest(norms), geometricMean(norms), highest(norms)];
    });
    return { depth, published: published.map((norm, h) => [h + 1, norm] as const), points };
  });
  const areInside = bands.flatMap(({ published, points }) =>
    published.map(([, norm], h) => norm >= points[h][1] && norm <= points[h][3]),
  );
  const deepest = bands[bands.length - 1].points;
  const factor = (deepest[deepest.length - 1][2] / deepest[0][2]) ** (1 / (deepest.length - 1));
  const publishedAndPoints = bands.flatMap(({ published, points }) => [
    ...published.map(([, norm]) => norm),
    ...points.flatMap(([, low, , high]) => [low, high]),
  ]);
  const domain: [number, number] = [lowest(publishedAndPoints), highest(publishedAndPoints)];
  const names = [
    { name: 'printed, one start', stroke: strokeOf(1) },
    { name: `here, ${plural(seeds.length, 'start')}`, stroke: strokeOf(0) },
  ];
  return {
    name: 'nielsen',
    title: `${areInside.every(Boolean) ? 'All' : `${areInside.filter(Boolean).length} of the`} ${areInside.length} norms that Nielsen printed lie in the range of ${plural(seeds.length, 'start')}; each hidden layer further from the output has a gradient ${factor.toFixed(1)} times smaller`,
    caption:
      'Gradient norm of the biases of each hidden layer before the first step, on a logarithmic scale, in networks of two, three and four sigmoid layers. The band goes from the lowest start to the highest.',
    altText: bands
      .map(
        ({ depth, published, points }) =>
          `${depth} hidden layers: ${published.map(([layer, norm], h) => `hidden layer ${layer} printed ${norm}, here ${shortNumber(points[h][1], 2)} to ${shortNumber(points[h][3], 2)}`).join(', ')}`,
      )
      .join('; '),
    draw: stack([
      legend(names),
      grid(
        bands.map(({ depth, published, points }) => ({
          title: `${depth} hidden layers`,
          draw: lineChart({
            series: [{ name: 'printed', points: published, stroke: strokeOf(1), dots: true }],
            band: { name: 'here', points, stroke: strokeOf(0) },
            x: { label: 'hidden layer', whole: true },
            y: { label: 'norm of dC/db', log: true, domain },
            legend: false,
            height: 280,
          }),
        })),
        3,
      ),
    ]),
  };
}

const glorot = ({ standard, normalised }: Preset<'glorot'>): Picture =>
  gradientByLayer([
    gradients('standard init', standard.looks, standard.dz.mean, Math.sqrt(1 / 3)),
    gradients('normalised init', normalised.looks, normalised.dz.mean, 1),
  ]);

const skip = ({ plain, skip }: Preset<'skip'>): Picture =>
  gradientByLayer(
    [
      { label: 'sigmoid', network: plain },
      { label: 'sigmoid with skip connections', network: skip },
    ].map(({ label, network: { starts, factors } }) => ({
      ...gradients(label, starts, geometricMean(factors), Number.NaN),
      expected: [],
      expectedFactor: null,
    })),
  );

function he(document: Preset<'he'>): Picture[] {
  const { seeds, steps } = document;
  const inits = ['glorot-normal', 'he-normal'] as const;
  const [glorotAccuracies, heAccuracies] = inits.map((init) => document[init].accuracies);
  const bars = inits.flatMap((init, k) =>
    document[init].accuracies.map((accuracy, n) => ({
      name: `${init}, seed ${seeds[n]}`,
      value: 100 * accuracy,
      text: percent(accuracy),
      color: k === 0 ? 'var(--c2)' : 'var(--c1)',
    })),
  );
  const gradientsFrom = (init: (typeof inits)[number], expected: number) =>
    gradients(init, document[init].starts, rangeOf(`factor of ${init}`, document[init].factors).mean, expected);
  const summary = (name: string, accuracies: readonly number[]) => {
    const [median, range] = medianText(accuracies, percent);
    return `${name} ${median} (${range})`;
  };
  return [
    gradientByLayer([gradientsFrom('glorot-normal', Math.SQRT1_2), gradientsFrom('he-normal', 1)]),
    {
      name: 'accuracy-by-init',
      title: `Median validation accuracy after ${steps} steps: ${summary('he-normal', heAccuracies)}, ${summary('glorot-normal', glorotAccuracies)}`,
      caption: 'Validation accuracy of each initialization and start: 30 layers with relu.',
      altText: bars.map(({ name, text }) => `${name}: ${text}`).join('; '),
      draw: barChart({ bars, x: { label: 'accuracy (%)', domain: [0, 100] } }),
    },
  ];
}

/** Sizes are the geometric mean over the probes, one of each start; factors are per layer, towards the input. */
type ProbeRecord = Read<typeof probeRecord>;
function gradients(label: string, probes: readonly ProbeRecord[], factor: number, expectedFactor: number) {
  const sizes = probes[0].layers.map((_, h) => geometricMean(probes.map(({ layers }) => layers[h].rmsDz)));
  const last = sizes.length - 1;
  const expected = sizes.map((_, h) => sizes[last] * expectedFactor ** (last - h));
  return { label, sizes, expected, factor, expectedFactor };
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
