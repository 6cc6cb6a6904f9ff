import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readlinkSync,
  truncateSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type BackendChoice,
  type DataSplits,
  dense,
  evaluateModel,
  loadCheckpoint,
  loadDataset,
  loadIdx,
  loadNpy,
  loadNpz,
  relu,
  sequential,
  splitDataset,
  subset,
  type TrainOptions,
  train,
} from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { hashDataset } from '../../../packages/runtime/src/data/dataset-hash.ts';
import { anyRows } from '../../../packages/runtime/src/data/file-rows.ts';
import { gatherRows } from '../../../packages/runtime/src/data/gather.ts';
import { counted, onlyInAll } from '../../support/count.ts';
import { encodeIdx } from '../../support/encode-idx.ts';
import { encodeNpy, type NpyTypeName, npyEncodings } from '../../support/encode-npy.ts';
import { measureMemory } from '../../support/measure-memory.ts';
import { needs } from '../../support/needs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const ROWS = 300;
const COLUMNS = 20;

/** Whole numbers from 0 to 99, so that every type has them, and classes that depend on them. */
const numbers = Array.from({ length: ROWS * COLUMNS }, (_, i) => Math.floor(50 + 49 * Math.sin(i * i)));
const classes = Array.from({ length: ROWS }, (_, n) => (numbers[n * COLUMNS] > 50 ? 1 : 0));

function npyFolder(type: NpyTypeName, order: '<' | '>' = '<'): string {
  const name = `${type}${order === '<' ? 'little' : 'big'}`;
  folder.write(`${name}/x.npy`, encodeNpy(type, [ROWS, COLUMNS], numbers, { order }));
  folder.write(`${name}/y.npy`, encodeNpy('i4', [ROWS], classes));
  return join(folder.path, name);
}

const both = async (path: string): Promise<[kept: DataSplits, streamed: DataSplits]> => [
  await loadDataset(path, { name: 'rows' }),
  await loadDataset(path, { name: 'rows', stream: true }),
];

const spec = sequential(COLUMNS, dense(16), relu(), dense(2));
const options: TrainOptions = { batch: 64, epochs: 3, backend: 'wasm', threads: 2 };
const split = (data: DataSplits): DataSplits => splitDataset(data.train, { validation: 0.2, test: 0.1 });

describe.each(Object.keys(npyEncodings) as NpyTypeName[])('rows of type %s in a file', (type) => {
  test.each(['<', '>'] as const)('are those in memory: order %s', async (order) => {
    const [kept, streamed] = await both(npyFolder(type, order));
    expect(streamed.train.inputs.array).toHaveLength(0);
    expect(streamed.train.inputs.array.constructor).toBe(kept.train.inputs.array.constructor);
    const permutation = Uint32Array.from({ length: ROWS }, (_, n) => (n * 77) % ROWS);
    for (const [first, count, order] of [
      [0, ROWS, null],
      [7, 50, permutation],
      [299, 1, null],
    ] as const) {
      for (const divisor of [1, 3, 1 + 2 ** -24]) {
        const [a, b, c, d] = [Float64Array, Float32Array].flatMap((type) =>
          [kept, streamed].map(({ train }) => {
            const out = new type(count * COLUMNS);
            gatherRows(out, { ...train.inputs, divisor }, order, first, count, anyRows);
            return out;
          }),
        );
        expect(b).toEqual(a);
        expect(d).toEqual(c);
        // Small whole numbers are floats; the last divisor is none, and is rounded to 1 before it divides.
        expect(c).toEqual(Float32Array.from(a, (value) => Math.round(value * divisor) / Math.fround(divisor)));
      }
    }
    expect(await hashDataset(streamed.train)).toBe(await hashDataset(kept.train));
  });
});

