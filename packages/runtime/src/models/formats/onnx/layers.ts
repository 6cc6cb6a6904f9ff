import {
  type ActivationName,
  activations,
  type Elements,
  type LayerKind,
  type Network,
  type NetworkLayer,
  type Shape,
} from '@gradloom/core';
import {
  channelsOf,
  createElements,
  formulaLayers,
  nameOfLayer,
  sameForAll,
  typeOf,
  viewOf,
} from '@gradloom/core/internal';
import { reorder } from '../reorder.ts';
import { activationGraphs, NO_ALPHA } from './activations.ts';
import { crossAttention, selfAttention } from './attention.ts';
import type { Emission, Spec } from './emission.ts';
import { formula } from './formula.ts';
import type { Graph, Value } from './graph.ts';
import { concat, expand, heads, pad, reshape, resize, slice, take, transpose } from './moves.ts';
import { recur } from './recurrent.ts';
import { argmax, groupNorm, matmul, reduceBy, softmaxBy } from './reductions.ts';
import { alongChannels, channelsOfGraph, lengthsAt, positions, type Rows, sumWhere } from './rows.ts';
import { elementTypes } from './schema.ts';
import { type Axis, averagePool, convolve, convolveTransposed, maxPool, windowsOf } from './windows.ts';

/** Each kind of layer in evaluation: its output for x. */
const layerGraphs: Readonly<Record<Exclude<LayerKind, 'like'>, (emission: Emission) => Rows>> = {
  ...sameForAll(formulaLayers, formula),
  activation({ graph, x, networkLayer }) {
    const { fn, alpha } = networkLayer.spec as Spec<'activation'> & { fn: ActivationName };
    if (!Object.hasOwn(activationGraphs, fn)) throw noCounterpart(networkLayer);
    return { ...x, value: activationGraphs[fn](graph, x.value, alpha ?? activations[fn].alpha) };
  },
  argmax,
  'avg-pool': (emission) => pool(emission, averagePool),
  // Not BatchNormalization, which takes ε as a float32.
  'batch-norm'({ graph, x, networkLayer, tensor, channelConstant }) {
    const { epsilon = 1e-5 } = networkLayer.spec as Spec<'batch-norm'>;
    const [gamma, variance] = [tensor('gamma'), tensor('runningVariance')];
    const scale = gamma.map((value, i) => value / Math.sqrt(variance[i] + epsilon));
    const centered = graph.node('Sub', [x.value, channelConstant(x, 'runningMean')]);
    const scaled = graph.node('Mul', [centered, channelConstant(x, 'scale', [], scale)]); // scale [C]
    return { ...x, value: graph.node('Add', [scaled, channelConstant(x, 'beta')]) };
  },
  'channel-dropout': ({ x }) => x,
  concat,
  heads,
  conv1d: convolution,
  conv2d: convolution,
  'conv2d-transpose': transposedConvolution,
  'cross-attention': crossAttention,
  dense: (emission) =>
    'tiedTo' in emission.networkLayer.spec ? tiedTo(emission) : affine(emission, emission.x, 'W', 'b'),
  dropout: ({ x }) => x,
  embedding({ graph, channels, x, networkLayer, outputOf, table }) {
    const indices = graph.node('Cast', [channels.last(x).value], { to: elementTypes.int64 });
    return outputOf(graph.node('Gather', [table(networkLayer.path), indices], { axis: 0 }));
  },
  expand,
  flatten: ({ channels, x }) => channels.flatten(x),
  // The mean, as in predictions.
  gaussian(emission) {
    const { graph, x, networkLayer, outputOf } = emission;
    const zeros = (shape: Value) => graph.node('Expand', [graph.number(0), shape]);
    if ((networkLayer.spec as Spec<'gaussian'>).size === undefined)
      return { ...x, value: zeros(graph.node('Shape', [x.value])) };
    return outputOf(zeros(shapeOfRows(emission)));
  },
  'global-avg-pool'({ graph, channels, x, lengths: [lengths], outputOf }) {
    if (x.shape.length === 2) {
      const [T] = x.shape;
      const realLengths = lengthsAt(graph, lengths, T);
      const isReal = graph.node('Less', [positions(graph, T), realLengths]);
      const count = graph.node('Cast', [realLengths], { to: elementTypes[graph.type] });
      return outputOf(graph.node('Div', [sumWhere(graph, isReal, channels.last(x)), count]));
    }
    const firstAxis = x.image === null ? 1 : 2; // of [N, H, W, C] or [N, C, H, W]
    const axes = x.shape.slice(1).map((_, a) => firstAxis + a);
    return outputOf(graph.node('ReduceMean', [x.value], { axes, keepdims: 0 }));
  },
  'group-norm': groupNorm,
  gru: recurrent,
  'instance-norm': groupNorm,
  'last-position'({ graph, channels, x, lengths: [lengths], outputOf }) {
    const [T] = x.shape;
    const last = graph.node('Sub', [lengthsAt(graph, lengths, T), graph.integers([1])]);
    const isLast = graph.node('Equal', [positions(graph, T), last]);
    return outputOf(sumWhere(graph, isLast, channels.last(x)));
  },
  // Not LayerNormalization, which takes ε as a float32.
  'layer-norm'({ graph, channels, x, networkLayer, channelConstant }) {
    const { epsilon = 1e-5, bias = true } = networkLayer.spec as Spec<'layer-norm'>;
    const rows = x.shape.length === 1 ? x : channels.last(x);
    const mean = (value: Value) => graph.node('ReduceMean', [value], { axes: [-1], keepdims: 1 });
    const centered = graph.node('Sub', [rows.value, mean(rows.value)]);
    const variance = mean(graph.node('Mul', [centered, centered]));
    const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.number(epsilon)])]);
    const scaled = graph.node('Mul', [graph.node('Div', [centered, deviation]), channelConstant(rows, 'gamma')]);
    return { ...rows, value: bias ? graph.node('Add', [scaled, channelConstant(rows, 'beta')]) : scaled };
  },
  'log-softmax': softmaxBy('LogSoftmax'),
  'log-sum-exp': reduceBy('ReduceLogSumExp'),
  lstm: recurrent,
  matmul,
  max: reduceBy('ReduceMax'),
  'max-pool': (emission) => pool(emission, maxPool),
  mean: reduceBy('ReduceMean'),
  pad,
  parameter(emission) {
    const { graph, networkLayer, shape, outputOf, tensor } = emission;
    const W = graph.reals(`${networkLayer.path}.W`, [1, ...shape], tensor('W'));
    return outputOf(graph.node('Expand', [W, shapeOfRows(emission)]));
  },
  'position-embedding'({ graph, channels, x, networkLayer, tensor }) {
    const rows = channels.last(x);
    const P = graph.reals(`${networkLayer.path}.P`, x.shape, tensor('P'));
    return { ...rows, value: graph.node('Add', [rows.value, P]) };
  },
  residual: formula,
  reshape,
  resize,
  'rms-norm'({ graph, channels, x, networkLayer, channelConstant }) {
    const { epsilon = 2 ** -23 } = networkLayer.spec as Spec<'rms-norm'>;
    const rows = x.shape.length === 1 ? x : channels.last(x);
    const squares = graph.node('Mul', [rows.value, rows.value]);
    const mean = graph.node('ReduceMean', [squares], { axes: [-1], keepdims: 1 });
    const root = graph.node('Sqrt', [graph.node('Add', [mean, graph.number(epsilon)])]);
    const scaled = graph.node('Div', [rows.value, root]);
    return { ...rows, value: graph.node('Mul', [scaled, channelConstant(rows, 'gamma')]) };
  },
  'self-attention': selfAttention,
  softmax: softmaxBy('Softmax'),
  sum: reduceBy('ReduceSum'),
  slice,
  swiglu(emission) {
    const { graph, x } = emission;
    const gate = affine(emission, x, 'Wg', 'bg');
    const value = affine(emission, x, 'Wv', 'bv');
    return { ...gate, value: graph.node('Mul', [activationGraphs.silu(graph, gate.value, NO_ALPHA), value.value]) };
  },
  take,
  transpose,
  upsample({ graph, x, shape }) {
    const firstAxis = x.image === null ? 1 : 2; // of [N, H, W, C] or [N, C, H, W]
    const value = shape.slice(0, -1).reduce((y, extent, a) => {
      const nearestInputs = Array.from({ length: extent }, (_, o) => Math.floor((o * x.shape[a]) / extent));
      return graph.node('Gather', [y, graph.integers(nearestInputs)], { axis: firstAxis + a });
    }, x.value);
    return { shape, value, image: x.image === null ? null : shape };
  },
};

