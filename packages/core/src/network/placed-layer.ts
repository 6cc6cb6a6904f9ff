import { activations } from '../families/activations/index.ts';
import type { LayerSpec } from './layers/index.ts';
import type { Layer } from './layers/layer.ts';
import {
  atLayer,
  type BranchName,
  branchNames,
  type CustomParts,
  NO_PARTS,
  type Path,
} from './layers/layer-context.ts';

/** Specs of nested layers. */
type Branches = Readonly<Partial<Record<BranchName, LayerSpec[]>>>;

/** A layer and its position. */
export interface PlacedLayer {
  /** Position in the spec; '3.1' and '3.shortcut.0' are nested in layer 3, whose sum comes after them. */
  readonly path: string;
  /** The layer itself. */
  readonly layer: Layer;
  /** The layer's spec, in long form; that of the layer which is used once more, if the kind is 'like'. */
  readonly spec: LayerSpec;
  /** The values that it reads: 0 is the inputs of the network, and k + 1 the outputs of layer k. */
  readonly inputs: readonly number[];
  /** Names its random streams: see `LayerContext.stream`. */
  readonly stream: Path;
  /** Whether its tensors are constants in training: it or a block that holds it says `freeze`. */
  readonly isFrozen: boolean;
  /** Of each value that it reads with its lengths, the index of these in `Pass.lengths`. @default none */
  readonly lengths?: readonly number[];
}

/** How messages name a layer of a network: see `atLayer`. */
export const nameOfLayer = ({ layer, path, spec }: PlacedLayer): string => atLayer(layer.label, path, spec.name);

/** Levels that are converted: more than a network may have, but few enough for recursion. */
const MAX_DEPTH = 32;

/**
 * The long form of a layer spec: `{ kind: 'relu' }` becomes `{ kind: 'activation', fn: 'relu' }`, also in nested
 * layers. Returns the same object if nothing is short. Anything that is not a spec is left for `buildNetwork` to
 * reject.
 */
export function expandLayer(spec: LayerSpec, customParts: CustomParts = NO_PARTS, depth = 0): LayerSpec {
  if (typeof spec !== 'object' || spec === null || depth > MAX_DEPTH) return spec;
  if (isShort(spec, customParts)) {
    const { kind, ...options } = spec;
    return { kind: 'activation', fn: kind, ...options };
  }
  let expandedSpec = spec;
  for (const name of branchNames) {
    const layers = (spec as Branches)[name];
    if (!Array.isArray(layers)) continue;
    const expandedLayers = layers.map((inner) => expandLayer(inner, customParts, depth + 1));
    if (expandedLayers.some((inner, l) => inner !== layers[l]))
      expandedSpec = { ...expandedSpec, [name]: expandedLayers };
  }
  return expandedSpec;
}

/** Whether the spec is in short form. With an `fn` it would name the function twice. */
const isShort = (
  spec: LayerSpec,
  customParts: CustomParts,
): spec is Extract<LayerSpec, { kind: keyof typeof activations }> =>
  typeof spec.kind === 'string' &&
  (Object.hasOwn(activations, spec.kind) || Object.hasOwn(customParts.activations, spec.kind)) &&
  !('fn' in spec);
