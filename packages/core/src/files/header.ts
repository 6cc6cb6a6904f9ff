/// <reference path="./msgpackr.d.ts" />
import msgpackr from 'msgpackr/index-no-eval';
import { type Json, plainJson } from './json.ts';

// Maps, so that a key like __proto__ is seen and can be refused.
const packr = new msgpackr.Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false });

/** Bytes of MessagePack. @throws Error naming what in `header` is not JSON. */
export const packHeader = (header: object): Uint8Array => packr.pack(plainJson(header));

/** The header of `bytes`. @throws Error where the bytes are no MessagePack or hold anything but JSON. */
export const unpackHeader = (bytes: Uint8Array): Json => plainJson(packr.unpack(bytes));
