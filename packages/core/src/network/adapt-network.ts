import { OptionError } from '../checks/option-error.ts';
import { counted, show } from '../checks/show.ts';
import { headsOf } from './heads.ts';
import { addLoraLayers, findLayer } from './layer-patterns.ts';
import type { LayerSpec } from './layers/index.ts';
import { type BranchName, branchNames, type CustomParts } from './layers/layer-context.ts';
import type { NetworkLora } from './layers/lora.ts';
import { buildNetwork, type Network, type NetworkSpec } from './network.ts';
import { nameOfLayer, type PlacedLayer } from './placed-layer.ts';

/** How a network is made of another. */
export interface NetworkChanges {
  /** Name or path of the layer whose outputs are those of the new network. @default the last */
  readonly until?: string | undefined;
  /**
   * Outputs of a new last layer: the last layer with weights in another size, without a softmax or sigmoid after it,
   * which the loss has. With `until` it is a dense layer after that layer, whose outputs [..., C] are averaged over
   * their positions. @default no new layer
   */
  readonly outputs?: number | undefined;
  /** Low-rank additions, beside which nothing but a new layer learns. @default none, or those of the network */
  readonly lora?: number | NetworkLora | undefined;
  /** Whether the network is to lose its additions, which become part of the weights. @default false */
  readonly mergeLora?: boolean | undefined;
}

/** A network that was made of another. */
export interface AdaptedNetwork {
  readonly spec: NetworkSpec;
  /** The path in the other network of the layer with the tensors of the one at a path; undefined for a new layer. */
  pathBefore(path: string): string | undefined;
}

/** A layer of a list, and its path in the network that it comes from; null for a new one. */
interface ListedLayer {
  readonly spec: LayerSpec;
  readonly path: string | null;
}

/**
 * The network with some changes. Every layer learns, unless the network has low-rank additions or gets them.
 * @throws OptionError for a layer that does not exist, or a last one without outputs of its own.
 */
export function adaptNetwork(
  where: string,
  spec: NetworkSpec,
  { until, outputs, lora, mergeLora = false }: NetworkChanges,
  customParts?: CustomParts,
): AdaptedNetwork {
  const network = buildNetwork(spec, customParts);
  let list = network.spec.layers.map((layer, k): ListedLayer => ({ spec: layer, path: String(k) }));
  if (until !== undefined) list = layersUntil(where, network, findLayer(where, 'until', until, network));
  if (outputs !== undefined) {
    list = until === undefined ? withOtherHead(where, network, list, outputs) : withHead(network, list, outputs);
  }
  const owners = ownersOf(network.allLayers);
  const pathBefore = (path: string): string | undefined => {
    const [k, ...inner] = path.split('.');
    const before = list[Number(k)].path;
    return before === null ? undefined : owners.get([before, ...inner].join('.'));
  };
  const hasLora = network.allLayers.some(({ spec }) => spec.lora !== undefined);
  if (lora !== undefined && hasLora && !mergeLora) {
    const problem = 'is given for a network that has such additions, expected mergeLora, too, which makes them weights';
    throw new OptionError(where, 'lora', problem);
  }
  // Layers that were frozen beside low-rank additions stay frozen.
  const change = mergeLora ? withoutLora : hasLora ? (layer: LayerSpec) => layer : withoutFreezing;
  const result = { input: network.spec.input, layers: list.map(({ spec }) => mapLayer(spec, change)) };
  const isNew = (path: string) => pathBefore(path) === undefined;
  if (outputs !== undefined) refuseOtherOutputs(where, result, outputs, customParts);
  return { spec: lora === undefined ? result : addLoraLayers(where, result, lora, isNew, customParts), pathBefore };
}

/**
 * Layer `last` and all that it depends on. A block is cut open if the layer is one of its own. A `like` whose layer is
 * left out becomes that layer, and those after it are like it.
 */
