import { createRequire } from 'node:module';
import { type Json, plainJson } from './json.ts';

// The build that never makes a function from what it reads; it has no types of its own.
const { Packr } = createRequire(import.meta.url)('msgpackr/index-no-eval') as typeof import('msgpackr');

// Maps, so that a key like __proto__ arrives as it stands in the file and can be refused.
const packr = new Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** Bytes of MessagePack. @throws Error naming what in `header` is not JSON. */
export const packHeader = (header: object): Uint8Array => packr.pack(plainJson(header));

/** The header of `bytes`. @throws Error where the bytes are no MessagePack or hold anything but JSON. */
export function unpackHeader(bytes: Uint8Array): Json {
  return plainJson(packr.unpack(bytes));
}
