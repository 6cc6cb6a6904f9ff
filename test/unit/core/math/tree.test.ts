import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addTree,
  dealLeaves,
  defaultLeafRows,
  gradientRows,
  joinLevels,
  joinNodes,
  leafCount,
  nodesOf,
  planTeam,
  sizeOfPlan,
  sumsOf,
  treeLevels,
} from '../../../../packages/core/src/math/tree/index.ts';
import { counted } from '../../../support/count.ts';

test.each([
  [1, 1],
  [16, 1],
  [17, 2],
  [128, 8],
  [256, 16],
  [1023, 64],
  [1024, 32],
  [4095, 128],
  [4096, 64],
  [60_000, 938],
])('a batch of %i rows has %i leaves', (batch, leaves) => {
  expect(leafCount(batch, defaultLeafRows(batch))).toBe(leaves);
});

/** How leaves from `first` on are added, as text: the definition, by recursion. */
function treeOf(first: number, count: number): string {
  if (count === 1) return String(first);
  let half = 1;
  while (2 * half < count) half *= 2;
  return `(${treeOf(first, half)}+${treeOf(first + half, count - half)})`;
}

const plus = (left: string | undefined, right: string | undefined): string => `(${left}+${right})`;

const team = fc.record({
  leaves: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 140 })),
  threads: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 150 })),
  maxLeaves: fc.constantFrom(1, 2, 4, 8, 16),
  canAccumulate: fc.boolean(),
  mergesRows: fc.boolean(),
});

test('whatever the team, its rows of gradients come to the tree over all leaves', () => {
  const check = fc.property(team, (options) => {
    const { leaves, threads, maxLeaves } = options;
    const plan = planTeam(options);
    const rows: string[] = [];
    let next = 0;
    for (const passes of plan.passes) {
      for (const { first, count, row, accumulate: accumulates, merges } of passes) {
        expect(first).toBe(next);
        expect(count).toBeLessThanOrEqual(maxLeaves);
        next += count;
        const passTree = treeOf(first, count);
        rows[row] = accumulates ? plus(rows[row], passTree) : passTree;
        for (const [left, right] of merges) rows[left] = plus(rows[left], rows[right]);
      }
    }
    expect(next).toBe(leaves);
    expect(rows.length).toBeLessThanOrEqual(plan.rows);
    // Where all passes go on together no row is used twice, but by the two of a join.
    if (!options.mergesRows) {
      const firstPasses = plan.passes.flat().filter((pass) => !pass.accumulate);
      expect(new Set(firstPasses.map(({ row }) => row)).size).toBe(firstPasses.length);
      expect(plan.rows).toBe(firstPasses.length);
      expect(plan.passes.flat().every(({ merges }) => merges.length === 0)).toBe(true);
    }
    const passes = Math.max(...plan.passes.map(({ length }) => length));
    expect(sizeOfPlan(options)).toEqual({ rows: plan.rows, passes });
    if (threads < 8) expect(plan.rows).toBeLessThanOrEqual(gradientRows(options));
    // No thread is idle that could have a leaf.
    expect(plan.passes.filter(({ length }) => length > 0)).toHaveLength(Math.min(threads, leaves));
    const { pairs, count, step } = sumsOf(plan.nodes, leaves);
    for (const [left, right] of pairs) rows[left] = plus(rows[left], rows[right]);
    const left = Array.from({ length: count }, (_, k) => rows[k * step]);
    for (let stride = 1; stride < count; stride *= 2) {
      for (let k = 0; k + stride < count; k += 2 * stride) left[k] = plus(left[k], left[k + stride]);
    }
    expect(left[0]).toBe(treeOf(0, leaves));
  });
  fc.assert(check, { seed: 1, numRuns: counted(500, 2000) });
});

test('rows of gradients grow by the logarithm of the leaves, and are counted without a plan of each of them', () => {
  expect(gradientRows({ leaves: 2 ** 30, threads: 64, maxLeaves: 16, canAccumulate: true })).toBeLessThan(64 * 3 * 24);
  expect(sizeOfPlan({ leaves: 2 ** 30, threads: 1, maxLeaves: 16, canAccumulate: true })).toEqual({
    rows: 26,
    passes: 2 ** 26,
  });
});

test('a team of a power of two needs one row of gradients a thread, and no pairs', () => {
  for (const threads of [1, 2, 4, 8, 16]) {
    const plan = planTeam({ leaves: 16, threads, maxLeaves: 16, canAccumulate: true });
    expect(plan.rows).toBe(threads);
    expect(sumsOf(plan.nodes, 16)).toEqual({ pairs: [], count: threads, step: 1 });
  }
});

