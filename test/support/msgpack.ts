import { createRequire } from 'node:module';

interface Packr {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

/** msgpackr as Node loads it, not the build that reads and writes our files. */
export const { Packr } = createRequire(import.meta.url)('msgpackr') as {
  Packr: new (options: { useRecords: boolean }) => Packr;
};
