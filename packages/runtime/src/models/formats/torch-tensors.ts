import type { LayerKind, Network, NetworkLayer, Shape } from '@gradloom/core';
import { channelsOf, formulaLayers, nameOfLayer, positionsOf, sameForAll, shapeText } from '@gradloom/core/internal';
import { channelsFirst } from './reorder.ts';

/** A tensor of a network as PyTorch's `nn.Sequential` of the same layers has it. */
export interface TorchTensor {
  readonly name: string; // '0.weight'; inside of a residual block '3.layers.0.weight' or '3.shortcut.0.weight'
  readonly shape: readonly number[]; // PyTorch's shape
  readonly axes: readonly number[]; // extents here; an axis of flattened images is split: height, width, channels
  readonly order: readonly number[]; // PyTorch's order of these axes
  readonly offset: number; // index in the parameter vector
  readonly length: number;
  readonly layer: string; // for errors: 'dense(4->3)'
  readonly tiedTo?: string; // name of the tensor whose numbers it shares
}

const normTensors = { gamma: 'weight', beta: 'bias' };
const affineTensors = { W: 'weight', b: 'bias' };
const recurrentTensors = { Wi: 'weight_ih_l0', bi: 'bias_ih_l0', Wh: 'weight_hh_l0', bh: 'bias_hh_l0' };

interface TorchLayer {
  /** PyTorch's names of its tensors. */
  readonly tensors?: Readonly<Record<string, string>>;
  /**
   * The order of the numbers that it writes: 'the same' as of those that it reads, 'any' (its units are free), vectors
   * with 'channels last', images with 'channels first', a 'flat' image, 'a sum' (or another function) of rows in one
   * order, 'other axes', which are channels first as long as there are channels, or numbers that are 'moved', which are
   * in the order of here.
   */
  readonly writes: 'the same' | 'any' | 'channels last' | 'channels first' | 'flat' | 'a sum' | 'other axes' | 'moved';
}

/** Every kind of layer in PyTorch. SwiGLU, which PyTorch lacks, and cross-attention have an `nn.Linear` each. */
const torchLayers: Readonly<Record<Exclude<LayerKind, 'like'>, TorchLayer>> = {
  ...sameForAll(formulaLayers, { writes: 'a sum' } as const),
  activation: { writes: 'the same' },
  argmax: { writes: 'other axes' },
  'avg-pool': { writes: 'channels first' },
  'batch-norm': {
    tensors: { ...normTensors, runningMean: 'running_mean', runningVariance: 'running_var' },
    writes: 'the same',
  },
  'channel-dropout': { writes: 'the same' },
  concat: { writes: 'moved' },
  heads: { writes: 'moved' },
  conv1d: { tensors: affineTensors, writes: 'channels first' },
  conv2d: { tensors: affineTensors, writes: 'channels first' },
  'conv2d-transpose': { tensors: affineTensors, writes: 'channels first' },
  'cross-attention': {
    tensors: {
      Wq: 'q.weight',
      bq: 'q.bias',
      Wkv: 'kv.weight',
      bkv: 'kv.bias',
      Wo: 'out_proj.weight',
      bo: 'out_proj.bias',
    },
    writes: 'any',
  },
  dense: { tensors: affineTensors, writes: 'any' },
  dropout: { writes: 'the same' },
  embedding: { tensors: { E: 'weight' }, writes: 'channels last' },
  expand: { writes: 'moved' },
  flatten: { writes: 'flat' },
  gaussian: { writes: 'the same' },
  'global-avg-pool': { writes: 'channels first' },
  'group-norm': { tensors: normTensors, writes: 'the same' },
  gru: { tensors: recurrentTensors, writes: 'channels first' },
  'instance-norm': { tensors: normTensors, writes: 'the same' },
  'last-position': { writes: 'channels first' },
  'layer-norm': { tensors: normTensors, writes: 'the same' },
  'log-softmax': { writes: 'the same' },
  'log-sum-exp': { writes: 'other axes' },
  lstm: { tensors: recurrentTensors, writes: 'channels first' },
  matmul: { writes: 'channels last' },
  max: { writes: 'other axes' },
  'max-pool': { writes: 'channels first' },
  mean: { writes: 'other axes' },
  pad: { writes: 'moved' },
  parameter: { tensors: { W: 'weight' }, writes: 'channels last' },
  'position-embedding': { tensors: { P: 'weight' }, writes: 'the same' },
  reshape: { writes: 'moved' },
  residual: { writes: 'a sum' },
  resize: { writes: 'channels first' },
  'rms-norm': { tensors: { gamma: 'weight' }, writes: 'the same' },
  'self-attention': {
    tensors: { Wqkv: 'in_proj_weight', bqkv: 'in_proj_bias', Wo: 'out_proj.weight', bo: 'out_proj.bias' },
    writes: 'any',
  },
  softmax: { writes: 'the same' },
  sum: { writes: 'other axes' },
  slice: { writes: 'moved' },
  swiglu: { tensors: { Wg: 'gate.weight', bg: 'gate.bias', Wv: 'value.weight', bv: 'value.bias' }, writes: 'any' },
  take: { writes: 'moved' },
  transpose: { writes: 'moved' },
  upsample: { writes: 'channels first' },
};

