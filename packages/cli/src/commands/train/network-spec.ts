import {
  type ActivationName,
  buildNetwork,
  createLoss,
  createTokenizer,
  type GptNetworkOptions,
  type InitializerSpec,
  type LayerKind,
  type LayerSpec,
  type Loss,
  layers,
  type NetworkSpec,
  OptionError,
} from '@gradloom/core';
import { findNetwork, tokensOf, within } from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import type { ActivationSpec } from '../../options/activation.ts';
import { ownParts } from '../../options/own-parts.ts';
import { readObject } from '../../options/read-object.ts';
import { type TrainValues, trainOptions } from './options.ts';

/**
 * The network of the options: a known one, from a file, or from the hidden layers.
 * @throws OptionError naming what does not fit.
 */
export async function networkSpec(values: TrainValues, dataset: Dataset): Promise<NetworkSpec> {
  if (values.network !== undefined) return known(values.network, values, dataset);
  return values.spec === undefined ? stack(values, dataset) : readSpec(values.spec, dataset);
}

/** A network by its name, and the activation of its outputs. @throws OptionError for rows that are too small. */
function known(name: string, values: TrainValues, dataset: Dataset): NetworkSpec {
  const { columns, shape = [columns] } = dataset.inputs;
  const out = outputsOf(dataset, createLoss(values.loss ?? 'mse', ownParts()));
  const output = values['output-activation'] ?? IDENTITY;
  try {
    const found = findNetwork(name);
    if (found === undefined) throw new Error(`--network has ${name}, expected a known network`);
    const vocabulary = vocabularyOf(dataset);
    if (found.takesTokens && shape.length === 1 && !('vocabulary' in vocabulary) && dataset.targets.columns !== columns)
      throw new OptionError('network', 'input', 'has no tokens, expected a text (or --column name:text)');
    const { input, layers } = found.builder({ ...tokenOptions(values), ...vocabulary })(shape, out);
    return { input, layers: [...layers, ...outputLayers(output)] };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const about = `a row of ${dataset.name}`;
    throw new OptionError('train', ['network', 'dataset'], error.problem, { about, cause: error });
  }
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
  return {
    ...(dropout === undefined ? {} : { dropout }),
    ...(activation === undefined ? {} : { activation: activation.kind }),
    ...(init === undefined ? {} : { init }),
  };
}

const outputLayers = (output: ActivationSpec): LayerSpec[] => (output.kind === 'identity' ? [] : [layerOf(output)]);

/** The default output activation: losses on logits need none, and targets of 0 and 1 need sigmoid. */
export function outputActivation({ classes, targets }: Dataset, loss: Loss): ActivationName {
  if (loss.targets === 'classes' || loss.name === 'binary-cross-entropy') return 'identity';
  return classes !== null || isZeroOrOne(targets.array) ? 'sigmoid' : 'identity';
}

/** Hidden layers, each dense, activation and dropout, then a dense output and its activation. */
function stack(values: TrainValues, dataset: Dataset): NetworkSpec {
  const {
    hidden = [],
    activation = IDENTITY,
    'output-activation': output = IDENTITY,
    init,
    dropout = trainOptions.dropout.standard,
  } = values;
  const stacked: LayerSpec[] = [];
  for (const out of hidden) {
    stacked.push({ kind: 'dense', out, init: init ?? initializerFor(activation) }, layerOf(activation));
    if (dropout > 0) stacked.push({ kind: 'dropout', rate: dropout });
  }
  const out = outputsOf(dataset, createLoss(values.loss ?? 'mse', ownParts()));
  stacked.push({ kind: 'dense', out, init: init ?? initializerFor(output) }, ...outputLayers(output));
  return { input: dataset.inputs.columns, layers: stacked };
}

const IDENTITY: ActivationSpec = { kind: 'identity' };

const layerOf = ({ kind, ...options }: ActivationSpec): LayerSpec => ({ ...options, kind: 'activation', fn: kind });

/** he-normal for activations that drop about half of the variance, else glorot-uniform. */
const initializerFor = ({ kind }: ActivationSpec): InitializerSpec =>
  RECTIFIERS.has(kind) ? 'he-normal' : 'glorot-uniform';

const RECTIFIERS = new Set<ActivationName>(['relu', 'leaky-relu', 'elu', 'gelu', 'silu']);

/**
 * Number of outputs: one per class, or a single logit for two classes if the loss takes it. Without classes, the length
 * of a target.
 */
function outputsOf({ classes, targets }: Dataset, loss: Loss): number {
  if (classes === null) return targets.columns;
  return classes === 2 && loss.name === 'binary-cross-entropy' ? 1 : classes;
}

async function readSpec(spec: string | Record<string, unknown>, dataset: Dataset): Promise<NetworkSpec> {
  const description = typeof spec === 'string' ? await readObject('--spec', spec) : spec;
  const { refuseManyLayers } = await import('@gradloom/runtime/internal');
  const { columns, shape = columns } = dataset.inputs;
  const input = seesPositions(description.layers) ? shape : columns;
  const network = { input, ...description } as unknown as NetworkSpec;
  refuseManyLayers(network);
  // The spec is checked when the network is built.
  within('spec', () => buildNetwork(network, ownParts()));
  return network;
}

/** Layers that a spec without `input` may begin with on images: rows are flat lists of numbers for them. */
const FLAT = new Set<string>([
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
function seesPositions(specs: unknown, levels = 16): boolean {
  if (!Array.isArray(specs) || levels === 0) return false; // a network of more levels is refused when it is built
  return specs.some((spec) => {
    if (typeof spec !== 'object' || spec === null) return false;
    const isFlat = FLAT.has(spec.kind) || !Object.hasOwn(layers, String(spec.kind));
    return !isFlat || seesPositions(spec.layers, levels - 1) || seesPositions(spec.shortcut, levels - 1);
  });
}

function isZeroOrOne(numbers: ArrayLike<number>): boolean {
  for (let i = 0; i < numbers.length; i++) if (numbers[i] !== 0 && numbers[i] !== 1) return false;
  return true;
}
