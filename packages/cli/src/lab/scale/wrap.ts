/** Words in lines of at most 78 columns, the first at the margin. */
export function wrap(sentence: string): string[] {
  const lines: string[] = [''];
  for (const word of sentence.split(' ')) {
    const line = lines[lines.length - 1];
    if (line.length + 1 + word.length > 78) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
