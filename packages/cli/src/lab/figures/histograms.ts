import {
  buildNetwork,
  createLoss,
  type Elements,
  initializeParameters,
  type Network,
  type NetworkSpec,
} from '@gradloom/core';
import {
  allocateEach,
  bindTensors,
  createElements,
  createWorkspace,
  forward,
  positionsOf,
  typeOf,
} from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import { inputRows } from '@gradloom/runtime/internal';
import { customParts } from '../../options/custom-parts.ts';
import { layerNames } from '../../terminal/text/layer-names.ts';
import { shownRows } from '../../terminal/text/thin.ts';
import { referencePass } from '../experiments/reference-passes.ts';
import type { LayerHistogram } from './layer-histogram.ts';

const BINS = 40;
/** Maximum number of layers that are shown, of weights and of outputs each. */
const MAX_LAYERS = 8;
/** Maximum multiply-adds of the forward pass (about 50 ms with the reference kernels), within 4 to 256 rows. */
const MAX_MULTIPLY_ADDS = 3e7;

/** A network, its seed and its trained weights. */
export interface TrainedNetwork {
  readonly spec: NetworkSpec;
  readonly seed: number;
  readonly parameters: Elements; // [P] at the end
}

/** Histograms of weights, and of activation outputs for some rows, before and after training, in its precision. */
export function layerHistograms({ spec, seed, parameters }: TrainedNetwork, rows: Dataset): LayerHistogram[] {
  const network = buildNetwork(spec, customParts());
  const start = createElements(typeOf(parameters), network.parameterCount);
  initializeParameters(network, start, seed);
  const valuesOf = { weights: weightsOf, outputs: outputsOf } as const;
  return (['weights', 'outputs'] as const).flatMap((kind) => {
    const [before, after] = [start, parameters].map((theta) => valuesOf[kind](network, theta, rows));
    const layers = [...before.keys()];
    return shownRows(layers.length, MAX_LAYERS).map((k) => {
      const layer = layers[k];
      return { kind, layer, ...sharesInBins(before.get(layer) ?? [], after.get(layer) ?? []) };
    });
  });
}

type ValuesByLayer = Map<string, ArrayLike<number>>;

function weightsOf(network: Network, theta: Elements): ValuesByLayer {
  const names = namesOf(network);
  return new Map(
    network.allLayers.flatMap(({ tensors }, k) =>
      tensors
        // Biases, and gains, shifts and running statistics of norms, are left out.
        .filter(({ shape, length }) => shape.length > 1 && length > 1)
        .map(({ name, offset, length }) => [
          `${names[k]}${name === 'W' ? '' : ` ${name}`}`,
          theta.subarray(offset, offset + length),
        ]),
    ),
  );
}

function outputsOf(network: Network, theta: Elements, dataset: Dataset): ValuesByLayer {
  const multiplyAdds = network.allLayers.reduce((sum, { layer, tensors }) => {
    return sum + positionsOf(layer.out) * tensors.reduce((weights, { length }) => weights + length, 0);
  }, 1); // at least one, for a network without weights
  const rows = Math.min(dataset.rows, 256, Math.max(4, Math.floor(MAX_MULTIPLY_ADDS / multiplyAdds)));
  const unusedLoss = createLoss('mse'); // only a forward pass runs
  const workspace = createWorkspace(network, unusedLoss, rows, allocateEach(typeOf(theta)));
  workspace.x.set(inputRows(dataset, 0, rows, typeOf(theta)));
  const outputs: ValuesByLayer = new Map();
  const names = namesOf(network);
  const entries = new Map(network.allLayers.map(({ layer, spec }, k) => [layer, { kind: spec.kind, name: names[k] }]));
  const pass = referencePass({ training: false, leafRows: 1 });
  forward(network, workspace, bindTensors(network, theta), rows, pass, (_phase, layer, y, n) => {
    const entry = entries.get(layer);
    if (entry?.kind === 'activation') outputs.set(entry.name, y.slice(0, n));
  });
  return outputs;
}

const namesOf = ({ allLayers }: Network): string[] =>
  layerNames(allLayers.map(({ path, layer, spec }) => ({ path, label: layer.label, name: spec.name })));

/** The shares of the values before and after training in the same bins. */
function sharesInBins(before: ArrayLike<number>, after: ArrayLike<number>) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of [before, after]) {
    for (let i = 0; i < values.length; i++) {
      if (values[i] < low) low = values[i];
      if (values[i] > high) high = values[i];
    }
  }
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5]; // all values are equal, or there is none
  const shares = (values: ArrayLike<number>): number[] => {
    const bins = new Array<number>(BINS).fill(0);
    for (let i = 0; i < values.length; i++) {
      bins[Math.min(BINS - 1, Math.floor((BINS * (values[i] - low)) / (high - low)))] += 1 / values.length;
    }
    return bins;
  };
  return { low, high, start: shares(before), end: shares(after) };
}
