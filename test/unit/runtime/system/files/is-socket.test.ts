import { createServer } from 'node:net';
import { isSocket } from '@gradloom/runtime/internal';
import { expect, onTestFinished, test } from 'vitest';
import { linkedModule } from '../../../../support/linked-module.ts';
import { needs } from '../../../../support/needs.ts';

/** The number of a socket of this process, which no public property has. */
async function openSocket(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server as unknown as { _handle: { fd: number } })._handle.fd;
}

test('a socket is one; a file, a closed number and no number are none', needs('descriptors'), async () => {
  expect(isSocket(await openSocket())).toBe(true);
  for (const other of [0.5, -1, 1 << 20, Number.NaN]) expect(isSocket(other)).toBe(false);
});

test('a linked module is still found at its path afterwards', needs('descriptors'), async () => {
  const { place, find } = linkedModule();
  expect(isSocket(await openSocket())).toBe(true);
  expect(find()).toBe(place);
});
