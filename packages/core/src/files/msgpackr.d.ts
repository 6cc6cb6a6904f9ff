/** The build of msgpackr that never generates functions; it has no types of its own, and ours use these two alone. */
declare module 'msgpackr/index-no-eval' {
  export interface Packr {
    pack(value: unknown): Uint8Array;
    unpack(bytes: Uint8Array): unknown;
  }
  const msgpackr: {
    Packr: new (options: { useRecords: boolean; mapsAsObjects: boolean; structuredClone: boolean }) => Packr;
  };
  // biome-ignore lint/style/noDefaultExport: a CommonJS module has no other.
  export default msgpackr;
}
