import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createEarliestFault,
  type Fault,
  isEarlier,
} from '../../../../packages/runtime/src/training/faults/earliest-fault.ts';

const small = fc.integer({ min: 0, max: 4 });
const finding = fc.record({ check: small, index: small, rank: small });

test('what is found first does not depend on the order, nor on which rank finds it', () => {
  fc.assert(
    fc.property(fc.array(finding, { minLength: 1 }), (findings) => {
      const searches = Array.from({ length: 5 }, createEarliestFault);
      for (const { rank, check, index } of findings) {
        searches[rank].record({ check, index }, () => ({ message: `${check} ${index}`, isData: false }));
      }
      const faults = searches.flatMap(({ fault }): Fault[] => (fault === null ? [] : [fault]));
      const first = faults.reduce((earliest, one) => (isEarlier(one.position, earliest.position) ? one : earliest));
      const keys = findings.map(({ check, index }) => 10 * check + index);
      expect(10 * first.position.check + first.position.index).toBe(Math.min(...keys));
      expect(first.message).toBe(`${first.position.check} ${first.position.index}`);
    }),
  );
});
