import type { ElementType } from '../../../math/element-type.ts';
import type { Access } from './assembler.ts';

/** Bytes of a vector register. */
export const VECTOR = 16;

export const LOAD_Q: Access = { opcode: 0x3dc00000, bytes: 16, pair: 0xad400000 };
export const STORE_Q: Access = { opcode: 0x3d800000, bytes: 16, pair: 0xad000000 };
export const LOAD_D: Access = { opcode: 0xfd400000, bytes: 8 };
export const STORE_D: Access = { opcode: 0xfd000000, bytes: 8 };
export const LOAD_S: Access = { opcode: 0xbd400000, bytes: 4 };
export const STORE_S: Access = { opcode: 0xbd000000, bytes: 4 };
export const LOAD_H: Access = { opcode: 0x7d400000, bytes: 2 };

/** Encoding of the element type in vector instructions. */
export interface Form {
  readonly bytes: number; // bytes of an element
  readonly wide: number; // the bit that selects doubles
  readonly loadOne: Access;
}

export const forms: Readonly<Record<ElementType, Form>> = {
  float64: { bytes: 8, wide: 0x400000, loadOne: LOAD_D },
  float32: { bytes: 4, wide: 0, loadOne: LOAD_S },
};