/** The shape [N, ...out] of the outputs. */
function shapeOfRows({ graph, x, shape }: Emission): Value {
  const rows = graph.node('Gather', [graph.node('Shape', [x.value]), graph.integers([0])], { axis: 0 });
  return graph.node('Concat', [rows, graph.integers(shape)], { axis: 0 });
}

const noCounterpart = (layer: NetworkLayer): Error =>
  new Error(`${nameOfLayer(layer)} has no counterpart in ONNX, expected layers that come with Gradloom`);

/**
 * x · W + b on the last axis, or x · W if the layer has no bias. Sequences with channels first stay so: Wᵀ · x.
 * onnxruntime makes one node of a MatMul and a Transpose of its last two axes, which it does not have for float64.
 */
function affine(
  { graph, channels, networkLayer, shape, channelConstant, tensor }: Emission,
  x: Rows,
  W: string,
  b: string,
): Rows {
  const { bias = true } = networkLayer.spec as Spec<'dense'>;
  const isChannelsFirst = shape.length === 2 && x.image !== null;
  const rows = shape.length === 1 || isChannelsFirst ? x : channels.last(x);
  const y = { shape, image: isChannelsFirst ? shape : null };
  const terms = bias ? [channelConstant(y, b)] : [];
  const [C, O] = [channelsOf(x.shape), channelsOf(shape)];
  if (shape.length === 1)
    return { ...y, value: graph.node('Gemm', [rows.value, channelConstant(rows, W, [O]), ...terms]) };
  const weights = isChannelsFirst
    ? graph.reals(`${networkLayer.path}.${W}`, [O, C], transposedNumbers(tensor(W), C, O))
    : channelConstant(rows, W, [O]);
  const product = graph.node('MatMul', isChannelsFirst ? [weights, rows.value] : [rows.value, weights]);
  return { ...y, value: bias ? graph.node('Add', [product, ...terms]) : product };
}

