import { dense, dropout } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { durationOf, type ProcessPool, runContest, type Score } from '../../../bench/peers/contest.ts';
import { compare, compareRows, comparisonLines, whyNotRecorded } from '../../../bench/peers/guard.ts';
import { meansOf } from '../../../bench/peers/means.ts';
import type { Peer } from '../../../bench/peers/peer.ts';
import { peers } from '../../../bench/peers/peers.ts';
import { fullTables, meansTable } from '../../../bench/peers/report.ts';
import { geometricMean, type Results, ratioOf, resultsPath, withPart } from '../../../bench/peers/results.ts';
import type { Workload } from '../../../bench/peers/workloads.ts';

const score = (peer: string, stepMs: number): Score => ({
  peer,
  stepMs,
  rounds: [stepMs],
  steps: 1,
  warmSteps: 300,
  loss: 0.1,
  environment: {},
  variant: {},
  coldStepMs: null,
  peakMiB: null,
});

/** A run in which ours take `ms` and PyTorch 2 ms, on a floor of 0.5 ms. */
function results(ms: number, floorMs = 0.5): Results {
  return {
    machine: { cpu: 'Some(R) CPU @ 2.10GHz', cores: 2, node: '20.0.0' },
    date: '2026-01-01',
    digits: 'mnist',
    rounds: 5,
    processes: {},
    peers: { 'Gradloom blas': { about: '', note: null }, PyTorch: { about: '', note: 'computes in float32' } },
    workloads: {
      'small, batch 32': {
        scores: [score('Gradloom blas', ms), score('PyTorch', 2)],
        floors: { 'Gradloom blas': { productsMs: floorMs, updateMs: 0, stepMs: floorMs, threads: 2 } },
      },
    },
  };
}

const [NOTHING, SILENT] = ['Nothing is recorded to compare with.', 'Nothing got slower than what was recorded.'];

describe('the guard', () => {
  test('reports nothing if ratios stay within a tenth', () => {
    expect(comparisonLines(compare(results(1), results(1.05)))).toEqual([SILENT]);
    expect(comparisonLines(compare(results(1), results(0.5)))).toEqual([SILENT]);
  });

  test('names a ratio and a share of the floor that fell', () => {
    expect(compare(results(1), results(1.25)).slower).toEqual([
      'small, batch 32: PyTorch took 2.00 times as long as Gradloom blas, now 1.60',
      'small, batch 32: Gradloom blas reached 50 % of its floor, now 40 %',
    ]);
  });

  test('looks at every backend of ours', () => {
    const other = (ms: number): Results => JSON.parse(JSON.stringify(results(ms)).replaceAll('blas', 'native'));
    expect(compare(other(1), other(1.25)).slower).toEqual([
      'small, batch 32: PyTorch took 2.00 times as long as Gradloom native, now 1.60',
      'small, batch 32: Gradloom native reached 50 % of its floor, now 40 %',
    ]);
  });

  test('reports that nothing got slower only if something was compared', () => {
    expect(comparisonLines(compare({ ...results(1), workloads: {} }, results(9)))).toEqual([NOTHING]);
    expect(comparisonLines(compare({ ...results(1), digits: 'noise' }, results(9)))).toEqual([NOTHING]);
    expect(comparisonLines(compare(null, results(9)))).toEqual([NOTHING]);
  });

  test('compares a ratio of the rows of a suite', () => {
    const rows = (speedup: number) => [{ backend: 'wasm', threads: 2, speedup }];
    const column = { ratio: 'speedup', keys: ['backend', 'threads'] };
    expect(compareRows(rows(1.9), rows(1.5), column).slower).toEqual(['wasm, 2 threads: speedup was 1.9, now 1.5']);
    expect(compareRows(rows(1.9), rows(1.8), column)).toEqual({ compared: 1, slower: [] });
    expect(compareRows([], rows(1.8), column)).toEqual({ compared: 0, slower: [] });
  });
});

