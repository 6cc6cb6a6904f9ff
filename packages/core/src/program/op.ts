import { FLOAT64 } from '../math/element-type.ts';

/** What an operation takes at one place of its arguments. */
export type Operand =
  | {
      /** An array, or a list of arrays of one shape. */
      readonly kind: 'array' | 'arrays';
      /** Its dimensions: names of counts among the operands, or numbers. A product of them is its length. */
      readonly shape: readonly (string | number)[];
      /** What the operation does with it. */
      readonly access: 'in' | 'out' | 'inout';
      /** Of its numbers: that of the run, or double in every run. */
      readonly type: 'element' | 'float64';
    }
  | {
      /** A whole number; a yes or no; a distance in elements; any number; words for an error. */
      readonly kind: 'count' | 'flag' | 'stride' | 'number' | 'text';
    };

/** An operation on arrays of a run. Two of the same name are the same, but for what their reference closes over. */
export interface Op<Args extends readonly unknown[] = never> {
  /** Its name, which is that of its function in WebAssembly, if it has one. */
  readonly name: string;
  /** What it takes, by the name of the argument, in order. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** Whether its function in WebAssembly takes scratch of the thread behind these. */
  readonly usesScratch: boolean;
  /** The plain code that defines the bits. */
  readonly reference: (...args: Args) => void;
}

/** One operation of a program with its arguments. */
export interface Call {
  /** What it does. */
  readonly op: Op;
  /** What it does it with, one for each operand of `op`. */
  readonly args: readonly unknown[];
}

/** Puts a call at the end of a program. */
export type Emit = <Args extends readonly unknown[]>(op: Op<Args>, ...args: Args) => void;

export function defineOp<Args extends readonly unknown[]>(
  name: string,
  operands: Readonly<Record<string, Operand>>,
  reference: (...args: Args) => void,
  { usesScratch = false } = {},
): Op<Args> {
  return { name, operands, reference, usesScratch };
}

const array = (
  kind: 'array' | 'arrays',
  access: 'in' | 'out' | 'inout',
  shape: readonly (string | number)[],
): Operand => {
  return { kind, access, shape, type: 'element' };
};

/** An array that is read. */
export const input = (...shape: (string | number)[]): Operand => array('array', 'in', shape);
/** An array that is overwritten. */
export const output = (...shape: (string | number)[]): Operand => array('array', 'out', shape);
/** An array that is read and overwritten. */
export const inout = (...shape: (string | number)[]): Operand => array('array', 'inout', shape);
/** A list of such arrays. */
export const inouts = (...shape: (string | number)[]): Operand => array('arrays', 'inout', shape);
/** An array, or a list of them, whose numbers are double in every run. */
export const double = <Array extends Operand>(array: Array): Array => ({ ...array, type: FLOAT64 });
export const count: Operand = { kind: 'count' };
export const flag: Operand = { kind: 'flag' };
export const stride: Operand = { kind: 'stride' };
export const number: Operand = { kind: 'number' };
export const text: Operand = { kind: 'text' };

/** What only the thread's own JavaScript can do: gather rows, look, wait. Ends the program where it returns false. */
export const host = defineOp('host', {}, (act: () => unknown): void => void act());

/**
 * Where every thread of a team has to arrive before any goes on: what follows reads what others have written. The last
 * to arrive runs `completion` first, for all. A thread that has the whole batch needs none.
 */
export const barrier = defineOp('barrier', {}, (_completion?: () => void): void => {});

/** Another program as one operation: several parts of a step can share it. */
export const part = defineOp('part', {}, (_calls: readonly Call[]): void => {
  throw new Error('part: has no reference, expected the executor to run it');
});

/** The calls before, between and behind barriers. */
export function segmentsOf(calls: readonly Call[]): readonly (readonly Call[])[] {
  const segments: Call[][] = [[]];
  for (const call of calls) {
    if (call.op.name === barrier.name) segments.push([]);
    else segments[segments.length - 1].push(call);
  }
  return segments;
}

/** A list of calls, and the function that adds to it. */
export function createList(): { readonly calls: Call[]; readonly emit: Emit } {
  const calls: Call[] = [];
  return { calls, emit: (op, ...args) => void calls.push({ op, args }) };
}
