import fc from 'fast-check';
import { activate, activateBackward } from '../../../packages/core/src/activations/activate.ts';
import { type ActivationName, activations } from '../../../packages/core/src/activations/index.ts';
import * as ops from '../../../packages/core/src/ops/index.ts';
import { treeLevels } from '../../../packages/core/src/tree/index.ts';
import { choice, length, rows, width } from '../kernels/kernel-case.ts';
import type { OpCase } from './op-case.ts';

const leaf = fc.constantFrom(1, 2, 3, 4, 16, 31, 64, 1000);
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const unsigned = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1));
/** A step, or a row of a batch: now and then past 32 bits. */
const count = fc.oneof(fc.nat(1000), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52 + 7));
/** Rows of sums that wait, for up to B rows in leaves of one. */
const levels = (B: number): number => treeLevels(Math.max(B, 1));

/** Every operation, by the name of its reference and of its wasm function. */
export const opCases: Record<string, OpCase> = {
  copy: vectorCase(['y', 'x'], ops.copy),
  plus: {
    dims: fc.tuple(length, fc.nat(2)),
    arrays: ([n]) => ({ y: n, a: n, b: n }),
    writes: ['y', 'a', 'b'], // one of them
    reference: call(ops.plus),
    operands: ({ y, a, b }, [n, which]) => [[y, a, b][which], a, b, n],
  },
  fill: {
    dims: fc.tuple(length),
    arrays: ([n]) => ({ y: n, value: 1 }),
    writes: ['y'],
    reference: call(ops.fill),
    operands: ({ y, value }, [n]) => [y, value[0], n],
  },
  dropout: {
    // Rows are masked in 32 columns and then in 16, of which the last may lack any number.
    dims: fc.tuple(
      ...[rows, fc.oneof(fc.integer({ min: 1, max: 80 }), width), choice],
      ...[count, count, word, word, unsigned],
    ),
    arrays: ([B, size]) => ({ y: B * size, x: B * size, place: 2, factor: 1 }),
    writes: ['y', 'x'], // x where it is y
    prepare({ place }, [, , , step, firstRow]) {
      place[0] = step;
      place[1] = firstRow;
    },
    reference: call(ops.dropout),
    operands: ({ y, x, place, factor }, [B, size, shared, , , key0, key1, threshold]) => [
      ...[shared === 1 ? x : y, x, place],
      ...[B, size, key0, key1, threshold, factor[0]],
    ],
  },
  layerNormForward: {
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ y: B * size, xHat: B * size, scales: B, x: B * size, gamma: size, beta: size }),
    writes: ['y', 'xHat', 'scales'],
    reference: call(ops.layerNormForward),
    operands: ({ y, xHat, scales, x, gamma, beta }, [B, size]) => [y, xHat, scales, x, gamma, beta, B, size, 1e-5],
  },
  normBackwardWeights: {
    dims: fc.tuple(rows, width, leaf, choice),
    arrays: ([B, size]) => ({
      dGamma: size,
      dBeta: size,
      sums: levels(B) * 2 * size,
      dy: B * size,
      xHat: B * size,
    }),
    writes: ['dGamma', 'dBeta'],
    spoils: ['sums'],
    reference: call(ops.normBackwardWeights),
    operands: ({ dGamma, dBeta, sums, dy, xHat }, [B, size, leaf, joins]) => [
      ...[dGamma, dBeta, sums, dy, xHat],
      ...[B, leaf, joins === 1, size],
    ],
  },
  layerNormBackwardInput: {
    dims: fc.tuple(rows, width),
    arrays: ([B, size]) => ({ dx: B * size, g: size, dy: B * size, xHat: B * size, scales: B, gamma: size }),
    writes: ['dx'],
    spoils: ['g'],
    reference: call(ops.layerNormBackwardInput),
    operands: ({ dx, g, dy, xHat, scales, gamma }, [B, size]) => [dx, g, dy, xHat, scales, gamma, B, size],
  },
  gateForward: vectorCase(['y', 'g', 'v'], ops.gateForward),
  gateBackward: { ...vectorCase(['g', 'v', 'dy'], ops.gateBackward), writes: ['g', 'v'] },
  embeddingForward: {
    dims: fc.tuple(rows, width, fc.integer({ min: 1, max: 40 })),
    arrays: ([n, width, V]) => ({ y: n * width, x: n, E: V * width }),
    writes: ['y'],
    prepare: ({ x }, [, , V]) => writeIndices(x, V),
    reference: call(ops.embeddingForward),
    operands: ({ y, x, E }, [n, width]) => [y, x, E, n, width],
  },
  embeddingBackward: {
    dims: fc.tuple(
      fc.oneof({ weight: 9, arbitrary: fc.nat(80) }, { weight: 1, arbitrary: rows }),
      fc.integer({ min: 1, max: 5 }),
      leaf,
      choice,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 20 }),
    ),
    arrays: ([B, k, , , V, width]) => ({
      dE: V * width,
      firstPlace: V,
      nextPlace: B * k,
      sums: levels(B) * width,
      leafOf: levels(B),
      x: B * k,
      dy: B * k * width,
    }),
    writes: ['dE'],
    spoils: ['firstPlace', 'nextPlace', 'sums', 'leafOf'],
    prepare: ({ x }, [, , , , V]) => writeIndices(x, V),
    reference: call(ops.embeddingBackward),
    operands: ({ dE, firstPlace, nextPlace, sums, leafOf, x, dy }, [B, k, leaf, joins, V, width]) => [
      ...[dE, firstPlace, nextPlace, sums, leafOf, x, dy],
      ...[B, k, leaf, joins === 1, V, width],
    ],
  },
  ...activationCases('leaky-relu', 'leakyRelu'),
  ...activationCases('elu', 'elu'),
  ...activationCases('silu', 'silu'),
  ...activationCases('softplus', 'softplus'),
  ...activationCases('softsign', 'softsign'),
};

