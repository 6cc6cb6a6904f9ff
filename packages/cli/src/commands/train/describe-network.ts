import { isDeepStrictEqual } from 'node:util';
import { buildNetwork, type Network, type NetworkLayer, type NetworkSpec } from '@gradloom/core';
import { channelsOf, findNetwork, networks, parametersText, sizeOf } from '@gradloom/core/internal';
import { customParts } from '../../options/custom-parts.ts';

/** '1,234 parameters', or '1,234 parameters, 128 of them not trained'. */
export const describeParameters = (spec: NetworkSpec): string => parametersText(buildNetwork(spec, customParts()));

/**
 * A network in at most 80 columns: 'convnet on 28x28x1' or 'gpt:4x4x128 on 64' for a known one, '8x8x1 · conv2d 4 3x3 ·
 * relu · flatten 144 · dense 10' for others on images and sequences, and widths and what stands between them,
 * '784-128-10 relu', for networks of vectors.
 */
export function describeNetwork(spec: NetworkSpec): string {
  const network = buildNetwork(spec, customParts());
  const { input, output, tensors, layers, allLayers } = network;
  const name = nameOf(network);
  if (name !== undefined) return name;
  const isOfVectors = input.length === 1 && output.length === 1 && !layers.some((layer) => layer.readsLengths);
  const hasBranches = network.spec.layers.some(({ of }) => of !== undefined);
  if (isOfVectors && !hasBranches && tensors.every(({ shape }) => shape.length <= 2)) return widthsOf(network);
  return shorten([input.join('x'), ...allLayers.filter(({ path }) => !path.includes('.')).map(layerText)]);
}

/** Whether `describeNetwork` gave a chain of layers, which fills a line. */
export const isChain = (text: string): boolean => text.includes(SEPARATOR);

const SEPARATOR = ' · ';

/** '784-128-10 relu': widths, then the layers between. */
function widthsOf({ inputs, layers }: Network): string {
  const widths = [inputs];
  const others = new Set<string>();
  for (const layer of layers) {
    const width = sizeOf(layer.out);
    // The tensors of a norm are vectors.
    if (layer.tensors.some(({ shape }) => shape.length > 1)) widths.push(width);
    else others.add(layer.label.replace(`(${width})`, ''));
  }
  return [widths.join('-'), ...others].join(' ');
}

/** 'convnet on 28x28x1', for a known network with or without an activation of its outputs. */
function nameOf({ spec: frozenSpec, input, output }: Network): string | undefined {
  const spec = withoutFreezing(frozenSpec);
  const [last] = spec.layers.slice(-1);
  const layers = last.kind === 'activation' ? spec.layers.slice(0, -1) : spec.layers;
  // Tokens and pixels have an answer each.
  const knownName = [...Object.keys(networks), ...sizedNames(spec)].find((name) =>
    isDeepStrictEqual(layersOf(name, spec, input, channelsOf(output)), layers),
  );
  const activation = last.kind === 'activation' ? ` with ${last.fn} outputs` : '';
  return knownName && `${knownName} on ${input.join('x')}${activation}`;
}

/** The spec without `freeze`, which is no part of a known network. */
const withoutFreezing = (spec: NetworkSpec): NetworkSpec =>
  JSON.parse(JSON.stringify(spec, (key, value) => (key === 'freeze' ? undefined : value)));

/** The names that a network would have by its sizes. */
function sizedNames({ layers: [first, ...layers] }: NetworkSpec): string[] {
  if (first.kind === 'conv2d') {
    const levels = layers.filter(({ kind }) => kind === 'max-pool').length;
    return [`unet:${levels}x${first.out}`, ...MOBILENET_WIDTHS.map((width) => `mobilenet:${width}`)];
  }
  if (first.kind !== 'embedding') {
    const sizes = [first, ...layers].flatMap((layer) => (layer.kind === 'dense' ? [layer.out] : []));
    return [`autoencoder:${sizes.slice(0, sizes.length / 2).join('x')}`];
  }
  const { width } = first;
  const blocks = layers.filter((layer) => layer.kind === 'residual');
  const [attention] = blocks.flatMap(({ layers }) => layers).filter((layer) => layer.kind === 'self-attention');
  const units = layers.filter(({ kind }) => kind === 'gru').length;
  return [`gpt:${blocks.length / 2}x${attention?.heads}x${width}`, `gru:${units}x${width}`];
}

/** Widths that others have trained. */
const MOBILENET_WIDTHS = [0.1, 0.25, 0.35, 0.5, 0.75, 1.1, 1.2, 1.3, 1.4];

function layersOf(
  name: string,
  { layers: [first, ...others] }: NetworkSpec,
  input: readonly number[],
  outputs: number,
): unknown {
  // A network that answers whole texts gets its vocabulary as an option; one that goes on writing, from its outputs.
  const isOfTexts =
    first.kind === 'embedding' && others.some((layer) => 'returns' in layer || layer.kind === 'last-position');
  const options = isOfTexts ? { vocabulary: first.vocabulary } : {};
  try {
    return findNetwork(name)?.builder(options)(input, outputs).layers;
  } catch {
    return undefined; // the input or the sizes are not of this network
  }
}

/** 'conv2d 32 3x3' for conv2d(1->32, 3x3), 'relu' for relu(128): a layer without what the layers before it say. */
function layerText({ spec, layer: { label, out } }: NetworkLayer): string {
  const kind = label.replace(/\(.*/s, '');
  if (spec.kind === 'residual') {
    const counts = [spec.layers, spec.shortcut ?? []].map(({ length }) => length).filter((count) => count > 0);
    return `${kind} of ${counts.join(' + ')} ${counts.join() === '1' ? 'layer' : 'layers'}`;
  }
  const options = label.slice(kind.length + 1, -1);
  if (options === String(sizeOf(out))) return kind;
  return [kind, ...options.split(', ').map((option) => option.replace(/^.*->/, ''))].join(' ').trimEnd();
}

/** The words in 80 columns: if they are too many, their number stands for some before the last. */
function shorten(words: readonly string[]): string {
  for (let room = words.length; ; room--) {
    const hidden = words.length - room;
    const shownWords = hidden === 0 ? words : [...words.slice(0, room - 1), `${hidden} more`, ...words.slice(-1)];
    const text = shownWords.join(SEPARATOR);
    if (text.length <= 80 || room <= 2) return text;
  }
}
