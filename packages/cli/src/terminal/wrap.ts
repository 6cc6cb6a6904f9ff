/** Lines of at most `width`, broken between words where they are shorter. */
export const wrap = (text: string, width: number): string[] =>
  text.match(new RegExp(`\\S{${width}}|.{1,${width}}(?=\\s|$)`, 'g'))?.map((line) => line.trim()) ?? [];