describe.each<BackendChoice>(['reference', 'wasm', 'native'])('training from a file on %s', (backend) => {
  test.each([1, 3, ...onlyInAll(2)])(
    'has the bits of training from memory: %i threads',
    needs(backend),
    async (threads) => {
      const [kept, streamed] = await both(npyFolder('f4'));
      const runOptions = { ...options, backend };
      const expected = await train(spec, split(kept), runOptions);
      const result = await train(spec, split(streamed), { ...runOptions, threads });
      expect(result.fingerprint).toBe(expected.fingerprint);
      expect([result.validation, result.test]).toEqual([expected.validation, expected.test]);
    },
  );

  test('has them for bytes of IDX, too', needs(backend), async () => {
    folder.write('train-images-idx3-ubyte', encodeIdx('unsigned byte', [ROWS, 4, 5], numbers));
    folder.write('train-labels-idx1-ubyte', encodeIdx('unsigned byte', [ROWS], classes));
    const [kept, streamed] = await both(join(folder.path, 'train-images-idx3-ubyte'));
    const results = await Promise.all([kept, streamed].map((data) => train(spec, data, { ...options, backend })));
    expect(results[1].fingerprint).toBe(results[0].fingerprint);
  });
});

test('without shuffling, and by full batches, likewise', async () => {
  const [kept, streamed] = await both(npyFolder('i2'));
  for (const more of [{ shuffle: false }, { batch: 'full' as const, epochs: 5 }]) {
    const [a, b] = await Promise.all([kept, streamed].map((data) => train(spec, data, { ...options, ...more })));
    expect(b.fingerprint).toBe(a.fingerprint);
  }
});

test('a run from memory goes on from a file, and is evaluated from it', async () => {
  const [kept, streamed] = await both(npyFolder('f8'));
  const whole = await train(spec, kept, options);
  const stop = new AbortController();
  const onEvent = ({ type }: { type: string }) => void (type === 'epoch' && stop.abort());
  const checkpoint = { folder: join(folder.path, 'run') };
  const { checkpoint: written } = await train(spec, kept, { ...options, checkpoint, signal: stop.signal, onEvent });
  const resume = loadCheckpoint(written?.path ?? '');
  expect((await train(spec, streamed, { ...options, resume })).fingerprint).toBe(whole.fingerprint);
  const evaluate = (data: DataSplits) => evaluateModel(spec, whole.parameters, data.train, { backend: 'wasm' });
  expect(await evaluate(streamed)).toEqual(await evaluate(kept));
});

test('a part of a part has the rows of the file that it names', async () => {
  const [, { train: streamed }] = await both(npyFolder('u1'));
  const part = subset(subset(streamed, Uint32Array.of(3, 5, 100, 200)), Uint32Array.of(1, 3));
  const out = new Float64Array(2 * COLUMNS);
  gatherRows(out, part.inputs, null, 0, 2, anyRows);
  const rows = [5, 200].flatMap((n) => numbers.slice(n * COLUMNS, (n + 1) * COLUMNS));
  expect([...out]).toEqual(rows.map((value) => value / 255));
});

