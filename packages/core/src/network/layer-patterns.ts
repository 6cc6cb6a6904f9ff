import { OptionError } from '../checks/option-error.ts';
import { show } from '../checks/show.ts';
import type { Optimizer } from '../families/optimizers/optimizer.ts';
import type { LayerName, LayerSpec } from './layers/index.ts';
import { branchNames, branchPath, type CustomParts, type Path } from './layers/layer-context.ts';
import { LORA_LAYERS, type NetworkLora, takesLora } from './layers/lora.ts';
import { buildNetwork, type Network, type NetworkSpec } from './network.ts';
import { nameOfLayer, type PlacedLayer } from './placed-layer.ts';

/**
 * Whether a name matches a pattern, in which * stands for any characters. It takes linear time, where a regular
 * expression with several `.*` could take the square.
 */
function matches(pattern: string, name: string): boolean {
  const [prefix, ...parts] = pattern.split('*');
  const suffix = parts.pop();
  if (suffix === undefined) return name === pattern;
  if (!name.startsWith(prefix)) return false;
  let from = prefix.length;
  for (const part of parts) {
    const start = name.indexOf(part, from);
    if (start === -1) return false;
    from = start + part.length;
  }
  return name.length >= from + suffix.length && name.endsWith(suffix);
}

/** The path and the name of a layer, which patterns are compared with. */
const namesOf = ({ path, spec: { name } }: PlacedLayer): string[] => (name === undefined ? [path] : [path, name]);

/** Whether the path or the name of a layer matches a pattern. */
const isMatched = (layer: PlacedLayer, pattern: string): boolean =>
  namesOf(layer).some((name) => matches(pattern, name));

/** Whether a pattern means layer k, or a block that holds it. */
export function layerMatcher({ allLayers }: Pick<Network, 'allLayers'>): (k: number, pattern: string) => boolean {
  const pathsByPattern = new Map<string, ReadonlySet<string>>();
  return (k, pattern) => {
    const paths =
      pathsByPattern.get(pattern) ??
      new Set(allLayers.filter((layer) => isMatched(layer, pattern)).map(({ path }) => path));
    pathsByPattern.set(pattern, paths);
    const steps = allLayers[k].path.split('.');
    return steps.some((_, end) => paths.has(steps.slice(0, end + 1).join('.')));
  };
}

/** Maximum number of names that an error lists. */
const MAX_NAMES = 40;

/** @throws OptionError for a pattern that matches no layer. */
function refuseStrayPatterns(
  where: string,
  option: string,
  patterns: readonly string[],
  { allLayers }: Pick<Network, 'allLayers'>,
): void {
  const stray = patterns.find((pattern) => !allLayers.some((layer) => isMatched(layer, pattern)));
  if (stray !== undefined) throw noSuchLayer(where, option, stray, allLayers, 'names or paths of layers');
}

/** The index of the layer with a path or a name. @throws OptionError if there is none. */
export function findLayer(
  where: string,
  option: string,
  name: string,
  { allLayers }: Pick<Network, 'allLayers'>,
): number {
  const byPath = allLayers.findIndex(({ path }) => path === name);
  const k = byPath === -1 ? allLayers.findIndex(({ spec }) => spec.name === name) : byPath;
  if (k === -1) throw noSuchLayer(where, option, name, allLayers, 'the name or path of a layer');
  return k;
}

function noSuchLayer(
  where: string,
  option: string,
  name: unknown,
  allLayers: readonly PlacedLayer[],
  expected: string,
): OptionError {
  const names = allLayers.flatMap(namesOf);
  const omission = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const list = names.slice(0, MAX_NAMES).map(show).join(', ');
  return new OptionError(where, option, `has ${show(name)}, expected ${expected}: ${list}${omission}`);
}

