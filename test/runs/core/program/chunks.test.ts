import {
  createTrainStep,
  type Elements,
  type ElementType,
  type LayerSpec,
  type LossName,
  losses,
  type NetworkSpec,
} from '@gradloom/core';
import {
  batchLoss,
  bindGradients,
  bindTensors,
  blockCount,
  clipScale,
  couplesRows,
  createBlockUpdate,
  createElements,
  createList,
  createWorkspace,
  elementTypes,
  emitNode,
  FLOAT64,
  gradientLength,
  gradientNorm,
  gradientOf,
  gradientStride,
  inputsOf,
  leafCount,
  link,
  MAX_NODE_ROWS,
  type NodePass,
  ops,
  type Program,
  planTeam,
  segmentsOf,
  sumsOf,
  tapesOf,
  targetColumns,
  targetPositions,
  typeOf,
  viewOf,
  weighPositions,
} from '@gradloom/core/internal';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLoss } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer, type OptimizerSpec } from '../../../../packages/core/src/families/optimizers/index.ts';
import type { Allocate } from '../../../../packages/core/src/math/scratch.ts';
import { buildNetwork, initializeParameters } from '../../../../packages/core/src/network/network.ts';
import { leafRowsOf } from '../../../../packages/core/src/network/pass-rows.ts';
import type { Kernels } from '../../../../packages/core/src/program/kernels.ts';
import { referenceKernels } from '../../../../packages/core/src/program/reference/reference-kernels.ts';
import { firstDifference } from '../../../support/bits.ts';
import { counted } from '../../../support/count.ts';
import { createGuardedMemory } from '../../../support/guarded-memory.ts';
import { optimizer, randomNetwork, takesIndices, withWidths } from '../../../support/random-run.ts';
import { propertySeed } from '../../../support/seed.ts';

interface ChunkedRun {
  readonly type: ElementType;
  readonly spec: NetworkSpec;
  readonly lossName: LossName;
  readonly optimizer: OptimizerSpec;
  readonly seed: number;
  readonly clipNorm: number | undefined;
  /** Most rows of a step, from which the leaf follows. */
  readonly batch: number;
  /** Rows of each step. */
  readonly rows: readonly number[];
  readonly threads: number;
  /** Leaves of a pass. */
  readonly maxLeaves: number;
  readonly canAccumulate: boolean;
  /** Whether what a thread computes of the whole batch is left by its first pass, for all others of the thread. */
  readonly keeps: boolean;
  /** Whether the last thread runs first: what threads do between two barriers may come in any order. */
  readonly isReversed: boolean;
}

/** Batches that have leaves of 16, 32 and 64 rows, of as many leaves as fill a few dozen threads. */
const rows = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 70 }).map((B) => ({ batch: B, B })) },
  { weight: 4, arbitrary: fc.integer({ min: 71, max: 1023 }).map((B) => ({ batch: B, B })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1024 }).map((B) => ({ batch: 1024, B })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 1300 }).map((B) => ({ batch: 4096, B })) },
);

/** Put in front: rows that depend on each other from the first layer on, or more than one block of parameters. */
const front: fc.Arbitrary<readonly LayerSpec[]> = fc.constantFrom(
  [],
  [{ kind: 'dense', out: 5 }, { kind: 'batch-norm' }] as const,
  [
    { kind: 'dense', out: 64 },
    { kind: 'dense', out: 65 },
  ] as const,
);

const network: fc.Arbitrary<NetworkSpec> = fc.tuple(front, randomNetwork).map(([front, spec]) => {
  const { input, layers } = spec;
  const isGraph = layers.some(({ of }) => of !== undefined); // whose layers name others by their place
  if (isGraph || buildNetwork(spec).output.length > 1) return spec;
  const flat = layers.findLastIndex((layer) => layer.kind === 'flatten') + 1;
  const before = layers.slice(0, flat);
  const width = flat === 0 ? inputsOf(spec) : buildNetwork({ input, layers: before }).outputs;
  return { input, layers: [...before, ...withWidths([...front, ...layers.slice(flat)], width)] };
});

