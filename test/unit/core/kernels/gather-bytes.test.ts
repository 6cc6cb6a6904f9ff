import { expect, test } from 'vitest';
import { createElements, elementTypes, roundingOf } from '../../../../packages/core/src/math/element-type.ts';
import { gatherBytes } from '../../../../packages/core/src/program/reference/reference-kernels.ts';

test.each(elementTypes)('bytes become quotients of %s: one division, by the divisor as the type has it', (type) => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  for (const divisor of [1, 3, 255, 0.1, 1e-3]) {
    for (const columns of [1, 3, 4, 7]) {
      const count = Math.floor(256 / columns);
      const order = Uint32Array.from({ length: count }, (_, n) => (n * 5) % count);
      const out = createElements(type, count * columns);
      gatherBytes(out, bytes, columns, divisor, order, 0, count);
      const round = roundingOf(out);
      const expected = [...order].flatMap((n) =>
        Array.from({ length: columns }, (_, i) => round((n * columns + i) / round(divisor))),
      );
      expect([...out]).toEqual(expected);
    }
  }
});
