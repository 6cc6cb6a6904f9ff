import { activations } from './activations/index.ts';
import { type ProductShape, viewOf } from './kernels/scratch.ts';
import {
  type Layer,
  type LayerSpec,
  layerInFull,
  layers,
  type Place,
  type PlacedLayer,
  placeLayers,
} from './layers/index.ts';
import { complete, type Pausable } from './pausable.ts';
import { createRandom } from './random/index.ts';
import { oneOf, onlyKeys, positiveInteger } from './text/check.ts';
import { OptionError, unknownOption, within } from './text/option-error.ts';
import { show } from './text/show.ts';

/** JSON that rebuilds a network in any thread. */
export interface NetworkSpec {
  /** Numbers a row, I. */
  input: number;
  /** From input to output. Each takes as many inputs as the layer before has outputs. */
  layers: LayerSpec[];
}

/** A trainable tensor's place in the flat parameter vector. */
export interface Tensor {
  /** Place of its layer in the network, from 0. */
  readonly layer: number;
  /** 'W' or 'b', say; 'layers.1.W' inside of a residual block. */
  readonly name: string;
  /** Extents, as [I, O]. */
  readonly shape: readonly number[];
  /** Where it begins in the parameter vector. */
  readonly offset: number;
  /** How many numbers it has. */
  readonly length: number;
}

/** A layer, and where its own tensors lie: none where it holds other layers, whose they are. */
export interface NetworkPlace extends PlacedLayer {
  /** Its own tensors, in the order of the parameter vector. */
  readonly tensors: readonly Pick<Tensor, 'name' | 'offset' | 'length'>[];
}

/** A network that has been checked: its layers, and the place of each tensor in the parameter vector. */
export interface Network {
  /** What it was built from, with every layer in full. */
  readonly spec: NetworkSpec;
  /** Numbers a row that it takes, I. */
  readonly input: number;
  /** Numbers a row that it puts out, O. */
  readonly output: number;
  /** In order; those inside of others are in `places`. */
  readonly layers: readonly Layer[];
  /** All layers, those inside of others too. */
  readonly places: readonly NetworkPlace[];
  /** All trainable tensors, in the order of the parameter vector. */
  readonly tensors: readonly Tensor[];
  /** Shapes [I, O] of the dense products of all layers. */
  readonly products: readonly ProductShape[];
  /** P: the length of the parameter vector. */
  readonly parameterCount: number;
}

/**
 * Checks that the layers fit and gives every tensor its place in one flat vector [P]: layer by layer, W then b.
 * @throws OptionError naming the layer, what it has and what it should have.
 */
export const buildNetwork = (spec: NetworkSpec): Network => complete(buildNetworkInTurns(spec));

/** Likewise, with a pause between layers: a hundred thousand of them take half a second. */
export function* buildNetworkInTurns(spec: NetworkSpec): Pausable<Network> {
  if (typeof spec !== 'object' || spec === null) {
    throw new Error(`buildNetwork: spec has ${show(spec)}, expected { input: number, layers: [...] }`);
  }
  onlyKeys('buildNetwork', spec, ['input', 'layers']);
  const input = positiveInteger('buildNetwork', 'input', spec.input);
  if (!Array.isArray(spec.layers) || spec.layers.length === 0) {
    throw new OptionError('buildNetwork', 'layers', `has ${show(spec.layers)}, expected a list of at least 1 layer`);
  }
  const specs = yield* layersInFull(spec.layers);
  const built = yield* buildLayers(specs, input, []);
  const tensors: Tensor[] = [];
  let offset = 0;
  for (const [index, layer] of built.entries()) {
    for (const { name, shape } of layer.tensors) {
      const length = shape.reduce((product, extent) => product * extent, 1);
      tensors.push({ layer: index, name, shape, offset, length });
      offset += length;
    }
    yield;
  }
  const output = built[built.length - 1].out;
  const places = yield* withTensors(placeLayers(built, specs), tensors);
  const products: ProductShape[] = [];
  for (const { layer } of places) {
    if (layer.products !== undefined) products.push(...layer.products);
    yield;
  }
  const inFull = specs === spec.layers ? spec : { input, layers: specs };
  return { spec: inFull, input, output, layers: built, places, tensors, products, parameterCount: offset };
}

/** `layers` themselves where each is written in full. */
function* layersInFull(layers: LayerSpec[]): Pausable<LayerSpec[]> {
  const specs: LayerSpec[] = [];
  let isShort = false;
  for (const layer of layers) {
    const spec = layerInFull(layer);
    isShort ||= spec !== layer;
    specs.push(spec);
    yield;
  }
  return isShort ? specs : layers;
}

