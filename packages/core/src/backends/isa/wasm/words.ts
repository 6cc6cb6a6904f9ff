import type { ElementType } from '../../../math/element-type.ts';
import type { Operand, Vector, WordUnit } from '../isa.ts';
import type { FunctionWriter, WasmAddress } from './function-writer.ts';
import { I32X4_ADD, I32X4_SPLAT } from './module.ts';

/** The operations of a unit that its words are made of. */
interface Registers {
  get(x: Vector): void;
  set(x: Vector): void;
  push(operand: Operand<WasmAddress>): void;
  shuffle(to: Vector, x: Vector, y: Vector, lanes: readonly number[], size?: number): void;
  move(to: Vector, from: Vector): void;
  loadTo(to: Vector, opcode: number, from: WasmAddress): void;
  readonly spare: Vector; // the first of four that nothing else uses
}

/** Words of random numbers, four in a vector. */
export function createWords(
  { constant, vector }: FunctionWriter,
  runType: ElementType,
  { get, set, push, shuffle, move, loadTo, spare }: Registers,
): WordUnit<WasmAddress> {
  return {
    blocks: 4,
    numberBlocks(to) {
      vector(12, ...[0, 1, 2, 3].flatMap((block) => [block, 0, 0, 0])); // v128.const
      set(to);
    },
    spread: (to, from) => loadTo(to, 9, from), // v128.load32_splat
    addNumber(x, step) {
      get(x);
      constant(step);
      vector(I32X4_SPLAT);
      vector(I32X4_ADD);
      set(x);
    },
    addWords(x, y) {
      get(x);
      get(y);
      vector(I32X4_ADD);
      set(x);
    },
    loadLiteral(to, word) {
      constant(word);
      vector(I32X4_SPLAT);
      set(to);
    },
    multiply(high, low, x, y) {
      const [lower, upper] = [spare, spare + 1];
      for (const [to, opcode] of [
        [lower, 0xde], // i64x2.extmul_low_i32x4_u
        [upper, 0xdf], // i64x2.extmul_high_i32x4_u
      ]) {
        get(x);
        get(y);
        vector(opcode);
        set(to);
      }
      shuffle(high, lower, upper, [1, 3, 5, 7], 4);
      shuffle(low, lower, upper, [0, 2, 4, 6], 4);
    },
    mix(x, y, from) {
      get(x);
      get(y);
      vector(0x51); // v128.xor
      push(from);
      vector(0x51);
      set(x);
    },
    inOrder([a, b, c, d]) {
      const [t0, t1, t2, t3] = [spare, spare + 1, spare + 2, spare + 3];
      shuffle(t0, a, b, [0, 4, 1, 5], 4);
      shuffle(t1, a, b, [2, 6, 3, 7], 4);
      shuffle(t2, c, d, [0, 4, 1, 5], 4);
      shuffle(t3, c, d, [2, 6, 3, 7], 4);
      shuffle(a, t0, t2, [0, 1, 4, 5], 4);
      shuffle(b, t0, t2, [2, 3, 6, 7], 4);
      shuffle(c, t1, t3, [0, 1, 4, 5], 4);
      shuffle(d, t1, t3, [2, 3, 6, 7], 4);
      return [a, b, c, d];
    },
    chooseAtLeast([to, other], words, least, x) {
      get(words);
      get(least);
      vector(0x40); // i32x4.ge_u
      set(words);
      const chooseBy = (lane: Vector, widening: number | null): void => {
        get(words);
        if (widening !== null) vector(widening);
        get(x);
        vector(0x4e); // v128.and
        set(lane);
      };
      if (runType === 'float32') return chooseBy(to, null /* as wide as a word */);
      chooseBy(spare, 0xc7); // i64x2.extend_low_i32x4_s
      chooseBy(other, 0xc8); // i64x2.extend_high_i32x4_s
      move(to, spare);
    },
  };
}
