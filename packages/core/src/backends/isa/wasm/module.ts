import { CALL_DOUBLES, MAX_ARGUMENTS } from '../arguments.ts';

/** Types of values, as modules encode them. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof I64 | typeof V128;

/** Instructions on integers. */
export const I32_LOAD = 0x28;
export const I32_STORE = 0x36;
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I64_LOAD = 0x29;
export const I64_STORE = 0x37;

/** Instructions on vectors. */
export const LOAD32_ZERO = 0x5c;
export const LOAD64_ZERO = 0x5d;
export const F64X2_ADD = 0xf0;
export const I32X4_ADD = 0xae;
export const I32X4_SPLAT = 17;

/** An unsigned integer in LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

/** A signed 32-bit integer in LEB128. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    const low = rest & 127;
    const isLast = rest >> 7 === (low & 64 ? -1 : 0);
    bytes.push(isLast ? low : low + 128);
    if (isLast) return bytes;
  }
}

/** Bytes of a part of a module. */
type Bytes = ArrayLike<number>;

/** Concatenates parts. Spreading parts into arrays, level by level, would take most of the time of a module. */
export function concat(...parts: readonly Bytes[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let length = 0;
  for (const part of parts) {
    bytes.set(part, length);
    length += part.length;
  }
  return bytes;
}

export const list = (items: readonly Bytes[]): Uint8Array => concat(unsigned(items.length), ...items);

export const section = (id: number, content: Bytes): Uint8Array => concat([id], unsigned(content.length), content);

export const text = (name: string): number[] => [...unsigned(name.length), ...Array.from(name, (c) => c.charCodeAt(0))];

/** The body of a function: its local variables after the parameters, and its instructions without the last `end`. */
export interface FunctionBody {
  readonly locals: readonly ValueType[];
  readonly code: Bytes;
}

function encodeBody({ locals, code }: FunctionBody): Uint8Array {
  const groups: [count: number, type: ValueType][] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last?.[1] === type) last[0]++;
    else groups.push([1, type]);
  }
  const bytes = list(groups.map(([count, type]) => [...unsigned(count), type]));
  return concat(unsigned(bytes.length + code.length + 1), bytes, code, [END]);
}

/** Ends a function, a block or an expression. */
export const END = 0x0b;
const MAX_PAGES = 65_536; // 4 GiB

/** The memory that a module imports as `env`, beside the table of all kernels. */
export interface ModuleOptions {
  readonly shared: boolean; // whether the memory is shared between threads
}

/** The type of kernels: a function (0x60) of two integers, the addresses of its call and of the arguments as words. */
const KERNEL = [0x60, 2, I32, I32, 0];

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]; // "\0asm", version 1

// Sections below: 1 types, 2 imports, 3 types of functions, 7 exports, 9 elements of the table, 10 code.

/** A memory (kind 2) of at most `MAX_PAGES` pages, shared (3) or not (1), and a table (kind 1) of functions (0x70). */
function imports({ shared }: ModuleOptions): Uint8Array {
  const memory = [...text('env'), ...text('memory'), 2, shared ? 3 : 1, ...unsigned(1), ...unsigned(MAX_PAGES)];
  const table = [...text('env'), ...text('table'), 1, 0x70, 0, ...unsigned(0)];
  return section(2, list([memory, table]));
}

/** A module that puts kernels into the table, the first one at `first`. */
export function encodeKernels(kernels: readonly FunctionBody[], first: number, options: ModuleOptions): Uint8Array {
  const numbers = kernels.map((_, k) => unsigned(k));
  return concat(
    header,
    section(1, list([KERNEL])),
    imports(options),
    section(3, list(kernels.map(() => [0]))),
    section(9, list([concat([0, 0x41, ...signed(first), END], list(numbers))])),
    section(10, list(kernels.map(encodeBody))),
  );
}

/** 1.5 · 2⁵². */
const LARGE = 6_755_399_441_055_744;

