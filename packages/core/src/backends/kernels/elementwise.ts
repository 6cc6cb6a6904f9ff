import { createArithmetic } from '../formulas/arithmetic.ts';
import type { Elementwise } from '../formulas/elementwise.ts';
import { allocateFormula, type FormulaEnds } from '../formulas/emit-formula.ts';
import { bitsOf } from '../formulas/formula.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Source } from '../isa/isa.ts';

/** The arguments of an elementwise kernel: its arrays and numbers in the order of their lists, and sizes. */
export const elementwiseArguments = (operation: Elementwise): ArgumentTable => [
  ...arraysOf(operation).map((name) => [name, 'array'] as const),
  ...(operation.numbers ?? []).map((name) => [name, 'number'] as const),
  ['mask', 'array'], // of the numbers after the last whole vector of a row
  ['count', 'count'], // rows, at least 1
  ['vectors', 'count'], // whole vectors of a row
  ['rest', 'stride'], // bytes of the numbers after them
];

/** A kernel that computes a formula for each number. */
export interface FormulaKernel {
  readonly place: number; // its offset in the code
}

/** Names of the arrays. One that is input and output stands there once. */
export const arraysOf = ({ inputs, rows = [], columns = [], outputs }: Elementwise): string[] => [
  ...new Set([...inputs, ...rows, ...columns, ...outputs]),
];

/** Computes an elementwise operation for all rows. An output may be an input. */
export function assembleElementwise(isa: Isa, operation: Elementwise): FormulaKernel {
  const { inputs, rows = [], columns = [], numbers = [], outputs, neutral, of } = operation;
  const unit = isa.formulas;
  const size = unit.bytes * unit.width;
  const m = createArithmetic(isa);
  const results = of(
    m,
    ...[...inputs, ...rows].map((_, place) => m.input(place)),
    ...columns.map((_, place) => m.held(place)),
    ...numbers.map((_, place) => m.number(place)),
  );
  const formula = allocateFormula(unit, m, results, columns.length);

  const place = isa.kernel(elementwiseArguments(operation), (call) => {
    const places = call as Record<string, Source<never>>;
    const run = () => compute(places);
    if (neutral === undefined) run();
    else ifEqual(isa, places[numbers[0]], neutral, () => {}, run);
  });
  return { place };

  function compute(places: Record<string, Source<never>>): void {
    const pointerTo = (name: string): Pointer => isa.load(places[name] as Source<'pointer'>);
    const ofPlaces = new Map([...new Set([...inputs, ...outputs])].map((name) => [name, pointerTo(name)]));
    const ofRows = columns.map(pointerTo);
    formula.prepare((place) => isa.numberAt(places[numbers[place]]));
    isa.repeat(isa.load(places.count as Source<'counter'>), () => {
      for (const [k, pointer] of ofRows.entries()) {
        unit.loadElement(k, isa.at(pointer));
        isa.skip(pointer, unit.bytes);
      }
      const pointers = new Map([...ofPlaces, ...rows.map((name) => [name, pointerTo(name)] as const)]);
      const at = (name: string): Address => isa.at(pointers.get(name) as Pointer);
      const ends = (load: typeof unit.load, store: typeof unit.store): FormulaEnds => ({
        load: (to, place) => load(to, at([...inputs, ...rows][place])),
        store: (place, from) => store(at(outputs[place]), from),
      });
      isa.repeatOrSkip(places.vectors as Source<'counter'>, () => {
        formula.emit(ends(unit.load, unit.store));
        for (const pointer of pointers.values()) isa.skip(pointer, size);
      });
      isa.unlessZero(places.rest as Source<'stride'>, () => {
        isa.scope(() => unit.loadMask(isa.at(isa.load(places.mask as Source<'pointer'>))));
        formula.emit(ends(unit.loadMasked, unit.storeMasked));
        const rest = isa.load(places.rest as Source<'stride'>);
        for (const pointer of ofPlaces.values()) isa.advance(pointer, rest);
      });
    });
  }
}

/** Emits bodies of which the first runs if the number, rounded to an element, is `value`, else the other. */
export function ifEqual(
  isa: Isa,
  number: Source<'number'>,
  value: number,
  body: () => void,
  otherwise: () => void,
): void {
  const { maskRegisters, loadNumber, compare, literal, readMask } = isa.formulas;
  const mask = maskRegisters > 0 ? 0 : 1;
  isa.scope(() => {
    const isEqual = isa.zero();
    loadNumber(0, isa.numberAt(number));
    compare(mask, 'equal', 0, literal(bitsOf(value, isa.type)));
    readMask(isEqual, mask);
    isa.unlessZero(isEqual, body, otherwise);
  });
}