/** x · Eᵀ + b on the last axis, with the table E of an embedding. */
function tiedTo({ graph, channels, x, networkLayer, shape, outputOf, channelConstant, table }: Emission): Rows {
  const { bias = true, tiedTo: path = '' } = networkLayer.spec as Spec<'dense'>;
  const rows = channels.last(x);
  const flat = (value: Value, row: Shape) => graph.reshape(value, [-1, ...row]);
  const terms = bias ? [channelConstant({ shape, image: null }, 'b')] : [];
  const product = graph.node('Gemm', [flat(rows.value, [channelsOf(x.shape)]), table(path), ...terms], { transB: 1 });
  return outputOf(flat(product, shape));
}

/** Numbers [C, O] as [O, C]. */
function transposedNumbers(numbers: Elements, C: number, O: number): Elements {
  const out = createElements(typeOf(numbers), numbers.length);
  reorder(out, numbers, [C, O], [1, 0]);
  return out;
}

function convolution({ graph, channels, x, networkLayer, shape: output, tensor }: Emission): Rows {
  const { dilation = 1, groups = 1, padding = 0, bias = true, ...spec } = networkLayer.spec as Spec<'conv2d'>;
  const axes = windowsOf(x.shape, output, { kernel: spec.kernel, stride: spec.stride ?? 1, dilation, padding });
  const shape = [...axes.map(({ kernel }) => kernel), channelsOf(x.shape) / groups, channelsOf(output)];
  const weights = { name: networkLayer.path, shape, W: tensor('W'), b: bias ? tensor('b') : null, groups };
  return { shape: output, value: convolve(graph, channels.first(x).value, axes, weights), image: output };
}

function transposedConvolution({ graph, channels, x, networkLayer, shape: output, tensor }: Emission): Rows {
  const { padding = 0, stride = 1, bias = true, kernel } = networkLayer.spec as Spec<'conv2d-transpose'>;
  const axes = windowsOf(output, x.shape, { kernel, stride, padding });
  const shape = [...axes.map((axis) => axis.kernel), channelsOf(output), channelsOf(x.shape)];
  const weights = { name: networkLayer.path, shape, W: tensor('W'), b: bias ? tensor('b') : null, groups: 1 };
  return { shape: output, value: convolveTransposed(graph, channels.first(x).value, axes, weights), image: output };
}

