import type { Readable } from 'node:stream';
import { reasonOf, show } from '@gradloom/core/internal';
import type { Answer, Model } from '@gradloom/runtime';
import { type Io, printJson, printRows } from '../../terminal/io.ts';
import { decimal, percent } from '../../terminal/text/format.ts';
import { linesOf, textOf } from './source-lines.ts';

/** Maximum number of characters of a line; a model reads its last tokens. */
const MAX_CHARACTERS = 1 << 20;

/**
 * Answers each line of a stream with the token that follows it: a line each with the token in quotes and its
 * probability, or JSON such as {"prediction":"e","probabilities":{"e":0.52}}. Lines that have arrived are answered at
 * once. Resolves to the number of lines. @throws Error naming the line that the model cannot read.
 */
export async function predictText(model: Model, stream: Readable, source: string, json: boolean, io: Io) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;

  async function answer(lines: readonly string[]): Promise<void> {
    const texts = lines.map((text) => text.replace(/\r$/, ''));
    let answers: readonly Answer[];
    try {
      answers = await model.predictAll(texts);
    } catch (error) {
      // One by one, the lines before the bad one are answered.
      if (lines.length > 1) for (const text of texts) await answer([text]);
      throw new Error(reasonOf(error).replace('predictAll: row 0', `line ${line + 1} of ${source}`), { cause: error });
    }
    for (const { prediction, probabilities } of answers) {
      line++;
      if (json) printJson(io.stdout, { prediction, ...(probabilities && { probabilities }) });
      else {
        const numbers: unknown = prediction; // of a layer
        const predictionText = Array.isArray(numbers) ? numbers.map(decimal).join(' ') : show(prediction);
        const answerText = prediction === null ? 'no answer' : predictionText;
        const probability = probabilities?.[String(prediction)];
        printRows(io.stdout, [probability === undefined ? [answerText] : [answerText, percent(probability)]]);
      }
    }
  }

  function decode(bytes: Uint8Array, isLast: boolean): string {
    try {
      return decoder.decode(bytes, { stream: !isLast });
    } catch (error) {
      const problem = `has bytes after line ${line} that are not text, expected UTF-8`;
      throw new Error(`${source} ${problem}`, { cause: error });
    }
  }

  const tooLong = (line: number) =>
    new Error(`line ${line} of ${source} has more than ${MAX_CHARACTERS} characters, expected fewer`);
  for await (const lines of linesOf(textOf(stream, decode), MAX_CHARACTERS, tooLong)) await answer(lines);
  return line;
}
