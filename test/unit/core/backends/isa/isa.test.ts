import { readdirSync, readFileSync } from 'node:fs';
import { extensions } from '@gradloom/core/internal';
import { expect, test } from 'vitest';
import { defineArguments } from '../../../../../packages/core/src/backends/isa/arguments.ts';
import type { ExtensionName } from '../../../../../packages/core/src/internal.ts';

const kernels = new URL('../../../../../packages/core/src/backends/kernels/', import.meta.url);

test.each(readdirSync(kernels))('%s knows of no processor', (file) => {
  const imports = readFileSync(new URL(file, kernels), 'utf8').matchAll(/from '(.*)'/g);
  for (const [, path] of imports) expect(path).toMatch(/^(\.\/[a-z-]+|\.\.\/(isa|formulas)\/[a-z-]+)\.ts$/);
});

const table = defineArguments(['x', 'array'], ['row', 'stride'], ['n', 'count']);
const names = Object.keys(extensions) as ExtensionName[];

test.each(names)('registers of %s are free after the body that took them', (name) => {
  const isa = extensions[name].createIsa('float64');
  isa.kernel(table, (call) => {
    const x = isa.load(call.x);
    for (let k = 0; k < 20; k++) {
      isa.scope(() => expect(isa.load(call.x)).not.toBe(x));
      isa.repeat(call.n, () => isa.load(call.row));
      isa.repeatOrSkip(call.n, () => isa.zero());
      isa.unlessZero(call.n, () => isa.pointTo(isa.at(x, 8)));
      isa.eachRow(x, call.row, 3, () => isa.loadBits(isa.at(x)));
      isa.loop(() => isa.leaveIfZero(isa.word(isa.at(isa.load(call.x)))));
    }
  });
  isa.kernel(table, (call) => isa.load(call.x));
});

test.each([
  ['avx2', 14],
  ['neon', 16],
] as const)('a kernel that takes more registers than %s has is refused', (name, registers) => {
  const isa = extensions[name].createIsa('float64');
  const take = (): void => {
    isa.kernel(table, (call) => {
      for (let k = 0; k < 20; k++) isa.load(call.row);
    });
  };
  const { processor } = extensions[name];
  expect(take).toThrow(`isa ${processor}: kernel has ${registers} registers taken, expected fewer`);
});

test('an array cannot be loaded when the memory has given its register away', () => {
  const isa = extensions.avx2.createIsa('float64');
  const load = (): void => {
    isa.kernel(table, (call) => {
      isa.scope(() => {
        for (let k = 0; k < 14; k++) isa.load(call.row);
      });
      isa.load(call.x);
    });
  };
  expect(load).toThrow(/^isa x64: the memory has no register left/);
});

test('rows cannot be taken when other things have their registers', () => {
  const isa = extensions.avx2.createIsa('float64');
  const take = (): void => {
    isa.kernel(table, (call) => {
      for (let k = 0; k < 9; k++) isa.load(call.row);
      isa.rows(call.row, 6);
    });
  };
  expect(take).toThrow(/^isa x64: register 0 is taken, expected free/);
});
