import { createArithmetic, type Elementwise } from '../formulas/arithmetic.ts';
import { allocateFormula, type EmittableFormula, type FormulaAccess } from '../formulas/emit-formula.ts';
import { bitsOf } from '../formulas/formula.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Address, CallOf, Isa, Pointer, Source } from '../isa/isa.ts';

/** The arguments of an elementwise kernel: its arrays and numbers in the order of their lists, and sizes. */
export const elementwiseArguments = (operation: Elementwise): ArgumentTable => [
  ...arrayNamesOf(operation).map((name) => [name, 'array'] as const),
  ...(operation.numbers ?? []).map((name) => [name, 'number'] as const),
  ['mask', 'array'], // of the numbers after the last whole vector of a row
  ['count', 'count'], // rows, at least 1
  ['vectors', 'count'], // whole vectors of a row
  ['rest', 'stride'], // bytes of the numbers after them
];

/** Names of the arrays. One that is both input and output is listed once. */
export const arrayNamesOf = ({ inputs, rows = [], columns = [], outputs }: Elementwise): string[] => [
  ...new Set([...inputs, ...rows, ...columns, ...outputs]),
];

/** Arrays of an elementwise kernel, at most: each has a register. */
const MAX_ARRAYS = 8;

/** Whether a processor has the registers for an elementwise operation. */
export const fitsElementwise = (isa: Isa, operation: Elementwise): boolean =>
  arrayNamesOf(operation).length <= MAX_ARRAYS && allocate(isa, operation).registers <= isa.formulas.registers;

function allocate(isa: Isa, operation: Elementwise): EmittableFormula {
  const { inputs, rows = [], columns = [], numbers = [], apply } = operation;
  const m = createArithmetic(isa);
  const results = apply(
    m,
    ...[...inputs, ...rows].map((_, k) => m.input(k)),
    ...columns.map((_, k) => m.held(k)),
    ...numbers.map((_, k) => m.number(k)),
  );
  return allocateFormula(isa.formulas, m, results, columns.length);
}

/** Computes an elementwise operation for all rows. An output may be an input. */
export function assembleElementwise(isa: Isa, operation: Elementwise): number {
  const { inputs, rows = [], columns = [], numbers = [], outputs, neutral } = operation;
  const unit = isa.formulas;
  const size = unit.bytes * unit.width;
  const formula = allocate(isa, operation);

  return isa.kernel(elementwiseArguments(operation), (call) => {
    const run = () => compute(call);
    if (neutral === undefined)
      run(); // else, where the first number is `neutral`, the operation changes nothing
    else ifEqual(isa, call[numbers[0]], neutral, () => {}, run);
  });

  function compute(call: CallOf<ArgumentTable>): void {
    const pointerTo = (name: string): Pointer => isa.load(call[name]);
    const elementPointers = new Map([...new Set([...inputs, ...outputs])].map((name) => [name, pointerTo(name)]));
    const columnPointers = columns.map(pointerTo);
    formula.prepare((k) => isa.numberAt(call[numbers[k]]));
    isa.repeat(isa.load(call.count as Source<'counter'>), () => {
      for (const [k, pointer] of columnPointers.entries()) {
        unit.loadElement(k, isa.at(pointer));
        isa.skip(pointer, unit.bytes);
      }
      const pointers = new Map([...elementPointers, ...rows.map((name) => [name, pointerTo(name)] as const)]);
      const at = (name: string): Address => isa.at(pointers.get(name) as Pointer);
      const accessBy = (load: typeof unit.load, store: typeof unit.store): FormulaAccess => ({
        load: (to, k) => load(to, at([...inputs, ...rows][k])),
        store: (k, from) => store(at(outputs[k]), from),
      });
      isa.repeatOrSkip(call.vectors, () => {
        formula.emit(accessBy(unit.load, unit.store));
        for (const pointer of pointers.values()) isa.skip(pointer, size);
      });
      isa.unlessZero(call.rest, () => {
        isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
        formula.emit(accessBy(unit.loadMasked, unit.storeMasked));
        const rest = isa.load(call.rest as Source<'stride'>);
        for (const pointer of elementPointers.values()) isa.advance(pointer, rest);
      });
    });
  }
}

/** Emits code that runs `body` if the number, rounded to an element, is `value`, and `otherwise` if not. */
export function ifEqual(
  isa: Isa,
  number: Source<'number'>,
  value: number,
  body: () => void,
  otherwise: () => void,
): void {
  const { maskRegisters, loadNumber, compare, literal, readMask } = isa.formulas;
  const mask = maskRegisters > 0 ? 0 : 1; // without mask registers, vector register 1
  isa.scope(() => {
    const isEqual = isa.zero();
    loadNumber(0, isa.numberAt(number));
    compare(mask, 'equal', 0, literal(bitsOf(value, isa.type)));
    readMask(isEqual, mask);
    isa.unlessZero(isEqual, body, otherwise);
  });
}
