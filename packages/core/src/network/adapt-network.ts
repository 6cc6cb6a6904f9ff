import { OptionError } from '../checks/option-error.ts';
import { counted } from '../checks/show.ts';
import { headsOf } from './heads.ts';
import { addLoraLayers, findLayer } from './layer-patterns.ts';
import type { LayerSpec } from './layers/index.ts';
import { type BranchName, branchNames, type CustomParts } from './layers/layer-context.ts';
import type { NetworkLora } from './layers/lora.ts';
import { buildNetwork, type Network, type NetworkSpec } from './network.ts';
import { nameOfLayer } from './placed-layer.ts';

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
  /** The path in the other network of the layer at a path; undefined for a new layer. */
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
  if (until !== undefined) list = layersUntil(network, findLayer(where, 'until', until, network));
  if (outputs !== undefined) {
    list = until === undefined ? withOtherHead(where, network, list, outputs) : withHead(network, list, outputs);
  }
  const pathBefore = (path: string): string | undefined => {
    const [k, ...inner] = path.split('.');
    const before = list[Number(k)].path;
    return before === null ? undefined : [before, ...inner].join('.');
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

/** Layer `last` and all that it depends on. A block is cut open if the layer is one of its own. */
function layersUntil({ allLayers, spec: { layers } }: Network, last: number): ListedLayer[] {
  const usedLayers = new Set([last]);
  for (const k of usedLayers) for (const input of allLayers[k].inputs) if (input > 0) usedLayers.add(input - 1);
  const usedPaths = new Set([...usedLayers].map((k) => allLayers[k].path));
  const openedLayers = openBlocks(layers, allLayers[last].path.split('.'), '');
  const layersLeft = openedLayers.filter(({ path }) => path !== null && usedPaths.has(path));
  const allPaths = new Set(allLayers.map(({ path }) => path));
  // A layer is named by its path, which may have changed, or by its name.
  const newName = (name: string): string => {
    const k = allPaths.has(name) ? layersLeft.findIndex(({ path }) => `${name}.`.startsWith(`${path}.`)) : -1;
    return k === -1 ? name : `${k}${name.slice(String(layersLeft[k].path).length)}`;
  };
  return layersLeft.map(({ spec, path }, k) => {
    const renamedSpec = mapLayer(spec, (layer) => withNames(layer, newName));
    // Without `of` it reads the layer before.
    const { of, ...others } = renamedSpec;
    return { path, spec: k > 0 && of === String(k - 1) ? (others as LayerSpec) : renamedSpec };
  });
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

/** Applies `change` to a layer, and before to the layers in it. */
function mapLayer(spec: LayerSpec, change: (layer: LayerSpec) => LayerSpec): LayerSpec {
  const branches = Object.entries(spec).filter(([key]) => branchNames.some((branch) => branch === key));
  const entries = branches.map(([key, inner]) => [key, (inner as LayerSpec[]).map((layer) => mapLayer(layer, change))]);
  return change({ ...spec, ...Object.fromEntries(entries) });
}

const withoutFreezing = ({ freeze: _, ...spec }: LayerSpec): LayerSpec => spec as LayerSpec;
const withoutLora = ({ freeze: _, lora: __, ...spec }: LayerSpec): LayerSpec => spec as LayerSpec;

/** The layer with other names of the layers that it refers to. */
function withNames(spec: LayerSpec, newName: (name: string) => string): LayerSpec {
  const entries = Object.entries(spec).map(([key, value]) => {
    if (key === 'of') return [key, Array.isArray(value) ? value.map(newName) : newName(value as string)];
    return [key, key === 'tiedTo' || (key === 'layer' && spec.kind === 'like') ? newName(value as string) : value];
  });
  return Object.fromEntries(entries) as LayerSpec;
}

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
