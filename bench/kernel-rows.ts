import {
  type ActivationName,
  activations,
  createLoss,
  createOptimizer,
  type Emit,
  type Kernels,
  type LossName,
  losses,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
} from '@gradloom/core';
import { activationOps, counted, host, leafCount, leafRows, lossOp, ops, updateOp } from '@gradloom/core/internal';
import { gatherRows } from '../packages/runtime/src/data/gather.ts';

export interface KernelRow {
  name: string;
  unit: 'GFLOP/s' | 'ns'; // ns per element
  work: number; // floating-point operations or elements per call
  emit: (emit: Emit, kernels: Kernels) => void; // emits the operations of a call
}

type Allocate = (length: number) => Float64Array;

/** Every kernel, and every family member that may have a fast one; the reference backend runs plain code. */
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
/** Shapes with an x like the pixels of digits: the work also counts terms of 0. */
const sparseShapes = ['256x512x784', '64x128x784'];
const updates: OptimizerSpec[] = [...(Object.keys(optimizers) as OptimizerName[]), { kind: 'sgd', momentum: 0.9 }];
const BATCH = 64;
const BLOCK = 4096; // parameters of a block, and elements of elementwise kernels

function products(shape: string, allocate: Allocate, fill?: (x: Float64Array, I: number) => void): KernelRow[] {
  const [B, O, I] = shape.split('x').map(Number);
  const [x, y, dx, dy, W, dW, b, db] = [B * I, B * O, B * I, B * O, I * O, I * O, O, O].map(allocate);
  fill?.(x, I);
  const row = (name: string, emit: KernelRow['emit']): KernelRow => ({
    name: `${shape} ${name}${fill === undefined ? '' : ', sparse x'}`,
    unit: 'GFLOP/s',
    work: 2 * B * I * O,
    emit,
  });
  return [
    row('affine', (emit) => emit(ops.affine, y, x, W, b, B, I, O)),
    row('affineBackwardInput', (emit) => emit(ops.affineBackwardInput, dx, dy, W, B, I, O)),
    row('affineBackwardWeights', (emit, kernels) => {
      const leaf = kernels.name === 'blas' ? B : leafRows(B); // a BLAS takes one leaf per call
      emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, false, I, O);
    }),
  ];
}

/** Rows of 28 by 28 pixels, of which a stroke near the middle is not 0: a fifth. */
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
    ...[1, 2, 4].map((S) => {
      const gSum = allocate(S * BLOCK).fill(0); // stays 0, however often it is summed
      return elementwise(`averageRows of ${counted(S, 'row')}`, (emit) =>
        emit(ops.averageRows, square, g, gSum, S, BLOCK, BLOCK, 1 / BATCH),
      );
    }),
    elementwise('scale', (emit) => emit(ops.scale, g, BLOCK, factor)),
  ];
}

function update(spec: OptimizerSpec, allocate: Allocate): KernelRow {
  const g = allocate(BLOCK);
  const own = createUpdate(spec, allocate);
  return elementwise(`update ${typeof spec === 'string' ? spec : JSON.stringify(spec)}`, (emit) => own(emit, g));
}

/** The mean of two rows of gradients, and an adam update by it; in one pass if the backend can. */
function meanUpdate(allocate: Allocate): KernelRow {
  const square = allocate(1);
  const gSum = allocate(2 * BLOCK).fill(0); // stays 0, however often it is summed
  const g = gSum.subarray(0, BLOCK);
  const own = createUpdate('adam', allocate);
  return elementwise('averageRows of 2 rows, and update adam', (emit) => {
    emit(ops.averageRows, square, g, gSum, 2, BLOCK, BLOCK, 1 / BATCH);
    own(emit, g);
  });
}

/** Emits an optimizer's first update by the gradient g. */
function createUpdate(spec: OptimizerSpec, allocate: Allocate): (emit: Emit, g: Float64Array) => void {
  const optimizer = createOptimizer(spec);
  const theta = allocate(BLOCK);
  const state = optimizer.slots.map(() => allocate(BLOCK));
  const hyper = allocate(optimizer.hyperLength);
  optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
  return (emit, g) => emit(updateOp(optimizer), theta, g, state, BLOCK, hyper);
}

/** Gathers rows of MNIST. */
function gatherBytes(allocate: Allocate): KernelRow {
  const [rows, columns] = [32, 784];
  const out = allocate(rows * columns);
  const data = { array: new Uint8Array(new SharedArrayBuffer(rows * columns)).fill(7), columns, divisor: 255 };
  const emit = (emit: Emit, kernels: Kernels) => emit(host, () => gatherRows(out, data, null, 0, rows, kernels));
  return { name: 'gatherBytes', unit: 'ns', work: rows * columns, emit };
}

function activation(name: ActivationName, allocate: Allocate): KernelRow[] {
  const { alpha } = activations[name];
  const { forward, backward } = activationOps[name];
  const [a, z, dz, da] = [BLOCK, BLOCK, BLOCK, BLOCK].map(allocate);
  return [
    elementwise(`${name} forward`, (emit) => emit(forward, a, z, BLOCK, alpha)),
    elementwise(`${name} backward`, (emit) => emit(backward, dz, da, z, BLOCK, alpha)),
  ];
}

function loss(name: LossName, allocate: Allocate): KernelRow {
  const own = createLoss(name);
  const leaf = leafRows(BATCH);
  const [lossSums, y, dy, t] = [leafCount(BATCH, leaf), BLOCK, BLOCK, BLOCK].map(allocate);
  if (own.targets === 'classes') t.fill(0);
  return elementwise(`loss ${name}`, (emit) => emit(lossOp(own), lossSums, dy, y, t, BATCH, leaf, BLOCK / BATCH));
}

const elementwise = (name: string, emit: KernelRow['emit']): KernelRow => ({ name, unit: 'ns', work: BLOCK, emit });