function layersUntil(where: string, { allLayers, spec: { layers } }: Network, last: number): ListedLayer[] {
  const usedLayers = new Set([last]);
  for (const k of usedLayers) for (const input of allLayers[k].inputs) if (input > 0) usedLayers.add(input - 1);
  const layersByPath = new Map(allLayers.map((layer) => [layer.path, layer]));
  const layersByName = new Map(allLayers.map((layer) => [layer.spec.name, layer]).reverse() as [string, PlacedLayer][]);
  const layerNamed = (name: string) => layersByPath.get(name) ?? layersByName.get(name);
  const kept = new Map(allLayers.flatMap((layer, k) => (usedLayers.has(k) ? [[layer.path, layer]] : [])));
  const owners = ownersOf(allLayers.filter((_, k) => usedLayers.has(k)));
  const openedLayers = openBlocks(layers, allLayers[last].path.split('.'), '');
  const layersLeft = openedLayers.filter(({ path }) => path !== null && kept.has(path));
  const newPath = (path: string): string => {
    const k = layersLeft.findIndex((layer) => `${path}.`.startsWith(`${layer.path}.`));
    return `${k}${path.slice(String(layersLeft[k].path).length)}`;
  };
  // A layer is named by its path, which may have changed, or by its name.
  const newName = (name: string): string => (kept.has(name) ? newPath(name) : name);

  function rewriteLayer(spec: LayerSpec, path: string): LayerSpec {
    const { of, layer, tiedTo } = spec as LayerSpec & { readonly layer?: string; readonly tiedTo?: string };
    const renamed: Record<string, unknown> = {};
    if (of !== undefined) renamed.of = Array.isArray(of) ? of.map(newName) : newName(of as string);
    if (tiedTo !== undefined) renamed.tiedTo = newNameOfTied(path, tiedTo);
    const source = spec.kind === 'like' ? layerNamed(layer as string) : undefined;
    if (source === undefined) return { ...spec, ...renamed };
    if (kept.has(source.path)) return { ...spec, ...renamed, layer: newName(layer as string) } as LayerSpec;
    const owner = owners.get(path) ?? path;
    if (owner !== path) return { ...spec, ...renamed, layer: newPath(owner) } as LayerSpec;
    const { of: _, name: __, ...options } = source.spec;
    const { layer: ___, ...position } = { ...spec, ...renamed } as LayerSpec & { readonly layer?: string };
    return { ...rewriteLayer(options as LayerSpec, path), ...position, kind: options.kind } as LayerSpec;
  }

  function newNameOfTied(path: string, tiedTo: string): string {
    if (kept.has(layerNamed(tiedTo)?.path ?? '')) return newName(tiedTo);
    const problem = `has ${show(allLayers[last].path)}, which needs the table of layer ${tiedTo} for layer ${path} but not its outputs, expected another layer`;
    throw new OptionError(where, 'until', problem);
  }

  return layersLeft.map(({ spec, path }, k) => {
    const renamedSpec = mapLayer(spec, rewriteLayer, path ?? '');
    // Without `of` it reads the layer before.
    const { of, ...others } = renamedSpec;
    return { path, spec: k > 0 && of === String(k - 1) ? (others as LayerSpec) : renamedSpec };
  });
}

/** Of each layer the path of the first one with its tensors, which is its own for one without any. */
function ownersOf(layers: readonly PlacedLayer[]): Map<string, string> {
  const tensorsOf = ({ path, spec: { kind }, layer: { tensors } }: PlacedLayer): string =>
    tensors.length === 0 ? path : [kind, ...tensors.map(({ tiedTo, name }) => tiedTo ?? `${path}.${name}`)].join();
  const firstLayers = new Map([...layers].reverse().map((layer) => [tensorsOf(layer), layer.path]));
  return new Map(layers.map((layer) => [layer.path, firstLayers.get(tensorsOf(layer)) ?? layer.path]));
}

/** The layers before a path and the one at it, with those of a block in place of the block that holds it. */
function openBlocks(layers: readonly LayerSpec[], steps: readonly string[], block: string): ListedLayer[] {
  const index = Number(steps[0]);
  const [path, spec] = [`${block}${index}`, layers[index]];
  const before = layers.slice(0, index).map((layer, k) => ({ spec: layer, path: `${block}${k}` }));
  if (steps.length === 1) return [...before, { spec, path }];
  const branch = branchNames.find((name) => name === steps[1]);
  const inner = (spec as Partial<Record<BranchName, LayerSpec[]>>)[branch ?? 'layers'] ?? [];
  const [first, ...others] = openBlocks(
    inner,
    steps.slice(branch === undefined ? 1 : 2),
    branch === undefined ? `${path}.` : `${path}.${branch}.`,
  );
  // The first layer of a block reads what the block reads.
  const { of = index === 0 ? undefined : `${block}${index - 1}` } = spec;
  const firstSpec = of === undefined || first.spec.of !== undefined ? first.spec : { ...first.spec, of };
  return [...before, { ...first, spec: firstSpec as LayerSpec }, ...others];
}

