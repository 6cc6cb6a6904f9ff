import { OptionError } from '../checks/option-error.ts';
import type { LayerSpec } from './layers/index.ts';
import { branchNames } from './layers/layer-context.ts';
import type { Network, NetworkSpec, Tensor } from './network.ts';
import { sizeOf } from './shape.ts';

/** A part of a network. */
export interface DecoderPart {
  readonly spec: NetworkSpec;
  /** The tensors of the whole network that it has, in the order of its own. */
  readonly tensors: readonly Tensor[];
}

/**
 * The layers from the latent value z to an answer: z is the first value that depends on a `gaussian` and has its size,
 * through which alone the answer depends on it and on the inputs. Of the decoder z is the input.
 * @throws OptionError if there is no such value, and for a decoder with the weights of other layers.
 */
export function decoderPart(
  network: Network,
  answer = network.allLayers.length, // the value that is decoded to, counted as in `PlacedLayer.inputs`
): DecoderPart {
  const { allLayers } = network;
  const z = latentOf(network, answer);
  if (z === undefined) {
    const problem = 'draws no latent value, expected a layer gaussian, and outputs that depend on inputs by it alone';
    throw new OptionError('decoderOf', 'spec', problem, { about: 'the network' });
  }
  const keptValues = new Set(valuesBefore(network, answer, z));
  const blocks = [...new Set([...keptValues].map((value) => blockOf(allLayers[value - 1].path)))].sort((a, b) => a - b);
  const decoderLayers = allLayers.filter(({ path }) => blocks.includes(blockOf(path)));
  const values = new Map(allLayers.map(({ path }, k) => [path, k + 1]));
  for (const [k, { spec }] of allLayers.entries()) {
    if (spec.name !== undefined && !values.has(spec.name)) values.set(spec.name, k + 1);
  }

  /** The name in the decoder of what is the layer `name` of the network. */
  function newName(name: string): string {
    const value = values.get(name) ?? 0;
    if (value === z) return 'input';
    const [block, ...inner] = allLayers[value - 1]?.path.split('.') ?? [];
    if (keptValues.has(value)) return [blocks.indexOf(Number(block)), ...inner].join('.');
    const problem = `reads layer ${name}, expected layers after the latent value alone`;
    throw new OptionError('decoderOf', 'spec', problem, { about: 'the decoder' });
  }

  function rewriteLayer(spec: LayerSpec): LayerSpec {
    const { of } = spec;
    const changedSpec: Record<string, unknown> = { ...spec };
    if (of !== undefined) changedSpec.of = typeof of === 'string' ? newName(of) : of.map(newName);
    if (spec.kind === 'like') changedSpec.layer = newName(spec.layer);
    for (const branch of branchNames) {
      const layers = changedSpec[branch];
      if (Array.isArray(layers)) changedSpec[branch] = layers.map(rewriteLayer);
    }
    return changedSpec as unknown as LayerSpec;
  }

  const layers = blocks.map((block) => {
    const spec = network.spec.layers[block];
    return rewriteLayer(spec.of === undefined ? { ...spec, of: String(block - 1) } : spec);
  });
  const input = [...allLayers[z - 1].layer.out];
  return { spec: { input, layers }, tensors: decoderLayers.flatMap(({ tensors }) => tensors) };
}

/** The layer of the spec that holds a layer. */
const blockOf = (path: string): number => Number(path.split('.', 1)[0]);

/** The first value that stands alone between the draws and the answer, of their size; undefined if there is none. */
function latentOf(network: Network, answer: number): number | undefined {
  const { allLayers } = network;
  const isDrawn = new Set<number>();
  const sizes = new Set<number>(); // of the draws
  for (const [k, { spec, inputs }] of allLayers.entries()) {
    if (spec.kind !== 'gaussian' && !inputs.some((value) => isDrawn.has(value))) continue;
    isDrawn.add(k + 1);
    const size = sizeOf(allLayers[k].layer.out);
    if (spec.kind === 'gaussian') sizes.add(size);
    const isWhole = !allLayers[k].path.includes('.') && k + 1 < answer;
    if (!isWhole) continue;
    const between = valuesBefore(network, answer, k + 1);
    if (between.some((value) => value === 0 || allLayers[value - 1].spec.kind === 'gaussian')) continue;
    return sizes.has(size) ? k + 1 : undefined; // a value of other sizes has more than draws, such as a condition
  }
  return undefined;
}

/** The values that the answer is computed from, itself among them, but not those before z. */
function valuesBefore({ allLayers }: Network, answer: number, z: number): readonly number[] {
  const values = new Set([answer]);
  for (const value of values) {
    if (value > 0) for (const input of allLayers[value - 1].inputs) if (input !== z) values.add(input);
  }
  return [...values];
}
