import { describe, expect, test } from 'vitest';
import { createElements, type Elements, elementTypes } from '../../../../../../packages/core/src/math/element-type.ts';
import { mathOf } from '../../../../../../packages/core/src/math/real-math.ts';
import { firstDifference } from '../../../../../support/bits.ts';
import { counted, share } from '../../../../../support/count.ts';
import { fillHardValues, valueMixes } from '../../../../../support/hard-values.ts';
import { everyMachine, type Machine } from '../../../../../support/installed-extensions.ts';
import { skipFor } from '../../../../../support/needs.ts';
import { assembleFormula } from '../../../../../support/play-formula.ts';
import { propertySeed } from '../../../../../support/seed.ts';

const names = ['exp', 'expm1', 'log', 'log1p', 'tanh', 'erf', 'sigmoid', 'flush'] as const;
const BLOCK = 4096;
const FLOATS = 2 ** 32;

/** Where a function changes its formula, by magnitude. */
const bends = [
  ...[Math.SQRT1_2, Math.SQRT2, Math.SQRT2 - 1], // of log and log1p
  ...[0.29, 0.41, 0.5, 0.875, 1, 4, 6, 10, 20, 22, 37.4, 40, 87.3, 88.7, 100, 104, 110, 709, 745, 1000],
];

describe.each(elementTypes)('on every machine, in %s', (type) => {
  test.for(names)('%s has the bits of plain code', { timeout: 3_600_000 }, (name, context) => {
    const installed = everyMachine.filter((machine) => machine.type === type && machine.createKernels !== null);
    const [{ lack, reason }] = everyMachine;
    if (installed.length === 0) skipFor(context, lack, reason);
    const [x, y, expected] = [1, 1, 1].map(() => createElements(type, BLOCK));
    const runs = installed.map((machine) => ({ machine, run: enter(machine, name) }));
    const plain = mathOf(type)[name];
    const check = (): void => {
      // Plain code takes most of the time: its answers are compared with those of every machine.
      for (let i = 0; i < BLOCK; i++) expected[i] = plain(x[i]);
      for (const { machine, run } of runs) {
        run(y, x);
        const difference = firstDifference(y, expected);
        if (difference === null) continue;
        expect.fail(`${machine.name}, x = ${x[Number(/\[(\d+)\]/.exec(difference)?.[1])]}: ${difference}`);
      }
    };
    for (const mix of valueMixes) {
      for (let seed = propertySeed; seed < propertySeed + 3; seed++) {
        fillHardValues(x, mix, seed, type);
        check();
      }
    }
    for (const bend of bends) {
      nearby(x, bend);
      check();
    }
    if (type === 'float64') {
      const words = new Uint32Array(x.buffer);
      for (let block = 0; block < share(counted(30, 3000)); block++) {
        for (let w = 0; w < words.length; w++) words[w] = scrambled(block * words.length + w + propertySeed);
        check();
      }
    } else {
      const words = new Uint32Array(x.buffer);
      // Every float in `npm run test:all`. An odd stride takes all low bits.
      const stride = counted(4095, 1);
      for (let first = 0; first < FLOATS; first += BLOCK * stride) {
        for (let w = 0; w < BLOCK; w++) words[w] = first + w * stride;
        check();
      }
    }
  });
});

/** Fills x with the numbers on both sides of `bend` and of its negative. */
function nearby(x: Elements, bend: number): void {
  const words = x instanceof Float64Array ? new BigInt64Array(x.buffer) : new Int32Array(x.buffer);
  for (let i = 0; i < x.length; i++) {
    x[i] = i % 2 === 0 ? bend : -bend;
    const steps = (i >> 1) - x.length / 4;
    if (words instanceof BigInt64Array) words[i] += BigInt(steps);
    else words[i] += steps;
  }
}

/** A word that follows from n alone. */
function scrambled(n: number): number {
  let word = Math.imul(n ^ (n >>> 16), 0x45d9f3b);
  word = Math.imul(word ^ (word >>> 16), 0x45d9f3b);
  return word ^ (word >>> 16);
}

/** The function of one vector kernel: y = f(x). */
function enter(machine: Machine, name: (typeof names)[number]) {
  const play = assembleFormula(machine, {
    inputs: ['x'],
    outputs: ['y'],
    sizes: [null, 'n'],
    apply: (m, x) => [m[name](x)],
  });
  return (y: Elements, x: Elements): void => play([x, y]);
}
