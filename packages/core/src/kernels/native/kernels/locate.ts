import { type Assembler, at, r8, rdi, rsi } from '../isa/x64/assembler.ts';
import { loadData } from '../isa/x64/calls.ts';

/** Result of a location's call, by place: two words. */
export const locateResult = { distance: 2 };

/** Bytes from the start of the memory to that of the data, which may lie before it. Overwrites its own call. */
export function assembleLocate(assembler: Assembler): void {
  loadData(assembler, r8);
  assembler.subtract(r8, rsi);
  assembler.storePointer(at(rdi, 4 * locateResult.distance), r8);
  assembler.ret();
}