describe('faults', () => {
  const x = (name: string) => {
    const path = join(folder.path, `${name}.npy`);
    copyFileSync(join(npyFolder('f4'), 'x.npy'), path);
    return path;
  };
  const y = folder.write('labels.npy', encodeNpy('i4', [ROWS], classes));

  test.each<[title: string, change: (path: string) => void, message: RegExp]>([
    [
      'shrinks',
      (path) => truncateSync(path, 5000),
      /^train: a worker thread failed: \S+\.npy has 5000 bytes, expected the 24128 bytes that it had \(/,
    ],
    ['grows', (path) => appendFileSync(path, 'x'), /has 24129 bytes, expected the 24128 bytes that it had/],
    [
      'changes',
      (path) => utimesSync(path, 1, 1),
      /has other contents since 1970-01-01T00:00:01\.000Z, expected the 24128/,
    ],
  ])('a file that %s while it trains ends the run in a sentence', async (title, change, message) => {
    const path = x(title);
    const data = { train: await loadNpy(path, y, { stream: true }) };
    change(path);
    await expect(train(spec, data, { ...options, retries: 0 })).rejects.toThrow(message);
  });

  test('a file that has changed is not left open', needs('descriptors'), async () => {
    const path = x('closed');
    const { inputs } = await loadNpy(path, y, { stream: true });
    appendFileSync(path, 'x');
    expect(() => gatherRows(new Float64Array(COLUMNS), inputs, null, 0, 1, anyRows)).toThrow('has 24129 bytes');
    const open = readdirSync('/proc/self/fd').filter((descriptor) => {
      try {
        return readlinkSync(join('/proc/self/fd', descriptor)) === path;
      } catch {
        return false; // that of the folder itself
      }
    });
    expect(open).toEqual([]);
  });

  test('one that shrinks in the middle of a run, too, which keeps its checkpoint', async () => {
    const path = x('middle');
    const data = { train: await loadNpy(path, y, { stream: true }) };
    const onEvent = ({ type }: { type: string }) => {
      if (type === 'checkpoint') truncateSync(path, 5000);
    };
    const checkpoint = { folder: join(folder.path, 'shrunk'), every: { epochs: 1 } };
    const run = train(spec, data, { ...options, epochs: 50, retries: 0, checkpoint, onEvent });
    await expect(run).rejects.toThrow('middle.npy has 5000 bytes, expected the 24128 bytes that it had');
    expect(loadCheckpoint(join(folder.path, 'shrunk/last.gradloom')).progress.step).toBeGreaterThan(0);
  });

  test.each<[title: string, load: () => Promise<unknown>, message: string]>([
    [
      'gzip',
      () => loadIdx(folder.write('a-idx2-ubyte.gz', Buffer.from([0x1f, 0x8b, 8, 0])), y, { stream: true }),
      'a-idx2-ubyte.gz has',
    ],
    [
      'Fortran order',
      () =>
        loadNpy(folder.write('f.npy', encodeNpy('f4', [2, 2], [1, 2, 3, 4], { isColumnMajor: true })), y, {
          stream: true,
        }),
      'has Fortran order, expected rows in C order to stream',
    ],
    [
      'targets among the inputs',
      () => loadNpy(x('own'), null, { stream: true }),
      'has its targets in the last column, expected a file of their own',
    ],
    ['an archive', () => loadNpz('a.npz', { stream: true }), 'a.npz is an archive, expected .npy files to stream'],
    ['a word', () => loadDataset(x('word'), { stream: 'yes' as never }), 'stream has "yes", expected true or false'],
    [
      'a file cut short',
      () => loadNpy(folder.write('cut.npy', encodeNpy('f4', [9, 9], [1])), y, { stream: true }),
      'cut.npy has',
    ],
  ])('%s is refused', async (_title, load, message) => {
    await expect(load()).rejects.toThrow(message);
  });
});

test('memory is bounded, however large the file is', needs('peaks'), async () => {
  const gigabytes = counted(1, 20);
  const [rows, columns] = [gigabytes * 125_000, 1000];
  const wide = temporaryFolder();
  for (const [name, type, shape, bytes] of [
    ['x.npy', 'f8', [rows, columns], 8 * rows * columns],
    ['y.npy', 'i1', [rows], rows],
  ] as const) {
    // Its numbers are zeros that take no room on the disk.
    const header = encodeNpy(type, shape, []);
    truncateSync(wide.write(name, header), header.length + bytes);
  }
  const { bytes } = await measureMemory({ kind: 'stream', path: wide.path });
  expect(bytes).toBeLessThan(500e6);
});

// Fewer rows would fit into the bound in any case.
test.each(onlyInAll(200_000))(
  'memory of a table of %i rows that streams is bounded while it is converted, too',
  { ...needs('peaks'), timeout: 600_000 },
  async (rows) => {
    const columns = 200;
    const path = join(temporaryFolder().path, 'table.csv');
    const cells = Array.from({ length: 97 }, (_, n) =>
      Array.from({ length: columns }, (_, c) => ((n * (c + 7)) % 101) / 8).join(','),
    );
    const file = openSync(path, 'w');
    writeSync(file, `${Array.from({ length: columns }, (_, c) => `c${c}`).join(',')},y\n`);
    for (let n = 0; n < rows; ) {
      const lines: string[] = [];
      for (const end = Math.min(rows, n + 1000); n < end; n++) lines.push(`${cells[n % 97]},${n % 3 ? 'in' : 'out'}\n`);
      writeSync(file, lines.join(''));
    }
    closeSync(file);
    const { bytes } = await measureMemory({ kind: 'table', path });
    // In memory, 200,000 rows take 320 MB as columns and again as encoded rows.
    expect(bytes).toBeLessThan(450e6);
  },
);
