import type { Pausable } from '../math/pausable.ts';
import { createRandom } from '../math/random/index.ts';
import { viewOf } from '../math/scratch.ts';
import { type Layer, NO_BATCH, NO_SHARE, noMemory } from '../network/layers/index.ts';
import { sizeOf } from '../network/shape.ts';
import { runCalls } from '../program/link.ts';
import { createList } from '../program/op.ts';
import { referenceKernels } from '../program/reference/reference-kernels.ts';
import { wrongSlope } from './compare-slopes.ts';

const ROWS = 3;
/** Numbers of an array that are looked at. */
const LOOKS = 24;

/**
 * Compares the gradients of a layer, by its inputs and by its tensors, with differences of Σ c · y, c random; and its
 * outputs for three rows with those for each row alone.
 * @throws Error naming the number that is wrong.
 */
export function* checkLayer(
  where: string,
  layer: Layer,
  I: number,
  O: number,
  given: Float64Array | null, // [n, I] rows that it reads, which it may not be able to take others than
): Pausable<void> {
  const random = createRandom(0, 'check-gradients');
  const drawn = (length: number, size: number): Float64Array => {
    const numbers = new Float64Array(length);
    for (let i = 0; i < length; i++) numbers[i] = size * random.normal();
    return numbers;
  };
  const B = given === null ? ROWS : Math.min(ROWS, given.length / I);
  const x = given === null ? drawn(B * I, 1) : given.slice(0, B * I);
  const c = drawn(B * O, 1);
  const tensors = layer.tensors.map(({ shape, initialize }) => {
    const tensor = new Float64Array(sizeOf(shape));
    initialize(tensor, random);
    const noise = drawn(tensor.length, 0.1); // zeros would hide what multiplies them
    for (let i = 0; i < tensor.length; i++) tensor[i] += noise[i];
    return tensor;
  });
  // A layer that adds to what it has to overwrite shows.
  const allocate = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);

  /** What the layer puts out for `rows` rows of `inputs`, and, where asked, its gradients. */
  function run(inputs: Float64Array, rows: number, dx?: Float64Array, gradients?: Float64Array[]): Float64Array {
    const memory = layer.createMemory?.(rows, allocate, NO_SHARE) ?? noMemory;
    const y = new Float64Array(rows * O).fill(Number.NaN);
    const { calls, emit } = createList();
    const pass = {
      emit,
      training: true,
      seed: 0,
      leaf: rows,
      joins: false,
      batch: NO_BATCH,
      place: new Float64Array(2),
    };
    layer.forward(y, inputs, tensors, rows, pass, memory);
    if (dx !== undefined && gradients !== undefined) {
      layer.backward(dx, c, inputs, y, tensors, gradients, rows, pass, memory);
    }
    runCalls(calls, referenceKernels);
    return y;
  }

  const dx = new Float64Array(B * I).fill(Number.NaN);
  const gradients = tensors.map(({ length }) => new Float64Array(length).fill(Number.NaN));
  const y = run(x, B, dx, gradients);
  for (let n = 0; n < B; n++) {
    const alone = run(viewOf(x, n * I, I), 1);
    const o = alone.findIndex((value, o) => !Object.is(value, y[n * O + o]));
    if (o === -1) continue;
    const both = `has ${y[n * O + o]} beside other rows and ${alone[o]} alone`;
    const why = 'a row may depend on no other row, call or random number, since threads take parts of a batch';
    throw new Error(`checkGradients: ${where}: output ${o} of row ${n} ${both}, expected the same number (${why})`);
  }
  yield;
  const arrays: (readonly [name: string, values: Float64Array, gradient: Float64Array])[] = [
    ...(given === null ? [['the inputs', x, dx] as const] : []),
    ...layer.tensors.map(({ name }, k) => [name, tensors[k], gradients[k]] as const),
  ];
  for (const [name, values, gradient] of arrays) {
    const stride = Math.max(1, Math.floor(values.length / LOOKS));
    for (let i = 0; i < values.length; i += stride) {
      const at = values[i];
      const weighted = (value: number): number => {
        values[i] = value;
        let sum = 0;
        for (const [k, output] of run(x, B).entries()) sum += c[k] * output;
        values[i] = at;
        return sum;
      };
      const wrong = wrongSlope(weighted, at, gradient[i]);
      if (wrong !== undefined)
        throw new Error(`checkGradients: ${where}: the gradient by ${name}, number ${i}, ${wrong}`);
      yield;
    }
  }
}