/** Forward and backward pass of an activation, in place where `shared` is 1. */
function activationCases(name: ActivationName, wasm: string): Record<string, OpCase> {
  const f = activations[name];
  const dims = fc.tuple(length, choice, f.alpha === 0 ? fc.constant(0) : fc.constantFrom(0, f.alpha, 0.3, 2, 1e308));
  return {
    [`${wasm}Forward`]: {
      dims,
      arrays: ([n]) => ({ a: n, z: n }),
      writes: ['a', 'z'],
      reference: call((a: Float64Array, z: Float64Array, n: number, alpha = 0) => activate(f, a, z, n, alpha)),
      operands: ({ a, z }, [n, shared, alpha]) => [shared === 1 ? z : a, z, n, ...(f.alpha === 0 ? [] : [alpha])],
    },
    [`${wasm}Backward`]: {
      dims,
      arrays: ([n]) => ({ dz: n, da: n, za: n }),
      writes: ['dz', 'da'],
      reference: call((dz: Float64Array, da: Float64Array, za: Float64Array, n: number, alpha = 0) =>
        activateBackward(f, dz, da, za, n, alpha),
      ),
      operands: ({ dz, da, za }, [n, shared, alpha]) => [
        ...[shared === 1 ? da : dz, da, za, n],
        ...(f.alpha === 0 ? [] : [alpha]),
      ],
    },
  };
}

/** An operation of so many vectors of one length, which overwrites the first. */
function vectorCase(names: readonly string[], reference: (...operands: never[]) => void): OpCase {
  return {
    dims: fc.tuple(length),
    arrays: ([n]) => Object.fromEntries(names.map((name) => [name, n])),
    writes: names.slice(0, 1),
    reference: call(reference),
    operands: (arrays, [n]) => [...names.map((name) => arrays[name]), n],
  };
}

/** Any function, as it is called with the operands of its case. */
function call(reference: (...operands: never[]) => void): OpCase['reference'] {
  return reference as OpCase['reference'];
}

/** Whole numbers below V, some often. Overwrites `x`. */
function writeIndices(x: Float64Array, V: number): void {
  for (let p = 0; p < x.length; p++) x[p] = (p * p * 7 + (p >> 3)) % V;
}
