import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Call, createRandom, type Elements, type ElementType, type Op, referenceKernels } from '@gradloom/core';
import { createList, link, ops, tapesOf, typeOf } from '@gradloom/core/internal';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlasKernels } from '../../../../packages/runtime/src/engine/backends/native/blas-kernels.ts';
import { allocateRun, type BlasRun, runProducts, type Shape } from '../../../support/blas-run.ts';
import { counted } from '../../../support/count.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { installedBlas } from '../../../support/installed-blas.ts';
import { programFile } from '../../../support/program-file.ts';

function callOf<Args extends readonly unknown[]>(op: Op<Args>, ...args: Args): Call {
  const { calls, emit } = createList();
  emit(op, ...args);
  return calls[0];
}

const inputs = ['x', 'W', 'b', 'dy'] as const;

function fill(run: BlasRun, seed: number): BlasRun {
  const random = createRandom(seed);
  for (const name of inputs) for (let i = 0; i < run[name].length; i++) run[name][i] = random.uniform() - 0.5;
  return run;
}

/** The same inputs elsewhere, `shift` elements off a page. */
function copyRun(run: BlasRun, shape: Shape, shift: number): BlasRun {
  const copy = allocateRun(shape, shift, typeOf(run.x));
  for (const name of inputs) copy[name].set(run[name]);
  return copy;
}

const bits = (arrays: readonly Elements[]): string[] =>
  arrays.map((array) => createHash('sha256').update(array).digest('hex'));

/** Those the library takes whole, in pieces, and leaves to the kernels underneath. */
const shapes: Shape[] = [
  { B: 4, I: 2, O: 2 },
  { B: 1, I: 784, O: 128 },
  { B: 3, I: 127, O: 65 },
  { B: 32, I: 784, O: 128 },
  { B: 70, I: 300, O: 129 },
  { B: 130, I: 200, O: 170 },
];

/** Both round up to 334 times: (n + 1) · 2⁻⁵³ or 2⁻²⁴ of the sum of the absolute terms each, and some room. */
const bounds: Record<ElementType, number> = { float64: 1e-12, float32: 4e-5 };

describe.each(['float64', 'float32'] as const)('the three products of %s', (type) => {
  test('agree with the reference to some roundings of the sum of their absolute terms', (context) => {
    const kernels = createBlasKernels(installedBlas(context), referenceKernels);
    const rows = fc.constantFrom(0, 1, 2, 3, 7, 8, 16, 31, 33, 64, 75, 129);
    const columns = fc.constantFrom(1, 2, 5, 9, 10, 31, 64, 65, 127, 128, 200, 333);
    fc.assert(
      fc.property(rows, columns, columns, fc.integer({ min: 0, max: 9 }), (B, I, O, seed) => {
        const shape = { B, I, O };
        const run = fill(allocateRun(shape, 0, type), seed);
        const actual = runProducts(kernels, run, shape);
        const expected = runProducts(referenceKernels, copyRun(run, shape, 0), shape);
        const absolute = copyRun(run, shape, 0);
        for (const name of inputs) absolute[name].set(absolute[name].map(Math.abs));
        const terms = runProducts(referenceKernels, absolute, shape);
        for (let a = 0; a < actual.length; a++) {
          for (let i = 0; i < actual[a].length; i++) {
            const error = Math.abs(actual[a][i] - expected[a][i]);
            if (!(error <= bounds[type] * terms[a][i]))
              expect.fail(`array ${a} at ${i}: ${actual[a][i]}, not ${expected[a][i]}`);
          }
        }
      }),
      { seed: 20, numRuns: counted(15, 100) },
    );
  });

  test('overwrite gradients with zeros where there are no rows', (context) => {
    const kernels = createBlasKernels(installedBlas(context), referenceKernels);
    const shape = { B: 0, I: 784, O: 128 };
    const run = allocateRun(shape, 0, type);
    runProducts(kernels, run, shape);
    expect(run.dW.every((value) => value === 0)).toBe(true);
    expect(run.db.every((value) => value === 0)).toBe(true);
  });

  test.for(shapes)('give the same bits again, wherever the arrays lie: $B x $I x $O', (shape, context) => {
    const kernels = createBlasKernels(installedBlas(context), referenceKernels);
    const run = fill(allocateRun(shape, 0, type), 7);
    const expected = bits(runProducts(kernels, run, shape));
    expect(bits(runProducts(kernels, run, shape))).toEqual(expected);
    for (const shift of [1, 3, 8]) {
      expect(bits(runProducts(kernels, copyRun(run, shape, shift), shape))).toEqual(expected);
    }
  });

  test('give the same bits in two threads at once', async (context) => {
    const library = installedBlas(context);
    const kernels = createBlasKernels(library, referenceKernels);
    for (const shape of shapes.slice(-2)) {
      const run = fill(allocateRun(shape, 0, type), 8);
      const expected = bits(runProducts(kernels, run, shape));
      const copies = [copyRun(run, shape, 0), copyRun(run, shape, 0)];
      await Promise.all(copies.map((copy) => runInWorker(library.identity.path, shape, copy)));
      for (const { y, dx, dW, db } of copies) expect(bits([y, dx, dW, db])).toEqual(expected);
    }
  });
});

describe('small products', () => {
  test('are those of the kernels underneath, to the bit', (context) => {
    const kernels = createBlasKernels(installedBlas(context), referenceKernels);
    const shape = { B: 4, I: 2, O: 2 };
    const run = fill(allocateRun(shape), 9);
    const expected = bits(runProducts(referenceKernels, copyRun(run, shape, 0), shape));
    expect(bits(runProducts(kernels, run, shape))).toEqual(expected);
  });
});

test('all but the products is the kernels underneath', (context) => {
  const kernels = createBlasKernels(installedBlas(context), referenceKernels);
  const { name, bind: _, ...rest } = kernels;
  expect(name).toBe('blas');
  expect(referenceKernels).toMatchObject(rest);
  expect(kernels.bind(callOf(ops.scale, new Float64Array(1), 1, new Float64Array(1)))).toBeNull();
});

test.for([
  { name: 'small products join the block of the calls around them', O: 2, joins: true },
  { name: 'a product of the library does not: a tape cannot call out of WebAssembly', O: 64, joins: false },
])('$name', ({ O, joins: accumulate }, context) => {
  const memory = createGuardedMemory();
  const kernels = createBlasKernels(installedBlas(context), memory.kernels);
  const [y, x, W, b] = [4 * O, 4 * 32, 32 * O, O].map((length) => memory.allocate(length));
  const call = callOf(ops.affine, y, x.fill(1), W.fill(2), b.fill(3), 4, 32, O, O);
  const program = link([call, call], kernels, tapesOf(memory.allocate));
  expect(program.block !== null).toBe(accumulate);
  expect([...y]).toEqual(Array(4 * O).fill(0));
  program.run();
  expect([...y]).toEqual(Array(4 * O).fill(67));
});

test('kernels tell the library of their thread to use one thread a call', (context) => {
  const library = installedBlas(context);
  const counts: number[] = [];
  createBlasKernels({ ...library, setThreads: (count) => counts.push(count) }, referenceKernels);
  expect(counts).toEqual([1]);
});

async function runInWorker(path: string, shape: Shape, run: BlasRun): Promise<void> {
  const worker = new Worker(programFile('blas-worker'), { workerData: { path, shape, run } });
  await once(worker, 'message'); // rejects on 'error'
  await worker.terminate();
}
