import type { Elements } from '@gradloom/core';
import { createElements, typeOf } from '@gradloom/core/internal';
import { reorder } from '../../../reorder.ts';
import { constantValue, mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { type Axes, arrangeAxes, extentOf, newAxes, type Part, ROWS, type Rows, rowParts } from '../rows.ts';
import { eachPlace, spreadDims, spreadStrides, stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { transposedItem, transposedTensor } from './moves.ts';
import type { Operator } from './operator.ts';
import { spread } from './scalars.ts';

/** a [..., n, k] · b [..., k, m], the axes before them spread as in NumPy. */
function matmul(call: Call, a: Tensor, b: Tensor): Tensor {
  const [dimsA, dimsB] = [a.dims.length === 1 ? [1, ...a.dims] : a.dims, b.dims.length === 1 ? [...b.dims, 1] : b.dims];
  const [n, k] = dimsA.slice(-2);
  const m = dimsB[dimsB.length - 1];
  const batch = spreadDims([dimsA.slice(0, -2), dimsB.slice(0, -2)]);
  if (batch === null || dimsB[dimsB.length - 2] !== k) throw unfit(call, a.dims, b.dims);
  const leads = [dimsA, dimsB].map((dims) => {
    const strides = stridesOf(dims).slice(0, -2);
    const spreadTo = spreadStrides({ dims: dims.slice(0, -2) }, batch);
    return spreadTo.map((stride, axis) => (stride === 0 ? 0 : strides[axis - batch.length + strides.length]));
  });
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [n]), ...(b.dims.length === 1 ? [] : [m])];
  return tensorOf(a.type, dims, (y) =>
    eachPlace(batch, leads, (index, atA, atB) => {
      const sums = new Float64Array(m);
      for (let row = 0; row < n; row++) {
        sums.fill(0);
        for (let i = 0; i < k; i++) {
          const factor = a.numbers[atA + row * k + i];
          const from = atB + i * m;
          for (let column = 0; column < m; column++) sums[column] += factor * b.numbers[from + column];
        }
        y.set(sums, (index * n + row) * m);
      }
    }),
  );
}

const unfit = (call: Call, a: readonly number[], b: readonly number[]): Error =>
  call.fault(`factors of ${show(a)} and ${show(b)}`, 'as many columns in the first as rows in the second');

const show = (dims: readonly number[]): string =>
  `[${dims.map((extent) => (extent % ROWS.extent === 0 && extent > 0 ? 'N' : extent)).join(', ')}]`;

/**
 * x · W along the last axis of x, plus b, as a dense layer at each position. The numbers of that axis stay as they lie,
 * so after a flattened image the rows of W are moved instead.
 */
function dense(call: Call, x: Rows, W: Tensor, b?: Tensor): Rows {
  const [I, O] = W.dims;
  const axis = x.axes[x.axes.length - 1];
  if (axis.includes(ROWS)) throw mixedRows(call);
  const inputs = x.stored.filter((part) => axis.includes(part));
  const outer = x.stored.filter((part) => !axis.includes(part));
  const value = arrangeAxes(x, [...outer.map((part) => [part]), inputs]);
  const [outputs] = newAxes([O]);
  const weights = withRowsMoved(W, axis, inputs);
  const isTrained = W.weight !== undefined || b?.weight !== undefined;
  const spec = { kind: 'dense', out: O, ...(b === undefined ? { bias: false } : {}) } as const;
  const bias = b === undefined ? {} : { b: b.numbers };
  const names = b === undefined ? [W.weight] : [W.weight, b.weight];
  const y = call.add(value, spec, { W: weights, ...bias }, names, isTrained);
  if (I !== extentOf(axis)) throw unfit(call, extentsOf(x), W.dims);
  return { type: x.type, axes: [...x.axes.slice(0, -1), outputs], stored: [...outer, ...outputs], value: y };
}

/** W [I, O] with its rows in the order of `inputs`, where the graph has them in that of `axis`. */
function withRowsMoved({ dims: [I, O], numbers }: Tensor, axis: readonly Part[], inputs: readonly Part[]): Elements {
  if (axis.length < 2) return numbers;
  const movedNumbers = createElements(typeOf(numbers), I * O);
  const order = [...inputs.map((part) => axis.indexOf(part)), axis.length];
  reorder(movedNumbers, numbers, [...axis.map(({ extent }) => extent), O], order);
  return movedNumbers;
}

