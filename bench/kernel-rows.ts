import {
  type ActivationName,
  activations,
  createLoss,
  createOptimizer,
  type Kernels,
  type LossName,
  losses,
  type NodeSums,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
} from '@gradloom/core';
import { counted, leafCount, leafRows, ONE_ROW } from '@gradloom/core/internal';
import { activate, activateBackward } from '../packages/core/src/activations/index.ts';
import { gatherRows } from '../packages/runtime/src/datasets/gather.ts';

export interface KernelRow {
  name: string;
  unit: 'GFLOP/s' | 'ns'; // ns for one element
  work: number; // floating-point operations or elements of a call
  call: (kernels: Kernels) => void;
}

type Allocate = (length: number) => Float64Array;

/** Every kernel, and every member of the families that may have a fast one; the reference runs its plain code. */
export const kernelRows = (allocate: Allocate): KernelRow[] => [
  ...shapes.flatMap((shape) => products(shape, allocate)),
  ...sparseShapes.flatMap((shape) => products(shape, allocate, fillSparse)),
  ...vectors(allocate),
  ...updates.map((spec) => update(spec, allocate)),
  meanUpdate(allocate),
  gatherBytes(allocate),
  ...(Object.keys(activations) as ActivationName[]).flatMap((name) => activation(name, allocate)),
  ...(Object.keys(losses) as LossName[]).map((name) => loss(name, allocate)),
];

/** Rows x outputs x inputs of a dense layer; the last two are XOR's. */
const shapes = [
  '256x512x784',
  '64x128x784',
  '32x128x784',
  '64x10x128',
  '32x10x128',
  '64x64x64',
  '32x64x64',
  '4x2x2',
  '4x1x2',
];
/** Of an x like the pixels of digits: the work counts terms of 0, too. */
const sparseShapes = ['256x512x784', '64x128x784'];
const updates: OptimizerSpec[] = [...(Object.keys(optimizers) as OptimizerName[]), { kind: 'sgd', momentum: 0.9 }];
const BATCH = 64;
const TWO_ROWS: NodeSums = { joins: [], count: 2, step: 1 };
const BLOCK = 4096; // parameters of a block, and elements of everything elementwise

function products(shape: string, allocate: Allocate, fill?: (x: Float64Array, I: number) => void): KernelRow[] {
  const [B, O, I] = shape.split('x').map(Number);
  const [x, y, dx, dy, W, dW, b, db] = [B * I, B * O, B * I, B * O, I * O, I * O, O, O].map(allocate);
  fill?.(x, I);
  const row = (name: string, call: (kernels: Kernels) => void): KernelRow => ({
    name: `${shape} ${name}${fill === undefined ? '' : ', sparse x'}`,
    unit: 'GFLOP/s',
    work: 2 * B * I * O,
    call,
  });
  return [
    row('affine', (kernels) => kernels.affine(y, x, W, b, B, I, O)),
    row('affineBackwardInput', (kernels) => kernels.affineBackwardInput(dx, dy, W, B, I, O)),
    row('affineBackwardWeights', (kernels) => {
      const leaf = kernels.name === 'blas' ? B : leafRows(B); // a BLAS takes one leaf a call
      kernels.affineBackwardWeights(dW, db, x, dy, B, leaf, false, I, O);
    }),
  ];
}

/** Rows of 28 columns by 28, of which a stroke somewhere in the middle is not 0: a fifth. */
function fillSparse(x: Float64Array, I: number): void {
  for (let i = 0; i < x.length; i++) {
    const [n, column] = [Math.floor(i / I), i % I];
    const [row, from] = [Math.floor(column / 28), 5 + ((7 * n + Math.floor(column / 28)) % 10)];
    x[i] = row >= 4 && row < 24 && column % 28 >= from && column % 28 < from + 8 ? 0.5 : 0;
  }
}

function vectors(allocate: Allocate): KernelRow[] {
  const [square, factor, g] = [allocate(1), allocate(1).fill(-1), allocate(BLOCK)];
  return [
    ...[ONE_ROW, TWO_ROWS, { joins: [], count: 4, step: 1 }].map((sums) => {
      const gSum = allocate(sums.count * BLOCK).fill(0); // stays 0, however often it is added up
      return elementwise(`averageNodes of ${counted(sums.count, 'row')}`, (kernels) =>
        kernels.averageNodes(square, g, gSum, sums, BLOCK, 0, BLOCK, BATCH),
      );
    }),
    elementwise('scale', (kernels) => kernels.scale(g, BLOCK, factor)),
  ];
}

