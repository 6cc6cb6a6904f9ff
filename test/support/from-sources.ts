/** Flags with which Node runs a program that imports our packages from their TypeScript sources. */
export const fromSources: readonly string[] = [
  ...['--import', new URL('source.mjs', import.meta.url).href],
  ...['--conditions', '@gradloom/source'],
];
