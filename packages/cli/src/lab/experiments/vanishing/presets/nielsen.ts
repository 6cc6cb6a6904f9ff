import type { LossSpec } from '@gradloom/core';
import type { Dataset } from '@gradloom/runtime';
import { columns } from '../../../../terminal/text/columns.ts';
import { nearOneStart, type Range, rangeOf, rangeText } from '../../../figures/range.ts';
import type { Section } from '../../experiment.ts';
import { type Finding, unclaimedFigure } from '../../finding.ts';
import { namedActivation } from '../activation-list.ts';
import { deepNetwork, type HiddenProbe, probeAtStart, runDeep } from '../deep-run.ts';
import { definePreset, type PresetContext } from './preset.ts';

/** Norms of dC/db of the hidden layers as printed, for one start, of networks 784, n times 30, 10. */
const publishedNorms = [
  ['0.07', '0.31'],
  ['0.012', '0.060', '0.283'],
  ['0.003', '0.017', '0.070', '0.285'],
];

/** These norms for four hidden layers after 499 epochs, from the data file of the book's figure. */
const publishedNormsAtEnd = ['8.21e-6', '2.61e-5', '1.83e-4', '9.25e-4'];
const EPOCH = 499;
/** The learning rate and weight decay of the book. */
const RATE = 0.1;
const LAMBDA = 5;

const WIDTH = 30;
const OUTPUTS = 10;
const ROWS = 1000;
/** Fewer starts give too rough a spread to compare a printed norm with. */
const MIN_STARTS = 10;
const sigmoid = namedActivation({ kind: 'sigmoid' }).spec;

/** Cross-entropy first: the default of the book's `network2`, which the script of these norms does not change. */
const costs = ['crossEntropy', 'quadratic'] as const;
type Norms = Record<(typeof costs)[number], readonly number[][]>; // [starts][hidden layers]

/**
 * All sigmoid, weights N(0, 1) / √inputs, biases N(0, 1), with the gradient averaged over 1000 images. The printed
 * norms are for cross-entropy summed over outputs; those for half the squared error, the first cost of the book, are
 * shown too. A longer run trains on all images at once, at rate 0.1 with λ = 5, applied to weights but not to biases.
 * [Nielsen 2015, chapter 5](http://neuralnetworksanddeeplearning.com/chap5.html), its
 * [script](https://github.com/mnielsen/neural-networks-and-deep-learning/blob/master/fig/generate_gradient.py) and
 * [record](https://github.com/mnielsen/neural-networks-and-deep-learning/blob/master/fig/norms_during_training_4_layers.json)
 */
export const nielsen = definePreset('nielsen', {
  rows: ROWS,
  seeds: { first: 1, last: 20 },
  async measure(context) {
    const { seeds, long, showProgress } = context;
    const nets: { depth: number; norms: Norms }[] = [];
    for (const { length: depth } of publishedNorms) {
      const norms = { crossEntropy: [] as number[][], quadratic: [] as number[][] };
      for (const seed of seeds) {
        showProgress(`${depth} hidden layers, seed ${seed}`);
        for (const cost of costs) norms[cost].push(await normsAtStart(depth, cost, seed, context));
      }
      nets.push({ depth, norms });
    }
    const trainedNorms: number[][] = [];
    for (const seed of long ? seeds : []) {
      showProgress(`${EPOCH} epochs, seed ${seed}`);
      trainedNorms.push(await normsAtEnd(seed, context));
    }
    return { nets, trainedNorms };
  },
  show({ nets, trainedNorms }, seeds) {
    const rows = nets.flatMap(({ depth, norms }, k) =>
      publishedNorms[k].map((printed, h) => {
        const range = (cost: (typeof costs)[number]): Range => normRange(norms[cost], h);
        return { depth, h, printed, crossEntropy: range('crossEntropy'), quadratic: range('quadratic') };
      }),
    );
    const findings = [
      ...nets.flatMap(({ depth, norms }, k) =>
        publishedNorms[k].map((printed, h) =>
          nearOneStart(
            `dC/db, hidden layer ${h + 1} of ${depth}`,
            { printed, source: BOOK },
            normsOfLayer(norms.crossEntropy, h),
          ),
        ),
      ),
      ...(trainedNorms.length > 0
        ? publishedNormsAtEnd.map((printed, h) =>
            nearOneStart(
              `epoch ${EPOCH}: hidden layer ${h + 1} of 4`,
              { printed, source: RECORD },
              normsOfLayer(trainedNorms, h),
            ),
          )
        : []),
    ];
    return {
      sections: [
        {
          title: `Nielsen, chapter 5: norm of dC/db before the first step, ${seeds.length} starts`,
          lines: [
            ...columns([
              ['hidden layers', 'number', 'printed', 'cross-entropy', 'quadratic'],
              ...rows.map(({ depth, h, printed, crossEntropy, quadratic }) => [
                h === 0 ? `${depth} of ${WIDTH}` : '',
                String(h + 1),
                printed,
                rangeText(crossEntropy),
                rangeText(quadratic),
              ]),
            ]),
            '',
            "  The printed norms are for cross-entropy, the loss of the book's script.",
            '  With half the squared error they are a fifth as large, and shrink as fast.',
          ],
        },
        ...(trainedNorms.length > 0 ? [sectionOfEnd(trainedNorms)] : []),
      ],
      findings: seeds.length < MIN_STARTS ? findings.map(withheld) : findings,
      json: {
        networks: nets.map(({ depth, norms }, k) => ({ depth, published: publishedNorms[k].map(Number), norms })),
        ...(trainedNorms.length > 0
          ? { trained: { epoch: EPOCH, published: publishedNormsAtEnd.map(Number), norms: trainedNorms } }
          : {}),
      },
    };
  },
});

