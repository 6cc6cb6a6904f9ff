import type { ElementType } from '../../math/element-type.ts';
import type { ScalarMath } from '../../math/real-math.ts';
import type { Relation } from '../isa/isa.ts';

declare const kind: unique symbol;

/** A vector of a formula. */
export type Value = number & { readonly [kind]?: 'value' };
/** The lanes in which a comparison holds. */
export type Condition = number & { readonly [kind]?: 'condition' };

type Binary =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'lesser'
  | 'greater'
  | 'and'
  | 'or'
  | 'xor'
  | 'addBits'
  | 'subtractBits'
  | 'scale';

/** One operation of a formula. Its operands are indices of earlier steps. */
export type Step =
  | { readonly kind: 'input' | 'fixed' | 'number' | 'held'; readonly index: number }
  | { readonly kind: 'literal'; readonly bits: bigint }
  | { readonly kind: 'binary'; readonly name: Binary; readonly x: number; readonly y: number }
  | { readonly kind: 'squareRoot'; readonly x: number }
  | { readonly kind: 'shift'; readonly name: 'shiftLeft' | 'shiftRight'; readonly x: number; readonly count: number }
  | { readonly kind: 'compare'; readonly relation: Relation; readonly x: number; readonly y: number }
  | { readonly kind: 'choose'; readonly mask: number; readonly x: number; readonly y: number; readonly isRare: boolean }
  | { readonly kind: 'chooseOrZero'; readonly mask: number; readonly x: number };

/**
 * The operations that formulas are written with, lane by lane; each rounds its result to the element type. A formula
 * runs once, on symbols, and leaves its list of steps.
 */
export interface Formula
  extends Pick<
    ScalarMath<Value, Condition>,
    | ('type' | 'constant' | 'add' | 'subtract' | 'multiply' | 'divide' | 'squareRoot')
    | ('lesser' | 'greater' | 'compare' | 'choose')
  > {
  readonly steps: readonly Step[];
  /** A vector that the kernel loads in its loop. */
  input(index: number): Value;
  /** A vector that the kernel loads before the loop. */
  fixed(index: number): Value;
  /** A number of the call, in all lanes. */
  number(index: number): Value;
  /** A vector that the kernel keeps in a register. */
  held(index: number): Value;
  /** An unsigned integer as wide as an element, in all lanes. */
  bits(x: bigint): Value;
  and(x: Value, y: Value): Value;
  or(x: Value, y: Value): Value;
  xor(x: Value, y: Value): Value;
  addBits(x: Value, y: Value): Value;
  subtractBits(x: Value, y: Value): Value;
  /** x · 2ⁿ, rounded once, if the processor has an instruction for it. n has whole numbers. */
  readonly scale: ((x: Value, n: Value) => Value) | null;
  shiftLeft(x: Value, count: number): Value;
  shiftRight(x: Value, count: number): Value;
  /** `choose` for an x that takes long: short vectors skip it if the condition holds in no lane. */
  chooseRare(condition: Condition, x: Value, y: Value): Value;
  /** x where the condition holds, else +0. */
  chooseOrZero(condition: Condition, x: Value): Value;
}

/** An empty formula for a processor that has `scale` or not. Equal steps are made once. */
export function createFormula(type: ElementType, hasScale: boolean): Formula {
  const steps: Step[] = [];
  const stepNumbers = new Map<string, number>();

  function addStep(step: Step): number {
    const name = Object.values(step).join();
    const existing = stepNumbers.get(name);
    if (existing !== undefined) return existing;
    stepNumbers.set(name, steps.length);
    return steps.push(step) - 1;
  }

  const binary =
    (name: Binary) =>
    (x: Value, y: Value): Value => {
      // Only second operands can stand in memory.
      const swaps = commutative.has(name) && steps[x].kind === 'literal' && steps[y].kind !== 'literal';
      return addStep(swaps ? { kind: 'binary', name, x: y, y: x } : { kind: 'binary', name, x, y });
    };
  const shift =
    (name: 'shiftLeft' | 'shiftRight') =>
    (x: Value, count: number): Value =>
      addStep({ kind: 'shift', name, x, count });

  const isConstant = (s: number, x: number): boolean => {
    const step = steps[s];
    return step.kind === 'literal' && step.bits === bitsOf(x, type);
  };

  function choose(mask: Condition, x: Value, y: Value): Value {
    const step = steps[mask];
    if (step.kind === 'compare' && step.relation === 'equal' && isConstant(step.y, 0)) {
      const flag = steps[step.x]; // 1 where a condition holds, else 0
      if (flag.kind === 'chooseOrZero' && isConstant(flag.x, 1)) return choose(flag.mask, y, x);
    }
    return addStep(
      isConstant(y, 0) ? { kind: 'chooseOrZero', mask, x } : { kind: 'choose', mask, x, y, isRare: false },
    );
  }

  return {
    type,
    steps,
    input: (index) => addStep({ kind: 'input', index }),
    fixed: (index) => addStep({ kind: 'fixed', index }),
    number: (index) => addStep({ kind: 'number', index }),
    held: (index) => addStep({ kind: 'held', index }),
    constant: (x) => addStep({ kind: 'literal', bits: bitsOf(x, type) }),
    bits: (bits) => addStep({ kind: 'literal', bits }),
    add: binary('add'),
    subtract: binary('subtract'),
    multiply: binary('multiply'),
    divide: binary('divide'),
    squareRoot: (x) => addStep({ kind: 'squareRoot', x }),
    lesser: binary('lesser'),
    greater: binary('greater'),
    and: binary('and'),
    or: binary('or'),
    xor: binary('xor'),
    addBits: binary('addBits'),
    subtractBits: binary('subtractBits'),
    scale: hasScale ? binary('scale') : null,
    shiftLeft: shift('shiftLeft'),
    shiftRight: shift('shiftRight'),
    compare: (x, relation, y) => addStep({ kind: 'compare', relation, x, y }),
    choose,
    chooseRare: (mask, x, y) => addStep({ kind: 'choose', mask, x, y, isRare: true }),
    chooseOrZero: (mask, x) => addStep({ kind: 'chooseOrZero', mask, x }),
  };
}

const commutative: ReadonlySet<Binary> = new Set(['add', 'multiply', 'and', 'or', 'xor', 'addBits']);

/** The bits of x as an element. */
export function bitsOf(x: number, type: ElementType): bigint {
  if (type === 'float64') view.setFloat64(0, x);
  else view.setFloat32(0, x);
  return type === 'float64' ? view.getBigUint64(0) : BigInt(view.getUint32(0));
}

const view = new DataView(new ArrayBuffer(8));

export function operandsOf(step: Step): readonly number[] {
  switch (step.kind) {
    case 'binary':
    case 'compare':
      return [step.x, step.y];
    case 'choose':
      return [step.mask, step.x, step.y];
    case 'chooseOrZero':
      return [step.mask, step.x];
    case 'squareRoot':
    case 'shift':
      return [step.x];
    default:
      return [];
  }
}
