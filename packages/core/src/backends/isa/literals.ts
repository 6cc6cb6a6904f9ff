import { type Address, at } from './assembler.ts';

/** The literals of the kernel that is being assembled. */
export interface Literals {
  /** The address of these bytes. Equal bytes have one address. */
  add(bytes: Uint8Array): Address;
  /** The literals in the order of their numbers. None are left. */
  take(): Uint8Array[];
}

export function createLiterals(): Literals {
  let kept = new Map<string, { bytes: Uint8Array; address: Address }>();
  return {
    add(bytes) {
      const name = bytes.join();
      const known = kept.get(name);
      if (known !== undefined) return known.address;
      const address = { ...at(0), literal: kept.size };
      kept.set(name, { bytes, address });
      return address;
    },
    take() {
      const all = [...kept.values()].map(({ bytes }) => bytes);
      kept = new Map();
      return all;
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
