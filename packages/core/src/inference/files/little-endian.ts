import { type Elements, type ElementType, elementView } from '../../math/element-type.ts';

/** Whether this machine is big-endian. Files are always little-endian. */
export const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The `length` little-endian numbers from byte `offset`, in place. On a big-endian machine they are overwritten. */
export function littleEndianNumbers(type: ElementType, buffer: ArrayBuffer, offset: number, length: number): Elements {
  const numbers = elementView(type, buffer, offset, length);
  if (isBigEndian) {
    const view = new DataView(buffer, offset, numbers.byteLength);
    const at = (i: number): number => i * numbers.BYTES_PER_ELEMENT;
    for (let i = 0; i < length; i++) {
      numbers[i] = type === 'float64' ? view.getFloat64(at(i), true) : view.getFloat32(at(i), true);
    }
  }
  return numbers;
}
