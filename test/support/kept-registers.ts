import { CALL_DOUBLES } from '../../packages/core/src/backends/isa/arguments.ts';
import { createAssembler, sp, x0, x16, x30 } from '../../packages/core/src/backends/isa/arm64/assembler.ts';
import { LOAD_D, STORE_D } from '../../packages/core/src/backends/isa/arm64/forms.ts';
import { CLEAR } from '../../packages/core/src/backends/isa/arm64/masked.ts';
import { FREE } from '../../packages/core/src/backends/isa/arm64/neon.ts';
import { assemblePlayer, CALL, registerFile } from '../../packages/core/src/backends/isa/arm64/player.ts';
import { addressAt } from '../../packages/core/src/backends/isa/assembler.ts';
import { placeCode } from '../../packages/runtime/src/engine/backends/native/code-pages.ts';
import { loadKoffi } from '../../packages/runtime/src/system/native/koffi.ts';

// On arm64, prints what a caller by AAPCS64 finds in the callee-saved registers after the player has run three calls of
// a kernel that overwrites all other registers.

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, k) => first + k);
/**
 * x18 is reserved for the system; x19 to x28 and the lower halves of v8 to v15 are callee-saved; x29 is the caller's
 * frame.
 */
const kept = upTo(18, 29);
const keptVectors = upTo(8, 15);
const words = kept.length + keptVectors.length;
const x4 = 4;

const a = createAssembler(FREE);
assemblePlayer(a);

const kernel = a.position;
const memory = registerFile.memory;
a.loadPointer(x0, addressAt(sp, 8)); // pointer to the data, as in frameOf
a.storePointer(addressAt(memory), x0);
a.loadPointer(x0, addressAt(memory, 8));
a.loadAddress(x0, addressAt(x0, 1));
a.storePointer(addressAt(memory, 8), x0); // number of calls
a.loadPointer(x0, addressAt(CALL, 8));
a.storePointer(addressAt(memory, 16), x0); // an argument of the last call
for (const r of [...upTo(0, 17), ...upTo(19, 26)]) a.clear(r);
for (const vector of upTo(0, 31)) a.emit(CLEAR, vector);
a.ret();

// void (tape, memory, calls, data, words): fills the registers from the first half of the words, and writes what is in
// them afterwards to the second.
const caller = a.position;
const area = 8 * keptVectors.length;
for (const r of [...upTo(19, 29), x30]) a.push(r);
a.loadAddress(sp, addressAt(sp, -area));
for (const [k, vector] of keptVectors.entries()) a.access(STORE_D, vector, addressAt(sp, 8 * k));
a.push(x4);
for (const [k, r] of kept.entries()) a.loadPointer(r, addressAt(x4, 8 * k));
for (const [k, vector] of keptVectors.entries()) a.access(LOAD_D, vector, addressAt(x4, 8 * (kept.length + k)));
a.loadCodeAddress(x16, 0);
a.call(x16);
a.pop(x4);
for (const [k, r] of kept.entries()) a.storePointer(addressAt(x4, 8 * (words + k)), r);
for (const [k, vector] of keptVectors.entries())
  a.access(STORE_D, vector, addressAt(x4, 8 * (words + kept.length + k)));
for (const [k, vector] of keptVectors.entries()) a.access(LOAD_D, vector, addressAt(sp, 8 * k));
a.loadAddress(sp, addressAt(sp, area));
for (const r of [...upTo(19, 29), x30].reverse()) a.pop(r);
a.ret();

const koffi = loadKoffi();
const address = placeCode(koffi, a.bytes()) + BigInt(caller);
const call = koffi.decode(address, koffi.proto('void', ['void *', 'void *', 'int64_t', 'void *', 'void *'])) as (
  ...values: unknown[]
) => void;
const tape = new Float64Array(3 * CALL_DOUBLES);
for (let k = 0; k < 3; k++) tape.set([kernel, 100 + k], k * CALL_DOUBLES);
const [noted, data] = [new BigUint64Array(3), new BigUint64Array(3)];
const values = new BigUint64Array(2 * words);
for (let i = 0; i < words; i++) values[i] = 0x1234_5678_9abc_0000n + BigInt(i);
// The upper half of an int may hold anything.
call(tape, noted, 0x7777_0000_0003n, data, values);
const [first, calls] = noted;
const changed = upTo(0, words - 1).filter((i) => values[words + i] !== values[i]);
call(tape, noted, 1n, data.subarray(1), values);
process.stdout.write(
  JSON.stringify({
    calls: Number(calls),
    argument: new Float64Array(noted.buffer)[2],
    data: Number(noted[0] - first), // distance in bytes
    changed: changed.map((i) => (i < kept.length ? `x${kept[i]}` : `d${keptVectors[i - kept.length]}`)),
  }),
);