/** Deals the tensors out, which lie in the order of the layers. */
function* withTensors(placed: Iterable<PlacedLayer>, tensors: readonly Tensor[]): Pausable<NetworkPlace[]> {
  let next = 0;
  const places: NetworkPlace[] = [];
  for (const place of placed) {
    const { inner, tensors: own } = place.layer;
    // Those of layers inside of it come with them.
    const count = inner === undefined ? own.length : 0;
    const dealt = own.slice(0, count).map(({ name }, k) => {
      const { offset, length } = tensors[next + k];
      return { name, offset, length };
    });
    next += count;
    places.push({ ...place, tensors: dealt });
    yield;
  }
  return places;
}

const kinds = { ...layers, ...activations };
const isShort = (kind: keyof typeof kinds): kind is keyof typeof activations => Object.hasOwn(activations, kind);

/** Levels of layers inside of layers. A file's header has room for 30, and each level is a call inside of a call. */
const MOST_LEVELS = 16;

/** Layers that follow each other; `path` is the position of the layer that holds them, [] for the network itself. */
function* buildLayers(specs: readonly LayerSpec[], input: number, path: readonly number[]): Pausable<Layer[]> {
  if (path.length === MOST_LEVELS) {
    const at = path.join('.');
    const problem = `has more than ${MOST_LEVELS} levels of nested layers, expected at most ${MOST_LEVELS}`;
    throw new OptionError('buildNetwork', `layers.${at}.layers`, problem, { about: `layer ${at}` });
  }
  const built: Layer[] = [];
  let width = input;
  let source = path.length === 0 ? 'the input' : `the input of layer ${path.join('.')}`;
  for (const [index, spec] of specs.entries()) {
    const place = [...path, index];
    const layer = yield* buildLayer(spec, width, place);
    if (layer.in !== width) {
      const problem = `has length ${layer.in}, expected ${width} (output of ${source})`;
      throw new OptionError('buildNetwork', `layers.${place.join('.')}.in`, problem, {
        about: `${layer.label} at layer ${place.join('.')}: input`,
      });
    }
    built.push(layer);
    width = layer.out;
    source = layer.label;
    yield;
  }
  return built;
}

function* buildLayer(spec: LayerSpec, input: number, path: readonly number[]): Pausable<Layer> {
  const place = `buildNetwork: layer ${path.join('.')}`;
  const at = `layers.${path.join('.')}`;
  if (typeof spec !== 'object' || spec === null) {
    throw new OptionError(place, at, `has ${show(spec)}, expected an object with a kind`, { about: 'spec' });
  }
  const kind = within(at, () => oneOf(place, 'kind', spec.kind, kinds));
  // Every other layer by an activation's name has been written in full by now.
  if (isShort(kind)) throw unknownOption(`${place}: ${kind}`, 'fn', ['size', 'alpha']).inside(at);
  // The table pairs each kind with the factory of its own options; TypeScript cannot follow the pairing through a key.
  const factory = layers[kind] as (options: object, place: Place) => Layer | Pausable<Layer>;
  const { kind: _, ...options } = spec;
  try {
    const made = factory(options, { input, path, build: buildLayers });
    return 'next' in made ? yield* made : made;
  } catch (error) {
    // A layer inside of this one has said where it stands.
    if (!(error instanceof OptionError) || error.options[0].startsWith('layers.')) throw error;
    throw error.inside(at, place);
  }
}

/** Views of `vector` [P], one array of tensors a layer: what a layer's forward and backward take. */
export function bindTensors(network: Network, vector: Float64Array): Float64Array[][] {
  if (vector.length !== network.parameterCount) {
    throw new Error(`bindTensors: vector has length ${vector.length}, expected ${network.parameterCount}`);
  }
  const bound: Float64Array[][] = network.layers.map(() => []);
  for (const { layer, offset, length } of network.tensors) bound[layer].push(viewOf(vector, offset, length));
  return bound;
}

/**
 * Fills `parameters` [P] with starting values: a pure function of spec and seed, each tensor from its own stream. Where
 * several threads share the work, each fills the tensors for which `takes` holds.
 */
export function initializeParameters(
  network: Network,
  parameters: Float64Array, // [P]
  seed: number,
  takes: (tensor: Tensor) => boolean = () => true,
): void {
  let next = 0;
  for (const [index, layer] of network.layers.entries()) {
    for (const [k, { initialize }] of layer.tensors.entries()) {
      const tensor = network.tensors[next++];
      const { offset, length } = tensor;
      if (takes(tensor)) {
        initialize(viewOf(parameters, offset, length), createRandom(seed, 'initialize', index, k));
      }
    }
  }
}
