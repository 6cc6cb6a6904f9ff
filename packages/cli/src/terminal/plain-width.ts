/**
 * Columns of a text of letters, digits and signs, such as that of help: one a character. Stands in for the package
 * string-width in the program (`.ci/bundle.mjs`), hence the default.
 */
export default function plainWidth(text: string): number {
  return text.length;
}
