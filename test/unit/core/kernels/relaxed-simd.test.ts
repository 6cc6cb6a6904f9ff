import { afterEach, expect, test, vi } from 'vitest';
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

/** `hasFusedWasm` of a process that has not asked yet. */
async function ask(): Promise<boolean> {
  vi.resetModules();
  const { hasFusedWasm } = await import('../../../../packages/core/src/backends/wasm/relaxed-simd.ts');
  return hasFusedWasm();
}

/** `hasFusedWasm` on a machine that multiplies and adds so. */
async function askOf(multiplyAdd: (trial: Trial) => number): Promise<boolean> {
  const buffer = new ArrayBuffer(64);
  const run = (type: ElementType) => () => {
    const view = type === 'float64' ? new Float64Array(buffer) : new Float32Array(buffer);
    const lanes = view.length / 4;
    view.fill(multiplyAdd({ type, numbers: [view[0], view[lanes], view[2 * lanes]] }), 3 * lanes);
  };
  const exports = { memory: { buffer }, float64: run('float64'), float32: run('float32') };
  vi.spyOn(WasmApi, 'Instance').mockImplementation(function (this: unknown) {
    return { exports };
  } as never);
  return await ask();
}

test('WebAssembly is fused on this machine, and where an engine has no relaxed SIMD it is not', async () => {
  expect(await ask()).toBe(true);
  const { validate } = WasmApi;
  const relaxed = (bytes: Uint8Array): boolean => Buffer.from(bytes).includes('fd8702', 0, 'hex');
  vi.spyOn(WasmApi, 'validate').mockImplementation((bytes) => !relaxed(bytes) && validate(bytes));
  expect(await ask()).toBe(false);
  vi.spyOn(WasmApi, 'validate').mockReturnValue(false);
  expect(await ask()).toBe(false);
});

test('a single wrong answer is enough, and those of two roundings are wrong of every size', async () => {
  const trials: Trial[] = [];
  const isFused = await askOf((trial) => {
    trials.push(trial);
    return fused(trial);
  });
  expect(isFused).toBe(true);
  for (const type of elementTypes) {
    const hard = trials.filter((trial) => trial.type === type && !Object.is(fused(trial), unfused(trial)));
    const sizes = new Set(hard.map((trial) => Math.sign(Math.log2(Math.abs(fused(trial))) + 0.5)));
    expect([type, hard.length >= 6, sizes]).toEqual([type, true, new Set([-1, 1])]);
    expect(await askOf((trial) => (trial.type === type ? unfused : fused)(trial))).toBe(false);
  }
  for (const wrong of trials) {
    const isWrong = ({ type, numbers }: Trial) =>
      type === wrong.type && numbers.every((number, k) => Object.is(number, wrong.numbers[k]));
    // The unfused answer where it differs, else the negative or a number where none is.
    const answer = [unfused(wrong), -fused(wrong), 1].find((number) => !Object.is(number, fused(wrong)));
    expect([wrong, await askOf((trial) => (isWrong(trial) ? Number(answer) : fused(trial)))]).toEqual([wrong, false]);
  }
});