const chunkedRun: fc.Arbitrary<Omit<ChunkedRun, 'type'>> = fc
  .record({
    spec: network,
    lossName: fc.constantFrom(...(Object.keys(losses) as LossName[])),
    // Muon updates matrices after all blocks: any-run.test.ts compares its steps.
    optimizer: (optimizer as fc.Arbitrary<OptimizerSpec>).filter(
      (spec) => createOptimizer(spec).matrices === undefined,
    ),
    seed: fc.integer({ min: 0, max: 1000 }),
    clipNorm: fc.constantFrom(undefined, 0.01, 1e6),
    rows,
    short: fc.nat(1023),
    threads: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 33, 64)),
    maxLeaves: fc.constantFrom(1, 2, 4, 8, 16),
    canAccumulate: fc.boolean(),
    keeps: fc.boolean(),
    isReversed: fc.boolean(),
  })
  .map(({ rows: drawn, short, maxLeaves, ...rest }) => {
    const network = buildNetwork(rest.spec);
    // Layers with positions take plain code longer, and have leaves of a few rows in any batch.
    const batch = network.layers.some((layer) => layer.in.length > 1) ? Math.min(drawn.batch, 128) : drawn.batch;
    const B = 1 + ((drawn.B - 1) % batch);
    return {
      ...rest,
      batch,
      rows: [B, B, 1 + (short % B)],
      maxLeaves: Math.min(maxLeaves, MAX_NODE_ROWS / leafRowsOf(network, batch)),
    };
  });

/** What each step leaves behind. */
type Outcome = readonly (readonly [name: string, values: ArrayLike<number>])[];

/** Inputs and targets of a step on B rows. */
function rowsOf({ type, spec, lossName }: ChunkedRun, step: number, B: number) {
  const network = buildNetwork(spec);
  const hasIndices = takesIndices(spec);
  const loss = createLoss(lossName);
  const T = targetColumns(network, loss);
  const isClass = loss.targets === 'classes';
  const value = (i: number): number => (i * 37 + step * 11) % 251;
  const x = createElements(type, B * network.inputs);
  const t = createElements(type, B * T);
  for (let i = 0; i < x.length; i++) x[i] = hasIndices ? value(i) : value(i) / 125 - 1;
  for (let i = 0; i < t.length; i++) t[i] = isClass ? (i * 5) % (network.outputs / T) : ((i * 13) % 7) / 6;
  // Some positions do not count.
  for (let i = 0; isClass && T > 1 && i < t.length; i++) if (value(i) % 3 === 0) t[i] = -1;
  return { x, t };
}

function oracle(run: ChunkedRun): Outcome[] {
  const { type, spec, lossName, batch, seed, clipNorm } = run;
  const { parameters, state, step } = createTrainStep({
    network: buildNetwork(spec),
    loss: createLoss(lossName),
    optimizer: createOptimizer(run.optimizer),
    elementType: type,
    kernels: referenceKernels,
    batch,
    seed,
    ...(clipNorm === undefined ? {} : { clipNorm }),
  });
  return run.rows.map((B, k) => {
    const { x, t } = rowsOf(run, k, B);
    const { loss, norm } = step(x, t, B);
    return outcomeOf(loss, norm, parameters, state);
  });
}

const outcomeOf = (loss: number, norm: number, parameters: Elements, state: readonly Elements[]): Outcome => [
  ['loss and norm', [loss, norm]],
  ['parameters', parameters.slice()],
  ...state.map((slot, k) => [`state ${k}`, slot.slice()] as const),
];