function update(spec: OptimizerSpec, allocate: Allocate): KernelRow {
  const { name, lr, slots, initialScalars, hyperLength, hyper: writeHyper, update: plain } = createOptimizer(spec);
  const [theta, g] = [BLOCK, BLOCK].map(allocate);
  const state = slots.map(() => allocate(BLOCK));
  const hyper = allocate(hyperLength);
  writeHyper(hyper, Float64Array.of(lr), Float64Array.from(initialScalars));
  return elementwise(`update ${typeof spec === 'string' ? spec : JSON.stringify(spec)}`, ({ fast }) =>
    (fast.updates[name as OptimizerName] ?? plain)(theta, g, state, BLOCK, hyper),
  );
}

/** The average of two rows of gradients, and adam by it; in one pass where the backend can. */
function meanUpdate(allocate: Allocate): KernelRow {
  const { lr, slots, initialScalars, hyperLength, hyper: writeHyper, update: plain } = createOptimizer('adam');
  const [theta, square] = [BLOCK, 1].map(allocate);
  const gSum = allocate(2 * BLOCK).fill(0); // stays 0, however often it is added up
  const g = gSum.subarray(0, BLOCK);
  const state = slots.map(() => allocate(BLOCK));
  const hyper = allocate(hyperLength);
  writeHyper(hyper, Float64Array.of(lr), Float64Array.from(initialScalars));
  return elementwise('averageNodes of 2 rows, and update adam', ({ averageNodes, fast }) => {
    const inOne = fast.meanUpdates?.adam;
    if (inOne !== undefined) return inOne(square, theta, g, state, BLOCK, hyper, gSum, TWO_ROWS, BLOCK, 0, BATCH);
    averageNodes(square, g, gSum, TWO_ROWS, BLOCK, 0, BLOCK, BATCH);
    (fast.updates.adam ?? plain)(theta, g, state, BLOCK, hyper);
  });
}

/** Rows of MNIST. */
function gatherBytes(allocate: Allocate): KernelRow {
  const [rows, columns] = [32, 784];
  const out = allocate(rows * columns);
  const data = { array: new Uint8Array(new SharedArrayBuffer(rows * columns)).fill(7), columns, divisor: 255 };
  const call = (kernels: Kernels) => gatherRows(out, data, null, 0, rows, kernels);
  return { name: 'gatherBytes', unit: 'ns', work: rows * columns, call };
}

function activation(name: ActivationName, allocate: Allocate): KernelRow[] {
  const f = activations[name];
  const [a, z, dz, da] = [BLOCK, BLOCK, BLOCK, BLOCK].map(allocate);
  return [
    elementwise(`${name} forward`, ({ fast }) => {
      const kernel = fast.activations[name];
      if (kernel) kernel.forward(a, z, BLOCK, f.alpha);
      else activate(f, a, z, BLOCK, f.alpha);
    }),
    elementwise(`${name} backward`, ({ fast }) => {
      const kernel = fast.activations[name];
      if (kernel) kernel.backward(dz, da, z, BLOCK, f.alpha);
      else activateBackward(f, dz, da, z, BLOCK, f.alpha);
    }),
  ];
}

function loss(name: LossName, allocate: Allocate): KernelRow {
  const plain = createLoss(name).evaluate;
  const leaf = leafRows(BATCH);
  const [lossSums, y, dy, t] = [leafCount(BATCH, leaf), BLOCK, BLOCK, BLOCK].map(allocate);
  if (createLoss(name).targets === 'classes') t.fill(0);
  return elementwise(`loss ${name}`, ({ fast }) =>
    (fast.losses[name] ?? plain)(lossSums, dy, y, t, BATCH, leaf, BLOCK / BATCH),
  );
}

const elementwise = (name: string, call: (kernels: Kernels) => unknown): KernelRow => ({
  name,
  unit: 'ns',
  work: BLOCK,
  call,
});