test('nodes are the largest subtrees that a range of leaves consists of', () => {
  const check = fc.property(fc.nat(40), fc.integer({ min: 1, max: 40 }), fc.nat(40), (first, count, more) => {
    const end = first + count;
    const nodes = nodesOf(first, end, end + more);
    let next = first;
    for (const node of nodes) {
      expect(node.first).toBe(next);
      let size = 1;
      while (size < node.count) size *= 2;
      expect(node.first % size).toBe(0);
      next += node.count;
    }
    expect(next).toBe(end);
    // No two neighbours are the two halves of a larger subtree.
    for (let k = 1; k < nodes.length; k++) {
      const [left, right] = [nodes[k - 1], nodes[k]];
      let size = 1;
      while (size < left.count) size *= 2;
      const areHalves = left.first % (2 * size) === 0 && right.first === left.first + size;
      expect(areHalves && (right.count === size || next === end + more)).toBe(false);
    }
  });
  fc.assert(check, { seed: 1, numRuns: 500 });
});

test('sums that come leaf by leaf, or all at once, are added as the tree has it', () => {
  for (let leaves = 1; leaves <= 40; leaves++) {
    const values = Array.from({ length: leaves }, (_, k) => (((k * 0.618) % 1) - 0.5) * 10 ** ((7 * k) % 9));
    const sum = (first: number, count: number): number => {
      if (count === 1) return values[first];
      let half = 1;
      while (2 * half < count) half *= 2;
      return sum(first, half) + sum(first + half, count - half);
    };
    const rows = Float64Array.from(values.flatMap((value) => [value, -value]));
    addTree(rows, leaves, 2);
    expect([...rows.subarray(0, 2)]).toEqual([sum(0, leaves), -sum(0, leaves)]);
    const stack = new Float64Array(treeLevels(leaves));
    let level = 0;
    for (let k = 0; k < leaves; k++) {
      stack[level] = values[k];
      level = joinLevels(stack, 1, level, k, leaves);
    }
    expect(stack[0]).toBe(sum(0, leaves));
  }
});

const leavesOfRanks = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 300 }));
const threadsOfRanks = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 });

test('ranks have all leaves in order, the first rank the first, and none has nothing where all could have some', () => {
  const check = fc.property(leavesOfRanks, threadsOfRanks, fc.constantFrom(16, 32, 64), (leaves, threadsOf, leaf) => {
    const ranges = dealLeaves(leaves, threadsOf, leaf);
    expect(ranges).toHaveLength(threadsOf.length);
    let next = 0;
    for (const { first, end } of ranges) {
      expect(first).toBe(next);
      expect(end).toBeGreaterThanOrEqual(first);
      next = end;
    }
    expect(next).toBe(leaves);
    expect(ranges[0].end).toBeGreaterThan(0);
  });
  fc.assert(check, { seed: 1, numRuns: 500 });
});

test('ranks of as many threads share a batch in whole subtrees where both are powers of two', () => {
  for (const ranks of [1, 2, 4, 8]) {
    const ranges = dealLeaves(
      32,
      Array.from({ length: ranks }, () => 3),
      32,
    );
    expect(ranges.map(({ first, end }) => nodesOf(first, end, 32))).toEqual(
      ranges.map((_, rank) => [{ first: (rank * 32) / ranks, count: 32 / ranks }]),
    );
  }
});

test('a rank with more threads has more leaves', () => {
  const [small, large] = dealLeaves(64, [1, 3], 16).map(({ first, end }) => end - first);
  expect([small, large]).toEqual([16, 48]);
});

test('what the threads of ranks leave comes to one row for each subtree of a rank, and these to the tree over all', () => {
  const maxLeaves = fc.constantFrom(1, 2, 4, 8, 16);
  const check = fc.property(
    leavesOfRanks,
    threadsOfRanks,
    maxLeaves,
    fc.boolean(),
    (leaves, threadsOf, maxLeaves, canAccumulate) => {
      const ranges = dealLeaves(leaves, threadsOf, 16);
      const nodes = ranges.flatMap((part, rank) => {
        const plan = planTeam({ leaves, part, threads: threadsOf[rank], maxLeaves, canAccumulate });
        const rankNodes = nodesOf(part.first, part.end, leaves);
        const rows = plan.nodes.map(({ first, count }) => treeOf(first, count));
        const joined = joinNodes(plan.nodes, rankNodes, leaves);
        for (const [left, right] of joined.pairs) rows[left] = plus(rows[left], rows[right]);
        expect(joined.rows.map((row) => rows[row])).toEqual(rankNodes.map(({ first, count }) => treeOf(first, count)));
        const passes = plan.passes.flat();
        expect(passes.reduce((sum, { count }) => sum + count, 0)).toBe(part.end - part.first);
        return rankNodes;
      });
      const rows = nodes.map(({ first, count }) => treeOf(first, count));
      const { pairs, count, step } = sumsOf(nodes, leaves);
      for (const [left, right] of pairs) rows[left] = plus(rows[left], rows[right]);
      const left = Array.from({ length: count }, (_, k) => rows[k * step]);
      for (let stride = 1; stride < count; stride *= 2) {
        for (let k = 0; k + stride < count; k += 2 * stride) left[k] = plus(left[k], left[k + stride]);
      }
      expect(left[0]).toBe(treeOf(0, leaves));
    },
  );
  fc.assert(check, { seed: 1, numRuns: counted(300, 2000) });
});
