import { type Assembler, at, r8, r9, r10, r11, r12, r13, r14, rax, rcx } from '../isa/x64/assembler.ts';
import { argument, loadArray, loadData, loadScratch } from '../isa/x64/calls.ts';
import type { Quads } from '../isa/x64/vector-unit.ts';

/** Arguments of a gathering's call, by place. */
export const gatherArguments = {
  out: 2,
  starts: 4, // [rows + 1] words: where each row begins in the data; the last is only asked for ahead
  divisor: 5, // [4]
  rows: 8, // at least 1
  rest: 9, // bytes of a row beside whole quads, below 4
  restStep: 10, // as many doubles, in bytes
  quads: 11, // of a row, at least 1
};

// Bytes of `out` that are asked for ahead.
const AHEAD = 2048;

/**
 * out = rows of bytes of the data, each byte over the divisor. A row is asked for while the one before it is read:
 * shuffled rows lie anywhere in memory.
 */
export function assembleGather(assembler: Assembler, unit: Quads): void {
  const { out, starts, rows, rest, restStep, quads, divisor } = gatherArguments;
  const [value, divisors] = [0, 1];
  loadArray(assembler, r8, out);
  loadScratch(assembler, r9, starts);
  loadScratch(assembler, rax, divisor);
  unit.load(divisors, at(rax));
  loadData(assembler, r10);
  assembler.loadWord(r12, argument(rows));
  assembler.loadWord(r13, argument(rest));
  assembler.loadWord(r14, argument(restStep));

  const nextRow = assembler.position;
  assembler.loadWord(rax, at(r9));
  assembler.add(rax, r10);
  assembler.loadWord(rcx, at(r9, 4));
  assembler.add(rcx, r10);
  assembler.loadAddress(r9, at(r9, 4));
  assembler.unlessZero(r13, () => {
    convertQuad(); // of which the last are converted again
    assembler.add(rax, r13);
    assembler.add(r8, r14);
  });
  assembler.loadWord(r11, argument(quads));
  const nextQuad = assembler.position;
  assembler.prefetch(at(rcx));
  assembler.prefetchToWrite(at(r8, AHEAD));
  convertQuad();
  for (const pointer of [rax, rcx]) assembler.loadAddress(pointer, at(pointer, 4));
  assembler.loadAddress(r8, at(r8, 32));
  assembler.decrement(r11);
  assembler.jumpUnlessZero(nextQuad);
  assembler.decrement(r12);
  assembler.jumpUnlessZero(nextRow);
  assembler.ret();

  function convertQuad(): void {
    unit.loadBytes(value, at(rax));
    unit.over(value, value, divisors);
    unit.store(at(r8), value);
  }
}
