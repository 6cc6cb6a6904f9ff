import { expect, test } from 'vitest';
import { needs } from '../../../../../support/needs.ts';
import { outcomeOf } from '../../../../../support/outcome-of.ts';
import { programFile } from '../../../../../support/program-file.ts';

test('code for arm64 gets its arguments and leaves its caller all that is kept', needs('arm64'), async () => {
  const node = process.env.GRADLOOM_ARM64_NODE ?? '';
  const { stdout, stderr } = await outcomeOf(node, programFile('kept-registers'));
  expect(stderr).toBe('');
  // The argument of the last call that ran: the second time the first.
  expect(JSON.parse(String(stdout))).toEqual({ calls: 3, argument: 100, data: 8, changed: [] });
});
