import { buildNetwork, type Network, type NetworkSpec } from './network.ts';
import { sizeOf } from './shape.ts';

/** A layer of a network. */
export interface LayerFacts {
  /** Position in the network: 3.0 is nested in layer 3. */
  readonly path: string;
  /** Name in its spec. */
  readonly name: string | null;
  /** Kind and sizes, such as conv2d(1->32, 3x3). */
  readonly layer: string;
  /** Shape of a row of its outputs. */
  readonly output: readonly number[];
  /** Number of its parameters. */
  readonly parameters: number;
}

/** Every layer, in the order of their calls. */
export const layerFacts = ({ allLayers }: Network): LayerFacts[] =>
  allLayers.map(({ path, layer, spec: { name = null } }) => ({
    path,
    name,
    layer: layer.label,
    output: layer.out,
    parameters: layer.tensors.reduce((sum, { shape, tiedTo }) => (tiedTo === undefined ? sum + sizeOf(shape) : sum), 0),
  }));

/** Head and cells of a table of the layers, in which layers of a block are indented. */
export const layerTable = (network: Network): [head: string[], ...rows: string[][]] => [
  ['layer', '', 'output', 'parameters'],
  ...layerFacts(network).map(({ path, name, layer, output, parameters }) => [
    `${'  '.repeat(path.split('.').filter((step) => /\d/.test(step)).length - 1)}${path}`,
    name === null ? layer : `${name}: ${layer}`,
    output.join('x'),
    grouped(parameters),
  ]),
];

/** Number of parameters that an optimizer trains: all except running statistics of norms. */
export const trainedParameters = ({ tensors }: Network): number =>
  tensors.reduce((sum, { length, isTrained }) => sum + (isTrained ? length : 0), 0);

/** '1,234 parameters', or '1,234 parameters, 128 of them not trained'. */
export function parametersText(network: Network): string {
  const { parameterCount: P } = network;
  const untrained = P - trainedParameters(network);
  return `${grouped(P)} parameter${P === 1 ? '' : 's'}${untrained === 0 ? '' : `, ${grouped(untrained)} of them not trained`}`;
}

/** '1,234'. */
const grouped = (count: number): string => count.toLocaleString('en-US');

/** The text of `summary` for a network that has been built. */
export function summarize(network: Network): string {
  const table = layerTable(network);
  const widths = table[0].map((_, c) => table.reduce((width, row) => Math.max(width, row[c].length), 0));
  const lines = table.map((row) =>
    row.map((cell, c) => (c < 2 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '),
  );
  return [...lines, '', parametersText(network)].join('\n');
}

/**
 * A table of a network's layers as text: for each its position, kind, shape of outputs and number of parameters; and a
 * last line with the number of all parameters.
 * @throws OptionError as `buildNetwork` does.
 */
export const summary = (spec: NetworkSpec): string => summarize(buildNetwork(spec));
