import fc from 'fast-check';
import { gradientOf } from '../../../../packages/core/src/families/scalars/expression.ts';
import type { Elements } from '../../../../packages/core/src/math/element-type.ts';
import { formulaOp } from '../../../../packages/core/src/program/ops/formula.ts';
import type { Formula } from '../../../../packages/core/src/program/reference/formula.ts';
import { drawnExpression } from '../../../support/drawn-expression.ts';
import { choice, type KernelCase, rows, width } from './kernel-case.ts';

const INPUTS = 3;

/** Of each axis, the inputs that are spread over it: bit k is input k. The first input never is. */
const spread = fc.constantFrom(0, 0, 0b010, 0b100, 0b110);
const seed = fc.nat(2 ** 20);
const dims = fc.tuple(seed, rows, fc.constantFrom(1, 1, 2, 3), width, spread, spread, choice, choice);

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1);

/** A drawn formula of rows [R, C], or its gradient by all inputs. */
function formulaOf([seed, , R, C, overR, overC, fixesLast]: readonly number[], isGradient: boolean): Formula {
  const shape = [R, C];
  const drawn = drawnExpression(seed, INPUTS, 4, 'any');
  const inputs = Array.from({ length: INPUTS }, (_, k) => ({
    shape: [(overR >> k) & 1 ? 1 : R, (overC >> k) & 1 ? 1 : C],
    isFixed: k === INPUTS - 1 && fixesLast === 1,
  }));
  if (!isGradient) return { expression: drawn, shape, inputs };
  const expression = gradientOf(drawn, INPUTS, [0, 1]);
  return { expression, shape, inputs: [...inputs, { shape }, { shape }] };
}

const formulaCase = (isGradient: boolean): KernelCase => ({
  ops: [formulaOp(formulaOf([1, 1, 1, 1, 0, 0, 0], isGradient))],
  dims,
  arrays(dims) {
    const { expression, shape, inputs } = formulaOf(dims, isGradient);
    const B = dims[1];
    return Object.fromEntries([
      ...expression.results.map((_, k) => [`y${k}`, B * sizeOf(shape)] as const),
      ...inputs.map(({ shape: own, isFixed }, k) => [`x${k}`, (isFixed ? 1 : B) * sizeOf(own)] as const),
    ]);
  },
  writes: isGradient ? ['y0', 'y1', 'x0'] : ['y0', 'x0'], // x0 where it is y0
  emit(emit, arrays, dims) {
    const formula = formulaOf(dims, isGradient);
    const outputs = formula.expression.results.map((_, k) => arrays[k === 0 && dims[7] === 1 ? 'x0' : `y${k}`]);
    const all: Elements[] = [...outputs, ...formula.inputs.map((_, k) => arrays[`x${k}`])];
    emit(formulaOp(formula), ...all, dims[1]);
  },
});

export const formulaCases = { formula: formulaCase(false), formulaGradient: formulaCase(true) };