/** The counterpart of a layer; undefined for a custom layer in plain code. */
function torchLayerOf({ spec: { kind }, layer: { expression, tensors } }: NetworkLayer): TorchLayer | undefined {
  if (Object.hasOwn(torchLayers, kind)) return torchLayers[kind as keyof typeof torchLayers];
  // A custom formula; its tensors keep the order of here, and so do the numbers that they meet.
  return expression && (tensors.length === 0 ? torchLayers.times : torchLayers.slice);
}

/** Whether a layer with the option `axis` leaves the last axis as it is; without that option none does. */
function keepsChannels({ layer, spec }: NetworkLayer): boolean {
  const { axis } = spec as { readonly axis?: number | readonly number[] };
  const last = layer.in[0].length - 1;
  return axis !== undefined && [axis].flat().every((k) => k !== -1 && k !== last);
}

/** Weight matrices: used as x · W here, and as x · Wᵀ in PyTorch. */
const productWeights = new Set(['W', 'Wg', 'Wv', 'Wi', 'Wh', 'Wq', 'Wkv', 'Wqkv', 'Wo']);

/** The tensors of a network in parameter order; those of an embedding again for a dense layer that is tied to it. */
export function torchTensors(network: Network): TorchTensor[] {
  const shapes = new Map(network.tensors.map(({ offset, shape }) => [offset, shape]));
  const flattenedImages = flattenedImagesOf(network);
  const list: TorchTensor[] = [];
  for (const networkLayer of network.allLayers) {
    const { path, layer, spec, tensors } = networkLayer;
    const tiedWeights = 'tiedTo' in spec ? tiedTensor(networkLayer, list, flattenedImages.get(path)) : undefined;
    if (tiedWeights !== undefined) list.push(tiedWeights);
    const layerTensors = tensors.map(({ name, offset, length }) => {
      const { tensors: torchNames = {} } = torchLayerOf(networkLayer) ?? {};
      const extents = shapes.get(offset) ?? [length];
      // A window [ky, kx, C, O] is [O, C, ky, kx] in PyTorch. Tensors of custom layers keep their layout.
      const [weight, factor] = name.split('.lora'); // 'W.loraA' is a factor of what is added to W
      const isProduct = spec.kind !== 'parameter' && torchNames[weight] !== undefined && productWeights.has(weight);
      const axes = extents.map((_, axis) => axis);
      const torchAxes = isProduct ? [...axes.slice(-2).reverse(), ...axes.slice(0, -2)] : axes;
      const { reads, writes } = flattenedImages.get(path) ?? { reads: null, writes: null };
      const [rowShape, columnShape] = [factor === 'B' ? null : reads, factor === 'A' ? null : writes];
      const imageShapes = extents.map((_, axis) => (isProduct && axis === 0 ? rowShape : columnShape));
      return {
        name: torchName(path, `${torchNames[weight] ?? weight}${factor === undefined ? '' : `.lora_${factor}`}`),
        shape: torchAxes.map((axis) => extents[axis]),
        ...splitAxes(extents, imageShapes, torchAxes),
        offset,
        length,
        layer: layer.label,
      };
    });
    list.push(...layerTensors);
  }
  return list;
}

/** PyTorch's name of a tensor: '3.1' is in the layers of block 3; '3.shortcut.0' names its branch. */
const torchName = (path: string, name: string): string => `${path.replace(/(?<=\d)\.(?=\d)/g, '.layers.')}.${name}`;

/** The weights of a dense layer that is tied to an embedding: nn.Linear has them in the same layout, [out, in]. */
function tiedTensor(
  networkLayer: NetworkLayer,
  list: readonly TorchTensor[],
  images?: FlattenedImages,
): TorchTensor | undefined {
  const { path, layer, spec } = networkLayer;
  const tiedTo = (spec as { readonly tiedTo?: string }).tiedTo;
  if (tiedTo === undefined) return undefined;
  if (images?.reads != null || images?.writes != null) {
    const why = 'expected another, since PyTorch flattens channels first';
    throw new Error(`${nameOfLayer(networkLayer)} shares weights along the axis of a flattened image, ${why}`);
  }
  const table = list.find(({ name }) => name === torchName(tiedTo, 'weight'));
  return table && { ...table, name: torchName(path, 'weight'), layer: layer.label, tiedTo: table.name };
}