/** Applies `change` to a layer and its path, and before to the layers in it. */
function mapLayer(spec: LayerSpec, change: (layer: LayerSpec, path: string) => LayerSpec, path = ''): LayerSpec {
  const entries = branchNames.flatMap((branch) => {
    const inner = (spec as Partial<Record<BranchName, LayerSpec[]>>)[branch];
    const start = branch === 'layers' ? path : `${path}.${branch}`;
    return inner === undefined ? [] : [[branch, inner.map((layer, k) => mapLayer(layer, change, `${start}.${k}`))]];
  });
  return change({ ...spec, ...Object.fromEntries(entries) }, path);
}

const withoutFreezing = ({ freeze: _, ...spec }: LayerSpec): LayerSpec => spec as LayerSpec;
const withoutLora = ({ freeze: _, lora: __, ...spec }: LayerSpec): LayerSpec => spec as LayerSpec;

/** The layers, and a dense layer after them, on the mean of all positions if there are several. */
function withHead({ allLayers }: Network, list: readonly ListedLayer[], out: number): ListedLayer[] {
  const { layer } = allLayers.find(({ path }) => path === list.at(-1)?.path) ?? allLayers[allLayers.length - 1];
  const head: LayerSpec[] = [
    ...(layer.out.length > 1 ? [{ kind: 'global-avg-pool' } as const] : []),
    { kind: 'dense', out },
  ];
  return [...list, ...head.map((spec) => ({ spec, path: null }))];
}

/** The layers with the last one that has weights in another size. @throws OptionError if it has no `out`. */
function withOtherHead(where: string, network: Network, list: readonly ListedLayer[], out: number): ListedLayer[] {
  const heads = headsOf(network);
  if (heads !== null) {
    const problem = `has ${counted(heads.length, 'output')}, expected one`;
    throw new OptionError(where, 'outputs', problem, { about: 'the network' });
  }
  const last = network.allLayers.findLast(({ layer }) => layer.tensors.length > 0);
  const k = list.findIndex(({ path }) => path === last?.path);
  const spec = k === -1 ? ({} as LayerSpec) : list[k].spec;
  if (last === undefined || typeof (spec as { out?: unknown }).out !== 'number' || 'tiedTo' in spec) {
    const actual = last === undefined ? 'no layer with weights' : nameOfLayer(last);
    const problem = `has ${actual} as the last one with weights, expected one with outputs of its own, such as dense (until takes the part up to a layer)`;
    throw new OptionError(where, 'outputs', problem, { about: 'the network' });
  }
  const layersWithHead = list.with(k, { spec: withoutLora({ ...spec, out } as LayerSpec), path: null });
  // The loss of the new classes takes their logits.
  return layersWithHead.slice(k + 1).every((layer) => makesProbabilities(layer.spec))
    ? layersWithHead.slice(0, k + 1)
    : layersWithHead;
}

/** @throws OptionError if the network has other outputs than its new layer, as after a concat of several layers. */
function refuseOtherOutputs(where: string, spec: NetworkSpec, outputs: number, customParts?: CustomParts): void {
  let problem: string;
  try {
    const { output } = buildNetwork(spec, customParts);
    if (output.at(-1) === outputs) return;
    problem = `has ${output.at(-1)} outputs if its last layer with weights has ${outputs}`;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    problem = `has layers that do not fit a last one with weights of ${outputs} outputs (${error.message})`;
  }
  const expected = 'one whose outputs are those of that layer alone (until takes the part up to a layer)';
  throw new OptionError(where, 'outputs', `${problem}, expected ${expected}`, { about: 'the network' });
}

/** Whether a layer makes probabilities of logits, or their logarithms. */
const makesProbabilities = (spec: LayerSpec): boolean =>
  spec.kind === 'softmax' || spec.kind === 'log-softmax' || (spec.kind === 'activation' && spec.fn === 'sigmoid');
