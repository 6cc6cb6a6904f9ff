import { option, show } from '@gradloom/core/internal';

const units: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  tb: 1000 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** '300MB', '1.5GiB' or '300000000': powers of 1000, of 1024, or bytes. */
export const memorySize = option.kind((_where, name, raw): number => {
  const bytes = typeof raw === 'string' ? bytesOf(raw) : raw;
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new Error(`${name} has ${show(raw)}, expected a size such as 300MB, 2GiB or a number of bytes, at most 9007TB`);
});

function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt]i?b)?$/i.exec(text) ?? [];
  return Math.floor(Number(digits) * units[unit.toLowerCase()]);
}
