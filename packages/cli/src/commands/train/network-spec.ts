import {
  buildNetwork,
  createLoss,
  createTokenizer,
  type GptNetworkOptions,
  type InputParts,
  type LayerKind,
  type Loss,
  layers,
  type NetworkSpec,
  OptionError,
  type Shape,
} from '@gradloom/core';
import {
  branchOutputs,
  counted,
  findNetwork,
  hasParts,
  partsNetwork,
  type RowPart,
  rowPartsOf,
  show,
  tokensOf,
  within,
  withParts,
} from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import { sizesOfHeads } from '@gradloom/runtime/internal';
import { customParts } from '../../options/custom-parts.ts';
import { defined } from '../../options/option.ts';
import { readNetworkFile } from '../../options/read-network-file.ts';
import { type TrainValues, trainOptions } from './options.ts';
import { IDENTITY, outputLayers, outputsOf, stackedNetwork } from './stacked-network.ts';

/**
 * The network of the options: a known one, from a file, or from the hidden layers.
 * @throws OptionError naming what does not fit.
 */
export async function networkSpec(values: TrainValues, dataset: Dataset): Promise<NetworkSpec> {
  if (values.spec !== undefined) return readSpec(values.spec, dataset);
  const loss = createLoss(values.loss ?? 'mse', customParts());
  const spec =
    values.network === undefined ? hiddenSpec(values, dataset, loss) : namedSpec(values.network, values, dataset);
  const sizes = sizesOfHeads(dataset, values.loss ?? 'mse');
  return sizes === null ? spec : branchOutputs(spec, sizes);
}

/** The network of the hidden layers. */
function hiddenSpec(values: TrainValues, dataset: Dataset, loss: Loss): NetworkSpec {
  const dropout = values.dropout ?? trainOptions.dropout.standard;
  const stackedSpec = stackedNetwork({ ...values, dropout }, dataset, loss);
  const parts = rowPartsOf(dataset.preprocessing);
  return parts === undefined ? stackedSpec : partsNetwork(parts, stackedSpec.layers);
}

/** A network by its name, and the activation of its outputs. @throws OptionError for rows that are too small. */
function namedSpec(name: string, values: TrainValues, dataset: Dataset): NetworkSpec {
  const { columns, shape = [columns] } = dataset.inputs;
  const output = values['output-activation'] ?? IDENTITY;
  try {
    const knownNetwork = findNetwork(name);
    if (knownNetwork === undefined) throw new Error(`--network has ${name}, expected a known network`);
    const parts = rowPartsOf(dataset.preprocessing);
    if (parts !== undefined && shape.length !== 3) {
      const expected = 'one (without --network, texts go beside the numbers into hidden layers)';
      throw new OptionError('network', 'input', `has the parts ${namesOf(parts)}, expected ${expected}`);
    }
    const vocabulary = vocabularyOf(dataset);
    // Rows of tokens have a vocabulary and one answer, or a target for each position.
    if (
      knownNetwork.rows === 'tokens' &&
      shape.length === 1 &&
      !('vocabulary' in vocabulary) &&
      dataset.targets.columns !== columns
    )
      throw new OptionError('network', 'input', 'has no tokens, expected a text (or --column name:text)');
    if (knownNetwork.rows === 'images' && shape.length === 1) {
      const expected = `an image of height, width and channels (without --network, ${dataset.name} gets a network for its rows)`;
      throw new OptionError('network', 'input', `has ${counted(columns, 'number')}, expected ${expected}`);
    }
    const loss = createLoss(values.loss ?? 'mse', customParts());
    const out = knownNetwork.answersPixels ? pixelOutputs(dataset, shape) : outputsOf(dataset, loss);
    const { input, layers } = knownNetwork.builder({ ...tokenOptions(values), ...vocabulary })(shape, out);
    return { input, layers: [...layers, ...outputLayers(output)] };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const about = `a row of ${dataset.name}`;
    throw new OptionError('train', ['network', 'dataset'], error.problem, { about, cause: error });
  }
}

