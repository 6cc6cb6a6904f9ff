import { activations } from '../families/activations/index.ts';
import type { LayerSpec } from './layers/index.ts';
import { type BranchName, branchNames, type Layer } from './layers/layer.ts';
import { atLayer, branchPath, type CustomParts, NO_PARTS, type Path } from './layers/place.ts';

/** Specs of nested layers. */
type Branches = Readonly<Partial<Record<BranchName, LayerSpec[]>>>;

/** A layer and its position. */
export interface PlacedLayer {
  /** Position in the network; '3.1' and '3.shortcut.0' are nested in layer 3. */
  readonly path: string;
  /** The layer itself. */
  readonly layer: Layer;
  /** The layer's spec, in long form. */
  readonly spec: LayerSpec;
}

/** All layers, including nested ones: each right before the layers in it. */
export function* placeLayers(
  layers: readonly Layer[],
  specs: readonly LayerSpec[],
  above: Path = [],
): Generator<PlacedLayer, undefined, undefined> {
  for (const [l, layer] of layers.entries()) {
    const spec = specs[l];
    const path = [...above, l];
    yield { path: path.join('.'), layer, spec };
    for (const branch of layer.inner ?? []) {
      const inside = (spec as Branches)[branch.name] ?? [];
      yield* placeLayers(branch.layers, inside, branchPath(path, branch.name));
    }
  }
}

/** How messages name a layer of a network: see `atLayer`. */
export const nameOfLayer = ({ layer, path, spec }: PlacedLayer): string => atLayer(layer.label, path, spec.name);

/** Most levels that are converted: more than a network may have, but few enough for recursion. */
const DEEPEST = 32;

/**
 * The long form of a layer spec: `{ kind: 'relu' }` becomes `{ kind: 'activation', fn: 'relu' }`, also in nested
 * layers. Returns the same object if nothing is short. Anything that is not a spec is left for `buildNetwork` to
 * reject.
 */
export function layerInFull(spec: LayerSpec, own: CustomParts = NO_PARTS, depth = 0): LayerSpec {
  if (typeof spec !== 'object' || spec === null || depth > DEEPEST) return spec;
  if (isShort(spec, own)) {
    const { kind, ...options } = spec;
    return { kind: 'activation', fn: kind, ...options };
  }
  let full = spec;
  for (const name of branchNames) {
    const layers = (spec as Branches)[name];
    if (!Array.isArray(layers)) continue;
    const inFull = layers.map((inner) => layerInFull(inner, own, depth + 1));
    if (inFull.some((inner, l) => inner !== layers[l])) full = { ...full, [name]: inFull };
  }
  return full;
}

/** Whether the spec is in short form. With an `fn` it would name the function twice. */
const isShort = (spec: LayerSpec, own: CustomParts): spec is Extract<LayerSpec, { kind: keyof typeof activations }> =>
  typeof spec.kind === 'string' &&
  (Object.hasOwn(activations, spec.kind) || Object.hasOwn(own.activations, spec.kind)) &&
  !('fn' in spec);
