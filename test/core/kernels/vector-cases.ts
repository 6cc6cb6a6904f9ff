import fc from 'fast-check';
import { choice, type KernelCase, length } from './kernel-case.ts';

const shards = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(15, 16, 17, 63, 64, 65));

export const vectorCases = {
  averageShards: {
    // The block lies at `before` in rows that go on for `after` doubles; g is row 0 itself where `shared` is 1.
    dims: fc.tuple(shards, fc.nat(80), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 1000 }), choice),
    arrays: ([S, n, before, after]) => ({ square: 1, g: n, gSum: S * (before + n + after) }),
    writes: ['square', 'g'],
    spoils: ['gSum'],
    run(kernels, { square, g, gSum }, [S, n, before, after, batch, shared]) {
      const row = gSum.subarray(before, before + n);
      kernels.averageShards(square, shared === 1 ? row : g, gSum, S, before + n + after, before, n, batch);
      if (shared === 1) g.set(row);
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
