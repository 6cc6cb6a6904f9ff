import type { LayerSpec } from '@gradloom/core';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { arrangeAxes, type Rows } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { composedOperator, inShape } from './elements.ts';
import { axisOf } from './moves.ts';
import type { Operator } from './operator.ts';
import { reduced } from './reductions.ts';
import { imageOf } from './windows.ts';

const PARTS = ['scale', 'bias', 'mean', 'variance'];

/** The four vectors of a batch norm, by which channels are scaled. */
function partsOf(call: Call, xs: readonly (Item | undefined)[]): Tensor[] {
  if (call.int('training_mode', 0) !== 0) throw call.fault('training_mode', 'the running mean and variance');
  return PARTS.map((part, k) => {
    const tensor = xs[k + 1];
    if (tensor === undefined || !isConstant(tensor))
      throw call.fault(`a ${part} that depends on its inputs`, 'a constant');
    return tensor;
  });
}

const batchNormalization: Operator = {
  evaluate(call, xs) {
    const x = xs[0] as Tensor;
    const [scale, bias, mean, variance] = partsOf(call, xs).map(({ numbers }) => numbers);
    const epsilon = call.float('epsilon', 1e-5);
    const inner = stridesOf(x.dims)[1] ?? 1;
    return [
      tensorOf(x.type, x.dims, (y) => {
        for (let n = 0; n < y.length; n++) {
          const c = Math.floor(n / inner) % scale.length;
          y[n] = ((x.numbers[n] - mean[c]) / Math.sqrt(variance[c] + epsilon)) * scale[c] + bias[c];
        }
      }),
    ];
  },
  layers(call, xs) {
    const x = xs[0] as Rows;
    const [gamma, beta, runningMean, runningVariance] = partsOf(call, xs);
    const { value, toRows } = imageOf(call, x);
    const weights = {
      gamma: gamma.numbers,
      beta: beta.numbers,
      runningMean: runningMean.numbers,
      runningVariance: runningVariance.numbers,
    };
    // ONNX and PyTorch keep 1 - momentum of the new mean.
    const momentum = 1 - call.float('momentum', 0.9);
    const spec = { kind: 'batch-norm', epsilon: call.float('epsilon', 1e-5), momentum } as const;
    return [toRows(call.add(value, spec, weights, [gamma.weight], gamma.weight !== undefined))];
  },
};

const number = (value: number): Tensor => ({ type: 'float', dims: [], numbers: Float64Array.of(value) });

/** (x - μ) / √(σ² + ε) over axes, their mean, and 1 / √(σ² + ε). */
function normalize(call: Call, x: Item, axes: readonly number[], epsilon: number): readonly [Item, Item, Item] {
  const mean = reduced(call, 'ReduceMean', x, axes, true);
  const [centered] = call.apply('Sub', [x, mean]);
  const variance = reduced(call, 'ReduceMean', call.apply('Mul', [centered, centered])[0], axes, true);
  const [deviation] = call.apply('Sqrt', call.apply('Add', [variance, number(epsilon)]));
  return [call.apply('Div', [centered, deviation])[0], mean, call.apply('Reciprocal', [deviation])[0]];
}

/** y · scale + bias. */
function scaledBy(call: Call, y: Item, scale: Item | undefined, bias: Item | undefined): Item {
  const product = scale === undefined ? y : call.apply('Mul', [y, scale])[0];
  return bias === undefined ? product : call.apply('Add', [product, bias])[0];
}

/** The layer of a norm along an axis. */
export function normLayer(
  call: Call,
  kind: 'layer-norm' | 'rms-norm',
  epsilon: number,
  x: Rows,
  axis: number,
  gamma: Tensor,
  beta: Tensor | undefined,
): Rows {
  const weights = { gamma: gamma.numbers, ...(beta !== undefined && { beta: beta.numbers }) };
  const spec = { kind, epsilon, ...(kind === 'layer-norm' && beta === undefined && { bias: false }) } as LayerSpec;
  const parts = x.axes[axis];
  const outer = x.stored.filter((part) => !parts.includes(part));
  const value = arrangeAxes(x, [...outer.map((part) => [part]), parts]);
  const names = [gamma, ...(beta === undefined ? [] : [beta])].map(({ weight }) => weight);
  const y = call.add(value, spec, weights, names, gamma.weight !== undefined);
  return { ...x, stored: [...outer, ...parts], value: y };
}

