import { defineArguments } from '../isa/arguments.ts';
import type { FormulaUnit, Isa } from '../isa/isa.ts';
import { LANES } from './row-lanes.ts';

export const rotateArguments = defineArguments(
  ['qkv', 'array'],
  ['table', 'array'], // of each position the cosines of half a head, then the sines
  ['mask', 'array'], // of the numbers of half a head after the last quad
  ['rows', 'count'], // at least 1
  ['positions', 'count'], // of a row, at least 1
  ['heads', 'count'], // of queries and keys, at least 1
  ['values', 'stride'], // bytes of the values of a position, which come after its queries and keys
  ['half', 'stride'], // bytes of half a head
  ['vectors', 'count'], // whole vectors of half a head
  ['quads', 'count'], // quads after the whole vectors
  ['rest', 'stride'], // bytes of the numbers after the quads
);

/**
 * Rotates pairs of numbers: a = a · c - b · s, b = b · c + a · s, where b is half a head after a. With `inverse`, -s
 * replaces s. Quads serve short halves, since a masked load would wait for the store of the head before it.
 */
function assembleRotate(isa: Isa, inverse: boolean): number {
  const unit = isa.formulas;
  const [a, b, c, s, ac, bc] = [0, 1, 2, 3, 4, 5];

  return isa.kernel(rotateArguments, (call) => {
    const qkv = isa.load(call.qkv);
    const half = isa.load(call.half);
    const [table, positions, heads] = [isa.spill(call.table), isa.spill(call.positions), isa.spill(call.heads)];
    const [vectors, quads] = [isa.spill(call.vectors), isa.spill(call.quads)];
    const [rest, values] = [isa.spill(call.rest), isa.spill(call.values)];
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));

    isa.repeat(isa.load(call.rows), () => {
      const angles = isa.load(table);
      isa.repeat(isa.load(positions), () => {
        isa.repeat(isa.load(heads), () => {
          isa.repeatOrSkip(vectors, () => {
            rotate(unit, unit.load, unit.store);
            skip(unit.width);
          });
          isa.repeatOrSkip(quads, () => {
            rotate(isa.quads, isa.quads.load, isa.quads.store);
            skip(LANES);
          });
          isa.unlessZero(rest, () => {
            rotate(unit, unit.loadMasked, unit.storeMasked);
            for (const pointer of [qkv, angles]) isa.advance(pointer, rest);
          });
          isa.advance(qkv, half);
          isa.retreat(angles, half);
        });
        isa.advance(qkv, values);
        for (let k = 0; k < 2; k++) isa.advance(angles, half);
      });

      function rotate(
        { multiply, add, subtract }: Pick<FormulaUnit, 'multiply' | 'add' | 'subtract'>,
        load: FormulaUnit['load'],
        store: FormulaUnit['store'],
      ): void {
        load(a, isa.at(qkv));
        load(b, isa.atStride(qkv, half, 0));
        load(c, isa.at(angles));
        load(s, isa.atStride(angles, half, 0));
        multiply(ac, a, c);
        multiply(bc, b, c);
        multiply(b, b, s);
        multiply(a, a, s);
        if (inverse) {
          add(ac, ac, b);
          subtract(bc, bc, a);
        } else {
          subtract(ac, ac, b);
          add(bc, bc, a);
        }
        store(isa.at(qkv), ac);
        store(isa.atStride(qkv, half, 0), bc);
      }

      function skip(numbers: number): void {
        for (const pointer of [qkv, angles]) isa.skip(pointer, unit.bytes * numbers);
      }
    });
  });
}

/** Rotations by the angles of the positions, and back by the same angles. */
export const rotateKernels = {
  forth: (isa: Isa) => assembleRotate(isa, false /* inverse */),
  back: (isa: Isa) => assembleRotate(isa, true /* inverse */),
};
