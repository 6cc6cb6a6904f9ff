import { checkKeys } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import { has, show } from '../checks/show.ts';
import type { Elements } from '../math/element-type.ts';
import { createRandom } from '../math/random/index.ts';
import { type ProductShape, viewOf } from '../math/scratch.ts';
import { buildLayers } from './build-layers.ts';
import { type GradientRange, gradientRangesOf, stateLength } from './gradient-ranges.ts';
import type { Layer, LayerSpec, TensorSpec } from './layers/index.ts';
import { hasTrainedTensor } from './layers/layer.ts';
import { type CustomParts, NO_PARTS } from './layers/layer-context.ts';
import { checkInputShape, type NetworkOfParts, withParts } from './parts.ts';
import { expandLayer, type PlacedLayer } from './placed-layer.ts';
import { followLengths, lengthsByLayer, type RowLengths } from './row-lengths.ts';
import { type Shape, sizeOf } from './shape.ts';

/** JSON that rebuilds a network in any thread. */
export interface NetworkSpec {
  /** Shape of a row, the last axis varying fastest: 784, or [28, 28, 1] for images. A number is a shape of one axis. */
  input: number | Shape;
  /** Layers from input to output. The inputs of each layer are the outputs of the one before. */
  layers: LayerSpec[];
}

/** The place of a tensor in the flat parameter vector. */
export interface Tensor {
  /** Index of the layer in the network, from 0. */
  readonly layer: number;
  /** Name in its layer, such as 'W' or 'b'. */
  readonly name: string;
  /** Shape, such as [I, O]. */
  readonly shape: readonly number[];
  /** Offset in the parameter vector. */
  readonly offset: number;
  /** Number of elements. */
  readonly length: number;
  /** False for what updates leave alone: a state of the layer, such as a running mean, and frozen tensors. */
  readonly isTrained: boolean;
  /** Whether it is a constant in training. */
  readonly isFrozen: boolean;
  /** Offset in a row of gradients, and in the optimizer's state; null for a frozen tensor, which has neither. */
  readonly gradientOffset: number | null;
}

/** A further use of a tensor, with a gradient of its own. */
export interface Tie {
  /** Offset of the tensor in the parameter vector. */
  readonly offset: number;
  /** Number of elements. */
  readonly length: number;
  /** Offset of this use's gradient in a row of gradients, which starts with those of `gradientRanges`. */
  readonly gradientOffset: number;
}

/** A layer and its tensors. */
export interface NetworkLayer extends PlacedLayer {
  /** The layer's tensors, in the order of the parameter vector. */
  readonly tensors: readonly Tensor[];
}

/** A validated network: its layers, and the offset of each tensor in the parameter vector. */
export interface Network {
  /** The spec, in long form. */
  readonly spec: NetworkSpec;
  /** Shape of a row's inputs. */
  readonly input: Shape;
  /** Shape of a row's outputs. */
  readonly output: Shape;
  /** I: inputs per row, the product of `input`. */
  readonly inputs: number;
  /** O: outputs per row, the product of `output`. */
  readonly outputs: number;
  /** The layers in the order of their calls, those of blocks before the sum that ends the block. */
  readonly layers: readonly Layer[];
  /** The same with what the network knows of each. */
  readonly allLayers: readonly NetworkLayer[];
  /** All tensors, in the order of the parameter vector. */
  readonly tensors: readonly Tensor[];
  /** The parameters that have gradients and optimizer state: all, unless layers are frozen. */
  readonly gradientRanges: readonly GradientRange[];
  /** Further uses of tensors that learn, in the order of the layers. */
  readonly ties: readonly Tie[];
  /** The lengths of rows that are padded. */
  readonly lengths: RowLengths;
  /** Shapes [I, O] of the dense products of all layers. */
  readonly products: readonly ProductShape[];
  /** P: the length of the parameter vector. */
  readonly parameterCount: number;
  /** The user's own parts that the spec may name. */
  readonly customParts: CustomParts;
}

/**
 * Checks that the layers fit together, and gives every tensor its offset in one flat vector [P]: layer by layer, W then
 * b.
 * @throws OptionError naming the layer, its value and what was expected.
 */
