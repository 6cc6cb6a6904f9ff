import { afterEach, expect, test, vi } from 'vitest';
import { hasFusedWasm, tryFusedWasm } from '../../../../packages/core/src/backends/wasm/relaxed-simd.ts';
import { WasmApi } from '../../../../packages/core/src/backends/wasm/webassembly.ts';
import { createElements, type ElementType, elementTypes } from '../../../../packages/core/src/math/element-type.ts';
import { fmaOf, type MultiplyAdd, unfusedOf } from '../../../../packages/core/src/math/fma.ts';

/** Numbers of a trial: x, y and z. */
interface Trial {
  readonly type: ElementType;
  readonly numbers: readonly [number, number, number];
}

const ofType = (type: ElementType, of: typeof fmaOf): MultiplyAdd => of(createElements(type, 0));
const fused = ({ type, numbers }: Trial): number => ofType(type, fmaOf)(...numbers);
const unfused = ({ type, numbers }: Trial): number => ofType(type, unfusedOf)(...numbers);

afterEach(() => vi.restoreAllMocks());

/** The trial on a machine that multiplies and adds so. */
function tryOn(multiplyAdd: (trial: Trial) => number): boolean {
  const runOf =
    (type: ElementType) =>
    (...numbers: Trial['numbers']) =>
      multiplyAdd({ type, numbers });
  const exports = { float64: runOf('float64'), float32: runOf('float32') };
  vi.spyOn(WasmApi, 'Instance').mockImplementation(function (this: unknown) {
    return { exports };
  } as never);
  return tryFusedWasm();
}

test('WebAssembly is fused on this machine, and where an engine has no relaxed SIMD it is not', () => {
  expect(hasFusedWasm()).toBe(true);
  expect(tryFusedWasm()).toBe(true);
  const { validate } = WasmApi;
  const relaxed = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes('fd8702', 0, 'hex');
  vi.spyOn(WasmApi, 'validate').mockImplementation((bytes) => !relaxed(bytes) && validate(bytes));
  expect(tryFusedWasm()).toBe(false);
  vi.spyOn(WasmApi, 'validate').mockReturnValue(false);
  expect(tryFusedWasm()).toBe(false);
});

test('a single wrong answer is enough, and those of two roundings are wrong of every size', () => {
  const trials: Trial[] = [];
  const isFused = tryOn((trial) => {
    trials.push(trial);
    return fused(trial);
  });
  expect(isFused).toBe(true);
  for (const type of elementTypes) {
    const hard = trials.filter((trial) => trial.type === type && !Object.is(fused(trial), unfused(trial)));
    const sizes = new Set(hard.map((trial) => Math.sign(Math.log2(Math.abs(fused(trial))) + 0.5)));
    expect([type, hard.length >= 6, sizes]).toEqual([type, true, new Set([-1, 1])]);
    expect(tryOn((trial) => (trial.type === type ? unfused : fused)(trial))).toBe(false);
  }
  for (const wrong of trials) {
    const isWrong = ({ type, numbers }: Trial) =>
      type === wrong.type && numbers.every((number, k) => Object.is(number, wrong.numbers[k]));
    // The unfused answer where it differs, else the negative or a number where none is.
    const answer = [unfused(wrong), -fused(wrong), 1].find((number) => !Object.is(number, fused(wrong)));
    expect([wrong, tryOn((trial) => (isWrong(trial) ? Number(answer) : fused(trial)))]).toEqual([wrong, false]);
  }
});
