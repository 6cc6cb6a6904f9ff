import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileWasmKernels, wasmHeapBase } from '../../../packages/core/src/backends/wasm/wasm.ts';
import { WasmApi } from '../../../packages/core/src/backends/wasm/webassembly.ts';
import { mathOf } from '../../../packages/core/src/math/real-math.ts';
import {
  type Activation,
  type ActivationName,
  activations,
} from '../../../packages/core/src/model/activations/index.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';

/** One float in this many, of all bits that there are. */
const STRIDE = counted(2 ** 13, 2 ** 9);
const COUNT = 2 ** 18; // at a time

const module = compileWasmKernels(
  readFileSync(new URL('../../../packages/core/kernels-float32.wasm', import.meta.url)),
);
const memory = new WasmApi.Memory({ initial: 64, maximum: 64, shared: true });
const kernels = new WasmApi.Instance(module, { env: { memory } }).exports as Record<
  string,
  (...args: number[]) => void
>;
const base = Math.ceil(wasmHeapBase(module) / 16) * 16;
const [z, da, out] = [0, 1, 2].map((k) => new Float32Array(memory.buffer, base + 4 * COUNT * k, COUNT));
const words = new Uint32Array(z.buffer, z.byteOffset, COUNT);
const expected = new Float32Array(COUNT);
const math = mathOf('float32');

const names: Partial<Record<ActivationName, string>> = {
  ...{ relu: 'relu', sigmoid: 'sigmoid', tanh: 'tanh', gelu: 'gelu', 'leaky-relu': 'leakyRelu', elu: 'elu' },
  ...{ silu: 'silu', softplus: 'softplus', softsign: 'softsign' },
};

/** Where a call begins, in bytes, and its length: each rest of a vector is one of them. */
const pieces = [
  [0, COUNT - 6],
  [4 * (COUNT - 6), 3],
  [4 * (COUNT - 3), 2],
  [4 * (COUNT - 1), 1],
];

/** Every set of numbers that a function is tested on. */
function* everyInput(): Generator<string> {
  for (let i = 0; i < COUNT; i++) z[i] = 24 * (i / COUNT - 0.5);
  yield 'where functions bend';
  for (let i = 0; i < COUNT; i++) z[i] = -2 + (4 * i) / COUNT;
  yield 'near 0';
  for (let first = 0, drawn = 1; first < 2 ** 32; first += COUNT * STRIDE) {
    for (let i = 0; i < COUNT; i++) {
      drawn = (Math.imul(drawn, 1664525) + 1013904223) | 0;
      words[i] = first + i * STRIDE + ((drawn >>> 16) % STRIDE);
    }
    yield `from bits ${first} on`;
  }
}

describe.each(Object.entries(names))('%s of floats', (name, kernel) => {
  const { apply, derivative, reads, alpha }: Activation = activations[name as ActivationName];
  const own = Math.fround(alpha);
  const parameter = alpha === 0 ? [] : [alpha];

  test('has the bits of the plain code', () => {
    for (const where of everyInput()) {
      for (let i = 0; i < COUNT; i++) expected[i] = apply(math, z[i], own);
      for (const [at, n] of pieces)
        kernels[`${kernel}Forward`](out.byteOffset + at, z.byteOffset + at, n, ...parameter);
      expect([where, firstDifference(out, expected)]).toEqual([where, null]);
    }
  }, 600_000);

  test('has the bits of the plain derivative', () => {
    for (let i = 0; i < COUNT; i++) da[i] = Math.sin(i);
    for (const where of everyInput()) {
      for (let i = 0; i < COUNT; i++) {
        const slope = reads === 'z' ? derivative(math, z[i], Number.NaN, own) : derivative(math, Number.NaN, z[i], own);
        expected[i] = math.flush(math.round(da[i] * slope));
      }
      for (const [at, n] of pieces) {
        const [to, from, read] = [out, da, z].map((array) => array.byteOffset + at);
        kernels[`${kernel}Backward`](to, from, read, n, ...parameter);
      }
      expect([where, firstDifference(out, expected)]).toEqual([where, null]);
    }
  }, 600_000);
});
