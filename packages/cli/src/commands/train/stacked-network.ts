import type { ActivationName, InitializerSpec, LayerSpec, Loss, NetworkSpec } from '@gradloom/core';
import { hasProbabilities } from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import type { ActivationSpec } from '../../options/activation.ts';

/** Options of hidden layers, which the playground has, too. */
export interface StackedLayers {
  readonly hidden?: readonly number[];
  readonly activation?: ActivationSpec;
  readonly 'output-activation'?: ActivationSpec;
  readonly init?: InitializerSpec; // default: that of the activation
  readonly dropout?: number;
}

/** The default output activation: losses on logits need none, and targets of 0 and 1 need sigmoid. */
export function outputActivation({ classes, targets }: Dataset, loss: Loss): ActivationName {
  if (loss.heads !== undefined || loss.targets === 'classes' || hasProbabilities(loss)) return 'identity';
  const areZeroOrOne = targets.array.every((value) => value === 0 || value === 1);
  return classes !== null || areZeroOrOne ? 'sigmoid' : 'identity';
}

/** Hidden layers, each dense, activation and dropout, then a dense output and its activation. */
export function stackedNetwork(layers: StackedLayers, dataset: Dataset, loss: Loss): NetworkSpec {
  const { hidden = [], activation = IDENTITY, 'output-activation': output = IDENTITY, init, dropout = 0 } = layers;
  const layerSpecs: LayerSpec[] = [];
  for (const out of hidden) {
    layerSpecs.push({ kind: 'dense', out, init: init ?? initializerFor(activation) }, layerOf(activation));
    if (dropout > 0) layerSpecs.push({ kind: 'dropout', rate: dropout });
  }
  const out = outputsOf(dataset, loss);
  layerSpecs.push({ kind: 'dense', out, init: init ?? initializerFor(output) }, ...outputLayers(output));
  return { input: dataset.inputs.columns, layers: layerSpecs };
}

export const IDENTITY: ActivationSpec = { kind: 'identity' };

const layerOf = ({ kind, ...options }: ActivationSpec): LayerSpec => ({ ...options, kind: 'activation', fn: kind });

/** he-normal for activations that drop about half of the variance, else glorot-uniform. */
const initializerFor = ({ kind }: ActivationSpec): InitializerSpec =>
  RECTIFIERS.has(kind) ? 'he-normal' : 'glorot-uniform';

const RECTIFIERS = new Set<ActivationName>(['relu', 'leaky-relu', 'elu', 'gelu', 'gelu-tanh', 'silu']);

export const outputLayers = (output: ActivationSpec): LayerSpec[] =>
  output.kind === 'identity' ? [] : [layerOf(output)];

/** Number of outputs: one per class, or a single logit for two if the loss takes it; else the length of a target. */
export function outputsOf({ classes, targets }: Dataset, loss: Loss): number {
  if (classes === null) return targets.columns;
  return classes === 2 && loss.name === 'binary-cross-entropy' ? 1 : classes;
}
