import { resumeProblem } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';

test('a difference without a name is a sentence of its own', () => {
  const fused = { name: null, problem: 'products are fused, expected unfused ones' };
  const batch = { name: 'batch', problem: 'has 16, expected 32' };
  expect(resumeProblem([fused, batch])).toBe(
    'products are fused, expected unfused ones; batch has 16, expected 32: a resume continues the same run',
  );
});
