import { expect, test } from 'vitest';
import { philox4x32 } from '../../../../../packages/core/src/math/random/index.ts';

// Known answers of Random123 1.14.0, tests/kat_vectors, "philox4x32 10": counter, key, output.
test.each([
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
])('Philox-4x32-10 of counter %j and key %j is the known answer', ([c0, c1, c2, c3], [k0, k1], expected) => {
  const out = new Uint32Array(4);
  philox4x32(out, c0, c1, c2, c3, k0, k1);
  expect([...out]).toEqual(expected);
  philox4x32(out, c0 | 0, c1 | 0, c2 | 0, c3 | 0, k0 | 0, k1 | 0);
  expect([...out]).toEqual(expected);
});

test('its words agree with a plain 64-bit version', () => {
  const word = (x: bigint) => x & 0xffffffffn;
  function plain(counter: bigint[], key: bigint[]): number[] {
    let [x0, x1, x2, x3] = counter;
    let [k0, k1] = key;
    for (let round = 0; round < 10; round++) {
      const a = 0xd2511f53n * x0;
      const b = 0xcd9e8d57n * x2;
      [x0, x1, x2, x3] = [(b >> 32n) ^ x1 ^ k0, word(b), (a >> 32n) ^ x3 ^ k1, word(a)];
      [k0, k1] = [word(k0 + 0x9e3779b9n), word(k1 + 0xbb67ae85n)];
    }
    return [x0, x1, x2, x3].map(Number);
  }
  const out = Uint32Array.of(1, 2, 3, 4);
  const key = Uint32Array.of(5, 6);
  for (let call = 0; call < 500; call++) {
    const expected = plain(Array.from(out, BigInt), Array.from(key, BigInt));
    philox4x32(out, out[0], out[1], out[2], out[3], key[0], key[1]);
    expect([...out]).toEqual(expected);
    key.set([out[1], out[3]]);
  }
});
