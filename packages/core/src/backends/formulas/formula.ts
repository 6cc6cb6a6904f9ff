import type { ElementType } from '../../math/element-type.ts';
import type { Relation } from '../isa/isa.ts';

declare const kind: unique symbol;

/** A vector of a formula. */
export type Value = number & { readonly [kind]?: 'value' };
/** The lanes in which a comparison holds. */
export type Condition = number & { readonly [kind]?: 'condition' };

type Binary =
  | 'plus'
  | 'minus'
  | 'times'
  | 'over'
  | 'lesser'
  | 'greater'
  | 'and'
  | 'or'
  | 'xor'
  | 'plusBits'
  | 'minusBits'
  | 'scale';

/** One operation of a formula. Numbers of operands are places in the list of steps. */
export type Step =
  | { readonly kind: 'input' | 'fixed' | 'number' | 'held'; readonly place: number }
  | { readonly kind: 'literal'; readonly bits: bigint }
  | { readonly kind: 'binary'; readonly name: Binary; readonly x: number; readonly y: number }
  | { readonly kind: 'root'; readonly x: number }
  | { readonly kind: 'shift'; readonly name: 'shiftLeft' | 'shiftRight'; readonly x: number; readonly count: number }
  | { readonly kind: 'compare'; readonly relation: Relation; readonly x: number; readonly y: number }
  | { readonly kind: 'choose'; readonly mask: number; readonly x: number; readonly y: number; readonly isRare: boolean }
  | { readonly kind: 'keep'; readonly mask: number; readonly x: number };

/**
 * The operations that formulas are written with, lane by lane; each rounds its result to the element type. A formula
 * runs once, on symbols, and leaves its list of steps.
 */
export interface Formula {
  readonly type: ElementType;
  readonly steps: readonly Step[];
  /** A vector that the kernel loads. */
  input(place: number): Value;
  /** A vector that the kernel loads before the loop. */
  fixed(place: number): Value;
  /** A number of the call, in all lanes. */
  number(place: number): Value;
  /** A vector that the kernel keeps in a register. */
  held(place: number): Value;
  /** A number in all lanes, rounded to the element type. */
  constant(x: number): Value;
  /** An unsigned integer as wide as an element, in all lanes. */
  bits(x: bigint): Value;
  plus(x: Value, y: Value): Value;
  minus(x: Value, y: Value): Value;
  times(x: Value, y: Value): Value;
  over(x: Value, y: Value): Value;
  root(x: Value): Value;
  /** x where x < y, else y. */
  lesser(x: Value, y: Value): Value;
  /** x where x > y, else y. */
  greater(x: Value, y: Value): Value;
  and(x: Value, y: Value): Value;
  or(x: Value, y: Value): Value;
  xor(x: Value, y: Value): Value;
  plusBits(x: Value, y: Value): Value;
  minusBits(x: Value, y: Value): Value;
  /** x · 2ⁿ, rounded once, if the processor has an instruction for it. n has whole numbers. */
  readonly scale: ((x: Value, n: Value) => Value) | null;
  shiftLeft(x: Value, count: number): Value;
  shiftRight(x: Value, count: number): Value;
  compare(x: Value, relation: Relation, y: Value): Condition;
  /** x where the condition holds, else y. */
  choose(condition: Condition, x: Value, y: Value): Value;
  /** `choose` for an x that takes long: short vectors skip it if the condition holds in no lane. */
  chooseRare(condition: Condition, x: Value, y: Value): Value;
  /** x where the condition holds, else +0. */
  keep(condition: Condition, x: Value): Value;
}

/** An empty formula for a processor that has `scale` or not. Equal steps are made once. */
export function createFormula(type: ElementType, hasScale: boolean): Formula {
  const steps: Step[] = [];
  const known = new Map<string, number>();

  function add(step: Step): number {
    const name = Object.values(step).join();
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, steps.length);
    return steps.push(step) - 1;
  }

  const binary =
    (name: Binary) =>
    (x: Value, y: Value): Value => {
      // Only second operands can stand in memory.
      const swaps = commutative.has(name) && steps[x].kind === 'literal' && steps[y].kind !== 'literal';
      return add(swaps ? { kind: 'binary', name, x: y, y: x } : { kind: 'binary', name, x, y });
    };
  const shift =
    (name: 'shiftLeft' | 'shiftRight') =>
    (x: Value, count: number): Value =>
      add({ kind: 'shift', name, x, count });

  return {
    type,
    steps,
    input: (place) => add({ kind: 'input', place }),
    fixed: (place) => add({ kind: 'fixed', place }),
    number: (place) => add({ kind: 'number', place }),
    held: (place) => add({ kind: 'held', place }),
    constant: (x) => add({ kind: 'literal', bits: bitsOf(x, type) }),
    bits: (bits) => add({ kind: 'literal', bits }),
    plus: binary('plus'),
    minus: binary('minus'),
    times: binary('times'),
    over: binary('over'),
    root: (x) => add({ kind: 'root', x }),
    lesser: binary('lesser'),
    greater: binary('greater'),
    and: binary('and'),
    or: binary('or'),
    xor: binary('xor'),
    plusBits: binary('plusBits'),
    minusBits: binary('minusBits'),
    scale: hasScale ? binary('scale') : null,
    shiftLeft: shift('shiftLeft'),
    shiftRight: shift('shiftRight'),
    compare: (x, relation, y) => add({ kind: 'compare', relation, x, y }),
    choose: (mask, x, y) => add({ kind: 'choose', mask, x, y, isRare: false }),
    chooseRare: (mask, x, y) => add({ kind: 'choose', mask, x, y, isRare: true }),
    keep: (mask, x) => add({ kind: 'keep', mask, x }),
  };
}

const commutative: ReadonlySet<Binary> = new Set(['plus', 'times', 'and', 'or', 'xor', 'plusBits']);

/** The bits of x as an element. */
export function bitsOf(x: number, type: ElementType): bigint {
  if (type === 'float64') view.setFloat64(0, x);
  else view.setFloat32(0, x);
  return type === 'float64' ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}

const view = new DataView(new ArrayBuffer(8));

/** The steps that a step reads. */
export function operandsOf(step: Step): readonly number[] {
  switch (step.kind) {
    case 'binary':
    case 'compare':
      return [step.x, step.y];
    case 'choose':
      return [step.mask, step.x, step.y];
    case 'keep':
      return [step.mask, step.x];
    case 'root':
    case 'shift':
      return [step.x];
    default:
      return [];
  }
}
