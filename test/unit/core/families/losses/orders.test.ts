import { expect, test } from 'vitest';
import { createLoss, losses } from '../../../../../packages/core/src/families/losses/index.ts';
import { createElements, type ElementType, elementTypes } from '../../../../../packages/core/src/math/element-type.ts';
import { createRandom } from '../../../../../packages/core/src/math/random/index.ts';
import { batchLoss } from '../../../../../packages/core/src/program/reference/step.ts';
import { arithmetics } from '../../../../support/arithmetic.ts';
import { firstDifference } from '../../../../support/bits.ts';
import { lossOf } from '../../../../support/loss-of.ts';
import { documentedLosses, documentedVariants } from '../../kernels/definitions/losses.ts';

// docs/numerics.md, "Losses", written down once more, stands in definitions/losses.ts.

test('the documentation has every loss', () => {
  expect(new Set(Object.keys(documentedLosses))).toEqual(new Set(Object.keys(losses)));
});

const all = [...Object.values(documentedLosses), ...documentedVariants];
const cases = elementTypes.flatMap((type) => all.map(({ spec, row }) => [spec, type, row] as const));
/** Below what is kept of a type. */
const tiny = { float64: 1e-279, float32: 1e-29 };

test.each(cases)('%o of %s has the bits of the operations as documented', (spec, type, row) => {
  const loss = createLoss(spec);
  const A = arithmetics[type];
  for (const O of [1, 2, 3, 4, 5, 7, 8, 11]) {
    const random = createRandom(3, loss.name, O);
    // Three leaves, of which one has a single row.
    const leaves = [14, 1, 5].map((B) => {
      const y = Array.from({ length: B }, () =>
        Array.from({ length: O }, () => A.of(random.integer(8) && random.normal() * 10 ** random.integer(2))),
      );
      const t = y.map((outputs) => {
        if (loss.targets === 'classes') return [random.integer(O)];
        // Some of them hit, some by a hair: the term is then 0, or flushed.
        return outputs.map((value) => {
          const hair = value + tiny[type] * random.uniform();
          return A.of([value, hair, random.uniform(), value + random.normal()][random.integer(4)]);
        });
      });
      return { y, t };
    });
    const sums = leaves.map(({ y, t }) => {
      const dy = createElements(type, y.length * O);
      const sum = lossOf(loss, dy, elementsOf(type, y.flat()), elementsOf(type, t.flat()), y.length, O);
      const rows = y.map((outputs, n) => row(A, outputs, t[n]));
      expect(
        firstDifference(
          dy,
          rows.flatMap((one) => one.dy),
        ),
      ).toBeNull();
      // Losses of rows are added as doubles in every run.
      expect(sum).toBe(rows.reduce((total, one) => total + one.loss, 0));
      return sum;
    });
    expect(batchLoss(Float64Array.from(sums), 3, 20)).toBe((sums[0] + sums[1] + sums[2]) / 20);
  }
});

function elementsOf(type: ElementType, numbers: readonly number[]) {
  const elements = createElements(type, numbers.length);
  elements.set(numbers);
  return elements;
}
