import { type Elements, type ElementType, elementView } from '../../math/element-type.ts';

/** Whether this machine stores the first byte of a number last; files are little-endian everywhere. */
export const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

/** The `length` numbers whose bytes begin at `offset`, in place. Overwrites them where the machine is big-endian. */
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
