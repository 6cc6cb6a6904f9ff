import { writeFileSync } from 'node:fs';
import { createNativeKernels, createWasmKernels } from '@gradloom/core/internal';
import fc from 'fast-check';
import { type ElementType, elementTypes } from '../../packages/core/src/math/element-type.ts';
import { link } from '../../packages/core/src/program/link.ts';
import { enterMachineCode, kernelsOf } from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { cases } from '../unit/core/kernels/cases.ts';
import type { KernelCase } from '../unit/core/kernels/kernel-case.ts';
import { arraysOf, callsOf } from '../unit/core/kernels/run-case.ts';
import { updateCases } from '../unit/core/kernels/update-cases.ts';
import { vectorCases } from '../unit/core/kernels/vector-cases.ts';
import { type FencedMemory, fenceKernels } from './fenced-memory.ts';
import { fillHardValues, valueMixes } from './hard-values.ts';
import { everyExtension } from './installed-extensions.ts';

// Usage: fenced-kernels.js <note> <runs> <seed>. Runs every kernel of this processor between inaccessible pages: a
// kernel that reads or writes outside an array ends the process, and the file <note> names it. Prints the cases that
// were tried.
const [, , note, runs, seed] = process.argv;
const options = { seed: Number(seed), numRuns: Number(runs) };

const side = fc.constantFrom('start', 'end');
const anyCase = fc.tuple(fc.constantFrom(...valueMixes), fc.integer(), side, fc.boolean(), fc.boolean());

// Cases for machine code: larger products, also of an x that is mostly 0, and updates of more parameters.
const products = fc
  .tuple(
    fc.constantFrom(1, 7, 13, 33, 129),
    fc.constantFrom(16, 31, 57, 128, 257, 301),
    fc.constantFrom(16, 31, 33, 65, 129, 137),
  )
  .filter(([B, I, O]) => B * I * O < 600_000);
const parameters = fc.integer({ min: 2048, max: 2088 });
/** The dimensions of a case with other numbers at a place. */
const withAt = ({ dims }: KernelCase, index: number, numbers: fc.Arbitrary<number>): fc.Arbitrary<readonly number[]> =>
  fc.tuple(dims, numbers).map(([drawn, n]) => drawn.with(index, n));
const { add, scale, averageRows, averageWeights, maxNorm } = vectorCases;
const ofParameters = Object.entries({ ...updateCases, add, scale, averageWeights });
const large: Readonly<Record<string, fc.Arbitrary<readonly number[]>>> = {
  affine: products,
  affineBackwardInput: products,
  affineBackwardWeights: fc
    .tuple(products, fc.constantFrom(1, 8, 16, 64), fc.nat(1))
    .map(([shape, leaf, accumulate]) => [...shape, leaf, accumulate]),
  ...Object.fromEntries(ofParameters.map(([name, kernel]) => [name, withAt(kernel, 0, parameters)])),
  averageRows: fc
    .tuple(withAt(averageRows, 1, parameters), fc.integer({ min: 1, max: 9 }))
    .map(([drawn, S]) => drawn.with(0, S)),
  maxNorm: withAt(maxNorm, 0, fc.integer({ min: 20, max: 200 })),
};

/** Dimensions for machine code. Products of few weights or keys are those of WebAssembly. */
function dimsOf(name: string, { dims }: KernelCase): fc.Arbitrary<readonly number[]> {
  if (name.startsWith('affine')) return large[name];
  if (/^attention(For|Back)ward$/.test(name)) return dims.filter(([, T, , , d]) => T * d >= 256);
  return name in large ? fc.oneof(dims, large[name]) : dims;
}

function runCases(what: string, memory: FencedMemory, type: ElementType, isNative: boolean): void {
  for (const [name, kernel] of Object.entries(cases)) {
    const dims = isNative ? dimsOf(name, kernel) : kernel.dims;
    const property = fc.property(dims, anyCase, (dims, [mix, seed, side, isOutside, isSparse]) => {
      const outside = isNative && isOutside;
      const drawn = JSON.stringify({ dims, mix, seed, side, outside, isSparse });
      writeFileSync(note, `${name} ${what} ${type} ${drawn}`);
      memory.reset(kernel.products?.(dims) ?? [], side);
      const allocate = outside ? memory.allocateOutside : memory.allocate;
      const arrays = arraysOf(kernel, dims, mix, seed, type, allocate);
      if (isSparse && 'x' in arrays && 'W' in arrays) fillHardValues(arrays.x, 'sparse', seed);
      link(callsOf(kernel, arrays, dims), memory.kernels).run();
    });
    fc.assert(property, options);
  }
}

/** Rows of bytes that end at the start of a fence, or start at the end of one. */
function gatherRows(what: string, memory: FencedMemory, type: ElementType): void {
  // Fewer columns would run plain code.
  const shape = fc.tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 16, max: 80 }), side, fc.boolean());
  const property = fc.property(shape, ([N, columns, side, ordered]) => {
    writeFileSync(note, `gatherBytes ${what} ${type} ${JSON.stringify({ N, columns, side, ordered })}`);
    memory.reset([], side);
    const out = memory.allocate(N * columns, type);
    // Enough doubles to hold the bytes; the rows are the first or the last of these.
    const { buffer, byteOffset, byteLength } = memory.allocate(Math.ceil((N * columns) / 8), 'float64');
    const from = side === 'start' ? byteOffset : byteOffset + byteLength - N * columns;
    const bytes = new Uint8Array(buffer, from, N * columns);
    const order = ordered ? Uint32Array.from({ length: N }, (_, n) => N - 1 - n) : null;
    memory.kernels.gatherBytes(out, bytes, columns, 255, order, 0, N);
  });
  fc.assert(property, options);
}

/** Bytes that a kernel of WebAssembly may read beyond an array. */
const VECTOR = 16;

const tried: string[] = [];
for (const type of elementTypes) {
  tried.push(`wasm ${type}`);
  runCases('in wasm', fenceKernels(createWasmKernels, type, VECTOR), type, false);
}
for (const { name, type, code } of everyExtension) {
  if (code === null) continue;
  tried.push(`${name} ${type}`);
  const layout = kernelsOf(code);
  const enter = () => enterMachineCode(code);
  const memory = fenceKernels((parts) => createNativeKernels({ ...parts, layout, enter }), type);
  runCases(`in machine code for ${name}`, memory, type, true);
  gatherRows(`in machine code for ${name}`, memory, type);
}
process.stdout.write(JSON.stringify(tried));