export function buildNetwork(spec: NetworkSpec | NetworkOfParts, customParts: CustomParts = NO_PARTS): Network {
  if (typeof spec !== 'object' || spec === null) {
    throw new Error(`buildNetwork: spec ${has(spec)}, expected { input: ..., layers: [...] }`);
  }
  checkKeys('buildNetwork', spec, ['input', 'layers', 'output']);
  if (!Array.isArray(spec.layers) || spec.layers.length === 0) {
    throw new OptionError('buildNetwork', 'layers', `${has(spec.layers)}, expected a list of at least 1 layer`);
  }
  const inFull = withParts('buildNetwork', spec);
  const input = checkInputShape('buildNetwork', inFull.input);
  const specs = expandSpecs(inFull.layers, customParts);
  const builtLayers = buildLayers(specs, input, customParts);
  const lengths = followLengths(input, builtLayers);
  const [allLayers, gradientRanges, parameterCount] = placeTensors(builtLayers, lengthsByLayer(lengths));
  refuseSameNames(allLayers);
  const layers = allLayers.map(({ layer }) => layer);
  const output = layers[layers.length - 1].out;
  const inputInFull = input.length === 1 ? input[0] : input;
  const isInFull = specs === inFull.layers && (inputInFull === inFull.input || input.length > 1);
  return {
    spec: isInFull ? inFull : { input: inputInFull, layers: specs },
    input,
    output,
    inputs: sizeOf(input),
    outputs: sizeOf(output),
    layers,
    allLayers,
    tensors: allLayers.flatMap(({ tensors }) => tensors),
    gradientRanges,
    ties: tiesOf(allLayers, stateLength(gradientRanges)),
    lengths,
    products: allLayers.flatMap(({ layer }) => layer.products ?? []),
    parameterCount,
    customParts,
  };
}

/** Gives each tensor its places in the parameters and in gradients. Returns both lists, and P. */
function placeTensors(
  placedLayers: readonly PlacedLayer[],
  readLengths: ReturnType<typeof lengthsByLayer>,
): [NetworkLayer[], readonly GradientRange[], number] {
  let P = 0;
  const allLayers = placedLayers.map((placedLayer, index) => {
    const tensors = placedLayer.layer.tensors.filter(isParameter).map((tensor) => {
      const { name, shape, isTrained = true, isFrozen = placedLayer.isFrozen } = tensor;
      const [offset, length] = [P, sizeOf(shape)];
      P += length;
      return { layer: index, name, shape, offset, length, isTrained, isFrozen, gradientOffset: null as number | null };
    });
    const inputLengths = readLengths.get(index);
    return { ...placedLayer, tensors, ...(inputLengths === undefined ? {} : { lengths: inputLengths }) };
  });
  const tensors = allLayers.flatMap((layer) => layer.tensors);
  const ranges = gradientRangesOf(tensors, P);
  let next = 0;
  for (const tensor of tensors) {
    if (tensor.isFrozen || tensor.length === 0) continue;
    while (ranges[next].offset + ranges[next].length <= tensor.offset) next++;
    tensor.gradientOffset = tensor.offset + ranges[next].shift;
  }
  return [allLayers, ranges, P];
}

/** The uses of tensors that other layers have, if they learn. */
function tiesOf(allLayers: readonly NetworkLayer[], firstOffset: number): Tie[] {
  const uses = allLayers.flatMap(({ layer }) => layer.tensors).filter((tensor) => !isParameter(tensor));
  if (uses.length === 0) return [];
  const tensors = tensorsByPath(allLayers);
  const ties: Tie[] = [];
  let gradientOffset = firstOffset;
  for (const { tiedTo = '' } of uses) {
    const tensor = tensors.get(tiedTo);
    if (tensor === undefined || tensor.isFrozen) continue;
    ties.push({ offset: tensor.offset, length: tensor.length, gradientOffset });
    gradientOffset += tensor.length;
  }
  return ties;
}

/** The tensors by path and name, as `TensorSpec.tiedTo` has them: '0.W'. */
const tensorsByPath = (allLayers: readonly NetworkLayer[]): ReadonlyMap<string, Tensor> =>
  new Map(allLayers.flatMap(({ path, tensors }) => tensors.map((tensor) => [`${path}.${tensor.name}`, tensor])));

/** Converts layers to long form. Returns `layers` itself if all are in long form. */
function expandSpecs(layers: LayerSpec[], customParts: CustomParts): LayerSpec[] {
  const specs = layers.map((layer) => expandLayer(layer, customParts));
  return specs.every((spec, l) => spec === layers[l]) ? layers : specs;
}

/** Whether a tensor is a part of the parameter vector. */
const isParameter = ({ tiedTo }: TensorSpec): boolean => tiedTo === undefined;

/** @throws OptionError for the second layer of a name. */
function refuseSameNames(allLayers: readonly PlacedLayer[]): void {
  const pathsByName = new Map<string, string>();
  for (const { path, spec } of allLayers) {
    if (spec.name === undefined) continue;
    const otherPath = pathsByName.get(spec.name);
    if (otherPath !== undefined) {
      const problem = `has ${show(spec.name)}, which is the name of layer ${otherPath}, expected another`;
      throw new OptionError(`buildNetwork: layer ${path}`, `layers.${path}.name`, problem, { about: 'name' });
    }
    pathsByName.set(spec.name, path);
  }
}

/** Whether rows of a batch depend on each other in training, so that passes contain barriers. */
export const couplesRows = ({ layers }: Network): boolean => layers.some((layer) => layer.couplesRows === true);

/** Length of a row of gradients: those of `gradientRanges`, and then those of further uses of tensors. */
export const gradientLength = ({ gradientRanges, ties }: Pick<Network, 'gradientRanges' | 'ties'>): number =>
  ties.reduce((sum, { length }) => sum + length, stateLength(gradientRanges));