describe('a record', () => {
  const peers = { 'Gradloom blas': { about: '', note: null } };
  const alone = { 'small, batch 32': { scores: [score('Gradloom blas', 1)], floors: {} } };

  test('is only of a whole run with every peer', () => {
    expect(whyNotRecorded(null, { ...results(1), peers, workloads: alone }, [])).toBeNull();
    expect(whyNotRecorded(results(1), results(2), [])).toBeNull();
  });

  test('is joined by a part of the same machine and commit, and by no other', () => {
    const [before, now] = [1, 2].map((ms) => ({ ...results(ms), commit: 'abc', minutes: 40 }));
    const part = { ...now, workloads: { 'images, batch 16': now.workloads['small, batch 32'] }, processes: { xor: 9 } };
    expect(whyNotRecorded(before, part, ['--only'])).toBeNull();
    expect(whyNotRecorded(null, part, ['--only'])).toBeNull();
    const names = ['images, batch 16', 'small, batch 32', 'text'];
    const whole = withPart(before, part, names);
    expect(Object.keys(whole.workloads)).toEqual(names.slice(0, 2));
    expect(whole).toMatchObject({ minutes: 80, commit: 'abc', processes: { xor: 9 }, peers: before.peers });
    expect(whole.workloads).toEqual({ ...before.workloads, ...part.workloads });
    expect(withPart(whole, { ...part, workloads: now.workloads }, names).workloads).toEqual({
      ...part.workloads,
      ...now.workloads,
    });

    const otherwise = '(--record begins another one)';
    expect(whyNotRecorded(before, { ...part, commit: 'def' }, ['--only'])).toBe(
      `this part is of commit def, expected commit abc as in the record ${otherwise}`,
    );
    const machine = { ...part.machine, node: '22.1.0' };
    expect(whyNotRecorded(before, { ...part, machine }, ['--only'])).toBe(
      `this part is of Some(R) CPU @ 2.10GHz with 2 cores and Node 22.1.0, expected Some(R) CPU @ 2.10GHz with 2 cores and Node 20.0.0 as in the record ${otherwise}`,
    );
    expect(whyNotRecorded(results(1), part, ['--only'])).toMatch(
      /^this part is of commit abc, expected commit unknown/,
    );
    expect(whyNotRecorded(null, { ...part, commit: null }, ['--only'])).toMatch(/^the sources have changes, expected/);
  });

  test('is not replaced by a partial run, one without a peer, or one with other rows', () => {
    expect(whyNotRecorded(null, results(1), ['--only', '--peers'])).toBe(
      'with --only and --peers it is not the whole run',
    );
    expect(whyNotRecorded(results(1), { ...results(1), peers }, [])).toBe(
      'the record has PyTorch, not found this time',
    );
    expect(whyNotRecorded(results(1), { ...results(1), workloads: alone }, [])).toBe(
      'the record has PyTorch in small, batch 32, which did not finish this time',
    );
    expect(whyNotRecorded(results(1), { ...results(1), digits: 'noise' }, [])).toBe(
      'its rows are noise, and those of the record mnist',
    );
  });
});

