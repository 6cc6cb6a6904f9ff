/**
 * Width of a text of letters, digits and signs, such as help: one column per character. It replaces the package
 * string-width in the bundle (`.ci/bundle.mjs`), hence the default export.
 */
export default function plainWidth(text: string): number {
  return text.length;
}
