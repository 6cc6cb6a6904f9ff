import { dense, relu } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { mpirunNames } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainOnRanks } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
const spec = (name: string, layers: readonly object[]): string[] => {
  const path = folder.write(`${name}.json`, JSON.stringify({ input: 2, layers }));
  return ['--spec', path];
};
const softmax = dense(2);

/** Rows of which the last batch of 17 is a single one. */
const moons = ['--dataset', 'moons:rows=86', '--validation', '0', '--batch', '17', '--epochs', '2', '--no-out'];

const buckets = 'several buckets that overlap';

/** Runs that ask for something of their own of ranks. The weights have several blocks of 4,096. */
const runs: Record<string, readonly string[]> = {
  'dropout, clipping, layer-norm, a last batch of one row': [
    ...moons,
    ...spec('mixed', [
      dense(96),
      { kind: 'layer-norm' },
      relu(),
      { kind: 'dropout', rate: 0.3 },
      dense(96),
      relu(),
      softmax,
    ]),
    ...['--clip-norm', '0.5', '--optimizer', 'adam'],
  ],
  'one leaf for all ranks': [
    ...['--dataset', 'moons:rows=40', '--validation', '0.2', '--batch', '16', '--epochs', '2', '--no-out'],
    ...['--hidden', '64,64', '--optimizer', 'sgd:lr=0.1,momentum=0.9'],
  ],
  'many leaves, batch-norm': [
    ...['--dataset', 'moons:rows=500', '--validation', '0.2', '--batch', '200', '--epochs', '2', '--no-out'],
    ...spec('batch-norm', [dense(70), { kind: 'batch-norm' }, relu(), dense(70), relu(), softmax]),
  ],
  'a moving average, limited columns': [...moons, '--hidden', '80,80', '--ema', '0.9', '--max-norm', '0.8'],
  [buckets]: [
    ...['--dataset', 'moons:rows=125', '--validation', '0', '--batch', '100', '--steps', '3', '--no-out'],
    ...['--hidden', '520,520,520'],
  ],
  float32: [...moons, '--hidden', '96,96', '--precision', 'float32', '--optimizer', 'adam'],
};
type RunName = keyof typeof runs;
const [mixed] = Object.keys(runs);

const shapes = [
  [1, 1],
  [1, 3],
  [2, 1],
  [2, 2],
  [3, 1],
  [4, 2],
  [5, 1],
] as const;
const backends = ['native', 'wasm', 'reference'] as const;

/**
 * Each run on each shape and backend under both libraries. Of these a few, which have all of them; the stories of
 * lockstep.test.ts are such runs as the others.
 */
function* cases() {
  let n = 0;
  for (const name of Object.keys(runs) as RunName[]) {
    for (const [k, shape] of shapes.entries()) {
      for (const backend of backends) {
        for (const mpi of mpirunNames) {
          const isQuick =
            name === mixed
              ? (k === 1 || k === 2) && backend === backends[k % 3] && mpi === mpirunNames[k % 2]
              : name === buckets && k === 4 && backend === 'native' && mpi === 'Open MPI';
          if (counted(isQuick ? 1 : 0, 1) > 0) yield { n: n++, name, shape, backend, mpi };
        }
      }
    }
  }
}

const known = new Map<string, Promise<unknown>>();

/** Of one process on one thread. */
function alone(name: RunName, backend: string): Promise<unknown> {
  const key = `${name} ${backend}`;
  const outcome = known.get(key) ?? trainAlone([...runs[name], '--backend', backend]);
  known.set(key, outcome);
  return outcome;
}

async function trainAlone(args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await gradloom(['train', ...args, '--threads', '1', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return figuresOf(jsonLines(stdout).at(-1));
}

/** What no number of ranks or threads may change. */
function figuresOf(done: unknown): unknown {
  const { fingerprint, steps, trainLoss, testLoss, testAccuracy } = done as Record<string, unknown>;
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  return { fingerprint, steps, trainLoss, testLoss, testAccuracy };
}

describe.each([...cases()])('$name: $shape.0 ranks of $shape.1 threads, $backend, $mpi', (one) => {
  test('end as one process on one thread', { ...needs(one.mpi, one.backend, 'koffi'), timeout: 120_000 }, async () => {
    const { name, shape, backend, mpi } = one;
    const done = await trainOnRanks(mpi, shape, [...runs[name], '--backend', backend]);
    expect(figuresOf(done)).toEqual(await alone(name, backend));
  });
});

describe('ranks by Open MPI', needs('Open MPI', 'koffi'), () => {
  let calm: unknown;
  beforeAll(async () => {
    calm = await alone(mixed, 'wasm');
  });
  const args = [...runs[mixed], '--backend', 'wasm'];

  test('over TCP end in the same bits', async () => {
    const flags = ['--mca', 'btl', 'tcp,self'];
    expect(figuresOf(await trainOnRanks('Open MPI', [3, 1], args, { flags }))).toEqual(calm);
  });

  test('without overlap end in the same bits', async () => {
    const large = [...runs[buckets], '--backend', 'wasm'];
    const done = await trainOnRanks('Open MPI', [2, 1], [...large, '--no-overlap']);
    expect(figuresOf(done)).toEqual(await alone(buckets, 'wasm'));
  });

  test('many more than cores make progress', { timeout: 240_000 }, async () => {
    const done = await trainOnRanks('Open MPI', [counted(6, 64), 1], args);
    expect(figuresOf(done)).toEqual(calm);
  });
});
