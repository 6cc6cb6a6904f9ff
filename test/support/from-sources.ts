/** Flags under which Node runs a program that imports our packages by their sources, TypeScript included. */
export const fromSources: readonly string[] = [
  ...['--import', new URL('source.mjs', import.meta.url).href],
  ...['--conditions', '@gradloom/source'],
];
