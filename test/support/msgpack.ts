import { createRequire } from 'node:module';

interface Packr {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

const fromRuntime = createRequire(new URL('../../packages/runtime/package.json', import.meta.url));

/** msgpackr as the runtime has it installed. */
export const { Packr } = fromRuntime('msgpackr') as { Packr: new (options: { useRecords: boolean }) => Packr };