describe('a contest', () => {
  const network = { input: 1, layers: [dropout(0.5), dense(1)] };
  const workload = { name: 'small', network, checkSteps: 1, warmSteps: 1, isSmall: false } as unknown as Workload;
  const peer = (name: string): Peer => ({
    name,
    precision: 'float64',
    command: [],
    environments: [{}],
    variants: () => [{}],
    tolerance: null,
    get: '',
  });

  /** One answers to warm up and in its first round, and then no more. */
  async function contest(names: readonly string[], dying: string) {
    const [said, dropped, opened]: string[][] = [[], [], []];
    const pool: ProcessPool = {
      async get({ name }) {
        let left = name === dying ? 2 : Infinity;
        return {
          about: '',
          async open({ network }) {
            opened.push(`${name}: ${network.layers.map(({ kind }) => kind)}`);
          },
          async run(steps) {
            if (left-- <= 0) throw new Error('it ended with SIGKILL');
            return { steps, ms: steps };
          },
          lossAfter: async () => null,
          peakMiB: () => null,
          end() {},
        };
      },
      drop: ({ name }) => dropped.push(name),
      end() {},
    };
    const options = { rounds: 3, roundMs: 1, trialMs: 1, warmMs: 1, say: (text: string) => said.push(text) };
    const scores = await runContest(names.map(peer), workload, pool, options);
    return {
      names: scores.map((one) => one.peer),
      rounds: scores.map((one) => one.rounds.length),
      said,
      dropped,
      opened,
    };
  }

  test('continues without a peer that dies during its rounds', async () => {
    expect(await contest(['Gradloom wasm', 'PyTorch', 'NumPy'], 'PyTorch')).toMatchObject({
      names: ['Gradloom wasm', 'NumPy'],
      rounds: [3, 3],
      said: ['PyTorch: left out of small, it ended with SIGKILL'],
      dropped: ['PyTorch'],
    });
  });

  test('compares losses without dropout, and measures with it', async () => {
    const { opened } = await contest(['Gradloom wasm', 'PyTorch'], '');
    expect(opened).toEqual(
      ['Gradloom wasm', 'PyTorch'].flatMap((name) => [`${name}: dense`, `${name}: dropout,dense`]),
    );
  });

  test('gives the reason of a peer that does not take part', async () => {
    const said: string[] = [];
    const pool: ProcessPool = { get: () => Promise.reject(new Error('started')), drop() {}, end() {} };
    const slow: Peer = { ...peer('jax-js'), variants: () => 'a step takes 11 s' };
    const options = { rounds: 1, roundMs: 1, trialMs: 1, warmMs: 1 };
    expect(await runContest([slow], workload, pool, { ...options, say: (text) => said.push(text) })).toEqual([]);
    expect(said).toEqual(['jax-js: left out of small, a step takes 11 s']);
    expect(durationOf(slow, workload, options)).toBe(0);
  });

  test('ends if one of ours dies', async () => {
    await expect(contest(['Gradloom wasm', 'PyTorch'], 'Gradloom wasm')).rejects.toThrow('SIGKILL');
  });
});

test('a ratio says how many times as long the other takes', () => {
  const [workload] = Object.values(results(0.8).workloads);
  expect(ratioOf(workload, 'PyTorch', 'Gradloom blas')).toBe(2.5);
  expect(ratioOf(workload, 'tfjs', 'Gradloom blas')).toBeNull();
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
});

test('the table holds times, shares of the floor, ratios and what could not be made equal', () => {
  const text = fullTables(results(1), []).join('\n');
  expect(text).toContain('| small, batch 32 |  | 1 (50 %) |  | 2 x |');
  expect(text).toContain('PyTorch computes in float32.');
});

test('machines of a class share a file that names no single machine', () => {
  expect(resultsPath(results(1).machine)).toMatch(/results\/some-cpu-2-10ghz-2-cores\.json$/);
});

test.each(['noise', 'images'])('%s are in the table, and have a mean of their own', (kind) => {
  const gradloomResults = results(1);
  const [digits] = Object.values(gradloomResults.workloads);
  const other = { ...digits, scores: [score('Gradloom blas', 1), score('PyTorch', 9)] };
  const text = fullTables(
    { ...gradloomResults, workloads: { ...gradloomResults.workloads, [`small, batch 32, ${kind}`]: other } },
    [],
  ).join('\n');
  expect(text).toContain(`| small, batch 32, ${kind} |  | 1 (50 %) |  | 9 x |`);
  expect(text).toContain(`| geometric mean, ${kind} | | | | **9 x** |`);
  expect(text).toContain('| geometric mean, digits | | | | **2 x** |');
});

