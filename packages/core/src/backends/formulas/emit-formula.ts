import type { Address, FormulaUnit, Operand, Vector } from '../isa/isa.ts';
import { type Formula, operandsOf, type Step, type Value } from './formula.ts';

/** Emits the loads of a formula's inputs and the stores of its results. */
export interface FormulaAccess {
  /** Loads input `index`. */
  load(to: Vector, index: number): void;
  /** Stores result `index`. */
  store(index: number, from: Vector): void;
  /** Emits code that reads the observed value, see `allocateFormula`. It must not change the register. */
  observe?(x: Vector): void;
}

/** The address of a number of the call. */
type NumberAt = (index: number) => Address;

/** A formula whose steps have registers. */
export interface EmittableFormula {
  /** Number of vector registers that it takes. Constants are not counted: they may stand in memory. */
  readonly registers: number;
  /**
   * Emits, once before the loop, the steps that are the same for all vectors: those that read only literals, numbers of
   * the call, which stand at `numberAt`, and fixed vectors, which `loadFixed` loads.
   */
  prepare(numberAt?: NumberAt, loadFixed?: Load): void;
  /** Emits the formula for one vector, or for the last lanes. */
  emit(access: FormulaAccess): void;
}

/**
 * Gives each step of a formula a register, from the step itself to the last one that reads it. Steps that only depend
 * on constants (literals and numbers of the call) and fixed vectors are emitted before the loop; 'held' steps emit
 * nothing, since the kernel already has their vectors in registers. The constants with the most uses stay in the
 * registers that are left over. Registers 0 to `reserved` - 1 are the kernel's. `observed` is the value that
 * `FormulaAccess.observe` gets.
 */
