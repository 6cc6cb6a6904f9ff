import type { Address, FormulaUnit, Operand, Vector } from '../isa/isa.ts';
import { type Formula, operandsOf, type Step, type Value } from './formula.ts';

/** Where a formula's vectors come from and where its results go. */
export interface FormulaEnds {
  load(to: Vector, place: number): void;
  /** Stores result `place`. */
  store(place: number, from: Vector): void;
}

/** A formula whose steps have registers. */
export interface EmittableFormula {
  /** Most vector registers that it takes. Those of literals are not counted, since they may stand in memory. */
  readonly registers: number;
  /**
   * Emits, once before the loop, what is the same for all vectors. `loadNumber` loads a number of the call, and
   * `loadFixed` a vector.
   */
  prepare(loadNumber?: Load, loadFixed?: Load): void;
  /** Emits the formula for one vector, or for the last lanes. */
  emit(ends: FormulaEnds): void;
}

/**
 * Gives each step of a formula a register, from the step itself to the last one that reads it. Steps that only depend
 * on literals, numbers of the call and fixed vectors are emitted before the loop. The literals with the most uses stay
 * in registers that are left. The registers from 0 up to `held` are the kernel's.
 */
export function allocateFormula(
  unit: FormulaUnit,
  { steps }: Formula,
  results: readonly Value[],
  held = 0,
): EmittableFormula {
  const isUsed = new Set<number>(results);
  for (let s = steps.length - 1; s >= 0; s--) if (isUsed.has(s)) for (const o of operandsOf(steps[s])) isUsed.add(o);
  const isVarying = new Set<number>();
  for (const [s, step] of steps.entries()) {
    const isOwn = step.kind === 'input' || step.kind === 'held';
    if (isOwn || operandsOf(step).some((o) => isVarying.has(o))) isVarying.add(s);
  }
  const used = [...steps.keys()].filter((s) => isUsed.has(s) && !['literal', 'held'].includes(steps[s].kind));
  const before = used.filter((s) => !isVarying.has(s));
  const within = used.filter((s) => isVarying.has(s));
  const isRead = new Set<number>([...results, ...within.flatMap((s) => operandsOf(steps[s]))]);

  const kept = new Map<number, Vector>(); // values from before the loop
  for (const s of before) if (isRead.has(s)) kept.set(s, held + kept.size);
  const first = held + kept.size;
  const most = Math.max(walk(within, kept, new Map()), walk(before, new Map(), new Map()));
  const loopLiterals = new Map(
    literalsByUse(steps, within)
      .slice(0, Math.max(0, unit.registers - most))
      .map((s, k) => [s, unit.registers - 1 - k]),
  );

  return {
    registers: most,
    prepare(loadNumber, loadFixed) {
      if (most > unit.registers) {
        throw new Error(`formula: takes ${most} vector registers, expected at most ${unit.registers}`);
      }
      walk(before, new Map(), new Map(), { fixed: kept, loadNumber, loadFixed });
      for (const [s, register] of loopLiterals) unit.loadLiteral(register, literalOf(s));
    },
    emit(ends) {
      walk(within, kept, loopLiterals, { ends });
      for (const [place, result] of results.entries()) {
        const register = kept.get(result);
        if (register !== undefined) ends.store(place, register);
      }
    },
  };

  /**
   * Emits `list`, if there is something to emit to, and returns the number of registers that it takes. `known` values
   * and `literals` have registers; the values in `fixed` get theirs.
   */
  function walk(
    list: readonly number[],
    known: ReadonlyMap<number, Vector>,
    literals: ReadonlyMap<number, Vector>,
    out?: Loads & { ends?: FormulaEnds; fixed?: ReadonlyMap<number, Vector> },
  ): number {
    const lastUse = new Map<number, number>();
    for (const s of list) for (const o of operandsOf(steps[s])) lastUse.set(o, s);
    const live = new Map<number, number>();
    const vectors = createPool(first);
    const masks = unit.maskRegisters > 0 ? createPool(0) : vectors;
    const poolOf = (s: number) => (steps[s].kind === 'compare' ? masks : vectors);

    for (const s of list) {
      const step = steps[s];
      const loaded: Vector[] = []; // literals of this step alone
      const registerOf = (o: number): Vector => {
        const operand = steps[o];
        const register = operand.kind === 'held' ? operand.place : (live.get(o) ?? known.get(o) ?? literals.get(o));
        if (register !== undefined) return register;
        const own = vectors.take();
        loaded.push(own);
        if (out) unit.loadLiteral(own, literalOf(o));
        return own;
      };
      const sources = operandsOf(step).map((o, k): Operand => {
        const mayBeInMemory = takesMemory(step, k) && steps[o].kind === 'literal' && !literals.has(o);
        return mayBeInMemory ? (out ? literalOf(o) : first) : registerOf(o);
      });
      for (const [o, register] of live) {
        if (lastUse.get(o) !== s || out?.fixed?.has(o)) continue;
        live.delete(o);
        poolOf(o).give(register);
      }
      for (const register of loaded) vectors.give(register);
      const to = out?.fixed?.get(s) ?? poolOf(s).take();
      if (out) emitStep(step, to, sources, out);
      for (const [place, result] of results.entries()) if (result === s) out?.ends?.store(place, to);
      if (lastUse.has(s) || out?.fixed?.has(s)) live.set(s, to);
      else poolOf(s).give(to);
    }
    if (masks !== vectors && masks.most() > unit.maskRegisters) {
      throw new Error(`formula: takes ${masks.most()} mask registers, expected at most ${unit.maskRegisters}`);
    }
    return vectors.most();
  }

  function literalOf(s: number): Address {
    const step = steps[s];
    if (step.kind !== 'literal')
      throw new Error(`formula: operand has kind ${step.kind}, expected a value made before`);
    return unit.literal(step.bits);
  }

  function emitStep(
    step: Step,
    to: Vector,
    sources: readonly Operand[],
    { ends, loadNumber, loadFixed }: Loads & { ends?: FormulaEnds },
  ) {
    // Operands that must be registers are: see `takesMemory`.
    const [x, y, z] = sources as [Vector, Vector, Vector];
    switch (step.kind) {
      case 'input':
        return ends?.load(to, step.place);
      case 'number':
        return loadNumber?.(to, step.place);
      case 'fixed':
        return loadFixed?.(to, step.place);
      case 'binary':
        return unit[step.name]?.(to, x, y);
      case 'root':
        return unit.root(to, x);
      case 'shift':
        return unit[step.name](to, x, step.count);
      case 'compare':
        return unit.compare(to, step.relation, x, y);
      case 'choose':
        return unit.choose(to, x, y, z);
      case 'keep':
        return unit.keep(to, x, y);
    }
  }
}

type Load = (to: Vector, place: number) => void;

interface Loads {
  readonly loadNumber?: Load | undefined;
  readonly loadFixed?: Load | undefined;
}

/** Whether operand k of a step may stand in memory. */
const takesMemory = ({ kind }: Step, k: number): boolean => k === 1 && (kind === 'binary' || kind === 'compare');

/** Literals of a list, first those that cost most if they have no register. */
function literalsByUse(steps: readonly Step[], list: readonly number[]): number[] {
  const costs = new Map<number, number>();
  for (const s of list) {
    for (const [k, o] of operandsOf(steps[s]).entries()) {
      if (steps[o].kind !== 'literal') continue;
      const cost = takesMemory(steps[s], k) ? 1 : 4; // others take an instruction
      costs.set(o, (costs.get(o) ?? 0) + cost);
    }
  }
  return [...costs].sort(([a, m], [b, n]) => n - m || a - b).map(([s]) => s);
}

/** Registers from `first` on, the last one given back first. */
function createPool(first: number) {
  const free: number[] = [];
  let next = first;
  return {
    take: (): number => free.pop() ?? next++,
    give: (register: number): number => free.push(register),
    most: (): number => next,
  };
}