function recurrent({ graph, x, lengths: [lengths], networkLayer, outputOf, tensor }: Emission): Rows {
  const { kind, out, returns = 'all', reverse = false } = networkLayer.spec as Spec<'gru' | 'lstm'>;
  const [positions, inputs] = x.shape;
  const realLengths = lengthsAt(graph, lengths, positions);
  const sizes = { name: networkLayer.path, kind, positions, lengths: realLengths, inputs, units: out };
  const weights = { Wi: tensor('Wi'), bi: tensor('bi'), Wh: tensor('Wh'), bh: tensor('bh') };
  const layer = { ...sizes, ...weights, isReverse: reverse, isSequence: returns === 'all' };
  return outputOf(recur(graph, x, layer));
}

function pool(
  { graph, channels, x, networkLayer, shape }: Emission,
  emit: (graph: Graph, x: Value, axes: readonly Axis[]) => Value,
): Rows {
  const { size, stride = size, padding = 0 } = networkLayer.spec as Spec<'max-pool'>;
  const axes = windowsOf(x.shape, shape, { kernel: size, stride, padding });
  return { shape, value: emit(graph, channels.first(x).value, axes), image: shape };
}

/**
 * Adds a network; returns its outputs [N, ...output] for x and the lengths of its rows: those of each part, and whole
 * ones. @throws Error for a layer without counterpart in ONNX.
 */
export function emitNetwork(
  graph: Graph,
  network: Network,
  parameters: Elements,
  x: Value,
  lengths: readonly Value[],
): Value {
  const channels = channelsOfGraph(graph);
  const tables = new Map<string, Value>();
  const pairs = network.allLayers.flatMap(({ path, tensors }) => tensors.map((tensor) => [path, tensor] as const));
  const tensors = new Map(pairs.map(([path, tensor]) => [`${path}.${tensor.name}`, tensor]));

  function table(path: string): Value {
    const value = tables.get(path);
    if (value !== undefined) return value;
    const embedding = network.allLayers.find((layer) => layer.path === path);
    const [tensor] = embedding?.tensors ?? [];
    if (embedding === undefined || tensor === undefined)
      throw new Error(`layer ${path} has no table, expected an embedding`);
    const { vocabulary, width } = embedding.spec as Spec<'embedding'>;
    const E = graph.reals(`${path}.E`, [vocabulary, width], viewOf(parameters, tensor.offset, tensor.length));
    tables.set(path, E);
    return E;
  }

  function emitLayer(xs: readonly Rows[], networkLayer: NetworkLayer): Rows {
    const { path, spec, layer } = networkLayer;
    const kind = layer.expression === undefined ? spec.kind : 'times'; // own formulas have kinds of their own
    if (!Object.hasOwn(layerGraphs, kind)) throw noCounterpart(networkLayer);
    const tensor = (name: string): Elements => {
      const tensorSpec = layer.tensors.find((candidate) => candidate.name === name);
      const match = tensors.get(tensorSpec?.tiedTo ?? `${path}.${name}`);
      if (match === undefined) throw new Error(`${nameOfLayer(networkLayer)} has no tensor ${name}, expected it`);
      return viewOf(parameters, match.offset, match.length);
    };
    return layerGraphs[kind as keyof typeof layerGraphs]({
      graph,
      channels,
      x: xs[0],
      xs,
      lengths: networkLayer.lengths?.map((index) => lengths[index]) ?? [],
      networkLayer,
      shape: layer.out,
      outputOf: (value) => ({ shape: layer.out, value, image: null }),
      tensor,
      table,
      channelConstant(rows, name, rest, numbers = tensor(name)) {
        const alignedNumbers = alongChannels(rows, numbers, rest);
        return graph.reals(`${path}.${name}`, alignedNumbers.shape, alignedNumbers.numbers);
      },
    });
  }

  const values: Rows[] = [{ shape: network.input, value: x, image: null }];
  for (const networkLayer of network.allLayers) {
    values.push(
      emitLayer(
        networkLayer.inputs.map((value) => values[value]),
        networkLayer,
      ),
    );
  }
  return channels.last(values[values.length - 1]).value;
}
