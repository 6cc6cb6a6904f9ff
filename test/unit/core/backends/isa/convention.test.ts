import { assembleCode, extensions } from '@gradloom/core/internal';
import { describe, expect, test } from 'vitest';
import { CALL_DOUBLES } from '../../../../../packages/core/src/backends/isa/arguments.ts';
import * as x64 from '../../../../../packages/core/src/backends/isa/x64/assembler.ts';
import { createAvx2 } from '../../../../../packages/core/src/backends/isa/x64/avx2.ts';
import type { ConventionName } from '../../../../../packages/core/src/backends/isa/x64/convention.ts';
import { assemblePlayer, CALL, MEMORY } from '../../../../../packages/core/src/backends/isa/x64/player.ts';
import { placeCode } from '../../../../../packages/runtime/src/engine/backends/native/code-pages.ts';
import { loadKoffi } from '../../../../../packages/runtime/src/system/native/koffi.ts';
import { needs } from '../../../../support/needs.ts';

const { at, createAssembler } = x64;
const { rax, rbx, rcx, rdx, rbp, rsp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = x64;

/** What callers do, as the two documents say it. */
const callers = {
  systemV: { arguments: [rdi, rsi, rdx, rcx], kept: [rbx, rbp, r12, r13, r14, r15], keptVectors: [] },
  windows: {
    arguments: [rcx, rdx, r8, r9],
    kept: [rbx, rbp, rdi, rsi, r12, r13, r14, r15],
    keptVectors: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  },
} satisfies Record<ConventionName, object>;
const names = Object.keys(callers) as ConventionName[];

/** Words of the registers that a caller by the convention keeps values in, and then of its vectors, two words each. */
const wordsOf = (name: ConventionName): number => callers[name].kept.length + 2 * callers[name].keptVectors.length;

/**
 * A player, a kernel that notes what it finds and overwrites all that it may, and a caller of the player by the
 * convention: void (tape, memory, calls, data, words), by System V's, which fills the registers that are kept with the
 * first half of the words, and writes what is in them afterwards to the second.
 */
function assembleCaller(name: ConventionName): { code: Uint8Array; kernel: number; caller: number } {
  const convention = callers[name];
  const a = createAssembler();
  assemblePlayer(a, createAvx2(a, 'float64'), name);

  const kernel = a.position;
  a.loadPointer(rax, at(rsp, 24)); // the data, as frameOf says
  a.storePointer(at(MEMORY, 0), rax);
  a.loadPointer(rax, at(MEMORY, 8));
  a.loadAddress(rax, at(rax, 1));
  a.storePointer(at(MEMORY, 8), rax); // calls
  a.loadPointer(rax, at(CALL, 8));
  a.storePointer(at(MEMORY, 16), rax); // an argument of the last call
  for (const r of [rax, rbx, rcx, rdx, rbp, MEMORY, r8, r9, r10, r11, r12, r13, r14, r15]) a.clear(r);
  for (let vector = 0; vector < 16; vector++) a.loadLower(vector, at(rsp));
  a.ret();

  const caller = a.position;
  const half = 8 * wordsOf(name);
  const registers = [
    ...convention.kept.map((register, i) => ({ register, offset: 8 * i })),
    ...convention.keptVectors.map((vector, i) => ({ vector, offset: 8 * convention.kept.length + 16 * i })),
  ];
  for (const register of callers.systemV.kept) a.push(register);
  for (const register of [r8, rcx, rdx, rsi, rdi]) a.push(register);
  a.loadPointer(rax, at(rsp, 32));
  for (const register of registers) {
    if ('vector' in register) a.loadLower(register.vector, at(rax, register.offset));
    else a.loadPointer(register.register, at(rax, register.offset));
  }
  for (const [i, register] of convention.arguments.entries()) a.loadPointer(register, at(rsp, 8 * i));
  a.loadCodeAddress(rax, 0);
  a.loadAddress(rsp, at(rsp, -32)); // that a function of Windows may use
  a.call(rax);
  a.loadAddress(rsp, at(rsp, 32));
  a.loadPointer(rax, at(rsp, 32));
  for (const register of registers) {
    if ('vector' in register) a.storeLower(at(rax, half + register.offset), register.vector);
    else a.storePointer(at(rax, half + register.offset), register.register);
  }
  a.loadAddress(rsp, at(rsp, 40));
  for (const register of [...callers.systemV.kept].reverse()) a.pop(register);
  a.ret();
  return { code: a.bytes(), kernel, caller };
}

describe.each(names)('code that is called by the convention %s', (name) => {
  test('gets its arguments and leaves its caller all that is kept', needs('native'), () => {
    const { code, kernel, caller } = assembleCaller(name);
    const koffi = loadKoffi();
    const address = placeCode(koffi, code) + BigInt(caller);
    const proto = koffi.proto('void', ['void *', 'void *', 'int64_t', 'void *', 'void *']);
    const call = koffi.decode(address, proto) as (...values: unknown[]) => void;
    const tape = new Float64Array(3 * CALL_DOUBLES);
    for (let k = 0; k < 3; k++) tape.set([kernel, 100 + k], k * CALL_DOUBLES);
    const [memory, data] = [new BigUint64Array(3), new BigUint64Array(3)];
    const words = new BigUint64Array(2 * wordsOf(name));
    for (let i = 0; i < wordsOf(name); i++) words[i] = 0x1234_5678_9abc_0000n + BigInt(i);
    // Of an int the upper half may hold anything.
    call(tape, memory, 0x7777_0000_0003n, data, words);
    expect(memory[1]).toBe(3n);
    expect(new Float64Array(memory.buffer)[2]).toBe(102);
    expect(words.subarray(wordsOf(name))).toEqual(words.subarray(0, wordsOf(name)));
    const first = memory[0];
    call(tape, memory, 1n, data.subarray(1), words);
    expect(memory[0] - first).toBe(8n);
  });
});

test.each(['avx512', 'avx2'] as const)('after its entry, the code for Windows is that for others: %s', (name) => {
  const [ours, theirs] = names.map((convention) => assembleCode(extensions[name].createIsa('float64', convention)));
  const shift = theirs.code.length - ours.code.length;
  expect(shift).toBeGreaterThan(0);
  expect(theirs.layout.offsets.locate).toBe(ours.layout.offsets.locate + shift);
  const first = Math.min(...Object.values(ours.layout.offsets));
  expect(Buffer.from(theirs.code.subarray(first + shift)).equals(ours.code.subarray(first))).toBe(true);
});