/** Prepares the same steps by the passes of a team, which this thread runs one after the other. */
function createTeam(run: ChunkedRun, kernels: Kernels, allocate: Allocate): () => Outcome[] {
  const { batch, seed, clipNorm, threads, maxLeaves, canAccumulate, keeps, isReversed } = run;
  const network = buildNetwork(run.spec);
  const loss = createLoss(run.lossName);
  const optimizer = createOptimizer(run.optimizer);
  const couples = couplesRows(network);
  const leaf = leafRowsOf(network, batch);
  const B = Math.max(...run.rows);
  const P = network.parameterCount;
  const G = gradientLength(network);
  const blocks = blockCount(P);
  const leaves = leafCount(B, leaf);
  const planOf = (rows: number) =>
    planTeam({ leaves: leafCount(rows, leaf), threads, maxLeaves, canAccumulate, mergesRows: !couples });
  const gradientRows = Math.max(...run.rows.map((rows) => planOf(rows).rows));

  const theta = allocate(P);
  initializeParameters(network, theta, seed);
  const gSum = allocate(gradientRows * gradientStride(typeOf(theta), G));
  const state = optimizer.slots.map(() => allocate(P).fill(0));
  const squares = allocate(blocks, FLOAT64);
  const lossSums = allocate(leaves, FLOAT64);
  const hyper = allocate(optimizer.hyperLength, FLOAT64);
  const [scale, mean] = [allocate(1, FLOAT64), allocate(1, FLOAT64)];
  const stepAndRow = allocate(2, FLOAT64);
  const shared: Elements[] = [];
  const gradients = Array.from({ length: gradientRows }, (_, row) => gradientOf(gSum, G, row));

  /** Memory of a pass; `kept` is what it shares with others of its thread. */
  function createRoom(rows: number, kept: Elements[]) {
    let [taken, keeping] = [0, 0];
    const take = (width: number): Elements => (shared[taken++] ??= allocate(leaves * width));
    const allocateForThread = (length: number): Elements => (kept[keeping++] ??= allocate(length));
    return createWorkspace(network, loss, rows, allocate, {
      leaves,
      allocatePerLeaf: take,
      ...(keeps ? { allocatePerThread: allocateForThread } : {}),
    });
  }
  const only = couples ? null : createRoom(Math.min(B, maxLeaves * leaf), []);

  const room = tapesOf(allocate);
  const linked = (fill: (list: ReturnType<typeof createList>) => void): Program => {
    const list = createList();
    fill(list);
    return link(list.calls, kernels, room);
  };

  /**
   * The k-th pass of a thread, over leaves of a batch of `rows` rows: its rows, and what stands between its barriers.
   */
  function passOf({ first, count, row, accumulate, merges }: NodePass, rows: number, kept: Elements[], k: number) {
    const passRows = Math.min(count * leaf, rows - first * leaf);
    const workspace = only ?? createRoom(passRows, kept);
    const { calls, emit } = createList();
    const at = { rows, leaves: leafCount(rows, leaf), firstLeaf: first, follows: keeps && k > 0 };
    const settings = {
      emit,
      training: true,
      seed,
      leafRows: leaf,
      accumulate,
      batch: at,
      stepAndRow,
      lengths: workspace.lengths,
    };
    const tensors = bindGradients(network, gradients[row]);
    emitNode(
      viewOf(lossSums, first, count),
      network,
      workspace,
      bindTensors(network, theta),
      tensors,
      passRows,
      settings,
    );
    for (const [left, right] of merges) emit(ops.add, gradients[left], gradients[right], G);
    const segments = segmentsOf(calls).map((segment) => link(segment, kernels, room));
    return { firstRow: first * leaf, own: passRows, workspace, segments };
  }

  /** The programs of a step on so many rows. */
  function teamOf(rows: number) {
    const plan = planOf(rows);
    const passes = plan.passes.map((threadPasses) => {
      const kept: Elements[] = [];
      return threadPasses.map((pass, k) => passOf(pass, rows, kept, k));
    });
    const sums = sumsOf(plan.nodes, leafCount(rows, leaf));
    const updates = plan.passes.map((_, t) => {
      const share = (t: number): number => Math.floor((t * blocks) / threads);
      const memory = { theta, gSum, state, squares };
      const update = createBlockUpdate(optimizer, network, memory, hyper, share(t), share(t + 1));
      if (clipNorm === undefined) return [linked(({ emit }) => update.averageAndApply(emit, mean, sums))];
      return [linked(({ emit }) => update.average(emit, mean, sums)), linked(({ emit }) => update.apply(emit, scale))];
    });
    return { passes: isReversed ? passes.reverse() : passes, updates: isReversed ? updates.reverse() : updates };
  }

  const teams = new Map(run.rows.map((rows) => [rows, teamOf(rows)]));
  const scalars = Float64Array.from(optimizer.initialScalars);
  const runStep = (rows: number, step: number): Outcome => {
    const { passes, updates } = teams.get(rows) ?? teamOf(rows);
    const { x, t } = rowsOf(run, step, rows);
    const [I, T, R] = [x.length / rows, t.length / rows, targetPositions(network, loss)];
    for (const array of [gSum, squares, lossSums, ...shared]) array.fill(Number.NaN);
    const all = passes.flat();
    for (let s = 0; s < all[0].segments.length; s++) {
      for (const { firstRow, own, workspace, segments } of all) {
        if (s === 0) {
          workspace.x.set(x.subarray(firstRow * I, (firstRow + own) * I));
          workspace.t.set(t.subarray(firstRow * T, (firstRow + own) * T));
          weighPositions(workspace, own, R, false);
        }
        stepAndRow.set([step, firstRow]);
        segments[s].run();
      }
    }
    const count = R === 1 ? rows : Math.max(1, t.filter((label) => label >= 0).length);
    mean[0] = 1 / count;
    optimizer.hyper(hyper, Float64Array.of(optimizer.lr), scalars);
    for (const [first] of updates) first.run();
    const norm = gradientNorm(squares);
    if (clipNorm !== undefined) {
      scale[0] = clipScale(norm, clipNorm);
      for (const [, second] of updates) second.run();
    }
    optimizer.advance(scalars);
    return outcomeOf(batchLoss(lossSums, leafCount(rows, leaf), count), norm, theta, state);
  };
  return () => run.rows.map(runStep);
}

