import fc from 'fast-check';
import { ops } from '../../../../packages/core/src/program/ops/index.ts';
import { choice, type KernelCase, length } from './kernel-case.ts';

const nodes = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(15, 16, 17, 63, 64, 65));

export const vectorCases = {
  averageRows: {
    ops: [ops.averageRows, ops.add],
    // The block lies at `before` in rows that go on for `after` doubles; g is row 0 itself where `shared` is 1.
    dims: fc.tuple(nodes, fc.nat(80), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 1000 }), choice),
    arrays: ([S, n, before, after]) => ({ square: 1, g: n, gSum: S * (before + n + after), inverseCount: 1 }),
    writes: ['square', 'g'], // partial sums in the rows are nobody's
    prepare({ g, inverseCount }, [, , , , batch, shared]) {
      inverseCount[0] = 1 / batch;
      if (shared === 1) g.fill(-0); // to which the mean is added
    },
    emit(emit, { square, g, gSum, inverseCount }, [S, n, before, after, , shared]) {
      const row = before + n + after;
      const first = gSum.subarray(before, before + (S - 1) * row + n);
      const mean = shared === 1 ? first.subarray(0, n) : g;
      emit(ops.averageRows, square, mean, first, S, row, n, inverseCount);
      if (shared === 1) emit(ops.add, g, mean, n);
    },
  },
  add: {
    ops: [ops.add],
    dims: fc.tuple(length),
    arrays: ([n]) => ({ sum: n, term: n }),
    writes: ['sum'],
    emit: (emit, { sum, term }, [n]) => emit(ops.add, sum, term, n),
  },
  scale: {
    ops: [ops.scale],
    dims: fc.tuple(length, fc.constantFrom(0.5, 1, 1e-300, 3)),
    arrays: ([n]) => ({ g: n, factor: 1 }),
    writes: ['g'],
    prepare: ({ factor }, [, value]) => void factor.fill(value),
    emit: (emit, { g, factor }, [n]) => emit(ops.scale, g, n, factor),
  },
  combine: {
    ops: [ops.combine],
    dims: fc.tuple(length, fc.constantFrom(-4.775, 0.1), fc.constantFrom(2.0315, 1e-300)),
    arrays: ([n]) => ({ y: n, x: n }),
    writes: ['y'],
    emit: (emit, { y, x }, [n, ofX, ofY]) => emit(ops.combine, y, x, n, ofX, ofY),
  },
  addToDiagonal: {
    ops: [ops.addToDiagonal],
    dims: fc.tuple(fc.nat(9), fc.constantFrom(3.4445, 1e-300)),
    arrays: ([size]) => ({ A: size * size }),
    writes: ['A'],
    emit: (emit, { A }, [size, value]) => emit(ops.addToDiagonal, A, size, value),
  },
  averageWeights: {
    ops: [ops.averageWeights],
    dims: fc.tuple(length),
    arrays: ([n]) => ({ average: n, theta: n, smoothing: 1 }),
    writes: ['average'],
    emit: (emit, { average, theta, smoothing }, [n]) => emit(ops.averageWeights, average, theta, n, smoothing),
  },
  maxNorm: {
    ops: [ops.maxNorm],
    // Columns `before` to `before` + n of rows that go on for `after` doubles.
    dims: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(80), fc.nat(3), fc.nat(3), fc.constantFrom(1e-3, 1, 1e300)),
    arrays: ([I, n, before, after]) => ({ W: I * (before + n + after), factors: n }),
    writes: ['W'], // machine code keeps the factors in registers
    emit(emit, { W, factors }, [I, n, before, after, limit]) {
      const row = before + n + after;
      emit(ops.maxNorm, W.subarray(before, before + (I - 1) * row + n), factors, I, row, n, limit);
    },
  },
} satisfies Record<string, KernelCase>;
