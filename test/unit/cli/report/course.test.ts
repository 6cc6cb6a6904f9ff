import fc from 'fast-check';
import { expect, test } from 'vitest';
import { courseOf } from '../../../../packages/cli/src/report/course.ts';
import { propertySeed } from '../../../support/seed.ts';

const course = (...values: number[]) => courseOf(values, (k) => `epoch ${k + 1}`);

test.each([
  [[2, 1, 0.1], 'falls from 2 to 0.1'],
  [[0.1, 1, 2], 'rises from 0.1 to 2'],
  [[0.421, 1, 0.5, 0.377], 'goes from 0.421 to 0.377, with a peak of 1 at epoch 2'],
  [[0.5, 0.1, 0.4], 'goes from 0.5 to 0.4, with its lowest value, 0.1, at epoch 2'],
  [[0.5, 0.1, 9, 0.4], 'goes from 0.5 to 0.4, with a peak of 9 at epoch 3'],
  [[0.18, 0.18, 0.181], 'stays between 0.18 and 0.181'],
  [[0.18, 0.2, 0.18], 'stays between 0.18 and 0.2'],
  [[0.18, 0.18, 0.18003], 'stays at 0.18'],
  [[0, 0], 'stays at 0'],
])('%j %s', (values, words) => expect(course(...values)).toBe(words));

test('a course that only falls or rises has no value far beyond both ends', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 2 }), (values) => {
      const words = course(...values);
      fc.pre(/^(?:falls|rises)/.test(words));
      const ends = [values[0], values[values.length - 1]];
      expect(Math.max(...values)).toBeLessThanOrEqual(1.2 * Math.max(...ends));
      expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.min(...ends) / 1.2);
    }),
    { seed: propertySeed },
  );
});
