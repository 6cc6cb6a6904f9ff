import { option, show } from '@gradloom/core/internal';

/** Widths of the hidden layers, '128,64', or none. */
export const widths = option.kind(
  (_where, name, raw): readonly number[] => {
    if (raw === 'none') return [];
    const parts: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw];
    const values = parts.map((part) => (typeof part === 'string' ? option.numeric(part.trim()) : part));
    if (values.every(option.positiveInteger.isValid)) return values;
    throw new Error(`${name} has ${show(raw)}, expected widths of layers such as 128,64, or none`);
  },
  { choices: ['none'] },
);