/** Views of `vector` [P]: for each layer, a list of its tensors. Uses of one tensor have the same view. */
export function bindTensors(network: Network, vector: Elements): Elements[][] {
  const rangeOf = (tensor: Tensor) => tensor;
  return bindRanges('bindTensors', network, vector, network.parameterCount, rangeOf, rangeOf);
}

/**
 * Views of gradients [gradientLength] in the same way, null for a layer in which nothing learns. Each use of a tensor
 * has a gradient of its own; that of a frozen table has none: an empty array.
 */
export function bindGradients(network: Network, vector: Elements): (Elements[] | null)[] {
  let next = 0;
  const rangeOfTensor = ({ gradientOffset, length }: Tensor) => gradientRange(gradientOffset, length);
  const rangeOfUse = ({ isFrozen, length }: Tensor) =>
    gradientRange(isFrozen ? null : network.ties[next++].gradientOffset, length);
  return bindRanges('bindGradients', network, vector, gradientLength(network), rangeOfTensor, rangeOfUse).map(
    (gradients, k) => (hasTrainedTensor(network.layers[k]) ? gradients : null),
  );
}

type VectorRange = Pick<Tensor, 'offset' | 'length'>;

/** The range of a gradient; an empty one if there is none. */
const gradientRange = (offset: number | null, length: number): VectorRange =>
  offset === null ? { offset: 0, length: 0 } : { offset, length };

/** Views of `vector` [length] for each layer's tensors, and for those of other layers that it uses too. */
export function bindRanges(
  where: string,
  network: Network,
  vector: Elements,
  length: number,
  rangeOfTensor: (tensor: Tensor) => VectorRange,
  rangeOfUse: (tensor: Tensor) => VectorRange,
): Elements[][] {
  if (vector.length !== length) throw new Error(`${where}: vector has length ${vector.length}, expected ${length}`);
  const tensors = tensorsByPath(network.allLayers);
  let next = 0;
  return network.layers.map((layer) =>
    layer.tensors.map(({ tiedTo }) => {
      const tiedTensor = tiedTo === undefined ? undefined : tensors.get(tiedTo);
      const { offset, length: n } =
        tiedTensor === undefined ? rangeOfTensor(network.tensors[next++]) : rangeOfUse(tiedTensor);
      return viewOf(vector, offset, n);
    }),
  );
}

/** A tensor of weights. */
export interface Weight {
  /** Shape, such as [I, O]. */
  readonly shape: readonly number[];
  /** Its numbers, the last axis varying fastest: a view of the parameter vector. */
  readonly values: Elements;
  /** False for a state of the layer, such as a running mean, and for a frozen tensor. */
  readonly isTrained: boolean;
}

/** The tensors in `vector` [P] by name, in its order: position or name of the layer, then name of the tensor: '0.W'. */
export const namedWeights = (network: Network, vector: Elements): Readonly<Record<string, Weight>> =>
  namedTensors(network, vector, ({ offset }) => offset);

/** The optimizer's state of trained tensors in the same way, from one of its slots [stateLength]. */
export const namedState = (network: Network, slot: Elements): Readonly<Record<string, Weight>> =>
  namedTensors(network, slot, ({ isTrained, gradientOffset }) => (isTrained ? gradientOffset : null));

const namedTensors = (
  { allLayers }: Network,
  vector: Elements,
  offsetOf: (tensor: Tensor) => number | null, // in the vector; null leaves a tensor out
): Readonly<Record<string, Weight>> =>
  Object.fromEntries(
    allLayers.flatMap(({ path, spec, tensors }) =>
      tensors.flatMap((tensor) => {
        const { name, shape, length, isTrained } = tensor;
        const offset = offsetOf(tensor);
        if (offset === null) return [];
        return [[`${spec.name ?? path}.${name}`, { shape, values: viewOf(vector, offset, length), isTrained }]];
      }),
    ),
  );

/**
 * Fills `parameters` [P] with starting values: a pure function of spec and seed, with a separate random stream for each
 * tensor. Threads that share the work each fill the tensors that `selects` accepts.
 */
export function initializeParameters(
  network: Network,
  parameters: Elements, // [P]
  seed: number,
  selects: (tensor: Tensor) => boolean = () => true,
): void {
  let next = 0;
  let block = ''; // the layer of the spec that holds a layer
  let k = 0; // index of the tensor in this block
  for (const { path, layer, stream } of network.allLayers) {
    const [first] = path.split('.', 1);
    if (first !== block) k = 0;
    block = first;
    for (const spec of layer.tensors) {
      if (isParameter(spec)) {
        const tensor = network.tensors[next++];
        const values = viewOf(parameters, tensor.offset, tensor.length);
        if (selects(tensor)) spec.initialize(values, createRandom(seed, 'initialize', stream[0], k));
      }
      k++;
    }
  }
}
