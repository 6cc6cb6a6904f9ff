import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { piecesOf } from '../../../../../../packages/runtime/src/engine/backends/native/blas-kernels.ts';

const identity = { name: 'OpenBLAS', version: '0.3.29', core: 'SkylakeX', path: '' } as const;
const size = fc.integer({ min: 1, max: 2000 });

describe('pieces of OpenBLAS for AVX-512', () => {
  const pieces = piecesOf(identity);

  test('stay within what it multiplies unpacked, or the product is whole', () => {
    fc.assert(
      fc.property(size, size, size, (B, I, O) => {
        const forward = pieces.forward(B, I, O);
        if (forward !== I) expect(B * forward * O).toBeLessThanOrEqual(1e6);
        const backward = pieces.backward(B, I, O);
        if (backward !== I) {
          expect(B * backward).toBeLessThanOrEqual(1200);
          expect(B * backward * O).toBeLessThanOrEqual(1e6);
        }
      }),
    );
  });

  test('are multiples of 8, at least 16 and fewer than I', () => {
    fc.assert(
      fc.property(size, size, size, fc.constantFrom('forward', 'backward'), (B, I, O, way) => {
        const piece = pieces[way as 'forward' | 'backward'](B, I, O);
        if (piece === I) return;
        expect(piece % 8).toBe(0);
        expect(piece).toBeGreaterThanOrEqual(16);
        expect(piece).toBeLessThan(I);
      }),
    );
  });

  test('cut what a batch of 128 on MNIST multiplies', () => {
    expect(pieces.forward(32, 784, 128)).toBe(200);
    expect(pieces.backward(32, 784, 128)).toBe(32);
    expect(pieces.forward(256, 512, 784)).toBe(512);
    expect(pieces.backward(256, 512, 784)).toBe(512);
  });
});

test.each([
  { ...identity, core: 'Haswell' },
  { ...identity, name: 'BLIS', core: 'SkylakeX' },
] as const)('nothing is cut for $name on $core, which gains nothing', (other) => {
  const pieces = piecesOf(other);
  expect([pieces.forward(32, 784, 128), pieces.backward(32, 784, 128)]).toEqual([784, 784]);
});
