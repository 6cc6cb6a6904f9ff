import { setFlagsFromString } from 'node:v8';
import { type CodeLayout, createNativeKernels, type ExtensionName, extensions, WasmApi } from '@gradloom/core/internal';
import { type ElementType, elementTypes } from '../../packages/core/src/math/element-type.ts';
import {
  enterMachineCode,
  kernelsOf,
  type MachineCode,
  makeMachineCode,
} from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { wasmKernelsOf } from './generated-wasm.ts';
import type { CreateKernels } from './guarded-memory.ts';

/** Extensions of this kind of processor, the widest first. */
const names = (Object.keys(extensions) as ExtensionName[]).filter(
  (name) => extensions[name].processor === process.arch,
);

/**
 * Machine code for each extension and type, which processors with wider extensions run too; a reason if this one
 * cannot.
 */
export const everyExtension = names.flatMap((name) =>
  elementTypes.map((type) => {
    const { flags } = extensions[name];
    const own = makeMachineCode({ type });
    // A processor with the widest extension has all of them.
    const runs = own.code !== null && names.indexOf(name) >= names.indexOf(own.code.extension);
    const { code, reason } = runs ? makeMachineCode({ flags: new Set(flags), type }) : own;
    const lack = own.code === null ? ('native' as const) : ('extension' as const);
    return { name, type, code: runs ? code : null, lack, reason: reason ?? `this processor has no ${name}` };
  }),
);

/** Native kernels with this machine code, and the layout that `change` makes of its own. */
export const nativeKernelsOf =
  (code: MachineCode, change = (layout: CodeLayout): CodeLayout => layout): CreateKernels =>
  (parts) =>
    createNativeKernels({ ...parts, layout: change(kernelsOf(code)), enter: () => enterMachineCode(code) });

/** A module with `f`(a, b, c): a · b + c, by relaxed SIMD. */
const MADD = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
  ...[0x01, 0x08, 0x01, 0x60, 0x03, 0x7c, 0x7c, 0x7c, 0x01, 0x7c], // type (f64, f64, f64) -> f64
  ...[0x03, 0x02, 0x01, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00], // one function of it, exported as f
  ...[0x0a, 0x16, 0x01, 0x14, 0x00], // its code
  ...[0, 1, 2].flatMap((k) => [0x20, k, 0xfd, 0x14]), // local.get k, f64x2.splat
  ...[0xfd, 0x87, 0x02, 0xfd, 0x21, 0x00, 0x0b], // f64x2.relaxed_madd, f64x2.extract_lane 0
);

/** What kernels with fused products run on. */
export interface Machine {
  readonly name: ExtensionName | 'WebAssembly';
  readonly type: ElementType;
  readonly code: MachineCode | null; // null for WebAssembly
  /** Creates its kernels, with the layout that `change` makes of theirs; null if this processor cannot run them. */
  readonly createKernels: ((change?: (layout: CodeLayout) => CodeLayout) => CreateKernels) | null;
  readonly lack: 'native' | 'extension';
  readonly reason: string; // of the lack
}

/** Every extension, and WebAssembly with fused products, which have the same bits. */
export const everyMachine: readonly Machine[] = [
  ...everyExtension.map((extension): Machine => {
    const { code } = extension;
    return { ...extension, createKernels: code === null ? null : (change) => nativeKernelsOf(code, change) };
  }),
  ...elementTypes.map((type): Machine => {
    const createKernels = fusesInWasm()
      ? (change = (layout: CodeLayout) => layout) => wasmKernelsOf(true, change)
      : null;
    const reason = 'WebAssembly has no fused multiply-add on this processor';
    return { name: 'WebAssembly', type, code: null, createKernels, lack: 'extension', reason };
  }),
];

/** Whether relaxed SIMD rounds a product and its sum once. Node 20 has it behind a flag. */
function fusesInWasm(): boolean {
  if (!WasmApi.validate(MADD)) setFlagsFromString('--experimental-wasm-relaxed-simd');
  if (!WasmApi.validate(MADD)) return false;
  const { exports } = new WasmApi.Instance(new WasmApi.Module(MADD), {});
  const { f } = exports as { f: (a: number, b: number, c: number) => number };
  return f(1 + 2 ** -30, 1 + 2 ** -30, -1 - 2 ** -29) === 2 ** -60;
}
