import {
  argmax,
  concat,
  conv1d,
  crossAttention,
  dense,
  expand,
  flatten,
  gaussian,
  groupNorm,
  gru,
  heads,
  instanceNorm,
  lastPosition,
  like,
  logSoftmax,
  logSumExp,
  lstm,
  matmul,
  max,
  mean,
  pad,
  parameter,
  plus,
  positionEmbedding,
  reshape,
  resize,
  selfAttention,
  sequential,
  slice,
  softmax,
  sum,
  take,
  tanh,
  times,
  transpose,
} from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { CALL_DOUBLES } from '../../../../packages/core/src/backends/isa/arguments.ts';
import { createWasmKernels } from '../../../../packages/core/src/backends/wasm/wasm.ts';
import { type ActivationName, activations } from '../../../../packages/core/src/families/activations/index.ts';
import { createLoss, type LossName, losses } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer } from '../../../../packages/core/src/families/optimizers/index.ts';
import {
  type Elements,
  type ElementType,
  elementTypes,
  elementView,
  FLOAT64,
} from '../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../packages/core/src/math/random/index.ts';
import { type Allocate, allocateEach } from '../../../../packages/core/src/math/scratch.ts';
import { leafCount } from '../../../../packages/core/src/math/tree/index.ts';
import { createWorkspace, emitNode } from '../../../../packages/core/src/network/backprop.ts';
import { type LayerSpec, layers } from '../../../../packages/core/src/network/layers/index.ts';
import {
  bindTensors,
  buildNetwork,
  initializeParameters,
  type NetworkSpec,
} from '../../../../packages/core/src/network/network.ts';
import type { Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { createTapeMemory, link, type TapeMemory, tapesOf } from '../../../../packages/core/src/program/link.ts';
import { barrier, type Call, createList, host, part } from '../../../../packages/core/src/program/op.ts';
import { activationOps, ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../support/bits.ts';
import { formulaSpecs } from '../../../support/formula-layers.ts';
import { createGuardedMemory, type GuardedMemory, guardKernels } from '../../../support/guarded-memory.ts';
import { lacking } from '../../../support/lacking.ts';

const memory = createGuardedMemory();
const memories = { float64: memory, float32: createGuardedMemory(256, 'float32') };
const B = 5;
const LEAF = 2; // three leaves

const ordinary = allocateEach(FLOAT64);

const withActivation = (fn: ActivationName): NetworkSpec =>
  sequential(6, dense(7), { kind: 'activation', fn }, dense(9), { kind: 'activation', fn }, dense(3));

/** Layers of every kind; a backend may lack some of their operations. */
const mixed: LayerSpec[] = [
  { kind: 'dense', out: 6 },
  { kind: 'dropout', rate: 0.3 },
  { kind: 'activation', fn: 'tanh' },
  { kind: 'residual', layers: [{ kind: 'layer-norm' }, { kind: 'dense', out: 6 }] },
  { kind: 'layer-norm' },
  { kind: 'rms-norm' },
  { kind: 'batch-norm' },
  { kind: 'activation', fn: 'relu' },
  { kind: 'swiglu', out: 5 },
  { kind: 'dense', out: 3 },
];
/** Layers of images. */
const images: LayerSpec[] = [
  { kind: 'conv2d', out: 3, kernel: 2 },
  { kind: 'channel-dropout', rate: 0.3 },
  { kind: 'conv2d-transpose', out: 5, kernel: 2 },
  {
    kind: 'residual',
    layers: [{ kind: 'max-pool', size: 2 }],
    shortcut: [{ kind: 'avg-pool', size: 2 }, { kind: 'batch-norm' }],
  },
  { kind: 'upsample', factor: 2 },
  { kind: 'max-pool', size: 3, stride: 2, padding: 1 },
  { kind: 'avg-pool', size: 2, stride: 1 },
];
const networks: Record<string, NetworkSpec> = {
  ...Object.fromEntries((Object.keys(activations) as ActivationName[]).map((fn) => [fn, withActivation(fn)])),
  mixed: { input: 6, layers: mixed },
  images: { input: [4, 6, 2], layers: [...images, { kind: 'global-avg-pool' }, { kind: 'dense', out: 3 }] },
  moved: sequential(
    [4, 3],
    transpose(),
    pad([1, [0, 2]], { mode: 'edge' }),
    slice(0, 4),
    concat(['2', '2'], { name: 'both' }),
    plus(['both', 'both']),
    take([3, 3, 0]),
    resize(7, { mode: 'linear' }),
    expand([2, -1, -1]),
    reshape([-1]),
    dense(3),
    dense(3, { name: 'd' }),
    like('d'),
  ),
  sequences: sequential([6, 2], conv1d(3, 3), flatten(), dense(3)),
  places: sequential(
    [3, 2],
    positionEmbedding(),
    tanh(),
    positionEmbedding(),
    selfAttention(1, { causal: true, rotary: true }),
    lastPosition(),
    dense(3),
  ),
  reductions: sequential(
    [5, 4],
    groupNorm(2, { name: 'keys' }),
    matmul(['keys', 'input'], { transposeB: true }),
    softmax(),
    matmul(['2', 'keys']),
    crossAttention(['3', 'keys'], 2),
    instanceNorm({ name: 'y' }),
    logSoftmax({ axis: 0 }),
    max({ axis: 0, keepdims: true }),
    logSumExp({ axis: 0, name: 'a' }),
    mean({ of: 'y', axis: 0 }),
    plus(['9', 'a'], { name: 'b' }),
    argmax({ of: 'y', axis: 0 }),
    plus(['11', 'b']),
    dense(6),
    sum({ keepdims: true, name: 'total' }),
    heads({ some: '13', all: 'total' }),
    gaussian(3, { name: 'drawn' }),
    plus(['14', 'drawn']),
    parameter([3], { name: 'scale' }),
    times(['16', 'scale']),
    dense(3),
  ),
  formulas: {
    input: 3,
    layers: [
      ...Object.values(formulaSpecs).map((spec, k) =>
        'of' in spec ? { ...spec, of: spec.of.map(() => `${k - 1}`) } : spec,
      ),
      { kind: 'like', layer: '0' },
      { kind: 'dense', out: 3 },
    ],
  },
  recurrent: sequential([4, 2], gru(5), lstm(3, { returns: 'last', reverse: true }), dense(3)),
  'mixed on indices': { input: 2, layers: [{ kind: 'embedding', vocabulary: 5, width: 3 }, ...mixed] },
};
/** Operations between others. */
const gaps = ['dropout', 'layerNormForward', 'layerNormBackwardInput', 'gateForward', 'plus', 'tanhBackward'];
const lossNames = Object.keys(losses) as LossName[];

test('the networks have layers of every kind', () => {
  const kinds = Object.values(networks).flatMap((spec) => spec.layers.map((layer) => layer.kind));
  expect(new Set(kinds)).toEqual(new Set(Object.keys(layers)));
});

/** The calls of a pass over some leaves of rows, and the arrays that they work on. */
function setUp(spec: NetworkSpec, lossName: LossName, allocate: Allocate, accumulate = false) {
  const network = buildNetwork(spec);
  const loss = createLoss(lossName);
  const P = network.parameterCount;
  const theta = allocate(P);
  initializeParameters(network, theta, 1);
  const workspace = createWorkspace(network, loss, B, allocate);
  const [gradient, lossSums, stepAndRow] = [allocate(P).fill(3), allocate(3, FLOAT64), allocate(2, FLOAT64)];
  const { calls, emit } = createList();
  const batch = { rows: B, leaves: leafCount(B, LEAF), firstLeaf: 0 };
  const pass = {
    emit,
    training: true,
    seed: 1,
    leafRows: LEAF,
    accumulate,
    batch,
    stepAndRow,
    lengths: workspace.lengths,
  };
  emitNode(lossSums, network, workspace, bindTensors(network, theta), bindTensors(network, gradient), B, pass);
  const hasIndices = spec.layers[0].kind === 'embedding';
  return {
    calls,
    gradient,
    /** Rows, targets and the place of a round. */
    fill(round: number): void {
      const random = createRandom(3, lossName, round);
      for (let i = 0; i < B * network.inputs; i++) workspace.x[i] = hasIndices ? random.integer(5) : random.normal();
      for (let i = 0; i < workspace.t.length; i++) workspace.t[i] = random.integer(3);
      stepAndRow.set([round, 2 * round]);
    },
    outcome: () => [...lossSums, ...gradient],
  };
}

/** How a pass is run. */
interface Way {
  type?: ElementType; // default: float64
  kernels?: Kernels; // default: those of the guarded memory
  lacks?: readonly string[]; // operations that these leave to plain code; default none
  room?: number; // of so many kernel calls; default none
  accumulate?: boolean; // default false
}

/** What the pass leaves after each of three rounds. */
function outcomes(
  spec: NetworkSpec,
  lossName: LossName,
  { type = FLOAT64, kernels, lacks = [], room, accumulate }: Way,
) {
  const memory = memories[type];
  memory.reset([[64, 64]]);
  const run = setUp(spec, lossName, kernels === undefined ? memory.allocate : allocateEach(type), accumulate);
  const tapes = room === undefined ? null : createTapeMemory(memory.allocate(room * CALL_DOUBLES, FLOAT64));
  const used = kernels ?? lacking(memory.kernels, lacks);
  const program = link(run.calls, used, tapes);
  const values: number[] = [];
  for (let round = 0; round < 3; round++) {
    run.fill(round);
    expect(program.run()).toBe(true);
    values.push(...run.outcome());
  }
  return { values, program, isFixed: run.calls.every((call) => isFixed(used, call)) };
}

/**
 * The kernel calls of an operation, null if JavaScript makes it. A barrier is nothing: the thread has the whole batch.
 */
function fixedCalls(kernels: Kernels, call: Call): number | null {
  const bound = call.op.name === barrier.name ? [] : kernels.bind(call);
  return bound === null || typeof bound === 'function' ? null : bound.length;
}

const isFixed = (kernels: Kernels, call: Call): boolean => fixedCalls(kernels, call) !== null;

const MANY = 4000; // more kernel calls than any of the networks makes

const passes = elementTypes.flatMap((type) =>
  Object.entries(networks).map(([name, spec]) => [type, name, spec] as const),
);

describe.each(passes)('a pass of %s with %s', (type, _name, spec) => {
  test.each(lossNames)(
    'has the same bits in blocks on tapes in the memory and elsewhere, and by plain code: %s',
    (lossName) => {
      for (const accumulate of [false, true]) {
        const plain = outcomes(spec, lossName, { type, kernels: referenceKernels, accumulate });
        const elsewhere = outcomes(spec, lossName, { type, accumulate });
        const blocks = outcomes(spec, lossName, { type, room: MANY, accumulate });
        const between = outcomes(spec, lossName, { type, room: MANY, lacks: gaps, accumulate });
        for (const pass of [elsewhere, blocks, between]) {
          expect(firstDifference(pass.values, plain.values)).toBeNull();
          // A pass of fixed calls alone is one block.
          expect(pass.program.block !== null).toBe(pass.isFixed);
        }
        expect(plain.program.block).toBeNull();
      }
    },
  );
});

test('some passes are whole blocks, and some are not', () => {
  expect(outcomes(networks.tanh, 'softmax-cross-entropy', { room: MANY }).isFixed).toBe(true);
  expect(outcomes(networks.tanh, 'mse', { room: MANY, lacks: gaps }).isFixed).toBe(false);
  expect(outcomes(networks['mixed on indices'], 'mse', { room: MANY }).isFixed).toBe(false); // looks at the indices
});

/** `kernels`, and how many kernel calls each block of theirs has. */
function countBlocks(kernels: Kernels) {
  const sizes: number[] = [];
  const blocks: Kernels['blocks'] = (calls, take) => {
    sizes.push(calls.length);
    if (kernels.blocks === null) throw new Error('countBlocks: kernels have no blocks, expected those of wasm');
    return kernels.blocks(calls, take);
  };
  return { sizes, kernels: { ...kernels, blocks } };
}

/** Kernel calls of the stretches of operations that are fixed. */
function stretches(calls: readonly Call[], kernels: Kernels): number[] {
  const lengths = [0];
  for (const call of calls) {
    const length = fixedCalls(kernels, call);
    if (length === null) lengths.push(0);
    else lengths[lengths.length - 1] += length;
  }
  return lengths.filter((length) => length > 0);
}

test.each([
  ['mixed', gaps],
  ['mixed on indices', gaps],
  ['mixed on indices', []],
  ['tanh', gaps],
  ['tanh', []],
])('fixed calls that follow each other are one block: %s, without %j', (name, lacks) => {
  memory.reset([[64, 64]]);
  const { calls } = setUp(networks[name], 'mse', memory.allocate);
  const { sizes, kernels } = countBlocks(lacking(memory.kernels, lacks));
  const { size } = link(calls, kernels, tapesOf(memory.allocate));
  expect(sizes).toEqual(stretches(calls, kernels));
  const operations = calls.filter(({ op }) => op.name !== barrier.name); // a barrier alone is none
  const alone = operations.filter((call) => !isFixed(kernels, call)).length;
  expect(size).toEqual({ calls: operations.length, alone, blocks: sizes.length, hosts: 0 });
  if (lacks.length > 0) expect(sizes.length).toBeGreaterThan(1);
});

describe.each([
  ['mixed', gaps],
  ['tanh', []],
])('room for fewer calls than %s makes', (name, lacks) => {
  test('changes no bit, and what is written lies in the room or in the arrays of the calls', () => {
    const { values } = outcomes(networks[name], 'mse', { kernels: referenceKernels });
    for (let calls = 0; calls < 160; calls += 9) {
      memory.reset([[64, 64]]);
      const arrays: Float64Array[] = [];
      const run = setUp(networks[name], 'mse', (length) => {
        arrays.push(memory.allocate(length));
        return arrays[arrays.length - 1];
      });
      const tape = memory.allocate(calls * CALL_DOUBLES + (calls % 4)); // not always whole calls
      memory.snapshot();
      const program = link(run.calls, lacking(memory.kernels, lacks), createTapeMemory(tape));
      const linkedSums: number[] = [];
      for (let round = 0; round < 3; round++) {
        run.fill(round);
        program.run();
        linkedSums.push(...run.outcome());
      }
      expect(firstDifference(linkedSums, values)).toBeNull();
      expect(memory.firstStrayByte([...arrays, tape])).toBeNull();
    }
  });
});

test('a program counts what one run of it makes, that of its parts each time', () => {
  memory.reset([[64, 64]]);
  const [y, x] = [memory.allocate(3), memory.allocate(3)];
  const inner = createList();
  for (let k = 0; k < 3; k++) inner.emit(ops.copy, y, x, 3);
  const outer = createList();
  outer.emit(ops.copy, y, x, 3);
  for (let k = 0; k < 2; k++) outer.emit(part, inner.calls);
  outer.emit(host, () => {});
  outer.emit(ops.copy, y, x, 3);
  const sizeOf = (kernels: Kernels, room: TapeMemory | null) => link(outer.calls, kernels, room).size;
  // Calls of a small part are calls of the block around it, whether their tape finds room or not.
  const room = createTapeMemory(memory.allocate(3 * CALL_DOUBLES));
  for (const tapes of [tapesOf(memory.allocate), room, null]) {
    expect(sizeOf(memory.kernels, tapes)).toEqual({ calls: 8, alone: 0, blocks: 2, hosts: 1 });
  }
  expect(sizeOf(referenceKernels, null)).toEqual({ calls: 8, alone: 8, blocks: 0, hosts: 1 });
});

test('a room gives what it has once, from its start', () => {
  const tape = new Float64Array(20);
  const room = createTapeMemory(tape);
  expect([room.take(8)?.byteOffset, room.take(13), room.take(12)?.byteOffset, room.take(1)]).toEqual([
    0,
    null,
    64,
    null,
  ]);
});

const N = 100;

test('calls on arrays that lie elsewhere are left to plain code, between blocks of the others', () => {
  const memory = guardKernels(createWasmKernels);
  const [a, b, c] = [memory.allocate(N).fill(1), memory.allocate(N).fill(2), new Float64Array(N).fill(4)];
  const { calls, emit } = createList();
  emit(ops.add, a, b, N);
  emit(ops.add, a, c, N);
  emit(ops.add, c, a, N);
  emit(ops.add, a, b, N);
  const { sizes, kernels } = countBlocks(memory.kernels);
  link(calls, kernels, tapesOf(memory.allocate)).run();
  expect([a.every((number) => number === 9), c.every((number) => number === 11)]).toEqual([true, true]);
  expect(sizes).toEqual([1, 1]);
});

test.each(elementTypes)('kernels of %s leave calls with an array of another type to plain code', (type) => {
  const { allocate, kernels } = guardKernels(createWasmKernels, undefined, type);
  const other = type === 'float64' ? 'float32' : 'float64';
  const of = (type: ElementType): Elements => elementView(type, ...placeOf(allocate(N, FLOAT64)), N);
  const update = updateOp(createOptimizer('adam'));
  const isBound = (g: ElementType, factor: ElementType, v: ElementType): boolean[] => {
    const { calls, emit } = createList();
    emit(ops.scale, of(g), N, of(factor) as Float64Array);
    emit(update, of(type), of(type), [of(type), of(v)], N, of(FLOAT64) as Float64Array);
    return calls.map((call) => kernels.bind(call) !== null);
  };
  expect(isBound(type, 'float64', type)).toEqual([true, true]);
  expect(isBound(other, 'float64', type)).toEqual([false, true]);
  expect(isBound(type, 'float32', type)).toEqual([false, true]); // a factor is a double in every run
  expect(isBound(type, 'float64', other)).toEqual([true, false]);
});

const placeOf = ({ buffer, byteOffset }: Float64Array) => [buffer, byteOffset] as const;

test('a function of the backend ends a block, and no program', () => {
  memory.reset();
  const [a, b] = [memory.allocate(3).fill(1), memory.allocate(3).fill(2)];
  const { calls, emit } = createList();
  emit(ops.add, a, b, 3);
  emit(ops.scale, a, 3, b);
  emit(ops.add, a, b, 3);
  const bind: Kernels['bind'] = (call) =>
    call.op.name === 'scale' ? () => void (call.args[0] as Float64Array).fill(10) : memory.kernels.bind(call);
  const { sizes, kernels } = countBlocks({ ...memory.kernels, bind });
  const program = link(calls, kernels, tapesOf(memory.allocate));
  expect(program.run()).toBe(true);
  expect([...a]).toEqual([12, 12, 12]);
  expect(sizes).toEqual([1, 1]);
  expect(program.block).toBeNull();
});

const rooms = { 'in the memory': (allocate: Allocate) => tapesOf(allocate), elsewhere: () => null };

describe.each(Object.entries(rooms))('a block with its tape %s', (_place, roomOf) => {
  test.each(elementTypes)('reads a number in a run of %s when its call is made', (type) => {
    const memory: GuardedMemory<ElementType> = memories[type];
    memory.reset();
    const { allocate, kernels } = memory;
    const [average, zeros] = [1, 0].map((number) => allocate(5).fill(number));
    const [share, ...shares] = [1, 0.5, 0.25].map((number) => allocate(1, FLOAT64).fill(number));
    /** The elements in whose place a double stands. */
    const of = ({ buffer, byteOffset }: Float64Array) =>
      elementView(type, buffer, byteOffset, type === 'float64' ? 1 : 2);
    const { calls, emit } = createList();
    for (const number of shares) {
      emit(ops.copy, of(share), of(number), of(share).length);
      emit(ops.averageWeights, average, zeros, 5, share);
    }
    const program = link(calls, kernels, roomOf(allocate as Allocate));
    expect(program.block).not.toBeNull();
    program.run();
    expect([...average]).toEqual(new Array(5).fill(0.5 * 0.75));
    shares[0].fill(0.75);
    program.block?.repeat(2, allocate(1, FLOAT64).fill(0));
    expect([...average]).toEqual(new Array(5).fill(0.5 * 0.75 * (0.25 * 0.75) ** 2));
  });

  test('repeats itself until `stop` is not 0', () => {
    memory.reset();
    const [count, one, stop] = [memory.allocate(1), memory.allocate(1).fill(1), memory.allocate(1)];
    const { calls, emit } = createList();
    emit(ops.add, count, one, 1);
    emit(activationOps.relu.forward, stop, count, 1, 0);
    const { block } = link(calls, memory.kernels, roomOf(memory.allocate));
    if (block === null) throw new Error('a list of fixed calls is no block');
    for (const portions of [[10], [4, 10], [1, 2, 1, 0]]) {
      count[0] = -3;
      stop[0] = 0;
      const repeats = portions.map((times) => (stop[0] === 0 ? block.repeat(times, stop) : 0));
      expect([repeats.reduce((a, b) => a + b), count[0], stop[0]]).toEqual([4, 1, 1]);
    }
    // It runs once before it looks.
    expect([block.repeat(10, stop), count[0]]).toEqual([1, 2]);
    expect([block.repeat(0, stop), count[0]]).toEqual([0, 2]);
  });
});

/** Every way of running a list. */
const ways: [string, () => [Kernels, TapeMemory | null, Allocate]][] = [
  ['plain code', () => [referenceKernels, null, ordinary]],
  ['blocks with tapes elsewhere', () => [memory.kernels, null, memory.allocate]],
  ['blocks', () => [memory.kernels, tapesOf(memory.allocate), memory.allocate]],
  ['blocks between plain code', () => [lacking(memory.kernels, gaps), tapesOf(memory.allocate), memory.allocate]],
];

describe.each(ways)('in %s', (_name, prepare) => {
  function start() {
    memory.reset([[64, 64]]);
    const [kernels, room, allocate] = prepare();
    return { kernels, room, allocate, ...createList() };
  }

  test('an operation of the host sees what comes before it, and not what comes after', () => {
    const { kernels, room, allocate, calls, emit } = start();
    const [sum, one] = [allocate(1).fill(0), allocate(1).fill(1)];
    const seen: number[] = [];
    const look = (): void => void seen.push(sum[0]);
    emit(host, look);
    emit(ops.add, sum, one, 1);
    emit(ops.add, sum, one, 1);
    emit(host, look);
    emit(ops.add, sum, one, 1);
    emit(host, look);
    const program = link(calls, kernels, room);
    expect([program.run(), program.run(), program.block]).toEqual([true, true, null]);
    expect(seen).toEqual([0, 2, 3, 3, 5, 6]);
  });

  test.each([false, true])(
    'one that returns false ends the program there, and all around it where in a part: %s',
    (inPart) => {
      const { kernels, room, allocate, calls, emit } = start();
      const [sum, one] = [allocate(1).fill(0), allocate(1).fill(1)];
      let answer: unknown = false;
      const inner = createList();
      const list = inPart ? inner.emit : emit;
      emit(ops.add, sum, one, 1);
      list(host, () => answer);
      list(ops.add, sum, one, 1);
      if (inPart) emit(part, inner.calls);
      emit(ops.add, sum, one, 1);
      const program = link(calls, kernels, room);
      expect([program.run(), sum[0]]).toEqual([false, 1]);
      // It begins at its start again; any other answer lets it go on.
      for (const [k, other] of [undefined, true, 0, null].entries()) {
        answer = other;
        expect([program.run(), sum[0]]).toEqual([true, 1 + 3 * (k + 1)]);
      }
    },
  );

  test.each(['mixed', 'tanh'])('a part that several places share has the bits of its calls in each: %s', (name) => {
    const bits = [false, true].map((shares) => {
      const { kernels, room, allocate, calls, emit } = start();
      const run = setUp(networks[name], 'mse', allocate, true);
      const twice = createList();
      for (let k = 0; k < 2; k++) {
        if (shares) twice.emit(part, run.calls);
        else calls.push(...run.calls);
      }
      if (shares) emit(part, twice.calls);
      emit(ops.add, run.gradient, run.gradient, run.gradient.length);
      if (shares) emit(part, run.calls);
      else calls.push(...run.calls);
      const program = link(calls, kernels, room);
      const values: number[] = [];
      for (let round = 0; round < 3; round++) {
        run.fill(round);
        program.run();
        values.push(...run.outcome());
      }
      return values;
    });
    expect(firstDifference(bits[1], bits[0])).toBeNull();
  });

  test('a program without calls does nothing', () => {
    const { kernels, room, calls } = start();
    const program = link(calls, kernels, room);
    expect([program.run(), program.block]).toEqual([true, null]);
  });
});

describe('parts that are blocks', () => {
  /** a, a part of `length` calls twice, a. */
  function linked(length: number, kernels: Kernels, room: TapeMemory | null) {
    const [sum, one] = [memory.allocate(1).fill(0), memory.allocate(1).fill(1)];
    const inner = createList();
    for (let k = 0; k < length; k++) inner.emit(ops.add, sum, one, 1);
    const { calls, emit } = createList();
    emit(ops.add, sum, one, 1);
    for (let k = 0; k < 2; k++) emit(part, inner.calls);
    emit(ops.add, sum, one, 1);
    const counts = countBlocks(kernels);
    const program = link(calls, counts.kernels, room);
    program.run();
    expect(sum[0]).toBe(2 * length + 2);
    return { sizes: counts.sizes, program };
  }

  test.each(Object.entries(rooms))(
    'of up to 64 kernel calls are joined into the block around them: %s',
    (_, roomOf) => {
      memory.reset();
      const { sizes, program } = linked(64, memory.kernels, roomOf(memory.allocate));
      expect(sizes.at(-1)).toBe(130);
      expect(program.block?.calls).toHaveLength(130);
      expect(program.size).toEqual({ calls: 130, alone: 0, blocks: 1, hosts: 0 });
    },
  );

  test.each(Object.entries(rooms))('of more kernel calls stand on one tape and run by themselves: %s', (_, roomOf) => {
    memory.reset();
    const { sizes, program } = linked(65, memory.kernels, roomOf(memory.allocate));
    expect(sizes).toEqual([65, 1, 1]);
    expect(program.block).toBeNull();
    expect(program.size).toEqual({ calls: 132, alone: 0, blocks: 4, hosts: 0 });
  });
});

test('a part runs by an executor alone', () => {
  expect(() => part.reference([])).toThrow('expected the executor to run it');
});
