import { describe, expect, test } from 'vitest';
import {
  type Expression,
  expressionOf,
  gradientOf,
  inputsOfExpression,
  withSlope,
} from '../../../../../packages/core/src/families/scalars/expression.ts';
import { type ScalarName, scalars } from '../../../../../packages/core/src/families/scalars/index.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { createFormulaCode } from '../../../../../packages/core/src/program/reference/formula.ts';
import { drawnExpression } from '../../../../support/drawn-expression.ts';

/** The results of an expression at one point, in doubles. */
function valuesAt(expression: Expression, point: readonly number[]): number[] {
  const inputs = point.map(() => ({ shape: [1] }));
  const outputs = expression.results.map(() => new Float64Array(1));
  createFormulaCode({ expression, shape: [1], inputs })(
    outputs,
    point.map((x) => Float64Array.of(x)),
    1,
  );
  return outputs.map(([y]) => y);
}

const H = 1e-5;

/**
 * Slopes by the derived gradient beside central differences, and whether a kink or a jump lies near: there the slopes
 * on both sides differ.
 */
function slopesAt(expression: Expression, point: readonly number[]) {
  const n = point.length;
  const gradient = gradientOf(expression, n, [...point.keys()]);
  const [y] = valuesAt(expression, point);
  const derived = valuesAt(gradient, [...point, 1, y]);
  return point.map((x, k) => {
    const at = (step: number): number => valuesAt(expression, point.with(k, x + step))[0];
    const [left, right] = [(y - at(-H)) / H, (at(H) - y) / H];
    const scale = Math.max(1, Math.abs(left), Math.abs(right));
    const [farLeft, farRight] = [(at(-H) - at(-2 * H)) / H, (at(2 * H) - at(H)) / H];
    const isSmooth = [right, farLeft, farRight].every((slope) => Math.abs(slope - left) < 0.01 * scale);
    return { derived: derived[k], difference: (left + right) / 2, scale, isSmooth };
  });
}

test('the gradients of 400 drawn expressions are those that central differences find', () => {
  let checked = 0;
  const drawn = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const expression = drawnExpression(seed, 3, 6, 'tame');
    for (const [name] of expression.steps) drawn.add(name);
    const random = createRandom(seed, 'point');
    for (const { derived, difference, scale, isSmooth } of slopesAt(
      expression,
      [0, 0, 0].map(() => random.normal()),
    )) {
      if (!isSmooth) continue;
      checked++;
      expect(Math.abs(derived - difference) / scale, `expression ${seed}: ${derived} ${difference}`).toBeLessThan(1e-5);
    }
  }
  expect(checked).toBeGreaterThan(1100);
  const withGradient = (Object.keys(scalars) as ScalarName[]).filter(
    (name) => scalars[name].derivative !== undefined || scalars[name].slope !== undefined,
  );
  expect(withGradient.filter((name) => !drawn.has(name))).toEqual(['flush']);
});

test('the slope of a loss is the gradient for d = 1, divided and flushed', () => {
  for (let seed = 0; seed < 100; seed++) {
    const expression = drawnExpression(seed, 2, 6, 'tame');
    const random = createRandom(seed, 'point');
    const point = [random.normal(), random.normal()];
    const [y] = valuesAt(expression, point);
    const [gradient] = valuesAt(gradientOf(expression, 2, [0]), [...point, 1, y]);
    expect(valuesAt(withSlope(expression, 0, 3), point)).toEqual([y, gradient / 3]);
  }
  const x = expressionOf((e) => [e.input(0)]);
  expect(withSlope(x, 1, 2).steps).not.toContainEqual(['input', 1]);
  const tiny = expressionOf((e) => [e.times(e.input(0), e.constant(1e-290))]);
  expect(valuesAt(withSlope(tiny, 0, 1), [1])).toEqual([1e-290, 0]);
});

describe.each(Object.entries(scalars))('%s', (name, { operands, constants = [], derivative, slope }) => {
  const hasGradient = derivative !== undefined || slope !== undefined;
  const expression = expressionOf((e) => [
    e[name as ScalarName](
      ...Array.from({ length: operands }, (_, k) => e.input(k)),
      ...constants.map((_, k) => [0.5, 2][k]),
    ),
  ]);

  test('has the slopes that central differences find, or none', () => {
    for (const point of [
      [0.7, 1.3, 0.4],
      [1.6, 0.9, 0.2],
      [0.3, 0.2, 1.1],
    ]) {
      for (const { derived, difference, scale, isSmooth } of slopesAt(expression, point.slice(0, operands))) {
        expect(isSmooth).toBe(true);
        expect(Math.abs(derived - difference) / scale).toBeLessThan(1e-8);
        if (!hasGradient) expect(derived).toBe(0);
      }
    }
  });

  test('passes NaN on, or is a comparison', () => {
    const isFlag = !hasGradient && operands === 2;
    const values = valuesAt(expression, [Number.NaN, 1, 1].slice(0, operands));
    expect(values).toEqual([isFlag ? 0 : name === 'where' ? 1 : Number.NaN]);
  });
});

test('an expression is JSON in which no step occurs twice, and only 1 · x is simplified', () => {
  const expression = expressionOf((e) => {
    const x = e.input(0);
    const s = e.sigmoid(x);
    e.exp(x); // read by nothing
    return [e.plus(e.times(e.constant(1), s), e.times(e.sigmoid(x), e.constant(1))), e.plus(x, e.constant(-0))];
  });
  expect(JSON.parse(JSON.stringify(expression))).toEqual(expression);
  expect(expression).toEqual({
    steps: [
      ['input', 0],
      ['sigmoid', 0],
      ['plus', 1, 1],
      ['constant', 0],
      ['plus', 0, 3],
    ],
    results: [2, 4],
  });
});

test('a gradient reads y where its derivative needs no more, and is d itself where nothing changes it', () => {
  const gradient = (make: Parameters<typeof expressionOf>[0], n: number) =>
    gradientOf(
      expressionOf(make),
      n,
      Array.from({ length: n }, (_, k) => k),
    );
  expect(inputsOfExpression(gradient((e) => [e.tanh(e.input(0))], 1))).toEqual([1, 2]);
  expect(inputsOfExpression(gradient((e) => [e.log(e.input(0))], 1))).toEqual([0, 1]);
  expect(gradient((e) => [e.plus(e.input(0), e.input(1))], 2)).toEqual({ steps: [['input', 2]], results: [0, 0] });
});
