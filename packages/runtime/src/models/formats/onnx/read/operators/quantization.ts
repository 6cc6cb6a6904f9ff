import { type Attributes, type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { isFloating, type TensorType } from '../tensor.ts';
import { composedOperator, inShape } from './elements.ts';
import { axisOf } from './moves.ts';
import { reduced } from './reductions.ts';
import { scalar } from './scalars.ts';
import { takeOf, takeRows } from './take.ts';

// Whole numbers that stand for others: x ≈ (q - zero point) · scale. Layers round; where they do, the gradient is 0.

const of = (call: Call, operator: string, ...xs: readonly Item[]): Item => call.apply(operator, xs)[0];

/** The lowest and the highest number of an integer type. */
function limitsOf(call: Call, type: TensorType): readonly [low: number, high: number] {
  const bits = Number(/^u?int(\d+)$/.exec(type)?.[1]);
  if (!(bits > 0)) throw call.fault(`a zero point of type ${type}`, 'whole numbers');
  return type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** A scale or zero point beside x: of all numbers, of each index of an axis, or of blocks along it. */
function alignWithInput(call: Call, x: Item, part: Item, defaultAxis: number): Item {
  const [dims, partDims] = [extentsOf(x), extentsOf(part)];
  if (partDims.every((extent) => extent === 1)) return inShape(call, part, []);
  const axis = axisOf(call, call.int('axis', defaultAxis), dims.length);
  if (partDims.length === 1) return inShape(call, part, [...partDims, ...dims.slice(axis + 1).map(() => 1)]);
  const block = call.int('block_size', 0);
  if (block < 1) throw call.fault(`a scale of ${partDims.length} axes`, 'at most one axis, or a block_size');
  const indices = Array.from({ length: dims[axis] }, (_, k) => Math.floor(k / block));
  return isConstant(part) ? takeOf(part, axis, indices) : takeRows(call, part, axis, indices);
}

/** The item that has the weight of another, if both are constants: weights that were quantized still train. */
const asWeightOf = (x: Item, y: Item): Item =>
  isConstant(x) && isConstant(y) && x.weight !== undefined ? { ...y, weight: x.weight } : y;

const subtractZero = (call: Call, x: Item, zero: Item | undefined): Item =>
  zero === undefined ? x : asWeightOf(x, of(call, 'Sub', x, zero));

const isGiven = (zero: Item | undefined): zero is Item =>
  zero !== undefined && !(isConstant(zero) && zero.numbers.every((x) => x === 0));

/** (x - zero point) · scale. */
function dequantized(call: Call, x: Item, scale: Item, zero: Item | undefined, axis = 1): Item {
  const realNumbers = { ...x, type: scale.type };
  const difference = isGiven(zero)
    ? of(call, 'Sub', realNumbers, { ...alignWithInput(call, x, zero, axis), type: scale.type })
    : realNumbers;
  return asWeightOf(x, of(call, 'Mul', difference, alignWithInput(call, x, scale, axis)));
}

/** The whole number nearest to x / scale, plus the zero point, in the limits of a type. */
function quantized(call: Call, x: Item, scale: Item, zero: Item | undefined, type: TensorType): Item {
  const [low, high] = limitsOf(call, type);
  const q = of(call, 'Round', of(call, 'Div', x, alignWithInput(call, x, scale, 1)));
  const y = isGiven(zero) ? of(call, 'Add', q, { ...alignWithInput(call, x, zero, 1), type: q.type }) : q;
  return { ...clip(call, y, low, high), type };
}

const clip = (call: Call, x: Item, low: number, high: number): Item =>
  of(call, 'Min', of(call, 'Max', x, scalar(x.type, low)), scalar(x.type, high));

/** Scale and zero point of bytes that hold the numbers from the least, or 0, to the largest, or 0. */
const dynamic = composedOperator((call, [first]) => {
  const x = first as Item;
  const axes = extentsOf(x).map((_, axis) => axis);
  const high = of(call, 'Max', reduced(call, 'ReduceMax', x, axes, false), scalar(x.type, 0));
  const low = of(call, 'Min', reduced(call, 'ReduceMin', x, axes, false), scalar(x.type, 0));
  const scale = of(call, 'Div', of(call, 'Sub', high, low), scalar(x.type, 255));
  const zero = of(call, 'Round', clip(call, of(call, 'Div', of(call, 'Neg', low), scale), 0, 255));
  return [quantized(call, x, scale, zero, 'uint8'), scale, { ...zero, type: 'uint8' }];
});

const quantize = composedOperator((call, [x, scale, zero]) => [
  quantized(call, x as Item, scale as Item, zero, zero?.type ?? 'uint8'),
]);

const dequantize = composedOperator((call, [x, scale, zero]) => {
  const type = (x as Item).type;
  if (isFloating(type)) throw call.fault(`numbers of type ${type}`, 'whole numbers');
  return [dequantized(call, x as Item, scale as Item, zero)];
});

/** The attributes of a convolution, for the Conv that it is made of. */
function attributesOfConv(call: Call): Attributes {
  const lists = ['pads', 'strides', 'dilations', 'kernel_shape'].filter((name) => call.has(name));
  return {
    ...Object.fromEntries(lists.map((name) => [name, call.ints(name)])),
    group: call.int('group', 1),
    auto_pad: call.text('auto_pad', 'NOTSET'),
  };
}

/** Zero points or scales of the rows of a first factor, or of the columns of a second one. */
const perRow = (call: Call, part: Item | undefined): Item | undefined =>
  part && extentsOf(part).length === 1 ? inShape(call, part, [...extentsOf(part), 1]) : part;

const matmulOfIntegers = composedOperator((call, [a, b, zeroA, zeroB]) => {
  const factors = [subtractZero(call, a as Item, perRow(call, zeroA)), subtractZero(call, b as Item, zeroB)];
  return [{ ...of(call, 'MatMul', ...factors), type: 'int32' as const }];
});

const convolutionOfIntegers = composedOperator((call, [x, w, zeroX, zeroW]) => {
  const ones = extentsOf(w as Item)
    .slice(1)
    .map(() => 1);
  const perOutput = zeroW && inShape(call, zeroW, extentsOf(zeroW).length === 0 ? [] : [...extentsOf(zeroW), ...ones]);
  const items = [subtractZero(call, x as Item, zeroX), subtractZero(call, w as Item, perOutput)];
  return [{ ...call.apply('Conv', items, attributesOfConv(call))[0], type: 'int32' as const }];
});

const quantizedMatmul = composedOperator((call, xs) => {
  const [a, scaleA, zeroA, b, scaleB, zeroB, scaleY, zeroY] = xs as readonly Item[];
  const first = of(
    call,
    'Mul',
    subtractZero(call, { ...a, type: scaleA.type }, perRow(call, zeroA)),
    perRow(call, scaleA) as Item,
  );
  const second = asWeightOf(b, of(call, 'Mul', subtractZero(call, { ...b, type: scaleB.type }, zeroB), scaleB));
  return [quantized(call, of(call, 'MatMul', first, second), scaleY, zeroY, zeroY.type)];
});

const quantizedConvolution = composedOperator((call, xs) => {
  const [x, scaleX, zeroX, w, scaleW, zeroW, scaleY, zeroY, bias] = xs as readonly [...Item[]];
  const b =
    (bias as Item | undefined) &&
    asWeightOf(bias, of(call, 'Mul', { ...bias, type: 'float' }, of(call, 'Mul', scaleX, scaleW)));
  const items = [dequantized(call, x, scaleX, zeroX), dequantized(call, w, scaleW, zeroW, 0), b];
  return [quantized(call, call.apply('Conv', items, attributesOfConv(call))[0], scaleY, zeroY, zeroY.type)];
});

export const quantizationOperators = {
  ConvInteger: convolutionOfIntegers,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamic,
  MatMulInteger: matmulOfIntegers,
  QLinearConv: quantizedConvolution,
  QLinearMatMul: quantizedMatmul,
  QuantizeLinear: quantize,
};
