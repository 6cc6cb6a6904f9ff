import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildNetwork, createLoss, createOptimizer, createSchedule, type NetworkSpec } from '@gradloom/core';
import { complete } from '@gradloom/core/internal';
import {
  datasetFromRows,
  evaluateModel,
  loadCsv,
  loadModel,
  readIdx,
  saveModel,
  syntheticDatasets,
  train,
} from '@gradloom/runtime';
import { afterEach, describe, expect, test } from 'vitest';
import { planArena } from '../../../packages/runtime/src/engine/memory/arena.ts';
import { checkMemory } from '../../../packages/runtime/src/system/memory/memory.ts';
import { limitMemory, memoryRoom } from '../../../packages/runtime/src/system/memory/memory-room.ts';
import { planRun } from '../../../packages/runtime/src/training/run/plan.ts';
import { prepareRun } from '../../../packages/runtime/src/training/run/prepare.ts';
import { encodeIdx } from '../../support/encode-idx.ts';
import { randomDataset } from '../../support/random-dataset.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const MiB = 1024 ** 2;
const parts = [
  { name: 'weights', bytes: 3 * MiB },
  { name: 'rows', bytes: 4 * MiB, option: 'batch' },
  { name: 'weights', bytes: MiB },
  { name: 'crumbs', bytes: 5 },
];
const bytes = 8 * MiB + 5;

test('a plan that fits to the byte passes; one byte more is refused with the sum, the large parts and their options', () => {
  checkMemory(parts, { bytes, bound: 'room' });
  let error: unknown;
  try {
    checkMemory(parts, { bytes: bytes - 1, bound: 'room', option: 'memoryLimit' });
  } catch (refusal) {
    error = refusal;
  }
  expect(error).toMatchObject({
    message: 'train: the plan has 9 MiB, expected at most 9 MiB (room): weights 4 MiB, rows 4 MiB',
    options: ['layers', 'batch', 'memoryLimit'],
  });
});