const BOOK = 'Nielsen 2015, chapter 5';
const RECORD = "its repository's fig/norms_during_training_4_layers.json";

const normsOfLayer = (norms: readonly (readonly number[])[], h: number): number[] => norms.map((layers) => layers[h]);

const normRange = (norms: readonly (readonly number[])[], h: number): Range =>
  rangeOf(`norm of dC/db of hidden layer ${h + 1}`, normsOfLayer(norms, h));

/** With few starts the spread is not known, so nothing is claimed. */
const withheld = ({ what, computed, paper }: Finding): Finding =>
  unclaimedFigure(what, computed, `--seeds has fewer than ${MIN_STARTS} starts, too few to know the spread`, paper);

function sectionOfEnd(norms: readonly (readonly number[])[]): Section {
  return {
    title: `Before epoch ${EPOCH + 1}: four hidden layers, rate ${RATE}, lambda ${LAMBDA}`,
    lines: [
      ...columns([
        ['hidden layer', 'printed', 'cross-entropy'],
        ...publishedNormsAtEnd.map((printed, h) => [String(h + 1), printed, rangeText(normRange(norms, h))]),
      ]),
      '',
      '  Weight decay, lambda / n, applies to weights and not to biases, as in the book.',
    ],
  };
}

function problemOf(depth: number, cost: (typeof costs)[number], train: Dataset) {
  const shape = {
    input: train.inputs.columns,
    hidden: new Array<number>(depth).fill(WIDTH),
    output: OUTPUTS,
    init: 'lecun-normal',
    biasInit: { kind: 'normal', std: 1 },
  } as const;
  const quadratic = cost === 'quadratic';
  // The library's cross-entropy takes logits, and the mean over outputs.
  const spec = deepNetwork(shape, sigmoid, quadratic ? sigmoid : undefined);
  const loss: LossSpec = quadratic ? 'quadratic' : 'binary-cross-entropy';
  return { spec, loss, scale: quadratic ? 1 : OUTPUTS };
}

const normsOf = ({ layers }: HiddenProbe, scale: number): number[] =>
  layers.map(({ rmsDb }) => scale * rmsDb * Math.sqrt(WIDTH));

async function normsAtStart(
  depth: number,
  cost: (typeof costs)[number],
  seed: number,
  { train, runContext }: PresetContext,
): Promise<number[]> {
  const { spec, loss, scale } = problemOf(depth, cost, train);
  return normsOf(await probeAtStart(spec, runContext(loss), { optimizer: 'sgd', batch: 'full', seed }), scale);
}

async function normsAtEnd(seed: number, { train, runContext }: PresetContext): Promise<number[]> {
  const { spec, loss, scale } = problemOf(publishedNormsAtEnd.length, 'crossEntropy', train);
  // The book's cost is the sum over outputs, `scale` times the mean. Rate and decay are scaled so that rate times
  // gradient and rate times decay are the same.
  const optimizer = { kind: 'sgd', lr: RATE * scale, weightDecay: LAMBDA / ROWS / scale, decayed: 'weights' } as const;
  const { probes, diverged } = await runDeep(
    spec,
    runContext(loss),
    { optimizer, batch: 'full', steps: EPOCH + 1, seed },
    [EPOCH],
  );
  const end = probes.find(({ step }) => step === EPOCH);
  if (end === undefined) throw new Error(`epoch ${EPOCH} of seed ${seed} has ${diverged}, expected finite numbers`);
  return normsOf(end, scale);
}