export function allocateFormula(
  unit: FormulaUnit,
  { steps }: Formula,
  results: readonly Value[],
  reserved = 0,
  observed?: Value,
): EmittableFormula {
  const usedSteps = new Set<number>(results);
  if (observed !== undefined) usedSteps.add(observed);
  for (let s = steps.length - 1; s >= 0; s--)
    if (usedSteps.has(s)) for (const o of operandsOf(steps[s])) usedSteps.add(o);
  const varyingSteps = new Set<number>();
  for (const [s, step] of steps.entries()) {
    const isOfVector = step.kind === 'input' || step.kind === 'held';
    if (isOfVector || operandsOf(step).some((o) => varyingSteps.has(o))) varyingSteps.add(s);
  }
  const isConstant = (s: number) => steps[s].kind === 'literal' || steps[s].kind === 'number';
  const computedSteps = [...steps.keys()].filter((s) => usedSteps.has(s) && steps[s].kind !== 'held' && !isConstant(s));
  const stepsBeforeLoop = computedSteps.filter((s) => !varyingSteps.has(s));
  const loopSteps = loadLate(
    steps,
    computedSteps.filter((s) => varyingSteps.has(s)),
    results,
  );
  /** For each rare choice of the loop, the steps that only its x needs: they are emitted with it. */
  const bodiesOfRare =
    unit.ifAny === undefined ? new Map<number, readonly number[]>() : rareSteps(steps, loopSteps, results, observed);
  const stepsOfBodies = new Set([...bodiesOfRare.values()].flat());
  const mainSteps = loopSteps.filter((s) => !stepsOfBodies.has(s));
  const withRareSteps = (list: readonly number[]) => list.flatMap((s) => [...(bodiesOfRare.get(s) ?? []), s]);
  const stepsReadInLoop = new Set<number>([...results, ...loopSteps.flatMap((s) => operandsOf(steps[s]))]);

  const hasMasks = unit.maskRegisters > 0;
  const isMask = (s: number) => hasMasks && steps[s].kind === 'compare';
  const preparedRegisters = new Map<number, number>(); // registers of values from before the loop
  let [firstVector, firstMask] = [reserved, 0];
  for (const s of new Set([...stepsBeforeLoop, ...results.filter(isConstant)])) {
    if (stepsReadInLoop.has(s)) preparedRegisters.set(s, isMask(s) ? firstMask++ : firstVector++);
  }
  const registerCount = Math.max(
    emitSteps(mainSteps, preparedRegisters, new Map()),
    emitSteps(stepsBeforeLoop, new Map(), new Map()),
  );
  const constants = new Map(
    constantsByUse(steps, loopSteps)
      .filter((s) => !preparedRegisters.has(s))
      .slice(0, Math.max(0, unit.registers - registerCount))
      .map((s, k) => [s, unit.registers - 1 - k]),
  );
  let numberAddress: NumberAt | undefined;

  return {
    registers: registerCount,
    prepare(numberAt, loadFixed) {
      if (registerCount > unit.registers) {
        throw new Error(`formula: takes ${registerCount} vector registers, expected at most ${unit.registers}`);
      }
      numberAddress = numberAt;
      emitSteps(stepsBeforeLoop, new Map(), new Map(), { targets: preparedRegisters, loadFixed });
      for (const [s, register] of [...preparedRegisters, ...constants]) if (isConstant(s)) loadConstant(register, s);
    },
    emit(access) {
      emitSteps(mainSteps, preparedRegisters, constants, { access });
      for (const [k, result] of results.entries()) {
        const step = steps[result];
        const register = step.kind === 'held' ? step.index : preparedRegisters.get(result);
        if (register !== undefined) access.store(k, register);
      }
    },
  };

  /**
   * Emits the steps of `list` to `out` and returns the number of registers that they take; without `out` it only counts
   * them. Values in `prepared` and `constants` have registers; results in `out.targets` get their registers from there.
   */
  function emitSteps(
    list: readonly number[],
    prepared: ReadonlyMap<number, Vector>,
    constants: ReadonlyMap<number, Vector>,
    out?: Out,
  ): number {
    const lastUse = new Map<number, number>();
    for (const s of withRareSteps(list)) for (const o of operandsOf(steps[s])) lastUse.set(o, s);
    const liveRegisters = new Map<number, Vector>(); // registers of results that are read again
    const vectors = createPool(firstVector);
    const masks = hasMasks ? createPool(firstMask) : vectors;
    const poolOf = (s: number) => (isMask(s) ? masks : vectors);
    const registerOf = (s: number): Vector | undefined => {
      const step = steps[s];
      return step.kind === 'held' ? step.index : (liveRegisters.get(s) ?? prepared.get(s) ?? constants.get(s));
    };

    for (const s of list) {
      const stepsOfX = bodiesOfRare.get(s);
      const to = stepsOfX === undefined ? visit(s) : visitRare(s, stepsOfX);
      if (s === observed) out?.access?.observe?.(to);
      for (const [k, result] of results.entries()) if (result === s) out?.access?.store(k, to);
    }
    if (hasMasks && masks.size() > unit.maskRegisters) {
      throw new Error(`formula: takes ${masks.size()} mask registers, expected at most ${unit.maskRegisters}`);
    }
    return vectors.size();

    /** Emits step s, whose result goes to `result` or a register of its own, and frees what is not read again. */
    function visit(s: number, result?: Vector): Vector {
      const step = steps[s];
      const loaded: Vector[] = []; // constants of this step alone
      const load = (o: number): Vector => {
        const register = vectors.take();
        loaded.push(register);
        if (out) loadConstant(register, o);
        return register;
      };
      const sources = operandsOf(step).map((o, k): Operand => {
        const mayBeInMemory = takesMemory(step, k) && steps[o].kind === 'literal' && !constants.has(o);
        if (!mayBeInMemory) return registerOf(o) ?? load(o);
        return out ? literalOf(o) : firstVector; // without `out`, any operand will do
      });
      for (const o of operandsOf(step)) {
        const register = liveRegisters.get(o);
        if (register === undefined || lastUse.get(o) !== s || out?.targets?.has(o)) continue;
        liveRegisters.delete(o);
        poolOf(o).give(register);
      }
      for (const register of loaded) vectors.give(register);
      const to = result ?? out?.targets?.get(s) ?? poolOf(s).take();
      if (out) emitStep(step, to, sources, out);
      if (lastUse.has(s) || out?.targets?.has(s)) liveRegisters.set(s, to);
      else poolOf(s).give(to);
      return to;
    }

    /** Emits step s, which chooses y unless the mask is set in some lane; the steps that x needs are emitted for it. */
    function visitRare(s: number, stepsOfX: readonly number[]): Vector {
      const { mask, y } = steps[s] as Extract<Step, { kind: 'choose' }>;
      const to = vectors.take();
      const emit = (): void => {
        for (const x of stepsOfX) visit(x);
        visit(s, to);
      };
      if (!out) {
        emit();
        return to;
      }
      const from = registerOf(y);
      if (from === undefined) loadConstant(to, y);
      else unit.move(to, from);
      unit.ifAny?.(registerOf(mask) as Vector, emit);
      return to;
    }
  }

  /** Loads a literal, or a number, which is rounded to an element. */
  function loadConstant(to: Vector, s: number): void {
    const step = steps[s];
    if (step.kind !== 'number') unit.loadLiteral(to, literalOf(s));
    else unit.loadNumber(to, numberAddress?.(step.index) as Address);
  }

  function literalOf(s: number): Address {
    const step = steps[s];
    if (step.kind !== 'literal')
      throw new Error(`formula: operand has kind ${step.kind}, expected a value made before`);
    return unit.literal(step.bits);
  }

  function emitStep(step: Step, to: Vector, sources: readonly Operand[], { access, loadFixed }: Out) {
    // Operands that must be registers are: see `takesMemory`.
    const [x, y, z] = sources as [Vector, Vector, Vector];
    switch (step.kind) {
      case 'input':
        return access?.load(to, step.index);
      case 'fixed':
        return loadFixed?.(to, step.index);
      case 'binary':
        return unit[step.name]?.(to, x, y);
      case 'squareRoot':
        return unit.squareRoot(to, x);
      case 'shift':
        return unit[step.name](to, x, step.count);
      case 'compare':
        return unit.compare(to, step.relation, x, y);
      case 'choose':
        return unit.choose(to, x, y, z);
      case 'chooseOrZero':
        return unit.chooseOrZero(to, x, y);
    }
  }
}