/** Outputs for each pixel of an image. @throws OptionError for targets that are not those of its pixels. */
function pixelOutputs({ classes, targets }: Dataset, [H, W]: Shape): number {
  const outputs = targets.columns / (H * W);
  if (classes === null ? Number.isInteger(outputs) : outputs === 1) return classes ?? outputs;
  const expected = classes === null ? `a multiple of its ${H * W} pixels` : `one for each of its ${H * W} pixels`;
  throw new OptionError('network', 'targets', `has ${counted(targets.columns, 'target')}, expected ${expected}`);
}

/** The tokens of texts that have one answer each. */
function vocabularyOf({ preprocessing }: Dataset): Pick<GptNetworkOptions, 'vocabulary'> {
  const texts = tokensOf(preprocessing);
  return texts === undefined ? {} : { vocabulary: createTokenizer(texts.tokenizer).size };
}

/** Options of a network for tokens. @throws OptionError for an activation with options of its own. */
function tokenOptions({ dropout, activation, init }: TrainValues): GptNetworkOptions {
  if (activation !== undefined && Object.keys(activation).length > 1) {
    const problem = `has ${Object.keys(activation).slice(1).join(', ')}, expected its name alone in a known network`;
    throw new OptionError('train', ['activation', 'network'], problem, { about: '--activation' });
  }
  return defined({ dropout, activation: activation?.kind, init });
}

async function readSpec(spec: string | Record<string, unknown>, dataset: Dataset): Promise<NetworkSpec> {
  const description = typeof spec === 'string' ? await readNetworkFile(spec) : spec;
  const { refuseManyLayers } = await import('@gradloom/runtime/internal');
  const { columns, shape = columns } = dataset.inputs;
  const parts = rowPartsOf(dataset.preprocessing);
  const input = parts !== undefined ? inputOf(parts) : readsAxes(description.layers) ? shape : columns;
  const network = { input, ...description } as unknown as NetworkSpec;
  if (parts !== undefined && hasParts(network.input)) refuseOtherParts(network.input, parts);
  refuseManyLayers(network);
  // The spec is checked when the network is built.
  within('spec', () => buildNetwork(network, customParts()));
  return withParts('spec', network);
}

/** The parts of a row as the input of a network. */
const inputOf = (parts: readonly RowPart[]): InputParts =>
  Object.fromEntries(parts.map(({ name, shape }) => [name, shape]));

const namesOf = (parts: readonly RowPart[]): string => parts.map(({ name }) => show(name)).join(', ');

/** @throws OptionError unless a network has the parts of the rows, in their order. */
function refuseOtherParts(input: InputParts, parts: readonly RowPart[]): void {
  const textOf = (list: InputParts): string =>
    Object.entries(list)
      .map(([name, shape]) => `${show(name)}: ${show([shape].flat())}`)
      .join(', ');
  const [actual, expected] = [textOf(input), textOf(inputOf(parts))];
  if (actual === expected) return;
  const problem = `has ${actual}, expected ${expected} (the parts of a row)`;
  throw new OptionError('train', ['spec.input', 'dataset'], problem, { about: "the network's input" });
}

/** Layers that a spec without `input` may begin with on images: rows are flat lists of numbers for them. */
const FLAT_KINDS = new Set<string>([
  'activation',
  'batch-norm',
  'dense',
  'dropout',
  'embedding',
  'layer-norm',
  'residual',
  'rms-norm',
  'swiglu',
] satisfies LayerKind[]);

/** Whether one of the layers, or of those inside of them, tells the axes of a row apart, such as a convolution. */
function readsAxes(specs: unknown, levels = 16): boolean {
  if (!Array.isArray(specs) || levels === 0) return false; // a network of more levels is refused when it is built
  return specs.some((spec) => {
    if (typeof spec !== 'object' || spec === null) return false;
    const isFlat = FLAT_KINDS.has(spec.kind) || !Object.hasOwn(layers, String(spec.kind));
    return !isFlat || readsAxes(spec.layers, levels - 1) || readsAxes(spec.shortcut, levels - 1);
  });
}
