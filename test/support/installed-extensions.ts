import {
  createNativeKernels,
  type ExtensionName,
  extensions,
  type NativeOptions,
  type NativeScratch,
  takeNativeScratch,
} from '@gradloom/core/internal';
import { elementTypes } from '../../packages/core/src/math/element-type.ts';
import {
  enterMachineCode,
  kernelsOf,
  type MachineCode,
  makeMachineCode,
} from '../../packages/runtime/src/engine/backends/native/machine-code.ts';
import type { KernelsUnderGuard } from './guarded-memory.ts';

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

/** Native kernels with this machine code. */
export const nativeKernelsOf = (
  code: MachineCode,
  options: Pick<NativeOptions, 'minNumbers'> = {},
): KernelsUnderGuard<NativeScratch> => ({
  take: takeNativeScratch,
  create: (parts) =>
    createNativeKernels({ ...parts, layout: kernelsOf(code), enter: () => enterMachineCode(code), ...options }),
});
