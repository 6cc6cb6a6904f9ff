import { bytesOfElements, type Elements, type ElementType } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { Call, Op, Operand } from '../../program/op.ts';
import { wasmOps } from './wasm-ops.ts';

/** Words of a call on a tape: the operation's number and its arguments. */
export const CALL_WORDS = 24;

/** Doubles of a tape of `calls` calls. */
export const tapeLength = (calls: number): number => (calls * CALL_WORDS) / 2;

/** Numbers of operations by name. A call of a block has the number after them. */
const numbers = new Map(wasmOps.map(({ name }, number) => [name, number]));
const BLOCK = wasmOps.length;

/** Whether WebAssembly has a function for the operation. */
export const isWasmOp = ({ name }: Op): boolean => numbers.has(name);

/** Encodes the call of a block of `calls` calls at address `at`. */
export const blockWords = (at: number, calls: number): number[] => [BLOCK, at, calls];

const two = new Float64Array(1);
const itsWords = new Int32Array(two.buffer);

/** Encodes a call of a run of `type`: one word for an array's address or an integer, two for a number. */
export function callWords({ op, args }: Call, type: ElementType, scratch: number): number[] {
  const words = [numbers.get(op.name) ?? -1];
  for (const value of callValues(op, args, type, scratch)) {
    if (value.isNumber) {
      two[0] = value.value;
      words.push(itsWords[0], itsWords[1]);
    } else {
      words.push(value.value);
    }
  }
  return words;
}

/** The call's arguments as its WebAssembly function takes them. */
export const callArguments = ({ op, args }: Call, type: ElementType, scratch: number): number[] =>
  callValues(op, args, type, scratch).map(({ value }) => value);

interface Value {
  readonly value: number;
  readonly isNumber: boolean; // a double; all others are 32-bit words
}

function callValues(op: Op, args: readonly unknown[], type: ElementType, scratch: number): Value[] {
  const values = Object.values(op.operands).flatMap((operand, k) => valuesOf(operand, args[k], type));
  return op.usesScratch ? [...values, word(scratch)] : values;
}

const word = (value: number): Value => ({ value, isNumber: false });

/** The casts are safe: `emit` has checked the types of the arguments. */
function valuesOf({ kind }: Operand, value: unknown, type: ElementType): Value[] {
  if (kind === 'array') return [word(addressOf(value as Elements))];
  if (kind === 'arrays') return (value as Elements[]).map((array) => word(addressOf(array)));
  if (kind === 'stride') return [word(bytesOfElements(type, value as number))];
  return [{ value: Number(value), isNumber: kind === 'number' }];
}

/** Whether `is` holds for all arrays of a call, each with the type that it must have in a run of `type`. */
export const allArrays = (
  { op, args }: Call,
  type: ElementType,
  is: (array: Elements, expected: ElementType) => boolean,
): boolean =>
  Object.values(op.operands).every((operand, k) => {
    if (operand.kind !== 'array' && operand.kind !== 'arrays') return true;
    const expected = operand.type === 'element' ? type : operand.type;
    const arrays = operand.kind === 'array' ? [args[k] as Elements] : (args[k] as Elements[]);
    return arrays.every((array) => is(array, expected));
  });
