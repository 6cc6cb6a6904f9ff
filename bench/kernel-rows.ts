import {
  type ActivationName,
  type Allocate,
  activations,
  buildNetwork,
  createLoss,
  createOptimizer,
  createRandom,
  type Elements,
  type Emit,
  type Kernels,
  type LayerSpec,
  type LossName,
  type LossSpec,
  losses,
  type OptimizerName,
  type OptimizerSpec,
  optimizers,
  type Random,
} from '@gradloom/core';
import {
  activationOps,
  counted,
  defaultLeafRows,
  emitLossOf,
  FLOAT64,
  host,
  leafCount,
  noMemory,
  ops,
  updateOp,
} from '@gradloom/core/internal';
import { gatherRows } from '../packages/runtime/src/data/gather.ts';

export interface KernelRow {
  readonly name: string;
  readonly op: string; // its name in peers/torch_kernels.py
  readonly dims: readonly [B: number, O: number, I: number]; // sizes there
  readonly unit: 'GFLOP/s' | 'ns'; // ns per element
  readonly work: number; // floating-point operations or elements per call
  readonly sum?: string; // the line of the summary to which it belongs
  readonly restored?: readonly Elements[]; // arrays that calls overwrite; each sample starts with their first numbers
  readonly emit: (emit: Emit, kernels: Kernels) => void; // emits the operations of a call
}

/** Every kernel, and every family member that may have a fast one; the reference backend runs plain code. */
export function kernelRows(bare: Allocate): KernelRow[] {
  const random = createRandom(1);
  const allocate = normalNumbers(bare, random);
  return [
    ...shapes.flatMap((shape) => products(shape, allocate)),
    ...sparseShapes.flatMap((shape) => products(shape, allocate, fillSparse)),
    ...vectors(allocate),
    ...steps(allocate),
    gatherBytes(allocate, random),
    ...Object.entries(updates).map(([name, spec]) => update(name, spec, allocate)),
    meanUpdate(allocate),
    ...(Object.keys(activations) as ActivationName[]).flatMap((name) => activation(name, allocate)),
    ...gate(allocate),
    ...layerPasses({ kind: 'layer-norm' }, BATCH, [SIZE], allocate),
    ...layerPasses({ kind: 'batch-norm' }, BATCH, [SIZE], allocate),
    ...layerPasses({ kind: 'dropout', rate: 0.5 }, BATCH, [SIZE], allocate),
    ...layerPasses({ kind: 'channel-dropout', rate: 0.5 }, BATCH / 16, [16, SIZE], allocate),
    ...(Object.keys(losses) as LossName[]).map((name) => lossRow(name, name, allocate, random)),
    lossRow('smoothed-cross-entropy', { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 }, allocate, random),
  ];
}

/** Fills each array with normal numbers, which repeat after a block. */
function normalNumbers(allocate: Allocate, random: Random): Allocate {
  const fill = (array: Elements): Elements => {
    for (let i = 0; i < array.length; i++) array[i] = i < BLOCK ? random.normal() : array[i - BLOCK];
    return array;
  };
  return ((length, type) => fill(type === undefined ? allocate(length) : allocate(length, type))) as Allocate;
}

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
const updates: Record<string, OptimizerSpec> = {
  ...(Object.fromEntries(Object.keys(optimizers).map((name) => [name, name])) as Record<OptimizerName, OptimizerName>),
  'sgd with momentum': { kind: 'sgd', momentum: 0.9 },
};
const BATCH = 64;
const SIZE = 64; // outputs of a row
const BLOCK = BATCH * SIZE; // parameters of a block, and elements of elementwise kernels

const elementwise = (name: string, emit: KernelRow['emit'], more: Partial<KernelRow> = {}): KernelRow => ({
  name,
  op: name,
  dims: [BATCH, SIZE, SIZE],
  unit: 'ns',
  work: BLOCK,
  emit,
  ...more,
});

function products(shape: string, allocate: Allocate, fill?: (x: Elements, I: number) => void): KernelRow[] {
  const [B, O, I] = shape.split('x').map(Number);
  const [x, y, dx, dy, W, dW, b, db] = [B * I, B * O, B * I, B * O, I * O, I * O, O, O].map((n) => allocate(n));
  fill?.(x, I);
  const row = (op: string, emit: KernelRow['emit']): KernelRow => ({
    name: `${shape} ${op}${fill === undefined ? '' : ', sparse x'}`,
    op,
    dims: [B, O, I],
    unit: 'GFLOP/s',
    work: 2 * B * I * O,
    emit,
  });
  return [
    row('affine', (emit) => emit(ops.affine, y, x, W, b, B, I, O, O)),
    row('affineBackwardInput', (emit) => emit(ops.affineBackwardInput, dx, dy, W, B, I, O)),
    row('affineBackwardWeights', (emit, kernels) => {
      const leaf = kernels.name === 'blas' ? B : defaultLeafRows(B); // a BLAS takes one leaf per call
      emit(ops.affineBackwardWeights, dW, db, x, dy, B, leaf, false, I, O);
    }),
  ];
}

