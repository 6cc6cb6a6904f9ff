import { describe, expect, test } from 'vitest';
import type { Score } from '../../bench/peers/contest.ts';
import { slowerThan } from '../../bench/peers/guard.ts';
import { readmeTable } from '../../bench/peers/report.ts';
import { geometricMean, type Results, ratioOf, resultsPath } from '../../bench/peers/results.ts';

const score = (peer: string, stepMs: number): Score => ({
  ...{ peer, stepMs, rounds: [stepMs], steps: 1, warmSteps: 300, loss: 0.1 },
  ...{ environment: {}, variant: {}, coldStepMs: null },
});

/** A run in which ours take `ms` and PyTorch 2 ms, on a floor of 0.5 ms. */
function results(ms: number, floorMs = 0.5): Results {
  return {
    machine: { cpu: 'Some(R) CPU @ 2.10GHz', cores: 2, node: '20.0.0' },
    ...{ date: '2026-01-01', digits: 'mnist', rounds: 5, processes: {} },
    peers: {
      'Gradloom blas': { about: '', note: null },
      PyTorch: { about: '', note: 'computes in float32' },
    },
    workloads: {
      'small, batch 32': {
        scores: [score('Gradloom blas', ms), score('PyTorch', 2)],
        floors: { 'Gradloom blas': { productsMs: floorMs, updateMs: 0, stepMs: floorMs, threads: 2 } },
      },
    },
  };
}

describe('the guard', () => {
  test('is silent where ratios stay within a tenth', () => {
    expect(slowerThan(results(1), results(1.05))).toEqual([]);
    expect(slowerThan(results(1), results(0.5))).toEqual([]);
  });

  test('names a ratio and a share of the floor that fell', () => {
    expect(slowerThan(results(1), results(1.25))).toEqual([
      'small, batch 32: PyTorch took 2.00 times as long as Gradloom blas, now 1.60',
      'small, batch 32: Gradloom blas reached 50 % of its floor, now 40 %',
    ]);
  });

  test('leaves out what was not measured both times', () => {
    expect(slowerThan({ ...results(1), workloads: {} }, results(9))).toEqual([]);
  });
});

test('a ratio says how many times as long the other takes', () => {
  const [workload] = Object.values(results(0.8).workloads);
  expect(ratioOf(workload, 'PyTorch', 'Gradloom blas')).toBe(2.5);
  expect(ratioOf(workload, 'tfjs', 'Gradloom blas')).toBeNull();
  expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
});

test('the table for the README holds times, shares of the floor, ratios and what could not be made equal', () => {
  const text = readmeTable(results(1)).join('\n');
  expect(text).toContain('| small, batch 32 |  | 1 (50 %) |  | 2 x |');
  expect(text).toContain('PyTorch computes in float32.');
});

test('machines of a class share a file that names no single machine', () => {
  expect(resultsPath(results(1).machine)).toMatch(/results\/some-cpu-2-10ghz-2-cores\.json$/);
});

test('rows of noise stand in the table, and outside of its mean', () => {
  const own = results(1);
  const [digits] = Object.values(own.workloads);
  const noise = { ...digits, scores: [score('Gradloom blas', 1), score('PyTorch', 9)] };
  const text = readmeTable({ ...own, workloads: { ...own.workloads, 'small, batch 32, noise': noise } }).join('\n');
  expect(text).toContain('| small, batch 32, noise |  | 1 (50 %) |  | 9 x |');
  expect(text).toContain('| geometric mean, without XOR and noise | | | | **2 x** |');
});
