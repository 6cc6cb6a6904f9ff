import type { ParquetParsers } from 'hyparquet';

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What values of a Parquet file become that are no plain numbers: text as ISO 8601 writes it, or as it is. */
export const parquetParsers: Partial<ParquetParsers> = {
  dateFromDays: (days: number | null | undefined) =>
    days === null || days === undefined ? null : new Date(86_400_000 * Number(days)).toISOString().slice(0, 10),
  timestampFromMilliseconds: (millis: bigint | null) => instant(millis, 1000n),
  timestampFromMicroseconds: (micros: bigint | null) => instant(micros, 1_000_000n),
  timestampFromNanoseconds: (nanos: bigint | null) => instant(nanos, 1_000_000_000n),
  stringFromBytes: (bytes: Uint8Array | null) => bytes && text.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array | null) => bytes && JSON.parse(text.decode(bytes)),
};

/** '2024-12-31T23:59:00.5Z'; every digit of the fraction is kept. @throws RangeError beyond the years of Date. */
function instant(count: bigint | null | undefined, perSecond: bigint): string | null {
  if (count === null || count === undefined) return null;
  const rest = ((count % perSecond) + perSecond) % perSecond;
  const seconds = new Date(Number((count - rest) / perSecond) * 1000).toISOString().slice(0, -5);
  const digits = String(perSecond + rest)
    .slice(1)
    .replace(/0+$/, '');
  return `${seconds}${digits === '' ? '' : `.${digits}`}Z`;
}