/** Over the axes from `axis` on. Along the last one, with constant weights, it is a layer-norm. */
const layerNormalization = composedOperator((call, [first, scale, bias]) => {
  const x = first as Item;
  const rank = extentsOf(x).length;
  const axis = axisOf(call, call.int('axis', -1), rank);
  const epsilon = call.float('epsilon', 1e-5);
  const isLayer = axis === rank - 1 && call.outputs === 1 && scale !== undefined && isConstant(scale);
  if (!isConstant(x) && isLayer && (bias === undefined || isConstant(bias))) {
    return [normLayer(call, 'layer-norm', epsilon, x, axis, scale, bias)];
  }
  const axes = Array.from({ length: rank - axis }, (_, k) => axis + k);
  const [y, mean, inverse] = normalize(call, x, axes, epsilon);
  return [scaledBy(call, y, scale, bias), mean, inverse].slice(0, call.outputs);
});

/** A vector of channels as a constant that is spread over positions: [C, 1, ...]. */
const perChannel = (call: Call, vector: Item, rank: number): Item =>
  inShape(call, vector, [...extentsOf(vector), ...Array.from({ length: rank - 2 }, () => 1)]);

/** Over groups of channels and all positions; of one channel each without a number of groups. */
const groupNormalization = composedOperator((call, [first, scale, bias]) => {
  const x = first as Item;
  const dims = extentsOf(x);
  const groups = call.int('num_groups', dims[1]);
  const inGroups = inShape(call, x, [dims[0], groups, dims[1] / groups, ...dims.slice(2)]);
  const axes = extentsOf(inGroups).map((_, axis) => axis);
  const [y] = normalize(call, inGroups, axes.slice(2), call.float('epsilon', 1e-5));
  const isPerGroup = scale !== undefined && extentsOf(scale)[0] === groups && call.opset < 21;
  if (isPerGroup) {
    const [a, b] = [scale, bias].map((vector) => vector && perChannel(call, vector, dims.length + 1));
    return [inShape(call, scaledBy(call, y, a, b), dims)];
  }
  const [a, b] = [scale, bias].map((vector) => vector && perChannel(call, vector, dims.length));
  return [scaledBy(call, inShape(call, y, dims), a, b)];
});

/** x / ‖x‖ along an axis. */
const lpNormalization = composedOperator((call, [first]) => {
  const x = first as Item;
  const axis = axisOf(call, call.int('axis', -1), extentsOf(x).length);
  const norm = reduced(call, call.int('p', 2) === 1 ? 'ReduceL1' : 'ReduceL2', x, [axis], true);
  return call.apply('Div', [x, norm]);
});

/** (x - μ) / (σ + 10⁻⁹) over axes. */
const meanVarianceNormalization = composedOperator((call, [first]) => {
  const x = first as Item;
  const rank = extentsOf(x).length;
  const axes = call.ints('axes', [0, 2, 3]).map((axis) => axisOf(call, axis, rank));
  const [centered] = call.apply('Sub', [x, reduced(call, 'ReduceMean', x, axes, true)]);
  const variance = reduced(call, 'ReduceMean', call.apply('Mul', [centered, centered])[0], axes, true);
  const [deviation] = call.apply('Sqrt', [variance]);
  return call.apply('Div', [centered, call.apply('Add', [deviation, number(1e-9)])[0]]);
});

export const normOperators = {
  BatchNormalization: batchNormalization,
  GroupNormalization: groupNormalization,
  InstanceNormalization: groupNormalization,
  LayerNormalization: layerNormalization,
  LpNormalization: lpNormalization,
  MeanVarianceNormalization: meanVarianceNormalization,
} satisfies Record<string, Operator>;