/** Bytes of the words into which the player converts the arguments of a call. */
export const WORD_BYTES = 4 * MAX_ARGUMENTS;

// In the code below: 0x20 local.get, 0x21 local.set, 0x22 local.tee, 0x41 i32.const, 0xfd before vector opcodes.

/**
 * Stores the arguments of the call at `call` as words at `words`, four at a time: of the sum of 1.5 · 2⁵² and an
 * integer from -2³¹ to 2³² - 1 the lower half is the integer. A kernel that converted its arguments before its loops
 * would be slower: V8 moves the instructions to where the result is used, into the loops.
 */
function convertArguments(call: number, words: number): number[] {
  const large = new Uint8Array(Float64Array.of(LARGE, LARGE).buffer);
  const pair = (k: number) => [
    ...[0x20, call, 0xfd, 0, 0, ...unsigned(8 + 16 * k)], // v128.load
    ...[0xfd, 12 /* v128.const */, ...large, 0xfd, ...unsigned(F64X2_ADD)],
  ];
  const lower = [0, 8, 16, 24].flatMap((byte) => [byte, byte + 1, byte + 2, byte + 3]);
  return Array.from({ length: MAX_ARGUMENTS / 4 }, (_, k) => [
    ...[0x20, words, ...pair(2 * k), ...pair(2 * k + 1), 0xfd, 13, ...lower], // i8x16.shuffle
    ...[0xfd, 11, 0, ...unsigned(16 * k)], // v128.store
  ]).flat();
}

/**
 * A module with `play(tape, calls, words)`, which runs at least one call of a tape, and `playRepeatedly(tape, calls,
 * words, repeats, stop)`, which runs the tape up to `repeats` times, until the double at `stop` is not 0, and returns
 * how many times it did.
 */
export function encodePlayer(options: ModuleOptions): Uint8Array {
  const [tape, calls, words, repeats, stop, left] = [0, 1, 2, 3, 4, 5];
  const bytes = signed(8 * CALL_DOUBLES);
  const play: FunctionBody = {
    locals: [],
    code: [
      ...[0x03, 0x40], // loop
      ...convertArguments(tape, words),
      ...[0x20, tape, 0x20, words, 0x20, tape, 0x2b, 3, 0, 0xaa], // f64.load, i32.trunc_f64_s: the kernel
      ...[0x11, 0, 0], // call_indirect of type 0
      ...[0x20, tape, 0x41, ...bytes, I32_ADD, 0x21, tape],
      ...[0x20, calls, 0x41, 1, I32_SUB, 0x22, calls, 0x0d, 0], // br_if
      END,
    ],
  };
  const playRepeatedly: FunctionBody = {
    locals: [I32],
    code: [
      ...[0x20, repeats, 0x21, left, 0x03, 0x40], // loop
      ...[0x20, tape, 0x20, calls, 0x20, words, 0x10, 0], // call of play
      ...[0x20, left, 0x41, 1, I32_SUB, 0x21, left],
      ...[0x20, stop, 0x2b, 3, 0, 0x44, ...new Array(8).fill(0), 0x61], // f64.load, f64.const 0, f64.eq
      ...[0x20, left, 0x41, 0, 0x47, 0x71, 0x0d, 0], // i32.ne, i32.and, br_if: and `left` is not 0
      END,
      ...[0x20, repeats, 0x20, left, I32_SUB],
    ],
  };
  const player = [0x60, 3, I32, I32, I32, 0];
  const repeater = [0x60, 5, I32, I32, I32, I32, I32, 1, I32];
  return concat(
    header,
    section(1, list([KERNEL, player, repeater])),
    imports(options),
    section(3, list([[1], [2]])),
    section(
      7,
      list([
        [...text('play'), 0, 0],
        [...text('playRepeatedly'), 0, 1],
      ]),
    ),
    section(10, list([play, playRepeatedly].map(encodeBody))),
  );
}
