import { bytesOfElements, FLOAT64 } from '../../element-type.ts';
import type { Call, Op, Operand } from '../../program/op.ts';
import { addressOf } from '../address.ts';
import { wasmOps } from './wasm-ops.ts';

/** Words of a call on a tape: the operation's number and its arguments. A cache line. */
export const CALL_WORDS = 16;

/** Doubles that a tape of `calls` calls takes. */
export const tapeLength = (calls: number): number => (calls * CALL_WORDS) / 2;

/** The number of an operation, by its name; that of a block as a call is behind them. */
const numbers = new Map(wasmOps.map(({ name }, number) => [name, number]));
const BLOCK = wasmOps.length;

/** Whether WebAssembly has a function for the operation. */
export const isWasmOp = ({ name }: Op): boolean => numbers.has(name);

/** The words of a block of `calls` calls at address `at`. */
export const blockWords = (at: number, calls: number): number[] => [BLOCK, at, calls];

const two = new Float64Array(1);
const itsWords = new Int32Array(two.buffer);

/** The call as words: an array by its address, a number by two words. */
export function callWords({ op, args }: Call, scratch: number): number[] {
  const words = [numbers.get(op.name) ?? -1];
  for (const value of callValues(op, args, scratch)) {
    if (value.isNumber) {
      two[0] = value.value;
      words.push(itsWords[0], itsWords[1]);
    } else {
      words.push(value.value);
    }
  }
  return words;
}

/** The call's arguments as its function takes them. */
export const callArguments = ({ op, args }: Call, scratch: number): number[] =>
  callValues(op, args, scratch).map(({ value }) => value);

interface Value {
  readonly value: number;
  readonly isNumber: boolean; // of any value: a double, where all others are words
}

function callValues(op: Op, args: readonly unknown[], scratch: number): Value[] {
  const values = Object.values(op.operands).flatMap((operand, k) => valuesOf(operand, args[k]));
  return op.usesScratch ? [...values, word(scratch)] : values;
}

const word = (value: number): Value => ({ value, isNumber: false });

/** The arguments are those of the operation: `emit` has them typed. */
function valuesOf({ kind }: Operand, value: unknown): Value[] {
  if (kind === 'array') return [word(addressOf(value as Float64Array))];
  if (kind === 'arrays') return (value as Float64Array[]).map((array) => word(addressOf(array)));
  if (kind === 'stride') return [word(bytesOfElements(FLOAT64, value as number))];
  return [{ value: Number(value), isNumber: kind === 'number' }];
}

/** The arrays of a call. */
export const arraysOf = ({ op, args }: Call): Float64Array[] =>
  Object.values(op.operands).flatMap(({ kind }, k) => {
    if (kind === 'array') return [args[k] as Float64Array];
    return kind === 'arrays' ? (args[k] as Float64Array[]) : [];
  });
