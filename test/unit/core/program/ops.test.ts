import { describe, expect, test } from 'vitest';
import { activations } from '../../../../packages/core/src/families/activations/index.ts';
import { type LossName, losses } from '../../../../packages/core/src/families/losses/index.ts';
import { createOptimizer, optimizers } from '../../../../packages/core/src/families/optimizers/index.ts';
import { host, type Op, part } from '../../../../packages/core/src/program/op.ts';
import { activationOps, lossOp, meanUpdateOp, ops, updateOp } from '../../../../packages/core/src/program/ops/index.ts';

const members = [
  ...(Object.keys(optimizers) as (keyof typeof optimizers)[]).map((kind) => {
    const optimizer = createOptimizer({ kind });
    return optimizer.matrices ?? optimizer; // all else of muon is updated by adamw's operation
  }),
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
      // The plain code of a recurrent step reads its operands by name.
      const expected = 'copiesBefore' in op ? Object.keys(operands).length : op.reference.length;
      expect(Object.keys(operands)).toHaveLength(expected);
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
