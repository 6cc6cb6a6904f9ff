import { crc32, inflateSync } from 'node:zlib';
import { convertIndexedToRgb, type DecodedPng, decode, encode } from 'fast-png';
import { unpackAtMost } from '../../system/files/unpack-at-most.ts';
import { checkImage, checkPixels, type Image, MAX_PIXELS } from './image.ts';

export const PNG_START = '89504e470d0a1a0a';

/**
 * Decodes a PNG image. Values of 16 bits become the upper 8 of their lower `bits`, and 255 if they are larger.
 * Transparency is ignored: a pixel keeps the colour stored with it. @throws Error saying what is wrong with the bytes.
 */
export function decodePng(bytes: Uint8Array, maxPixels = MAX_PIXELS, bits = 16): Image {
  const image = decode(plainChunks(bytes, maxPixels));
  const { width, height } = image;
  if (image.palette !== undefined) {
    return { width, height, channels: 3, pixels: withoutAlpha(convertIndexedToRgb(image), image.palette[0].length, 3) };
  }
  const channels = image.channels < 3 ? 1 : 3;
  const pixels = withoutAlpha(eightBits(image, bits), image.channels, channels);
  return { width, height, channels, pixels, ...(image.depth === 16 && { bits: usedBits(image) }) };
}

/**
 * The size in the header, whose bytes are: 8 length (13), 16 width, 20 height, 24 bits of a value, 25 colour type, 28
 * whether interlaced. @throws Error if the header is cut off.
 */
export function sizeOfPng(bytes: Uint8Array): { width: number; height: number } {
  if (bytes.length < 29) throw new Error('a header that is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** Encodes an image as PNG: grey, grey and opacity, RGB or RGBA. */
export function encodePng(image: Omit<Image, 'channels'> & { readonly channels: 1 | 2 | 3 | 4 }): Uint8Array {
  checkImage('encodePng', image);
  const { width, height, channels, pixels: data } = image;
  return encode({ width, height, channels, data });
}

/** Colour type of images whose values are indices of a palette, which precedes them. PNG, 11.2.2 */
const INDEXED = 3;

/** Chunks needed to decode; text and colour profiles may be of any size and are dropped. */
const NEEDED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND']);

/** The image with only its needed chunks, each checked, and with exactly as much pixel data as its size requires. */
function plainChunks(bytes: Uint8Array, maxPixels: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const chunks = [bytes.subarray(0, 8)];
  const dataParts: Uint8Array[] = [];
  let type = '';
  let expectedBytes = 0;
  let hasPalette = false;
  // A chunk has its length (4 bytes), type (4), data and checksum (4).
  for (let offset = 8; type !== 'IEND'; ) {
    const end = offset + 12 <= bytes.length ? offset + 12 + view.getUint32(offset) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw new Error('it is cut off');
    type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (crc32(bytes.subarray(offset + 4, end - 4)) !== view.getUint32(end - 4)) throw new Error('a wrong checksum');
    if ((offset === 8) !== (type === 'IHDR')) throw new Error('a header in the wrong place');
    if (type === 'IHDR') expectedBytes = dataBytes(view, maxPixels);
    if (type === 'PLTE') hasPalette = dataParts.length === 0;
    if (type === 'IDAT') dataParts.push(bytes.subarray(offset + 8, end - 4));
    if (NEEDED.has(type)) chunks.push(bytes.subarray(offset, end));
    else if (type[0] < 'a') throw new Error(`an unknown critical chunk ${type}`);
    offset = end;
  }
  // Without a palette the decoder would read the indices as grey values.
  if (view.getUint8(25) === INDEXED && !hasPalette) throw new Error('no palette for its colours');
  // Checked here because the decoder unpacks any amount of data and fills missing pixels with zeros.
  const { length } = unpackAtMost(expectedBytes, 'pixels', (options) => inflateSync(Buffer.concat(dataParts), options));
  if (length !== expectedBytes) throw new Error(`${length} bytes of pixels instead of ${expectedBytes}`);
  return Buffer.concat(chunks);
}

/** The seven passes of an interlaced image: first column, first row, and the distances to the next. PNG, 8.2 */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Channels of each colour type; 0 for types that do not exist. PNG, 11.2.2 */
const CHANNELS = [1, 0, 3, 1, 2, 0, 4];

/** Bytes of all rows, each with one byte for its filter type. */
function dataBytes(view: DataView, maxPixels: number): number {
  const { width, height } = sizeOfPng(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  if (view.getUint32(8) !== 13) throw new Error('a header that is cut off');
  checkPixels(width, height, maxPixels);
  const bits = view.getUint8(24) * (CHANNELS[view.getUint8(25)] ?? 0);
  const passes = view.getUint8(28) === 0 ? [[0, 0, 1, 1]] : ADAM7;
  return passes.reduce((sum, [x, y, dx, dy]) => {
    const columns = Math.ceil(Math.max(0, width - x) / dx);
    const rows = Math.ceil(Math.max(0, height - y) / dy);
    return columns === 0 ? sum : sum + rows * (1 + Math.ceil((columns * bits) / 8));
  }, 0);
}

/** Expands values to 8 bits. Smaller values are packed, each row from a new byte; the highest becomes 255. */
function eightBits({ width, height, channels, depth, data }: DecodedPng, bits: number): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  if (depth === 16) return Uint8Array.from(data, (value) => Math.min(255, value >> (bits - 8)));
  const perRow = width * channels;
  const rowBytes = Math.ceil((perRow * depth) / 8);
  const max = (1 << depth) - 1;
  const pixels = new Uint8Array(perRow * height);
  for (let row = 0; row < height; row++) {
    for (let i = 0; i < perRow; i++) {
      const bit = i * depth;
      const value = (data[row * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & max;
      pixels[row * perRow + i] = (value * 255) / max;
    }
  }
  return pixels;
}

/** Bits that the largest value of an image takes, at least 8. Opacity is left out. */
function usedBits({ channels, data }: DecodedPng): number {
  const colours = channels - ((channels + 1) % 2);
  let max = 0;
  for (let i = 0; i < data.length; i++) if (i % channels < colours && data[i] > max) max = data[i];
  return Math.max(8, 32 - Math.clz32(max));
}

function withoutAlpha(pixels: Uint8Array, channels: number, channelsOut: number): Uint8Array {
  if (channels === channelsOut) return pixels;
  const length = (pixels.length / channels) * channelsOut;
  return Uint8Array.from({ length }, (_, i) => pixels[Math.floor(i / channelsOut) * channels + (i % channelsOut)]);
}
