import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item } from '../call.ts';
import { typeOfCode } from '../read-graph.ts';
import { type Rows, withoutBatch } from '../rows.ts';
import { integers, isFloating, type Tensor, type TensorType, tensorOf } from '../tensor.ts';
import { known } from './moves.ts';
import type { Operator } from './operator.ts';

/** An operator whose output is its first input. */
const unchanged: Operator = { evaluate: (_call, [x]) => [x as Tensor], layers: (_call, [x]) => [x as Item] };

/** In training mode, which is an input since opset 12, it would drop numbers. */
const dropout: Operator = {
  evaluate: (call, xs) => [evaluated(call, xs) as Tensor],
  layers: (call, xs) => [evaluated(call, xs)],
};

function evaluated(call: Call, [x, ratio, mode]: readonly (Item | undefined)[]): Item {
  const isTraining = mode !== undefined && known(call, mode, 'a mode')[0] !== 0;
  if (isTraining && (ratio === undefined || known(call, ratio, 'a ratio')[0] !== 0)) {
    throw call.refuse('training_mode', 'evaluation, which drops nothing');
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
  throw call.refuse('no constant of numbers', 'the attribute value');
}

/** The numbers in another type: whole numbers are cut off, bool is 1 for all but 0. */
function cast(x: Tensor, type: TensorType): Tensor {
  const convert = type === 'bool' ? (v: number) => (v === 0 ? 0 : 1) : isFloating(type) ? (v: number) => v : Math.trunc;
  return tensorOf(type, x.dims, (numbers) => {
    for (let n = 0; n < numbers.length; n++) numbers[n] = convert(x.numbers[n]);
  });
}

function castType(call: Call): TensorType {
  const code = call.int('to', 0);
  const type = typeOfCode(code);
  if (type === null) throw call.refuse(`a cast to type ${code}`, 'one of numbers');
  return type;
}

const castTo: Operator = {
  evaluate: (call, [x]) => [cast(x as Tensor, castType(call))],
  layers(call, [x]) {
    const rows = x as Rows;
    const type = castType(call);
    if (isFloating(rows.type) && !isFloating(type)) throw call.refuse(`a cast of ${rows.type} to ${type}`, 'constants');
    return [{ ...rows, type }];
  },
};

export const constantOperators = {
  Cast: castTo,
  Constant: { evaluate: (call) => [constant(call)] },
  ConstantOfShape: {
    evaluate(call, [shape]) {
      const value = call.has('value') ? call.tensor('value') : { type: 'float' as const, numbers: [0] };
      return [
        tensorOf(value.type, withoutBatch(known(call, shape, 'a shape')), (numbers) => numbers.fill(value.numbers[0])),
      ];
    },
  },
  Dropout: dropout,
  Identity: unchanged,
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

/** The extents, of which the rows of a batch are a number that stands for them: see `ROWS`. */
function shapeOf(call: Call, x: Item): Tensor {
  const dims = extentsOf(x);
  return integers(dims.slice(call.int('start', 0), call.int('end', dims.length)));
}