test('the parts of a plan are all of its bytes', () => {
  const layout = planArena({
    backend: 'wasm',
    network: buildNetwork({ input: 7, layers: [{ kind: 'dense', out: 5 }] }),
    loss: createLoss('mse'),
    optimizer: createOptimizer('adam'),
    schedule: createSchedule('plateau', { totalSteps: 10, stepsPerEpoch: 5 }),
    batch: 32,
    lastBatch: 32,
    leafRows: 16,
    passRows: 32,
    rowsAtOnce: 256,
    couples: false,
    elementType: 'float64',
    threads: 3,
  });
  expect(layout.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(layout.bytes);
});

test('ranks of one machine plan with an equal share of its memory', () => {
  const data = { train: randomDataset({ rows: 8, inputs: 2, classes: 3 }) };
  const plan = complete(
    planRun({ input: 2, layers: [{ kind: 'dense', out: 3 }] }, data, { steps: 1, threads: 1, backend: 'wasm' }),
  );
  const connection = { rank: 0, ranks: 2, timeLimitMs: 0, path: '', ledger: new SharedArrayBuffer(0) };
  const shape = { connection, threadsOf: [1, 1], overlap: true } as const;
  expect(complete(prepareRun({ ...plan, ranks: { ...shape, ranksHere: 2 } }, data)).budget.threads).toBe(1);
  // More than any machine has room for.
  expect(() => complete(prepareRun({ ...plan, ranks: { ...shape, ranksHere: 2 ** 30 } }, data))).toThrow(
    /^train: the plan has \d+ MiB, expected at most \d+ MiB \(what .*, for each of 1073741824 ranks\): /,
  );
});

describe('a limit', () => {
  afterEach(() => limitMemory(null));

  test('leaves what the process does not have yet, and no more than there is', () => {
    const free = memoryRoom();
    expect(free.bytes).toBeGreaterThan(MiB);
    const taken = process.memoryUsage.rss();
    limitMemory(taken + 64 * MiB);
    const room = memoryRoom();
    expect(room.option).toBe('memoryLimit');
    expect(room.bytes / MiB).toBeCloseTo(64, -1.5);
    expect(() => limitMemory(MiB)).toThrow(
      /^limitMemory: memoryLimit has 1 MiB, expected more than the \d+ MiB that this process already takes$/,
    );
    expect(() => limitMemory(5)).toThrow(/^limitMemory: memoryLimit has 5 bytes, expected more than the \d+ MiB/);
    expect(memoryRoom().option).toBe('memoryLimit');
    limitMemory(Number.MAX_SAFE_INTEGER);
    expect(memoryRoom().bound).toBe(free.bound);
    for (const bytes of [0, -1, 1.5, Number.NaN])
      expect(() => limitMemory(bytes)).toThrow('limitMemory: memoryLimit has');
  });

  test('applies to rows that are generated or read, and the error names their source', async () => {
    const csv = folder.write('rows.csv', '1,2,3\n'.repeat(400_000));
    const zeros = encodeIdx('unsigned byte', [8, 1024, 1024], []);
    const idx = folder.write('rows.idx.gz', gzipSync(Buffer.concat([zeros, Buffer.alloc(8 * MiB)])));
    limitMemory(process.memoryUsage.rss() + MiB);
    expect(() => syntheticDatasets.moons({ rows: 1_000_000 })).toThrow(/^moons: rows has 1000000, which need 46 MiB/);
    await expect(loadCsv(csv)).rejects.toThrow(
      /^loadCsv: .*rows\.csv has \d+ MiB of numbers, expected at most \d+ MiB \(what the limit/,
    );
    await expect(readIdx(idx)).rejects.toThrow(
      /^readIdx: .*rows\.idx\.gz has 8 x 1024 x 1024 of type unsigned byte, 8 MiB of numbers, expected at most \d+ MiB \(what/,
    );
  });

  test('applies to the layers of a network before they are made', () => {
    const layers: NetworkSpec['layers'] = new Array(30_000).fill({ kind: 'dense', out: 1 });
    const spec: NetworkSpec = { input: 2, layers: [{ kind: 'residual', layers }] };
    const before = process.memoryUsage.rss();
    limitMemory(before + 50 * MiB);
    const data = { train: syntheticDatasets.moons({ rows: 4 }) };
    expect(() => complete(planRun(spec, data, {}))).toThrow(
      /^train: the plan has 235 MiB, expected at most .*: layers 235 MiB$/,
    );
    expect(process.memoryUsage.rss() - before).toBeLessThan(40 * MiB);
  });

  test('applies to a model before it is read, and to a plan before any thread starts', async () => {
    const path = join(folder.path, 'model.gradloom');
    const spec: NetworkSpec = { input: 1023, layers: [{ kind: 'dense', out: 1024 }] };
    const parameters = new Float64Array(MiB);
    saveModel(path, { spec, parameters });
    const rows = datasetFromRows({ inputs: [new Array(1023).fill(0)], targets: [1], classes: 1024 });
    limitMemory(process.memoryUsage.rss() + MiB);
    expect(() => loadModel(path)).toThrow(
      /^loadModel: .*model\.gradloom has 9 MiB, expected at most \d+ MiB \(what the limit/,
    );
    const refusal =
      /^train: the plan has \d+ MiB, expected at most \d+ MiB \(what the limit .*\): parameters [89] MiB, /;
    await expect(train(spec, { train: rows }, { batch: 1 })).rejects.toThrow(refusal);
    await expect(evaluateModel(spec, parameters, rows)).rejects.toThrow(refusal);
  });
});

test('a number of classes is compared with that of the rows before anything is allocated', () => {
  const before = process.memoryUsage().heapUsed;
  for (const make of [syntheticDatasets.blobs, syntheticDatasets.spirals]) {
    expect(() => make({ classes: 1e9 })).toThrow('expected at least 1000000000 (one per class)');
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * MiB);
});
