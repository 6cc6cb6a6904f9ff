import { expect, test } from 'vitest';
import { carriedOn, printed } from '../../../packages/cli/src/experiments/finding.ts';

test.each([
  ['0.540', 0.5399148846, true],
  ['0.54', 0.5351, true],
  ['0.540', 0.5405001, false],
  ['0', 0.1, true],
  ['0', 0.6, false],
  ['-0.1875', -0.18749, true],
  ['8,388,608', 8388608, true],
  ['8,388,608', 8388609, false],
  ['9.5e-7', 9.5367431640625e-7, true],
  ['9.5e-7', 9.4e-7, false],
])('a chapter that prints %s has rounded %f: %s', (chapter, computed, agrees) => {
  expect(printed('x', chapter, computed).agrees).toBe(agrees);
});

test('a number that is not one agrees with nothing', () => {
  expect(printed('x', '0.5', Number.NaN).agrees).toBe(false);
});

test("a value carried on agrees by the chapter's route, and shows the exact one", () => {
  expect(carriedOn('z', '1.14688', 1.14679372, 1.146875)).toMatchObject({ agrees: true, computed: 1.14679372 });
  expect(carriedOn('z', '1.14688', 1.146875, 1.14679372)).toMatchObject({ agrees: false });
});
