import type { ElementType } from '@gradloom/core';
import { type ExtensionName, extensions } from '@gradloom/core/internal';
import { createCallTape } from '../../packages/core/src/backends/bindings/call-tape.ts';
import { CALL_DOUBLES, defineArguments } from '../../packages/core/src/backends/isa/arguments.ts';
import type { Isa } from '../../packages/core/src/backends/isa/isa.ts';
import { callingConvention, placeCode } from '../../packages/runtime/src/engine/backends/native/code-pages.ts';
import { enterMachineCode } from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { loadKoffi } from '../../packages/runtime/src/system/native/koffi.ts';

const peakArguments = defineArguments(['numbers', 'array'], ['count', 'count']);
/** Number of factors that stay in registers: two x and one y. */
const FACTORS = 3;
/** Unrolled copies of the sums in the loop's body, so that the loop itself takes no time. */
const UNROLLED = 4;

/**
 * Assembles sᵢ += x · y for as many vectors s as there are registers left, `UNROLLED` times in each of `count` rounds:
 * nothing is loaded or stored, and no sum waits for another. Returns its position in the code.
 */
function assembleFma(isa: Isa): number {
  const unit = isa.vectors;
  const sums = isa.vectorRegisters - FACTORS;
  return isa.kernel(peakArguments, (call) => {
    const numbers = isa.load(call.numbers);
    // The numbers have many bits set: some processors slow down if many bits change.
    const size = unit.bytes * unit.width;
    for (let v = 0; v < isa.vectorRegisters; v++) unit.load(v, isa.at(numbers, size * v));
    isa.repeat(call.count, () => {
      for (let turn = 0; turn < UNROLLED; turn++)
        for (let s = 0; s < sums; s++) unit.multiplyAdd(s, sums + (s % 2), sums + 2);
    });
  });
}

/** Measures multiply-add in registers on this thread. */
export interface Fma {
  readonly width: number; // elements of a vector
  /** Floating-point operations of a call of `run`. */
  readonly flops: number;
  run(): void;
}

const arrays = { float64: Float64Array, float32: Float32Array };

/** A call of about 1 ms at 100 GFLOP/s. */
const CALL_FLOPS = 1e8;

/** The code stays in memory as long as the process lives. @throws Error if the system refuses to run generated code. */
export function createFma(extension: ExtensionName, type: ElementType): Fma {
  const isa = extensions[extension].createIsa(type, callingConvention);
  const { width } = isa.vectors;
  const kernel = assembleFma(isa);
  const play = enterMachineCode({ address: placeCode(loadKoffi(), isa.code()) });
  const numbers = new arrays[type](isa.vectorRegisters * width);
  for (let i = 0; i < numbers.length; i++) numbers[i] = Math.random() - 0.5;
  const memory = new Uint8Array(numbers.buffer);
  const doubles = new Float64Array(CALL_DOUBLES);
  const tape = createCallTape(doubles, (calls) => play(doubles, memory, calls, memory));
  const roundFlops = 2 * width * (isa.vectorRegisters - FACTORS) * UNROLLED;
  const count = Math.round(CALL_FLOPS / roundFlops);
  return {
    width,
    flops: count * roundFlops,
    run() {
      tape.write(peakArguments, kernel, 0, count);
      tape.run();
    },
  };
}
