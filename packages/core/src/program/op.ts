import { FLOAT64 } from '../math/element-type.ts';

/** One argument of an operation. */
export type Operand =
  | {
      /** An array, or a list of arrays of one shape. */
      readonly kind: 'array' | 'arrays';
      /** Names of dimensions, or numbers. The array's length is their product. */
      readonly shape: readonly (string | number)[];
      /** Number of arrays. */
      readonly count: number;
      /** Whether the operation reads the array, overwrites it, or both. */
      readonly access: 'in' | 'out' | 'inout';
      /** Type of its numbers: the run's, or always float64. */
      readonly type: 'element' | 'float64';
    }
  | {
      /** A stride is a distance in elements, a text is for errors, a geometry has windows or axes. */
      readonly kind: 'count' | 'flag' | 'stride' | 'number' | 'text' | 'geometry';
    };

/** An operation on arrays of a run. Ops with one name differ only in the values that their reference captures. */
export interface Op<Args extends readonly unknown[] = never> {
  /** Its name, which is also that of its kernel. */
  readonly name: string;
  /** Its arguments by name, in order. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** The plain code that defines the bits. */
  readonly reference: (...args: Args) => void;
  /** A call of it and the next call as one, which leaves the same bits; null if they stay apart. @default never */
  readonly join?: (call: Call, next: Call) => Call | null;
}

/** One operation of a program with its arguments. */
export interface Call {
  /** The operation. */
  readonly op: Op;
  /** One argument for each operand of `op`. */
  readonly args: readonly unknown[];
}

export const argumentOf = ({ op, args }: Call, operand: string): unknown =>
  args[Object.keys(op.operands).indexOf(operand)];

/** Appends a call to a program. */
export type Emit = <Args extends readonly unknown[]>(op: Op<Args>, ...args: Args) => void;

export function defineOp<Args extends readonly unknown[]>(
  name: string,
  operands: Readonly<Record<string, Operand>>,
  reference: (...args: Args) => void,
): Op<Args> {
  return { name, operands, reference };
}

/** Name of the operation of an activation, loss or optimizer: softmaxCrossEntropy for 'softmax-cross-entropy'. */
export const functionName = (name: string): string =>
  name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** Name of the operation of a user's activation, loss or layer. No backend has a function of such a name. */
export const customOpName = (name: string): string => `own:${name}`;

/** An operation of a table: its key there is its name. */
type Unnamed<Args extends readonly unknown[] = never> = Omit<Op<Args>, 'name'>;

/** An operation of a table for `defineOps`: its plain code, and its arguments by name, in order. */
export const operation = <Args extends readonly unknown[]>(
  reference: (...args: Args) => void,
  operands: Readonly<Record<string, Operand>>,
): Unnamed<Args> => ({ operands, reference });

/** Gives the operations of a table their keys as names. */
export const defineOps = <T extends Readonly<Record<string, Unnamed>>>(table: T) =>
  Object.fromEntries(Object.entries(table).map(([name, op]) => [name, { name, ...op }])) as {
    readonly [Name in keyof T]: T[Name] & { readonly name: string };
  };

const array = (access: 'in' | 'out' | 'inout', shape: readonly (string | number)[]): Operand => {
  return { kind: 'array', count: 1, access, shape, type: 'element' };
};

/** An array that is read. */
export const input = (...shape: (string | number)[]): Operand => array('in', shape);
/** An array that is overwritten. */
export const output = (...shape: (string | number)[]): Operand => array('out', shape);
/** An array that is read and overwritten. */
export const inout = (...shape: (string | number)[]): Operand => array('inout', shape);
/** A list of `count` arrays that are read and overwritten. */
export const inouts = (count: number, ...shape: (string | number)[]): Operand => {
  return { kind: 'arrays', count, access: 'inout', shape, type: 'element' };
};
/** The same operand with numbers that are always float64. */
export const double = <Array extends Operand>(array: Array): Array => ({ ...array, type: FLOAT64 });
export const count: Operand = { kind: 'count' };
/** Operands that count, such as the sizes of arrays. */
export const counts = (...names: string[]): Readonly<Record<string, Operand>> =>
  Object.fromEntries(names.map((name) => [name, count]));
export const flag: Operand = { kind: 'flag' };
export const stride: Operand = { kind: 'stride' };
export const number: Operand = { kind: 'number' };
export const text: Operand = { kind: 'text' };
export const geometry: Operand = { kind: 'geometry' };

/** JavaScript of the thread, such as gathering rows, a probe, or a wait. A result of false ends the program. */
export const host = defineOp('host', {}, (act: () => unknown): void => void act());

/**
 * Every thread of a team arrives here before any goes on, as the calls after it read what other threads have written.
 * The last thread to arrive runs `completion` first, once for all. A thread that has the whole batch needs no barrier.
 */
export const barrier = defineOp('barrier', {}, (_completion?: () => void): void => {});

/** Another program as one operation. Several parts of a step can share it. */
export const part = defineOp('part', {}, (_calls: readonly Call[]): void => {
  throw new Error('part: has no reference, expected the executor to run it');
});

/** Splits calls at the barriers. */
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