describe('like is compared with like', () => {
  const configurations = [
    'Gradloom native',
    'Gradloom native float32',
    'PyTorch float64',
    'PyTorch float32',
    'tfjs wasm',
  ];
  const both = (scores: readonly Score[]): Results => ({
    ...results(1),
    peers: Object.fromEntries(configurations.map((name) => [name, { about: '', note: null }])),
    workloads: { 'deep, batch 256': { scores, floors: {} } },
  });
  const [native, torch] = [score('Gradloom native', 2), score('PyTorch float64', 6)];
  const [native32, torch32, tfjs] = [
    score('Gradloom native float32', 1),
    score('PyTorch float32', 4),
    score('tfjs wasm', 50),
  ];

  test('each precision has its table, with ratios to ours of the same', () => {
    const text = fullTables(both([native, native32, torch, torch32, tfjs]), peers).join('\n');
    expect(text).toContain('| ms per step | native | blas | wasm | PyTorch |');
    expect(text).toContain('| deep, batch 256 | 2 |  |  | 3 x |');
    expect(text).toContain('| ms per step | native | blas | wasm | native float64 | PyTorch | tfjs wasm |');
    expect(text).toContain('| deep, batch 256 | 1 |  |  | 2 x | 4 x | 50 x |');
    const means = meansTable(both([native, native32, torch, torch32, tfjs]), peers).slice(2);
    expect(means).toEqual([
      "| a step takes times Gradloom's | PyTorch | tfjs wasm |",
      '|---|---|---|',
      '| digits, float64 | **3 x** |  |',
      '| digits, float32 | **4 x** | **50 x** |',
    ]);
  });

  test('a record without our float32 says that its ratios are to our float64', () => {
    const { 'Gradloom native float32': _, ...rest } = both([]).peers;
    const text = fullTables({ ...both([native, torch, torch32, tfjs]), peers: rest }, peers).join('\n');
    expect(text).toContain("This record has no float32 of Gradloom's: times are to its float64.");
    expect(text).toContain('| deep, batch 256 | 2 x | 25 x |');
  });

  test('the means set ours against the fastest of the others, over the workloads that both have', () => {
    const fastest = score('PyTorch compile float32', 2);
    const workloads = {
      'deep, batch 256': { scores: [native, native32, torch32, fastest], floors: {} },
      'deep, batch 1024': { scores: [native, native32, score('PyTorch float32', 8)], floors: {} },
      'small, batch 32, noise': { scores: [native32, torch32], floors: {} },
      'LeNet-5, batch 128, images': { scores: [native32, score('PyTorch float32', 3), fastest], floors: {} },
      'XOR 2-2-1, full batch': { scores: [native, native32, torch, torch32], floors: {} },
    };
    const [noise, mnist, images, double] = meansOf(workloads);
    expect(noise).toMatchObject({ what: expect.stringContaining('noise'), mean: 4, workloads: 1 });
    expect(mnist).toMatchObject({ what: expect.stringContaining('MNIST'), least: 2, workloads: 2 });
    expect(mnist.mean).toBeCloseTo(4, 12);
    expect(images).toMatchObject({ what: expect.stringContaining('images'), mean: 2, workloads: 1 });
    expect(double).toMatchObject({ what: expect.stringContaining('own float64'), least: 2, workloads: 2 });
    expect(meansOf({})).toEqual([]);
  });
});

test('the estimate of a run counts variants twice, the warm-up and the rounds, and nothing of what is not run', () => {
  const options = { rounds: 5, roundMs: 500, trialMs: 400, warmMs: 4000 };
  const workload = { name: 'small', isSmall: false } as Workload;
  const peer = (count: number): Peer => ({
    name: 'PyTorch',
    precision: 'float64',
    command: [],
    environments: [{}],
    tolerance: null,
    get: '',
    variants: () => Array.from({ length: count }, (_, k) => ({ k })),
  });
  expect(durationOf(peer(0), workload, options)).toBe(0);
  expect(durationOf(peer(1), workload, options)).toBe(200 + 2000 + 2500);
  expect(durationOf(peer(3), workload, options)).toBe(2 * 3 * (200 + 500) + 200 + 2000 + 2500);
});

test('a peer with another loss is marked in the table, and not in its mean', () => {
  const gradloomResults = results(1);
  const [digits] = Object.values(gradloomResults.workloads);
  const elsewhere = { ...digits, scores: [score('Gradloom blas', 1), { ...score('PyTorch', 9), loss: 0.2 }] };
  const peer: Peer = {
    name: 'PyTorch',
    precision: 'float64',
    command: [],
    environments: [{}],
    variants: () => [],
    tolerance: 1e-6,
    get: '',
  };
  const text = fullTables({ ...gradloomResults, workloads: { ...gradloomResults.workloads, deep: elsewhere } }, [
    peer,
  ]).join('\n');
  expect(text).toContain('| deep |  | 1 (50 %) |  | 9 x ≠ |');
  expect(text).toContain('| geometric mean, digits | | | | **2 x** |');
  expect(text).toContain('≠: after the same number of steps');
  expect(fullTables(gradloomResults, [peer]).join('\n')).not.toContain('≠');
});
