// @ts-expect-error: the build that never generates functions has no types of its own.
import msgpackr from 'msgpackr/index-no-eval';
import { type Json, plainJson } from './json.ts';

interface Packr {
  pack(value: unknown): Uint8Array;
  unpack(bytes: Uint8Array): unknown;
}

interface Msgpackr {
  readonly Packr: new (options: { useRecords: boolean; mapsAsObjects: boolean; structuredClone: boolean }) => Packr;
}

// Maps, so that a key like __proto__ is seen and can be refused.
const packr = new (msgpackr as Msgpackr).Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** Bytes of MessagePack. @throws Error naming what in `header` is not JSON. */
export const packHeader = (header: object): Uint8Array => packr.pack(plainJson(header));

/** The header of `bytes`. @throws Error where the bytes are no MessagePack or hold anything but JSON. */
export const unpackHeader = (bytes: Uint8Array): Json => plainJson(packr.unpack(bytes));
