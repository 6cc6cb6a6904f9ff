import { expect, test } from 'vitest';
import { expressionOf } from '../../../../packages/core/src/families/scalars/expression.ts';
import { type Elements, elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import type { Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { joinNeighbours, link } from '../../../../packages/core/src/program/link.ts';
import { type Call, createList } from '../../../../packages/core/src/program/op.ts';
import { formulaOp } from '../../../../packages/core/src/program/ops/formula.ts';
import type { Formula } from '../../../../packages/core/src/program/reference/formula.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../support/bits.ts';
import { drawnExpression } from '../../../support/drawn-expression.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';

/** A backend that has every call, by its plain code. */
const hasAll: Kernels = {
  ...referenceKernels,
  bind:
    ({ op, args }) =>
    () =>
      (op.reference as (...args: readonly unknown[]) => void)(...args),
};

const [B, R, C] = [3, 2, 5];
const full = { shape: [R, C] };
const memories = { float64: createGuardedMemory(), float32: createGuardedMemory(256, 'float32') };

test.each(elementTypes)(
  'drawn formulas that are joined leave the bits of single ones in every array, in %s',
  (type) => {
    let joinedCalls = 0;
    for (let seed = 0; seed < 120; seed++) {
      const random = createRandom(seed, 'join');
      const memory = memories[type];
      memory.reset();
      const whole = Array.from({ length: 5 }, () => memory.allocate(B * R * C));
      const spread: readonly (readonly [Elements, Formula['inputs'][number]])[] = [
        [memory.allocate(C), { shape: [C], isFixed: true }],
        [memory.allocate(1), { shape: [1], isFixed: true }],
        [memory.allocate(B * R), { shape: [R, 1] }],
      ];
      const arrays: readonly Elements[] = [...whole, ...spread.map(([array]) => array)];
      const { calls, emit } = createList();
      for (let k = 0; k < 5; k++) {
        const expression = drawnExpression(10 * seed + k, 2, 3, 'any');
        const [x] = drawn(whole);
        const [other, own] = random.integer(2) === 0 ? ([drawn(whole)[0], full] as const) : drawn(spread)[0];
        const isPair = random.integer(3) === 0;
        const [y] = drawn(whole);
        const second = whole.find((array) => array !== y && array !== x && array !== other) as Elements;
        const results = isPair ? [expression.results[0], expression.steps.length - 2] : expression.results;
        const op = formulaOp({ expression: { ...expression, results }, shape: full.shape, inputs: [full, own] });
        emit(op, ...(isPair ? [y, second] : [y]), x, other, B);
      }
      const start = arrays.map((array) => array.map(() => random.normal()));
      const run = (kernels: Kernels): { ends: Elements[]; calls: number } => {
        for (const [k, array] of arrays.entries()) array.set(start[k]);
        const program = link(calls, kernels);
        program.run();
        return { ends: arrays.map((array) => array.slice()), calls: program.size.calls };
      };
      const expected = run(referenceKernels); // of which none is joined
      expect(expected.calls).toBe(5);
      for (const kernels of [hasAll, memory.kernels]) {
        const { ends, calls: count } = run(kernels);
        for (const [k, end] of ends.entries()) {
          expect(firstDifference(end, expected.ends[k]), `seed ${seed}, array ${k}`).toBeNull();
        }
        joinedCalls += 5 - count;
      }

      /** Two different items of a list. */
      function drawn<T>(list: readonly T[]): readonly [T, T] {
        const first = random.integer(list.length);
        return [list[first], list[(first + 1 + random.integer(list.length - 1)) % list.length]];
      }
    }
    expect(joinedCalls).toBeGreaterThan(300);
  },
);

/** Calls of x ↦ f(x) + 1 from one array to the next. */
function chainOf(arrays: readonly Elements[], inputs: Formula['inputs'] = [full]): Call[] {
  const { calls, emit } = createList();
  const expression = expressionOf((e) => [e.plus(e.tanh(e.input(0)), e.constant(1))]);
  for (const [k, to] of arrays.slice(1).entries())
    emit(formulaOp({ expression, shape: full.shape, inputs }), to, arrays[k], B);
  return calls;
}
const array = (): Float64Array => new Float64Array(B * R * C);
const always = () => true;

test('values that are overwritten are not written before, and others are', () => {
  const x = array();
  const [inPlace, ...none] = joinNeighbours(chainOf([x, x, x, x]), always);
  expect(none).toEqual([]);
  expect(inPlace.args).toEqual([x, x, B]);
  const [a, b] = [array(), array()];
  const [kept] = joinNeighbours(chainOf([x, a, b]), always);
  expect(kept.args.map((arg) => [x, a, b].indexOf(arg as Float64Array))).toEqual([1, 2, 0, -1]);
});

test('formulas stay apart where one reads elsewhere what the other writes, beyond the limits, and without a kernel', () => {
  const [x, y] = [array(), array()];
  const memory = array();
  const count = (calls: Call[], hasKernel = always) => joinNeighbours(calls, hasKernel).length;
  expect(count(chainOf([x, y, x]))).toBe(1);
  expect(count(chainOf([x, y, x]), () => false)).toBe(2);
  expect(count(chainOf([x, y, x], [{ shape: [C], isFixed: true }]))).toBe(2);
  expect(count([...chainOf([x, memory.subarray(0, 20)]), ...chainOf([y, memory.subarray(10, 30)])])).toBe(2);
  expect(count(chainOf(Array.from({ length: 9 }, array)))).toBe(2); // seven outputs and an input are eight arrays
  expect(count(chainOf(Array.from({ length: 101 }, () => x)))).toBe(4); // 64 steps
});
