import { type FunctionWriter, offsetBy, type WasmAddress } from './function-writer.ts';
import { I32 } from './module.ts';

/** Number of lanes that masked loads and stores move, in a local variable of the kernel. */
export interface LiveLanes {
  /** Counts the words at `from`, `bytes` apart, that are -1. */
  count(from: WasmAddress, lanes: number, bytes: number): void;
  /** Pushes whether exactly `lanes` are live. */
  are(lanes: number): void;
  reset(): void;
}

export function createLiveLanes(writer: FunctionWriter): LiveLanes {
  let local: number | null = null;
  return {
    count(from, lanes, bytes) {
      local ??= writer.keep(I32);
      writer.constant(0);
      for (let k = 0; k < lanes; k++) {
        writer.load(0x28, offsetBy(from, bytes * k));
        writer.emit(0x6b); // minus -1
      }
      writer.set(local);
    },
    are(lanes) {
      writer.get(local as number);
      writer.constant(lanes);
      writer.emit(0x46);
    },
    reset() {
      local = null;
    },
  };
}
