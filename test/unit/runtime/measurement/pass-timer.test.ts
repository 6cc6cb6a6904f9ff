import { batchNorm, dense, relu, residual, sequential } from '@gradloom/runtime';
import { createPassTimer } from '@gradloom/runtime/internal';
import { expect, test } from 'vitest';

test.each(['reference', 'wasm'] as const)('forward and backward are two parts of a call on %s', (backend) => {
  const time = createPassTimer(sequential(20, dense(30), batchNorm(), relu(), residual(dense(30)), dense(2)), {
    batch: 50,
    backend,
  });
  for (let call = 0; call < 3; call++) {
    const start = performance.now();
    const { forwardMs, backwardMs } = time();
    const all = performance.now() - start;
    expect(forwardMs).toBeGreaterThan(0);
    expect(backwardMs).toBeGreaterThan(0);
    expect(forwardMs + backwardMs).toBeLessThan(all);
  }
});
