import { expect, test } from 'vitest';
import { machineTable } from '../../../../packages/cli/src/report/machine-table.ts';
import { jsRuntime } from '../../../../packages/cli/src/terminal/invocation.ts';

test.each([
  ['Node', { node: '20.19.0', v8: '11.3' }, { version: '20.19.0', command: 'node' }],
  ['Deno', { node: '26.3.0', v8: '15.0', deno: '2.9.6' }, { version: '2.9.6', command: 'deno run -A' }],
  ['Bun', { node: '26.3.0', v8: '14.6', bun: '1.4.5' }, { version: '1.4.5', command: 'bun' }],
])('%s is named by its own version, not by that of the Node that it stands in for', (name, versions, rest) => {
  expect(jsRuntime(versions)).toEqual({ name, ...rest });
});

test('without an argument it is what runs these tests', () => {
  expect(jsRuntime()).toMatchObject({ name: 'Node', version: process.versions.node });
});

test('a report names what its run ran on, and Node where an earlier version wrote the run', () => {
  const machine = { cpu: 'M1', cores: 8, platform: 'linux', arch: 'x64' };
  const versions = { gradloom: '0.1.0', node: '26.3.0' };
  const rowsOf = (facts: object) => machineTable({ machine, runtime: undefined, versions, ...facts }).rows;
  expect(rowsOf({ runtime: { name: 'Bun', version: '1.4.5' } })).toContainEqual(['Bun', '1.4.5']);
  expect(rowsOf({})).toContainEqual(['Node', '26.3.0']);
});