/** The product of two values that layers compute, or of one and a constant with more than two axes. */
function product(call: Call, items: readonly Item[]): Rows {
  const rank = Math.max(...items.map((item) => extentsOf(item).length));
  const axesOfItems = items.map((item) => axesOf(item, rank));
  const leads = axesOfItems.map((axes) => axes.slice(0, -2));
  const [[, k], [k2]] = axesOfItems.map((axes) => axes.slice(-2));
  if (extentOf(k) !== extentOf(k2)) throw unfit(call, extentsOf(items[0]), extentsOf(items[1]));
  if (axesOfItems.some((axes) => axes.slice(-2).flat().includes(ROWS))) throw mixedRows(call);
  const lead = leads[0].map((parts, axis) => {
    const other = leads[1][axis];
    const [extent, otherExtent] = [extentOf(parts), extentOf(other)];
    if (extent !== otherExtent && extent !== 1 && otherExtent !== 1)
      throw unfit(call, extentsOf(items[0]), extentsOf(items[1]));
    return parts.length > 0 ? parts : other;
  });
  const values = items.map((item, k) => {
    const axes = axesOfItems[k].map((parts) => parts.filter((part) => part !== ROWS));
    return isConstant(item) ? constantValue(call, item, axes, axes) : arrangeAxes(item, axes);
  });
  const [rows, columns] = [
    newAxes([extentOf(axesOfItems[0][rank - 2])])[0],
    newAxes([extentOf(axesOfItems[1][rank - 1])])[0],
  ];
  const axes = [...lead, rows, columns];
  const type = (items.find((item) => !isConstant(item)) as Rows).type;
  return { type, axes, stored: rowParts(axes), value: values[0].matmul(values[1]) };
}

/** The axes of an item of at least two, with axes of length 1 before them. */
function axesOf(item: Item, rank: number): Axes {
  const axes = isConstant(item) ? newAxes(item.dims) : item.axes;
  return [...Array<Part[]>(rank - axes.length).fill([]), ...axes];
}

function matmulLayers(call: Call, a: Item, b: Item): Item {
  if (extentsOf(a).length < 2 || extentsOf(b).length < 2) {
    if (isConstant(b) && b.dims.length === 1) {
      const column = { ...b, dims: [...b.dims, 1] };
      const y = matmulLayers(call, a, column) as Rows;
      return { ...y, axes: y.axes.slice(0, -1) };
    }
    throw call.fault('a vector that layers compute', 'matrices');
  }
  if (isConstant(b) && b.dims.length === 2 && !isConstant(a)) return dense(call, a, b);
  // A · x = (xᵀ · Aᵀ)ᵀ
  if (isConstant(a) && a.dims.length === 2 && !isConstant(b)) {
    const order = [...b.axes.keys()];
    const swappedAxes = [...order.slice(0, -2), order[order.length - 1], order[order.length - 2]];
    return transposedItem(dense(call, transposedItem(b, swappedAxes), transposedTensor(a)), swappedAxes);
  }
  return product(call, [a, b]);
}

/** A constant times a factor. */
const scaleTensor = (call: Call, x: Tensor, factor: number): Tensor =>
  factor === 1 ? x : { ...x, ...spread(call, [x], (value) => value * factor) };

/** α · A · B + β · C, with A and B transposed where it says so. */
const gemm: Operator = {
  evaluate(call, [a, b, c]) {
    const [A, B] = [a as Tensor, b as Tensor];
    const factors = [call.int('transA', 0) ? transposedTensor(A) : A, call.int('transB', 0) ? transposedTensor(B) : B];
    const y = scaleTensor(call, matmul(call, factors[0], factors[1]), call.float('alpha', 1));
    if (c === undefined) return [y];
    return [spread(call, [y, scaleTensor(call, c, call.float('beta', 1))], (p, q) => p + q)];
  },
  layers(call, [first, second, c]) {
    let [a, b] = [first as Item, second as Item];
    if (call.int('transA', 0)) a = isConstant(a) ? transposedTensor(a) : transposedItem(a);
    if (call.int('transB', 0)) b = isConstant(b) ? transposedTensor(b) : transposedItem(b);
    const alpha = call.float('alpha', 1);
    const beta = call.float('beta', 1);
    if (isConstant(b)) b = scaleTensor(call, b, alpha);
    else if (isConstant(a)) a = scaleTensor(call, a, alpha);
    const addend = c !== undefined && isConstant(c) ? scaleTensor(call, c, beta) : c;
    // The bias of a dense layer has one number for each output.
    const isBias =
      addend !== undefined &&
      isConstant(addend) &&
      isConstant(b) &&
      addend.dims.at(-1) === b.dims[1] &&
      addend.numbers.length === b.dims[1];
    if (!isConstant(a) && isConstant(b) && (isBias || addend === undefined)) {
      return [dense(call, a, b, addend as Tensor | undefined)];
    }
    let y = matmulLayers(call, a, b) as Rows;
    if (!isConstant(a) && !isConstant(b) && alpha !== 1) y = { ...y, value: y.value.times(alpha) };
    if (addend === undefined) return [y];
    const scaledAddend = isConstant(addend) || beta === 1 ? addend : { ...addend, value: addend.value.times(beta) };
    return call.apply('Add', [y, scaledAddend]);
  },
};

export const productOperators = {
  Gemm: gemm,
  MatMul: {
    evaluate: (call, [a, b]) => [matmul(call, a as Tensor, b as Tensor)],
    layers: (call, [a, b]) => [matmulLayers(call, a as Item, b as Item)],
  },
} satisfies Record<string, Operator>;
