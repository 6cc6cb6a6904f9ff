import { type Address, addressAt } from './assembler.ts';

/** The literals of the kernel that is being assembled. */
export interface Literals {
  /** The address of these bytes. Equal bytes have one address. */
  add(bytes: Uint8Array): Address;
  /** Empties the list; returns the literals in the order of their numbers. */
  takeAll(): Uint8Array[];
}

export function createLiterals(): Literals {
  let literals = new Map<string, { bytes: Uint8Array; address: Address }>();
  return {
    add(bytes) {
      const name = bytes.join();
      const existing = literals.get(name);
      if (existing !== undefined) return existing.address;
      const address = { ...addressAt(0), literal: literals.size };
      literals.set(name, { bytes, address });
      return address;
    },
    takeAll() {
      const bytes = [...literals.values()].map(({ bytes }) => bytes);
      literals = new Map();
      return bytes;
    },
  };
}

/** `bits` in each of `lanes` lanes of `bytes` bytes, the lowest byte first. */
export function laneBytes(bits: bigint, bytes: number, lanes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(bytes * lanes));
  for (let lane = 0; lane < lanes; lane++) {
    if (bytes === 8) view.setBigUint64(bytes * lane, bits, true);
    else view.setUint32(bytes * lane, Number(bits), true);
  }
  return new Uint8Array(view.buffer);
}