/** Rows of 28 by 28 pixels, of which a stroke near the middle is not 0: a fifth. */
function fillSparse(x: Elements, I: number): void {
  for (let i = 0; i < x.length; i++) {
    const [n, column] = [Math.floor(i / I), i % I];
    const [row, from] = [Math.floor(column / 28), 5 + ((7 * n + Math.floor(column / 28)) % 10)];
    if (row < 4 || row >= 24 || column % 28 < from || column % 28 >= from + 8) x[i] = 0;
  }
}

function vectors(allocate: Allocate): KernelRow[] {
  const [square, factor] = [allocate(1, FLOAT64), allocate(1, FLOAT64).fill(-1)];
  const share = allocate(1, FLOAT64).fill(1 / BATCH);
  const [a, b, y, row] = [BLOCK, BLOCK, BLOCK, SIZE].map((n) => allocate(n));
  return [
    ...[1, 2, 4].map((S) => {
      const gSum = allocate(S * BLOCK);
      const emit = (emit: Emit) => emit(ops.averageRows, square, y, gSum, S, BLOCK, BLOCK, share);
      return elementwise(`averageRows of ${counted(S, 'row')}`, emit, { restored: [gSum] });
    }),
    elementwise('scale', (emit) => emit(ops.scale, a, BLOCK, factor)),
    elementwise('add', (emit) => emit(ops.add, y, a, BLOCK)),
    elementwise('plus', (emit) => emit(ops.plus, y, a, b, BLOCK)),
    elementwise('addRow', (emit) => emit(ops.addRow, y, row, BATCH, SIZE)),
  ];
}

/** Operations of a step after its passes. */
function steps(allocate: Allocate): KernelRow[] {
  const leaf = defaultLeafRows(BATCH);
  const [average, theta, W, dy] = [BLOCK, BLOCK, BLOCK, BLOCK].map((n) => allocate(n));
  const share = allocate(1, FLOAT64).fill(0.001);
  const factors = allocate(SIZE, FLOAT64);
  const [lossSums, rowLosses] = [allocate(leafCount(BATCH, leaf), FLOAT64), allocate(BATCH, FLOAT64)];
  const w = allocate(BATCH, FLOAT64).fill(1); // dy stays as it is
  return [
    elementwise('averageWeights', (emit) => emit(ops.averageWeights, average, theta, BLOCK, share)),
    // Half of the columns have a larger norm than 8.
    elementwise('maxNorm', (emit) => emit(ops.maxNorm, W, factors, BATCH, SIZE, SIZE, 8), { restored: [W] }),
    elementwise('weighLosses', (emit) => emit(ops.weighLosses, lossSums, dy, rowLosses, w, BATCH, leaf, SIZE)),
  ];
}

/** Gathers rows of MNIST. */
function gatherBytes(allocate: Allocate, random: Random): KernelRow {
  const [B, columns] = [32, 784];
  const out = allocate(B * columns);
  const array = new Uint8Array(new SharedArrayBuffer(B * columns));
  for (let i = 0; i < array.length; i++) array[i] = random.integer(256);
  const data = { array, columns, divisor: 255 };
  const emit = (emit: Emit, kernels: Kernels) => emit(host, () => gatherRows(out, data, null, 0, B, kernels));
  return elementwise('gatherBytes', emit, { dims: [B, columns, 1], work: B * columns });
}

function update(name: string, spec: OptimizerSpec, allocate: Allocate): KernelRow {
  const g = allocate(BLOCK);
  const emitUpdate = createUpdate(spec, allocate);
  return elementwise(`update ${name}`, (emit) => emitUpdate(emit, g), { sum: `update ${name}` });
}

/** The mean of two rows of gradients, and an adam update by it; in one pass if the backend can. */
function meanUpdate(allocate: Allocate): KernelRow {
  const [square, share] = [allocate(1, FLOAT64), allocate(1, FLOAT64).fill(1 / BATCH)];
  const gSum = allocate(2 * BLOCK);
  const g = gSum.subarray(0, BLOCK);
  const emitUpdate = createUpdate('adam', allocate);
  const emit = (emit: Emit) => {
    emit(ops.averageRows, square, g, gSum, 2, BLOCK, BLOCK, share);
    emitUpdate(emit, g);
  };
  return elementwise('averageRows of 2 rows, and update adam', emit, { restored: [gSum] });
}

