import { type ElementType, elementTypes } from '../../math/element-type.ts';
import { fma, fmaf, type MultiplyAdd } from '../../math/fma.ts';
import { concat, END, list, section, text, unsigned } from '../isa/wasm/module.ts';
import { WasmApi, wasmProblem } from './webassembly.ts';

let isFused: boolean | undefined; // once it has been tried

/**
 * Whether WebAssembly multiplies and adds with one rounding here, as processors with FMA do: relaxed SIMD leaves it to
 * the machine. The trial runs once, on numbers whose sum differs with two roundings, and takes a millisecond.
 * GRADLOOM_UNFUSED=1 in the environment makes it fail, for tests.
 */
export function hasFusedWasm(): boolean {
  isFused ??= wasmProblem() === null && !isDeclined() && tryFusedWasm();
  return isFused;
}

/** The process of Node.js, and of engines that have one like it. */
interface NodeProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly versions?: { readonly v8?: string };
  getBuiltinModule?(name: 'v8'): { setFlagsFromString(flag: string): void } | undefined;
}

/** TypeScript declares it only for Node.js. */
declare const process: NodeProcess | undefined;
const nodeProcess = typeof process === 'undefined' ? undefined : process;

const isDeclined = (): boolean => nodeProcess?.env?.GRADLOOM_UNFUSED === '1';

/** The trial of `hasFusedWasm`. */
export function tryFusedWasm(): boolean {
  // Node 20 needs a flag for relaxed SIMD. It can be set while the program runs.
  if (Number.parseInt(nodeProcess?.versions?.v8 ?? '', 10) < 12) {
    nodeProcess?.getBuiltinModule?.('v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  const bytes = encodeTrial();
  if (!WasmApi.validate(bytes)) return false;
  // Without a memory, for which V8 reserves gigabytes of addresses.
  const { exports } = new WasmApi.Instance(new WasmApi.Module(bytes), {});
  const trials = exports as Record<ElementType, MultiplyAdd>;
  return elementTypes.every((type) =>
    cases[type].every(([x, y, z]) => Object.is(trials[type](x, y, z), fused[type](x, y, z))),
  );
}

const fused: Record<ElementType, MultiplyAdd> = { float64: fma, float32: fmaf };

/** Numbers of a type: x, y and z of each case. */
const cases: Record<ElementType, readonly (readonly [x: number, y: number, z: number])[]> = {
  float64: casesOf(2.220446049250313e-16, 5e-324, 1.7976931348623157e308),
  float32: casesOf(1.1920928955078125e-7, 1.401298464324817e-45, 3.4028234663852886e38),
};

/** Cases of a type whose numbers after 1 and after 0 are 1 + ε and `smallest`. */
function casesOf(epsilon: number, smallest: number, largest: number): [number, number, number][] {
  const next = 1 + epsilon;
  return [
    [next, next, -1 - 2 * epsilon], // the square of ε
    [next, 1 - epsilon, -1],
    [-next, next, 1 + 2 * epsilon],
    [largest, 2, -largest], // the product alone overflows
    [largest, largest, Number.NEGATIVE_INFINITY],
    [smallest, 0.5, smallest], // half of the last digit
    [smallest, 0.75, 3 * smallest],
    [0, -1, 0],
    [-0, 1, -0],
    [Number.NaN, 1, 1],
    [Number.POSITIVE_INFINITY, 0, 1],
    [3, 7, 11],
  ];
}

/** A module with a function for each type: first · second + third. */
function encodeTrial(): Uint8Array {
  const [f64, f32] = [0x7c, 0x7d];
  const trial = (splat: number, multiplyAdd: number, extractLane: number) => {
    const vectors = [0, 1, 2].flatMap((k) => [0x20, k, 0xfd, splat]); // local.get k
    const code = [0, ...vectors, 0xfd, ...unsigned(multiplyAdd), 0xfd, extractLane, 0, END];
    return [...unsigned(code.length), ...code];
  };
  return concat(
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, list([f64, f32].map((number) => [0x60, 3, number, number, number, 1, number]))),
    section(3, list([[0], [1]])),
    section(
      7,
      list([
        [...text('float64'), 0, 0],
        [...text('float32'), 0, 1],
      ]),
    ),
    // Splat, relaxed_madd and extract_lane of f64x2 and of f32x4.
    section(10, list([trial(0x14, 0x107, 0x21), trial(0x13, 0x105, 0x1f)])),
  );
}
