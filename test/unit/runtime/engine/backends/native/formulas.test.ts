import { describe, expect, test } from 'vitest';
import type { Elementwise } from '../../../../../../packages/core/src/backends/formulas/arithmetic.ts';
import { arrayNamesOf } from '../../../../../../packages/core/src/backends/kernels/elementwise.ts';
import {
  createElements,
  type Elements,
  type ElementType,
} from '../../../../../../packages/core/src/math/element-type.ts';
import { everyMachine, type Machine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { assembleFormula } from '../../../../../support/play-formula.ts';

const N = 32; // a few whole vectors
const range = (type: ElementType, of: (i: number) => number): Elements => createElements(type, N).map((_, i) => of(i));

describe.each(everyMachine)('a formula of $name, $type', (machine) => {
  const { createKernels, type, lack, reason } = machine;

  test('reads all arrays before it writes one of them', (context) => {
    if (createKernels === null) skipFor(context, lack, reason);
    const [x, y] = run(machine, [range(type, (i) => i), range(type, (i) => 100 + i)], [], {
      inputs: ['x', 'y'],
      outputs: ['x', 'y'],
      sizes: [null, 'n'],
      apply: ({ add, multiply, constant }, x, y) => [add(y, constant(1)), multiply(x, constant(2))],
    });
    expect([...x]).toEqual([...range(type, (i) => 101 + i)]);
    expect([...y]).toEqual([...range(type, (i) => 2 * i)]);
  });

  test('takes more numbers than there are registers', (context) => {
    if (createKernels === null) skipFor(context, lack, reason);
    const numbers = Array.from({ length: 13 }, (_, k) => k + 0.1);
    const [y] = run(machine, [range(type, (i) => i), createElements(type, N)], numbers, {
      inputs: ['x'],
      numbers: numbers.map((_, k) => `number${k}`),
      outputs: ['y'],
      sizes: [null, 'n'],
      // Half of the squares are computed before the loop, where they keep registers.
      apply: ({ add, multiply }, x, ...all) => [
        all.reduce((sum, number, k) => add(sum, multiply(number, k % 2 === 0 ? x : number)), x),
      ],
    });
    const round = (value: number): number => (type === 'float64' ? value : Math.fround(value));
    const expected = range(type, (i) =>
      numbers.map(round).reduce((sum, number, k) => round(sum + round(number * (k % 2 === 0 ? i : number))), i),
    );
    expect([...y]).toEqual([...expected]);
  });

  test('keeps a comparison of numbers beside those of each vector', (context) => {
    if (createKernels === null) skipFor(context, lack, reason);
    const operation: Elementwise = {
      inputs: ['x'],
      numbers: ['a', 'b'],
      outputs: ['y'],
      sizes: [null, 'n'],
      apply({ compare, choose, constant }, x, a, b) {
        const isSmall = compare(x, 'less', constant(9));
        const above = choose(compare(a, 'greater', constant(0)), constant(1), constant(2));
        return [choose(compare(b, 'greater', constant(0)), choose(isSmall, x, above), choose(isSmall, a, x))];
      },
    };
    for (const [a, b] of [
      [3, 1],
      [-3, 1],
      [3, -1],
    ]) {
      const [y] = run(machine, [range(type, (i) => i), createElements(type, N)], [a, b], operation);
      const expected = range(type, (i) => (b > 0 ? (i < 9 ? i : a > 0 ? 1 : 2) : i < 9 ? a : i));
      expect([...y]).toEqual([...expected]);
    }
  });
});

/** The outputs of one call, on arrays in the order of `arrayNamesOf`. */
function run(
  machine: Machine,
  arrays: readonly Elements[],
  numbers: readonly number[],
  operation: Elementwise,
): Elements[] {
  assembleFormula(machine, operation)(arrays, numbers);
  const names = arrayNamesOf(operation);
  return operation.outputs.map((output) => arrays[names.indexOf(output)]);
}
