import { createNativeKernels, type ExtensionName, extensions, hasFusedWasm } from '@gradloom/core/internal';
import { type ElementType, elementTypes } from '../../packages/core/src/math/element-type.ts';
import {
  enterMachineCode,
  kernelsOf,
  type MachineCode,
  makeMachineCode,
} from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import { type CreateKernels, wasmKernelsOf } from './guarded-memory.ts';

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
    const machineCode = makeMachineCode({ type });
    // A processor with the widest extension has all of them.
    const runs = machineCode.code !== null && names.indexOf(name) >= names.indexOf(machineCode.code.extension);
    const { code, reason } = runs ? makeMachineCode({ flags: new Set(flags), type }) : machineCode;
    const lack = machineCode.code === null ? ('native' as const) : ('extension' as const);
    return { name, type, code: runs ? code : null, lack, reason: reason ?? `this processor has no ${name}` };
  }),
);

/** Makes native kernels of this machine code. */
export const nativeKernelsOf =
  (code: MachineCode): CreateKernels =>
  (parts) =>
    createNativeKernels({ ...parts, layout: kernelsOf(code), enter: () => enterMachineCode(code) });

/** What kernels run on. */
export interface Machine {
  readonly name: ExtensionName | 'WebAssembly';
  readonly type: ElementType;
  readonly createKernels: CreateKernels | null; // null if this processor cannot run them
  readonly lack: 'native' | 'extension';
  readonly reason: string; // of the lack
}

/** Every extension, and WebAssembly with a fused multiply-add: all have the bits of the reference. */
export const everyMachine: readonly Machine[] = [
  ...everyExtension.map(({ code, ...extension }): Machine => {
    return { ...extension, createKernels: code === null ? null : nativeKernelsOf(code) };
  }),
  ...elementTypes.map((type): Machine => {
    const createKernels = hasFusedWasm() ? wasmKernelsOf() : null;
    const reason = 'WebAssembly has no fused multiply-add on this processor';
    return { name: 'WebAssembly', type, createKernels, lack: 'extension', reason };
  }),
];
