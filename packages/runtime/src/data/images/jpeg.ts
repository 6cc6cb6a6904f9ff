import { decode } from 'jpeg-js';
import { checkPixels, type Image, MAX_PIXELS } from './image.ts';

export const JPEG_START = 'ffd8ff';

/** Decodes a JPEG image. EXIF orientation is ignored. @throws Error saying what is wrong with the bytes. */
export function decodeJpeg(bytes: Uint8Array, maxPixels = MAX_PIXELS): Image {
  const frame = sizeOfJpeg(bytes);
  checkPixels(frame.width, frame.height, maxPixels);
  if (frame.width * frame.height > MAX_PIXELS_PER_BYTE * (bytes.length + 64)) {
    throw new Error(`${frame.width} x ${frame.height} pixels in ${bytes.length} bytes`);
  }
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: 4096,
  });
  if (frame.components > 1) return { width, height, channels: 3, pixels: data };
  return { width, height, channels: 1, pixels: Uint8Array.from({ length: width * height }, (_, i) => data[3 * i]) };
}

/** Maximum pixels per byte of a file: 64 pixels take at least a bit. The decoder allocates them before it reads any. */
const MAX_PIXELS_PER_BYTE = 64 * 8;

/** The size in the header of the first frame. ITU-T T.81, B.2.2 */
export function sizeOfJpeg(bytes: Uint8Array): { width: number; height: number; components: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 2; offset + 9 < bytes.length; ) {
    if (bytes[offset] !== 0xff) break;
    const marker = bytes[offset + 1];
    if (marker === 0xff) {
      offset++; // padding
      continue;
    }
    // Markers of frames (SOF), among which DHT (c4), JPG (c8) and DAC (cc) have other meanings.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      return { height: view.getUint16(offset + 5), width: view.getUint16(offset + 7), components: bytes[offset + 9] };
    }
    offset += 2 + view.getUint16(offset + 2);
  }
  throw new Error('no header of an image');
}
