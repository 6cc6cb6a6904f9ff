import { Decoder, encode } from '@msgpack/msgpack';
import { show } from '../text/show.ts';
import { type Json, MOST_VALUES, plainJson } from './json.ts';

const decoder = new Decoder({
  maxArrayLength: MOST_VALUES,
  maxMapLength: MOST_VALUES,
  keyDecoder: null, // its cache would keep keys of every file
  mapKeyConverter(key) {
    if (typeof key === 'string') return key;
    throw new Error(`header has the key ${show(key)}, expected a string`);
  },
});

/** Bytes of MessagePack. @throws Error naming what in `header` is not JSON. */
export const packHeader = (header: object): Uint8Array => encode(plainJson(header));

/** The header of `bytes`. @throws Error where the bytes are no MessagePack or hold anything but JSON. */
export const unpackHeader = (bytes: Uint8Array): Json => plainJson(decoder.decode(bytes));
