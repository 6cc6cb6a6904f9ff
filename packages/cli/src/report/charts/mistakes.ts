import { percent } from '../../terminal/text/format.ts';
import type { Answers, Mistake } from '../findings/findings.ts';
import type { Picture } from '../picture.ts';
import { imageGrid } from './image-sheet.ts';

/** The misclassified images whose wrong answer is the most probable. Null if there are none, or rows are not images. */
export function mistakePictures({ mistakes, mistakenImages: sheet, labels, split }: Answers): Picture | null {
  if (!sheet || mistakes.length === 0) return null;
  const describe = ({ label, answer, probability }: Mistake) =>
    `${labels[label]} predicted as ${labels[answer]} with probability ${percent(probability)}`;
  return {
    name: 'mistakes',
    title: `The ${split} images that are most surely wrong`,
    sentence: `${mistakes.length === 1 ? 'The misclassified image' : `The ${mistakes.length} misclassified images`} of the ${split} set whose wrong answer has the highest probability. Above each: the actual class, then the predicted one and its probability.`,
    alternative: `${mistakes.map(describe).join('; ')}.`,
    draw: (width) =>
      imageGrid(
        {
          name: 'mistakes',
          sheets: [sheet],
          across: [5, 3],
          textOf: (k) => ({
            title: labels[mistakes[k].label],
            note: `→ ${labels[mistakes[k].answer]}`,
            end: `, ${percent(mistakes[k].probability)}`,
            hover: `row ${mistakes[k].row}: ${describe(mistakes[k])}`,
          }),
        },
        width,
      ),
  };
}
