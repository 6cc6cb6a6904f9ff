import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { typeOfCode } from '../read-graph.ts';
import { type Rows, withoutBatch } from '../rows.ts';
import { integers, isFloating, type Tensor, type TensorType, tensorOf } from '../tensor.ts';
import { constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';
import { withoutFraction } from './scalars.ts';

/** An operator whose output is its first input. */
const identity: Operator = { evaluate: (_call, [x]) => [x as Tensor], layers: (_call, [x]) => [x as Item] };

/**
 * In training mode, which is an input since opset 12, it would drop numbers. The mask says what it has kept, which is
 * all; before opset 10 it has the type of the input.
 */
const dropout: Operator = {
  evaluate(call, xs) {
    const x = evaluateDropout(call, xs) as Tensor;
    return [x, tensorOf(maskType(call, x), x.dims, (mask) => mask.fill(1))];
  },
  layers(call, xs) {
    const x = evaluateDropout(call, xs) as Rows;
    return [x, { ...x, type: maskType(call, x), value: x.value.above(x.value).equal(0) }];
  },
};

const maskType = (call: Call, { type }: Item): TensorType => (call.opset < 10 ? type : 'bool');

function evaluateDropout(call: Call, [x, ratio, mode]: readonly (Item | undefined)[]): Item {
  const isTraining = mode !== undefined && constantNumbers(call, mode, 'a mode')[0] !== 0;
  if (isTraining && (ratio === undefined || constantNumbers(call, ratio, 'a ratio')[0] !== 0)) {
    throw call.fault('training_mode', 'evaluation, which drops nothing');
  }
  return x as Item;
}

function constant(call: Call): Tensor {
  if (call.has('value')) return call.tensor('value');
  const vector = (type: TensorType, numbers: readonly number[], dims: readonly number[]): Tensor =>
    tensorOf(type, dims, (to) => to.set(numbers));
  if (call.has('value_float')) return vector('float', [call.float('value_float', 0)], []);
  if (call.has('value_int')) return vector('int64', [call.int('value_int', 0)], []);
  if (call.has('value_floats'))
    return vector('float', call.floats('value_floats'), [call.floats('value_floats').length]);
  if (call.has('value_ints')) return integers(call.ints('value_ints'));
  throw call.fault('no constant of numbers', 'the attribute value');
}

/** The numbers in another type: whole numbers are cut off, bool is 1 for all but 0. */
function cast(x: Tensor, type: TensorType): Tensor {
  const convert = type === 'bool' ? (v: number) => (v === 0 ? 0 : 1) : isFloating(type) ? (v: number) => v : Math.trunc;
  return tensorOf(type, x.dims, (numbers) => {
    for (let n = 0; n < numbers.length; n++) numbers[n] = convert(x.numbers[n]);
  });
}

/** The type that an attribute names. */
function typeOf(call: Call, attribute: string): TensorType {
  const code = call.int(attribute, 0);
  const type = typeOfCode(code);
  if (type === null) throw call.fault(`a cast to type ${code}`, 'one of numbers');
  return type;
}

/** A conversion to the type that `typeFor` names. */
const castTo = (typeFor: (call: Call, xs: readonly (Item | undefined)[]) => TensorType): Operator => ({
  evaluate: (call, xs) => [cast(xs[0] as Tensor, typeFor(call, xs))],
  layers(call, xs) {
    const x = xs[0] as Item;
    const type = typeFor(call, xs);
    if (isConstant(x)) return [cast(x, type)];
    if (type === 'bool' && x.type !== 'bool') return [{ ...x, type, value: x.value.equal(0).equal(0) }];
    const isCut = isFloating(x.type) && !isFloating(type);
    return [{ ...x, type, value: isCut ? withoutFraction(x.value) : x.value }];
  },
});

export const constantOperators = {
  Cast: castTo((call) => typeOf(call, 'to')),
  CastLike: castTo((_call, [, like]) => (like as Item).type),
  Constant: { evaluate: (call) => [constant(call)] },
  ConstantOfShape: {
    evaluate(call, [shape]) {
      const value = call.has('value') ? call.tensor('value') : { type: 'float' as const, numbers: [0] };
      return [
        tensorOf(value.type, withoutBatch(constantNumbers(call, shape, 'a shape')), (numbers) =>
          numbers.fill(value.numbers[0]),
        ),
      ];
    },
  },
  Dropout: dropout,
  EyeLike: { evaluate: (call, [x]) => [eyeLike(call, x as Tensor)], layers: (call, [x]) => [eyeLike(call, x as Item)] },
  Identity: identity,
  Range: {
    evaluate(_call, xs) {
      const [start, limit, delta] = xs.map((x) => (x as Tensor).numbers[0]);
      const count = Math.max(0, Math.ceil((limit - start) / delta));
      const fill = (numbers: { length: number; [n: number]: number }): void => {
        for (let n = 0; n < count; n++) numbers[n] = start + n * delta;
      };
      return [tensorOf((xs[0] as Tensor).type, [count], fill)];
    },
  },
  Shape: { evaluate: (call, [x]) => [shapeOf(call, x as Tensor)], layers: (call, [x]) => [shapeOf(call, x as Item)] },
  Size: {
    evaluate: (_call, [x]) => [{ ...integers([sizeOf((x as Tensor).dims)]), dims: [] }],
    layers: (_call, [x]) => [{ ...integers([sizeOf(extentsOf(x as Item))]), dims: [] }],
  },
} satisfies Record<string, Operator>;

/** 1 on the diagonal k above the main one, else 0. */
function eyeLike(call: Call, x: Item): Tensor {
  const [rows, columns] = extentsOf(x);
  const k = call.int('k', 0);
  return tensorOf(call.has('dtype') ? typeOf(call, 'dtype') : x.type, [rows, columns], (y) =>
    y.set(y.map((_, n) => Number((n % columns) - Math.floor(n / columns) === k))),
  );
}

/** The extents, of which the rows of a batch are a number that stands for them: see `ROWS`. */
function shapeOf(call: Call, x: Item): Tensor {
  const dims = extentsOf(x);
  return integers(dims.slice(call.int('start', 0), call.int('end', dims.length)));
}