type Load = (to: Vector, index: number) => void;

/** How emitted steps load their inputs, and where their results go. */
interface Out {
  readonly access?: FormulaAccess;
  readonly targets?: ReadonlyMap<number, Vector>; // registers of values that the loop reads
  readonly loadFixed?: Load | undefined;
}

/** Whether operand k of a step may stand in memory. */
const takesMemory = ({ kind }: Step, k: number): boolean => k === 1 && (kind === 'binary' || kind === 'compare');

/** Literals and numbers of a list, first those that cost most if they have no register. */
function constantsByUse(steps: readonly Step[], list: readonly number[]): number[] {
  const costs = new Map<number, number>();
  for (const s of list) {
    for (const [k, o] of operandsOf(steps[s]).entries()) {
      const { kind } = steps[o];
      if (kind !== 'literal' && kind !== 'number') continue;
      const cost = kind === 'literal' && takesMemory(steps[s], k) ? 1 : 4; // others take an instruction
      costs.set(o, (costs.get(o) ?? 0) + cost);
    }
  }
  return [...costs].sort(([a, m], [b, n]) => n - m || a - b).map(([s]) => s);
}

/** The list with each input right before its first use, but before the first result, which may overwrite it. */
function loadLate(steps: readonly Step[], list: readonly number[], results: readonly number[]): number[] {
  const isInput = (s: number) => steps[s].kind === 'input';
  const order = new Set<number>();
  for (const s of list) {
    const isResult = results.includes(s);
    if (isInput(s) && !isResult) continue;
    for (const o of isResult ? list : operandsOf(steps[s])) if (isInput(o)) order.add(o);
    order.add(s);
  }
  return [...order];
}

/** For each rare choice, the steps of `list` that only its x needs. */
function rareSteps(
  steps: readonly Step[],
  list: readonly number[],
  results: readonly Value[],
  observed?: Value,
): Map<number, readonly number[]> {
  const rare = new Map<number, readonly number[]>();
  const rareStepNumbers = new Set<number>();
  const readers = new Map<number, number[]>(list.map((s) => [s, []]));
  for (const s of list) for (const o of operandsOf(steps[s])) readers.get(o)?.push(s);
  for (const s of list.toReversed()) {
    const step = steps[s];
    if (step.kind !== 'choose' || !step.isRare || rareStepNumbers.has(s)) continue;
    const body: number[] = [];
    for (const t of list.slice(0, list.indexOf(s)).toReversed()) {
      // Inputs are loaded before a result is stored, which may overwrite them.
      if (steps[t].kind === 'input' || results.includes(t) || t === observed || t === step.y || t === step.mask)
        continue;
      const isOnlyOfX = readers.get(t)?.every((r) => body.includes(r) || (r === s && t === step.x));
      if (isOnlyOfX) body.push(t);
    }
    for (const t of body) rareStepNumbers.add(t);
    rare.set(s, body.reverse());
  }
  return rare;
}

/** Registers from `first` on. The last one that was given back is taken first. */
function createPool(first: number) {
  const free: number[] = [];
  let next = first;
  return {
    take: (): number => free.pop() ?? next++,
    give: (register: number): number => free.push(register),
    size: (): number => next,
  };
}
