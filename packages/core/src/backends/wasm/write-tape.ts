import type { Op, Operand } from '../../program/op.ts';
import { wasmOps } from './wasm-ops.ts';
import { CALL_WORDS } from './wasm-tape.ts';

/** For each kind of argument, the function by which assembly/tape.ts reads it and the words that it takes. */
const READERS: Readonly<Record<Exclude<Operand['kind'], 'text'>, { readonly reader: string; readonly words: number }>> =
  {
    array: { reader: 'address', words: 1 },
    arrays: { reader: 'address', words: 1 },
    stride: { reader: 'address', words: 1 },
    count: { reader: 'word', words: 1 },
    flag: { reader: 'word', words: 1 },
    number: { reader: 'double', words: 2 },
  };

/** The source of assembly/tape.ts: an interpreter of tapes with one case for each of `wasmOps`. */
export function tapeSource(): string {
  const names = [...new Set(wasmOps.map(({ name }) => name))].sort();
  const cases = wasmOps.map((op, number) => `      case ${number}: ${callOf(op)}; break;`);
  return `// Written by npm run build:tape from src/backends/wasm/wasm-ops.ts. Do not edit.
import {
${names.map((name) => `  ${name},`).join('\n')}
} from './kernels';

/** Bytes of a call on the tape. */
const CALL: usize = ${4 * CALL_WORDS};

/** Makes the calls on the tape, one after the other. */
export function play(tape: usize, calls: i32): void {
  for (; calls > 0; calls--, tape += CALL) {
    switch (load<i32>(tape)) {
${cases.join('\n')}
      case ${wasmOps.length}: play(address(tape, 1), word(tape, 2)); break;
      default: unreachable();
    }
  }
}

/** Plays a tape up to \`times\` times, until \`stop\` is not 0 afterwards. Returns how many times it did. */
export function playTimes(tape: usize, calls: i32, times: i32, stop: usize): i32 {
  for (let k = 1; k <= times; k++) {
    play(tape, calls);
    if (load<f64>(stop) != 0) return k;
  }
  return times;
}

/** Word \`i\` of a call, an address. */
@inline function address(call: usize, i: usize): usize {
  return load<usize>(call + 4 * i);
}

/** Word \`i\` of a call, a whole number. */
@inline function word(call: usize, i: usize): i32 {
  return load<i32>(call + 4 * i);
}

/** Words \`i\` and \`i\` + 1 of a call, a double. */
@inline function double(call: usize, i: usize): f64 {
  return load<f64>(call + 4 * i);
}
`;
}

function callOf({ name, operands, usesScratch }: Op): string {
  const kinds = Object.values(operands).flatMap((operand) =>
    operand.kind === 'arrays' ? Array.from({ length: operand.count }, () => operand.kind) : [operand.kind],
  );
  let place = 1;
  const read = ({ reader, words }: (typeof READERS)[keyof typeof READERS]): string => {
    place += words;
    return `${reader}(tape, ${place - words})`;
  };
  const args = kinds.map((kind) => {
    if (kind === 'text') throw new Error(`tapeSource: ${name} takes words, expected an operation on numbers`);
    return read(READERS[kind]);
  });
  if (usesScratch) args.push(read(READERS.array));
  if (place > CALL_WORDS) throw new Error(`tapeSource: ${name} takes ${place} words, expected at most ${CALL_WORDS}`);
  return `${name}(${args.join(', ')})`;
}