/** @throws OptionError for a pattern of the optimizer that matches no layer, and for a layer that two match. */
export function checkGroups(where: string, { patterns }: Pick<Optimizer, 'patterns'>, network: Network): void {
  const matches = layerMatcher(network);
  for (const [name, list] of Object.entries(patterns)) {
    const option = `optimizer.${name}`;
    refuseStrayPatterns(where, option, list, network);
    for (const [k, placedLayer] of list.length < 2 ? [] : network.allLayers.entries()) {
      const matchingPatterns = placedLayer.tensors.length === 0 ? [] : list.filter((pattern) => matches(k, pattern));
      if (matchingPatterns.length < 2) continue;
      const problem = `has ${show(matchingPatterns[0])} and ${show(matchingPatterns[1])}, which both match ${nameOfLayer(placedLayer)}, expected one of them`;
      throw new OptionError(where, option, problem);
    }
  }
}

/**
 * The network with `freeze` in all layers that patterns of names and paths match, in which * stands for any characters.
 * @throws OptionError for a pattern that matches no layer.
 */
export function freezeLayers(
  where: string,
  spec: NetworkSpec,
  patterns: readonly string[],
  customParts?: CustomParts,
): NetworkSpec {
  const network = buildNetwork(spec, customParts);
  refuseStrayPatterns(where, 'freeze', patterns, network);
  const frozen = new Set(
    network.allLayers.filter((layer) => patterns.some((pattern) => isMatched(layer, pattern))).map(({ path }) => path),
  );
  return withLayerOptions(spec, (path) => (frozen.has(path) ? { freeze: true } : {}));
}

/** The network with further options in its layers, nested ones too. */
function withLayerOptions(
  spec: NetworkSpec,
  optionsOf: (path: string, layer: LayerSpec) => Partial<LayerName>,
): NetworkSpec {
  const change = (layers: readonly LayerSpec[], block: Path): LayerSpec[] =>
    layers.map((layer, k) => {
      const path = [...block, k];
      const branches = Object.entries(layer).flatMap(([name, inner]) => {
        const branch = branchNames.find((branch) => branch === name);
        return branch === undefined ? [] : [[name, change(inner as LayerSpec[], branchPath(path, branch))]];
      });
      return { ...layer, ...Object.fromEntries(branches), ...optionsOf(path.join('.'), layer) };
    });
  return { ...spec, layers: change(spec.layers, []) };
}

/**
 * The network with low-rank additions (LoRA) to its layers. All other layers are frozen, unless they are new.
 * @throws OptionError for a pattern that matches no layer that can have them, and if there is no such layer.
 */
export function addLoraLayers(
  where: string,
  spec: NetworkSpec,
  added: number | NetworkLora,
  isNew: (path: string) => boolean,
  customParts?: CustomParts,
): NetworkSpec {
  const { layers: patterns, ...lora } = typeof added === 'number' ? { rank: added, layers: undefined } : added;
  const network = buildNetwork(spec, customParts);
  const { allLayers } = network;
  const option = patterns === undefined ? 'lora' : 'lora.layers';
  if (patterns !== undefined) refuseStrayPatterns(where, option, patterns, network);
  const isMeant = layerMatcher(network);
  const adaptableLayers = [...allLayers.keys()].filter((k) => {
    const { spec: layerSpec, layer, path } = allLayers[k];
    return !isNew(path) && takesLora(layerSpec.kind, layer);
  });
  for (const pattern of patterns ?? ['*']) {
    if (adaptableLayers.some((k) => isMeant(k, pattern))) continue;
    const match = patterns && allLayers.find((layer) => isMatched(layer, pattern));
    const actual = match === undefined ? 'no layer that takes additions' : `${show(pattern)}, ${nameOfLayer(match)}`;
    throw new OptionError(where, option, `has ${actual}, expected ${LORA_LAYERS}`);
  }
  const adaptedLayers = new Set(
    adaptableLayers
      .filter((k) => patterns === undefined || patterns.some((pattern) => isMeant(k, pattern)))
      .map((k) => allLayers[k].path),
  );
  const frozen = new Set(
    allLayers.filter(({ layer, path }) => layer.tensors.length > 0 && !isNew(path)).map(({ path }) => path),
  );
  return withLayerOptions(spec, (path, { kind }) => {
    if (kind === 'like' || !frozen.has(path)) return {}; // 'like' has the tensors of a layer that is changed
    return adaptedLayers.has(path) ? { lora } : { freeze: true };
  });
}
