import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { openBytes } from '../../../../../packages/runtime/src/system/files/byte-source.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
const MiB = 1024 ** 2;

/** Reads to the end; returns how many bytes came. */
async function drain(path: string, mostUnpacked?: number): Promise<number> {
  const source = await openBytes('test', path, 'any file', mostUnpacked);
  const into = new Uint8Array(1 << 16);
  let bytes = 0;
  try {
    for (let read = into.length; read === into.length; bytes += read) read = await source.read(into);
    return bytes;
  } finally {
    await source.close();
  }
}

test('a gzipped file gives no more than so many times its size, and is refused before it is read', async () => {
  const packed = gzipSync(Buffer.alloc(8 * MiB));
  const path = folder.write('zeros.gz', packed);
  expect(await drain(path)).toBe(8 * MiB);
  const limit = 200 * packed.length;
  await expect(openBytes('test', path, 'any file', 200)).rejects.toThrow(
    `test: ${path} has ${packed.length} bytes that unpack to more than ${limit}, expected at most 200 times its size (unpack it first if you trust it)`,
  );
});

test('a megabyte may come of any gzipped file, a byte more not', async () => {
  const whole = folder.write('whole.gz', gzipSync(Buffer.alloc(MiB)));
  expect(await drain(whole, 2)).toBe(MiB);
  const more = folder.write('more.gz', gzipSync(Buffer.alloc(MiB + 1)));
  await expect(drain(more, 2)).rejects.toThrow(`unpack to more than ${MiB}, expected at most 2 times`);
});

test('members that hold nothing are passed over, however many there are', async () => {
  const empty = gzipSync(Buffer.alloc(0));
  const path = folder.write('members.gz', Buffer.concat([...Array(20_000).fill(empty), gzipSync('end')]));
  expect(await drain(path)).toBe(3);
});
