import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as math from '../../../../packages/core/src/math/index.ts';

const { flush: _flush, TINY: _tiny, powInteger: _powInteger, ...functions } = math;
type FunctionName = keyof typeof functions;

/** The largest error in ulp that each function's docstring allows. */
const bounds: Record<FunctionName, number | ((x: number, y: number) => number)> = {
  exp: 0.95,
  expm1: 1.25,
  log: 0.9,
  log1p: 0.9,
  tanh: 1.8,
  erf: 1.6,
  sin: 0.8,
  cos: 0.8,
  sigmoid: 2.5,
  pow(x, y) {
    const reach = Math.abs(y * math.log(x));
    return reach < 16 ? 1.5 : reach < 100 ? 4 : 20;
  },
};

/** What subnormal results of exp may err by: they are rounded twice. */
const SUBNORMAL = 1.45;

describe.each(Object.entries(functions))('%s', (name, f) => {
  const bound = bounds[name as FunctionName];
  const errors = readTable(name).map(({ inputs, exact, residual }) => {
    const [x, y] = inputs;
    const allowed = typeof bound === 'function' ? bound(x, y) : bound;
    const limit = name === 'exp' && exact < 2 ** -1022 ? SUBNORMAL : allowed;
    return { inputs, limit, error: Math.abs((f(x, y) - exact) / ulp(exact) - residual) };
  });

  test('errs by no more than its docstring says', () => {
    expect(errors.filter(({ error, limit }) => !(error <= limit))).toEqual([]);
  });

  test('comes near what its docstring says', () => {
    expect(Math.max(...errors.map(({ error, limit }) => error / limit))).toBeGreaterThan(0.7);
  });
});

interface Row {
  readonly inputs: readonly number[];
  /** The exact value, rounded. */
  readonly exact: number;
  /** The exact value less the rounded one, in ulp of the latter. */
  readonly residual: number;
}

function readTable(name: string): Row[] {
  const text = readFileSync(new URL(`../../../fixtures/math/${name}.txt`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const words = line.split(' ');
      const doubles = words.slice(0, -1).map(fromBits);
      return { inputs: doubles.slice(0, -1), exact: doubles[doubles.length - 1], residual: Number(words.at(-1)) };
    });
}

const view = new DataView(new ArrayBuffer(8));

function fromBits(digits: string): number {
  view.setBigUint64(0, BigInt(`0x${digits}`));
  return view.getFloat64(0);
}

/** Distance from y to its neighbour away from 0. */
function ulp(y: number): number {
  view.setFloat64(0, Math.abs(y));
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0) - Math.abs(y);
}
