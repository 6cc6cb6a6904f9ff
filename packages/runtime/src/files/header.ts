import type { Packr } from 'msgpackr';
import { loadInstalled } from '../installed.ts';
import { type Json, plainJson } from './json.ts';

let made: Packr | undefined;

function packr(): Packr {
  if (made === undefined) {
    // The build of msgpackr that never generates functions; it has no types of its own.
    const { Packr } = loadInstalled('msgpackr/index-no-eval') as typeof import('msgpackr');
    // Maps, so that a key like __proto__ is seen and can be refused.
    made = new Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false });
  }
  return made;
}

/** Bytes of MessagePack. @throws Error naming what in `header` is not JSON. */
export const packHeader = (header: object): Uint8Array => packr().pack(plainJson(header));

/** The header of `bytes`. @throws Error where the bytes are no MessagePack or hold anything but JSON. */
export function unpackHeader(bytes: Uint8Array): Json {
  return plainJson(packr().unpack(bytes));
}
