import { buildNetwork, type Network, type NetworkSpec } from './network.ts';
import type { PlacedLayer } from './placed-layer.ts';
import { positionsOf, sizeOf } from './shape.ts';

/** A layer of a network. */
export interface LayerFacts {
  /** Position in the network: 3.0 is nested in layer 3. */
  readonly path: string;
  /** Name in its spec. */
  readonly name: string | null;
  /** Kind and sizes, such as conv2d(1->32, 3x3). */
  readonly layer: string;
  /** Names or paths of the layers whose outputs it reads, 'input' for the inputs of the network. */
  readonly of: readonly string[];
  /** Shape of a row of its outputs. */
  readonly output: readonly number[];
  /** Number of its parameters. */
  readonly parameters: number;
  /** Multiplications of a row's forward pass that are added up: in products, convolutions and attention. */
  readonly multiplyAdds: number;
  /** Whether they are constants in training; absent for a layer that is not frozen. */
  readonly frozen?: true;
}

/** Every layer, in the order of their calls. */
export const layerFacts = ({ allLayers }: Network): LayerFacts[] =>
  allLayers.map((placedLayer) => {
    const { path, layer, spec, inputs, isFrozen } = placedLayer;
    return {
      path,
      name: spec.name ?? null,
      layer: layer.label,
      of: inputs.map((value) => (value === 0 ? 'input' : nameOf(allLayers[value - 1]))),
      output: layer.out,
      parameters: layer.tensors.reduce(
        (sum, { shape, tiedTo }) => (tiedTo === undefined ? sum + sizeOf(shape) : sum),
        0,
      ),
      multiplyAdds: multiplyAddsOf(placedLayer),
      ...(isFrozen ? { frozen: true } : {}),
    };
  });

const nameOf = ({ path, spec }: PlacedLayer): string => spec.name ?? path;

/** Each weight of a matrix or window counts once for each position at which it is used. */
function multiplyAddsOf({ layer, spec }: PlacedLayer): number {
  const { kind } = spec;
  const [input] = layer.in;
  if (kind === 'matmul') return sizeOf(layer.out) * input[input.length - (spec.transposeA === true ? 2 : 1)];
  if (kind === 'embedding' || kind === 'position-embedding') return 0;
  const positions = positionsOf(kind === 'conv1d' || kind === 'conv2d' ? layer.out : input);
  const weights = layer.tensors.reduce((sum, { shape }) => (shape.length > 1 ? sum + sizeOf(shape) : sum), 0);
  // Of two sequences, keys and values are projected at the positions of the second.
  const [, memory = input] = layer.in;
  const further =
    kind === 'cross-attention' && weights > 0 ? (positionsOf(memory) - positions) * 2 * memory[1] * input[1] : 0;
  const isAttention = kind === 'self-attention' || kind === 'cross-attention';
  return positions * weights + further + (isAttention ? 2 * memory[0] * sizeOf(input) : 0);
}

/**
 * Head and cells of a table of the layers, in which layers of a block are indented: with what each reads, unless all
 * read the layer before, and its share of the multiplications.
 */
export function layerTable(network: Network): [head: string[], ...rows: string[][]] {
  const facts = layerFacts(network);
  const isChain = network.allLayers.every(({ inputs }, k) => inputs.length === 1 && inputs[0] === k);
  const total = facts.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
  return [
    ['layer', '', ...(isChain ? [] : ['reads']), 'output', 'parameters', 'work'],
    ...facts.map(({ path, name, layer, of, output, parameters, multiplyAdds, frozen }) => [
      `${'  '.repeat(Math.max(0, path.split('.').filter((step) => /\d/.test(step)).length - 1))}${path}`,
      `${name === null ? '' : `${name}: `}${layer}${frozen ? ', frozen' : ''}`,
      ...(isChain ? [] : [of.join(', ')]),
      output.join('x'),
      groupDigits(parameters),
      multiplyAdds === 0 ? '' : `${((100 * multiplyAdds) / total).toFixed(0)} %`,
    ]),
  ];
}

/** Number of parameters that an optimizer trains: all except running statistics of norms and frozen layers. */
export const trainedParameters = ({ tensors }: Network): number =>
  tensors.reduce((sum, { length, isTrained }) => sum + (isTrained ? length : 0), 0);

/** '1,234 parameters', or '1,234 parameters, 128 of them not trained'. */
export function parametersText(network: Network): string {
  const { parameterCount: P } = network;
  const untrainedCount = P - trainedParameters(network);
  return `${groupDigits(P)} parameter${P === 1 ? '' : 's'}${untrainedCount === 0 ? '' : `, ${groupDigits(untrainedCount)} of them not trained`}`;
}

/** '1,234'. */
const groupDigits = (count: number): string => count.toLocaleString('en-US');

/** The text of `summary` for a network that has been built. */
export function summarize(network: Network): string {
  const table = layerTable(network);
  const widths = table[0].map((_, c) => table.reduce((width, row) => Math.max(width, row[c].length), 0));
  const lines = table.map((row) =>
    row
      .map((cell, c) => (c < row.length - 3 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, '', parametersText(network)].join('\n');
}

/**
 * A table of a network's layers as text: for each its position, kind, shape of outputs and number of parameters; and a
 * last line with the number of all parameters.
 * @throws OptionError as `buildNetwork` does.
 */
export const summary = (spec: NetworkSpec): string => summarize(buildNetwork(spec));
