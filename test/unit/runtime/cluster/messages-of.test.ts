import { expect, test } from 'vitest';
import { messagesOf, tagOf } from '../../../../packages/runtime/src/cluster/mpi/exchange.ts';

const memory = new SharedArrayBuffer(1024);

test('transfers are cut into pieces, in order and without a gap; those of no numbers are left out', () => {
  const messages = messagesOf(
    [
      { kind: 'send', peer: 1, numbers: new Float64Array(memory, 64, 5) }, // 40 bytes
      { kind: 'receive', peer: 2, numbers: new Float32Array(memory, 200, 8) }, // 32
      { kind: 'send', peer: 1, numbers: new Float64Array(memory, 0, 0) },
      { kind: 'receive', peer: 1, numbers: new Uint8Array(memory, 301, 17) },
    ],
    16,
  );
  expect(messages.map(({ kind, peer, numbers }) => [kind, peer, numbers.byteOffset, numbers.byteLength])).toEqual([
    ['receive', 2, 200, 16],
    ['receive', 2, 216, 16],
    ['receive', 1, 301, 16],
    ['receive', 1, 317, 1],
    ['send', 1, 64, 16],
    ['send', 1, 80, 16],
    ['send', 1, 96, 8],
  ]);
  for (const { numbers } of messages) expect(numbers.buffer).toBe(memory);
});

test('every channel has a tag of its own, which MPI promises to take', () => {
  const tags = [0, 1, 32_751].map(tagOf);
  expect(new Set(tags).size).toBe(3);
  expect(Math.max(...tags)).toBeLessThanOrEqual(32_767);
  for (const channel of [-1, 0.5, 32_752, Number.NaN]) {
    expect(() => tagOf(channel)).toThrow(`channel has ${channel}, expected an integer from 0 to 32751`);
  }
});
