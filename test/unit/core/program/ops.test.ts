import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wasmOps } from '../../../../packages/core/src/backends/wasm/wasm-ops.ts';
import { CALL_WORDS, callWords } from '../../../../packages/core/src/backends/wasm/wasm-tape.ts';
import { tapeSource } from '../../../../packages/core/src/backends/wasm/write-tape.ts';
import { activations } from '../../../../packages/core/src/families/activations/index.ts';
import { type LossName, losses } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer, optimizers } from '../../../../packages/core/src/families/optimizers/index.ts';
import {
  defineOp,
  host,
  input,
  number,
  type Op,
  type Operand,
  part,
} from '../../../../packages/core/src/program/op.ts';
import { activationOps, lossOp, meanUpdateOp, ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';

const members = [
  ...(Object.keys(optimizers) as (keyof typeof optimizers)[]).map((kind) => createOptimizer({ kind })),
  createOptimizer({ kind: 'sgd', momentum: 0.5 }),
  createOptimizer({ kind: 'rmsprop', momentum: 0.5 }),
];
const updates = members.map(updateOp);
const lossOps = [
  ...(Object.keys(losses) as LossName[]).map((name) => lossOp(losses[name]())),
  lossOp(losses['softmax-cross-entropy']({ labelSmoothing: 0.1 })),
];
const families: readonly Op[] = [...lossOps, ...updates, ...updates.map(meanUpdateOp)];
const bothWays = Object.values(activationOps).flatMap(({ forward, backward }): Op[] => [forward, backward]);

describe.each<[string, Op]>([...(Object.values(ops) as Op[]), ...families].map((op) => [op.name, op]))(
  '%s',
  (_name, op) => {
    test('has an operand for each argument of its reference, besides the parameter that a loss captures', () => {
      const { parameter: _, ...operands } = op.operands;
      expect(Object.keys(operands)).toHaveLength(op.reference.length);
    });

    test('overwrites something, or is there to refuse', () => {
      const written = Object.values(op.operands).filter((operand) => 'access' in operand && operand.access !== 'in');
      expect(written.length > 0).toBe(op.name !== 'checkIndices');
    });
  },
);

test.each(Object.entries(activationOps))(
  '%s has an operand for each argument of its reference, α only where it has one',
  (name, { forward, backward }) => {
    const without = activations[name as keyof typeof activations].alpha === 0 ? 1 : 0;
    expect(Object.keys(forward.operands)).toHaveLength(forward.reference.length - without);
    expect(Object.keys(backward.operands)).toHaveLength(backward.reference.length - without);
  },
);

test('no two operations have one name', () => {
  const names = [...Object.values(ops), ...bothWays, ...families, host, part].map(({ name }) => name);
  expect(names.filter((name, k) => names.indexOf(name) !== k)).toEqual([]);
});

test('an operation of the table stands there under its name', () => {
  for (const [name, op] of Object.entries(ops)) expect(op.name).toBe(name);
});

test('the interpreter of tapes is the one that the table of operations gives', () => {
  const path = new URL('../../../../packages/core/assembly/tape.ts', import.meta.url);
  expect(readFileSync(path, 'utf8'), 'npm run build:tape').toBe(tapeSource());
});

test('every operation of wasm finds room in a call on the tape', () => {
  for (const op of wasmOps) {
    const args = Object.values(op.operands).map(argumentOf);
    expect(callWords({ op, args }, 'float64', 0).length, op.name).toBeLessThanOrEqual(CALL_WORDS);
  }
});

test.each([
  ['float64', 56],
  ['float32', 28],
] as const)('on a tape of %s a number is its 64 bits, a stride is in bytes, and scratch comes last', (type, bytes) => {
  const op = defineOp('scale', { x: input('n'), factor: number, row: { kind: 'stride' } }, () => {}, {
    usesScratch: true,
  });
  const [, address, low, high, stride, scratch] = callWords(
    { op, args: [new Float64Array(8).subarray(3), -1.5, 7] },
    type,
    640,
  );
  expect([address, stride, scratch]).toEqual([24, bytes, 640]);
  expect(new Float64Array(Int32Array.of(low, high).buffer)[0]).toBe(-1.5);
});

/** Any argument. */
function argumentOf(operand: Operand): unknown {
  if (operand.kind === 'array') return new Float64Array(1);
  return operand.kind === 'arrays' ? Array.from({ length: operand.count }, () => new Float64Array(1)) : 1;
}
