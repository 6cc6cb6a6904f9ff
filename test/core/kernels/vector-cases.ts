import fc from 'fast-check';
import { planTeam, sumsOf } from '../../../packages/core/src/tree/index.ts';
import { choice, type KernelCase, length } from './kernel-case.ts';

const leaves = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(15, 16, 17, 63, 64, 65));
const threads = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 64, 65));

/** What a team leaves behind a batch of so many leaves: a plan is as fast to make as to look up. */
const nodesOf = (leaves: number, threads: number) => planTeam({ leaves, threads, most: 4, joins: true }).nodes;

export const vectorCases = {
  averageNodes: {
    // The block lies at `before` in rows that go on for `after` doubles; g is row 0 itself where `shared` is 1.
    dims: fc.tuple(leaves, threads, fc.nat(80), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 1000 }), choice),
    arrays: ([L, T, n, before, after]) => ({ square: 1, g: n, gSum: nodesOf(L, T).length * (before + n + after) }),
    writes: ['square', 'g'],
    spoils: ['gSum'],
    run(kernels, { square, g, gSum }, [L, T, n, before, after, batch, shared]) {
      const row = gSum.subarray(before, before + n);
      const sums = sumsOf(nodesOf(L, T), L);
      kernels.averageNodes(square, shared === 1 ? row : g, gSum, sums, before + n + after, before, n, batch);
      if (shared === 1) g.set(row);
      return undefined;
    },
  },
  add: {
    dims: fc.tuple(length),
    arrays: ([n]) => ({ sum: n, term: n }),
    writes: ['sum'],
    run(kernels, { sum, term }, [n]) {
      kernels.add(sum, term, n);
      return undefined;
    },
  },
  scale: {
    dims: fc.tuple(length),
    arrays: ([n]) => ({ g: n, factor: 1 }),
    writes: ['g'],
    run(kernels, { g, factor }, [n]) {
      kernels.scale(g, n, factor);
      return undefined;
    },
  },
} satisfies Record<string, KernelCase>;