/** Emits an optimizer's first update by the gradient g. */
function createUpdate(spec: OptimizerSpec, allocate: Allocate): (emit: Emit, g: Elements) => void {
  const optimizer = createOptimizer(spec);
  const theta = allocate(BLOCK);
  const state = optimizer.slots.map(() => allocate(BLOCK));
  for (const slot of state) for (let i = 0; i < BLOCK; i++) slot[i] = Math.abs(slot[i]); // some are sums of squares
  const hyper = allocate(optimizer.hyperLength, FLOAT64);
  optimizer.hyper(hyper, Float64Array.of(optimizer.lr), Float64Array.from(optimizer.initialScalars));
  return (emit, g) => emit(updateOp(optimizer), theta, g, state, BLOCK, hyper);
}

function activation(name: ActivationName, allocate: Allocate): KernelRow[] {
  const { alpha, reads } = activations[name];
  const { forward, backward } = activationOps[name];
  const [a, z, kept, dz, da] = [BLOCK, BLOCK, BLOCK, BLOCK, BLOCK].map((n) => allocate(n));
  forward.reference(kept, z, BLOCK, alpha);
  const za = reads === 'a' ? kept : z;
  return [
    elementwise(`${name} forward`, (emit) => emit(forward, a, z, BLOCK, alpha), { sum: name }),
    elementwise(`${name} backward`, (emit) => emit(backward, dz, da, za, BLOCK, alpha), { sum: name }),
  ];
}

/** The gate of swiglu. */
function gate(allocate: Allocate): KernelRow[] {
  const [y, g, v, dy] = [BLOCK, BLOCK, BLOCK, BLOCK].map((n) => allocate(n));
  const backward = (emit: Emit) => emit(ops.gateBackward, g, v, dy, BLOCK);
  return [
    elementwise('gate forward', (emit) => emit(ops.gateForward, y, g, v, BLOCK), { sum: 'gate' }),
    elementwise('gate backward', backward, { sum: 'gate', restored: [g, v] }),
  ];
}

/** The passes of a layer in training. Dropout draws the same mask in both, so it has no row of its own for backward. */
function layerPasses(spec: LayerSpec, B: number, input: readonly number[], allocate: Allocate): KernelRow[] {
  const [layer] = buildNetwork({ input: [...input], layers: [spec] }).layers;
  const leaf = defaultLeafRows(B);
  const leaves = leafCount(B, leaf);
  const memory =
    layer.createMemory?.(B, allocate, { leaves, allocatePerLeaf: (width) => allocate(leaves * width) }) ?? noMemory;
  const [y, x, dx, dy] = [BLOCK, BLOCK, BLOCK, BLOCK].map((n) => allocate(n));
  const tensors = layer.tensors.map(({ shape }) => allocate(shape[0]));
  const gradients = layer.tensors.map(({ shape }) => allocate(shape[0]));
  const stepAndRow = allocate(2, FLOAT64).fill(0);
  const lengths = [allocate(B, FLOAT64).fill(1)];
  const batch = { rows: B, leaves, firstLeaf: 0 };
  const pass = (emit: Emit) => ({
    emit,
    training: true,
    seed: 1,
    leafRows: leaf,
    accumulate: false,
    batch,
    stepAndRow,
    lengths,
  });
  const forward = (emit: Emit) => layer.forward(y, [x], tensors, B, pass(emit), memory);
  const backward = (dx: Elements | null) => (emit: Emit) =>
    layer.backward([dx], dy, [x], y, tensors, gradients, B, pass(emit), memory);
  if (layer.tensors.length === 0) return [elementwise(`${spec.kind} forward`, forward)];
  return [
    elementwise(`${spec.kind} forward`, forward, { sum: spec.kind }),
    elementwise(`${spec.kind} backward`, backward(dx), { sum: spec.kind }),
    elementwise(`${spec.kind} backward without dx`, backward(null)),
  ];
}

function lossRow(name: string, spec: LossSpec, allocate: Allocate, random: Random): KernelRow {
  const loss = createLoss(spec);
  const leaf = defaultLeafRows(BATCH);
  const lossSums = allocate(leafCount(BATCH, leaf), FLOAT64);
  const [y, dy, t] = [BLOCK, BLOCK, BLOCK].map((n) => allocate(n));
  if (loss.targets === 'classes') for (let n = 0; n < BATCH; n++) t[n] = random.integer(SIZE);
  if (name === 'binary-cross-entropy') for (let i = 0; i < BLOCK; i++) t[i] = random.integer(2);
  const emit = (emit: Emit) => emitLossOf(emit, loss, lossSums, dy, y, t, BATCH, leaf, SIZE);
  return elementwise(`loss ${name}`, emit, { sum: `loss ${name}` });
}