const memories = { float64: createGuardedMemory(2048), float32: createGuardedMemory(1024, 'float32') };

/** Arrays of a run of `elementType`, by what makes one. */
const allocateBy = (elementType: ElementType, make: (type: ElementType, length: number) => Elements): Allocate =>
  ((length: number, type: ElementType = elementType) => make(type, length)) as Allocate;

const inPlainCode = (run: ChunkedRun): Outcome[] =>
  createTeam(
    run,
    referenceKernels,
    allocateBy(run.type, (type, length) => createElements(type, length).fill(9)),
  )();

/** Steps by WebAssembly, which must write nothing outside of the arrays of the run. */
function inWasm(run: ChunkedRun): Outcome[] {
  const memory = memories[run.type];
  memory.reset(buildNetwork(run.spec).products);
  const arrays: Elements[] = [];
  const allocate = allocateBy(run.type, (type, length) => {
    arrays.push(type === FLOAT64 ? memory.allocate(length, type) : memory.allocate(length));
    return arrays[arrays.length - 1];
  });
  const steps = createTeam(run, memory.kernels, allocate);
  memory.snapshot();
  const outcomes = steps();
  expect(memory.firstStrayByte(arrays)).toBeNull();
  return outcomes;
}

const ways = { 'plain code': inPlainCode, WebAssembly: inWasm };

test.each(elementTypes)(
  `passes of a few leaves of %s come to the bits of whole steps, leaf by leaf, in any team (seed ${propertySeed})`,
  { timeout: 1_200_000 },
  (type) => {
    const check = fc.property(chunkedRun, (drawn) => {
      const run = { ...drawn, type };
      const steps = oracle(run);
      for (const [way, stepsOf] of Object.entries(ways)) {
        const outcomes = stepsOf(run);
        for (const [k, expected] of steps.entries()) {
          for (const [j, [name, values]] of expected.entries()) {
            expect(firstDifference(outcomes[k][j][1], values), `${way}, step ${k}: ${name}`).toBeNull();
          }
        }
      }
    });
    fc.assert(check, { seed: propertySeed, numRuns: counted(5, 500) });
  },
);