/** Splits axes of flattened images, whose channels come first in PyTorch. */
function splitAxes(extents: Shape, imageShapes: readonly (Shape | null)[], torchAxes: readonly number[]) {
  const parts = extents.map((extent, axis) => imageShapes[axis] ?? [extent]);
  const partOffsets = parts.map((_, axis) => parts.slice(0, axis).flat().length);
  const orderWithin = (axis: number) => channelsFirst(parts[axis].length).map((k) => partOffsets[axis] + k);
  return { axes: parts.flat(), order: torchAxes.flatMap(orderWithin) };
}

/** Shapes of the images whose flattened numbers a layer reads and writes channels first in PyTorch; null if none. */
interface FlattenedImages {
  readonly reads: Shape | null;
  readonly writes: Shape | null;
}

/**
 * The order of the numbers of a row in PyTorch: channels first after an image is flattened, else as here. It is free
 * after a dense layer, whose units can be in any order. Rows that are added to each other share one order.
 */
interface NumberOrder {
  image: Shape | null | undefined; // the flattened image; null if none; undefined if the order is free
  mergedInto?: NumberOrder; // the order that it shares with other rows
}

interface Rows {
  readonly order: NumberOrder;
  /** Whether PyTorch has them as [C, H, W] or [C, T]; false for the vectors of an embedding. */
  readonly isChannelsFirst: boolean;
}

const unchangedOrder = (): NumberOrder => ({ image: null });

function rootOf(order: NumberOrder): NumberOrder {
  let root = order;
  while (root.mergedInto !== undefined) root = root.mergedInto;
  return root;
}

/** The flattened images that each layer reads and writes, by path. */
function flattenedImagesOf(network: Network): Map<string, FlattenedImages> {
  const ordersByPath = new Map<string, [reads: NumberOrder, writes: NumberOrder]>();
  const values: Rows[] = [{ order: unchangedOrder(), isChannelsFirst: true }];

  function outputOf([x, ...others]: readonly Rows[], networkLayer: NetworkLayer): Rows {
    const { layer } = networkLayer;
    const { order, isChannelsFirst } = x;
    switch (torchLayerOf(networkLayer)?.writes) {
      case 'the same':
        return x;
      case 'any':
        return { order: { image: layer.out.length > 1 ? null : undefined }, isChannelsFirst };
      case 'flat': {
        const isReordered = isChannelsFirst && positionsOf(layer.in[0]) > 1 && channelsOf(layer.in[0]) > 1;
        return { order: isReordered ? { image: layer.in[0] } : order, isChannelsFirst };
      }
      case 'a sum': {
        for (const other of others) mergeOrders(networkLayer, other.order, order);
        return others[0] ?? x;
      }
      case 'other axes':
        return { order: unchangedOrder(), isChannelsFirst: isChannelsFirst && keepsChannels(networkLayer) };
      case 'moved': {
        for (const { order } of [x, ...others]) {
          const { image } = rootOf(order);
          if (image != null) {
            const why = 'expected one that stands before the flatten, since PyTorch flattens channels first';
            throw new Error(`${nameOfLayer(networkLayer)} moves numbers of an image of ${shapeText(image)}, ${why}`);
          }
          mergeOrders(networkLayer, order, unchangedOrder());
        }
        return { order: unchangedOrder(), isChannelsFirst };
      }
      case 'channels last':
        return { order: unchangedOrder(), isChannelsFirst: false };
      default:
        return { order: unchangedOrder(), isChannelsFirst: true };
    }
  }

  for (const networkLayer of network.allLayers) {
    const xs = networkLayer.inputs.map((value) => values[value]);
    const y = outputOf(xs, networkLayer);
    ordersByPath.set(networkLayer.path, [xs[0].order, y.order]);
    values.push(y);
  }
  const imageOf = (order: NumberOrder): Shape | null => rootOf(order).image ?? null;
  return new Map(
    [...ordersByPath].map(([path, [reads, writes]]) => [path, { reads: imageOf(reads), writes: imageOf(writes) }]),
  );
}

/** Gives two rows that are added one order. @throws Error if both are flattened images, of different shapes. */
function mergeOrders(networkLayer: NetworkLayer, orderOfF: NumberOrder, orderOfX: NumberOrder): void {
  const [a, b] = [rootOf(orderOfF), rootOf(orderOfX)];
  if (a === b) return;
  if (a.image === undefined) a.image = b.image;
  else if (b.image !== undefined && String(a.image) !== String(b.image)) {
    const [first, second] = [a.image, b.image].map((image) => (image === null ? 'none' : shapeText(image)));
    const images = `${first} and ${second}, expected one shape, since PyTorch flattens channels first`;
    throw new Error(`${nameOfLayer(networkLayer)} adds flattened images of the shapes ${images}`);
  }
  b.mergedInto = a;
}

/** Whether a tensor is PyTorch's batch count of a batch norm, which is not needed here. */
export const isCounter = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);
